"""JPEG (ITU-T T.81): damage that decoders pass over, and files written a strip at a time."""
