"""JPEG 2000 (ISO/IEC 15444-1): boxes, codestreams, and files written a strip at a time."""
