"""The spine: lightness to distribution, distribution to chroma, chroma to picture."""
