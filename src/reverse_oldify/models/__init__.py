"""Networks, in PyTorch: what is trained, and then exported."""
