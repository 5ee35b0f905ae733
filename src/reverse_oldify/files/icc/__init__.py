"""Colour profiles (ICC.1:2010): to sRGB, and those that are made."""
