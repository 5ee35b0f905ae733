"""TIFF (TIFF 6.0, BigTIFF): pages and samples past Pillow, at any depth, by rows."""
