"""Colour science: sRGB, CIELAB, gamut, differences, and the quantised ab plane."""
