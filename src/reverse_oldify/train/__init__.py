"""Training: recipe, one readable loop, validation, checkpoints that resume exactly."""
