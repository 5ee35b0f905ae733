"""Black-and-white photographs in colour."""
