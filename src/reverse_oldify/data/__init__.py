"""Training sets: photographs verified and decoded once, memory-mapped ever after."""
