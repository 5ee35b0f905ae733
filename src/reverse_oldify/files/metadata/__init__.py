"""What is said of a photograph beside its pixels: EXIF, IPTC, XMP."""
