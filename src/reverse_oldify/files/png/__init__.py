"""PNG (ISO/IEC 15948): colour of 16 bits, and what is said in texts."""
