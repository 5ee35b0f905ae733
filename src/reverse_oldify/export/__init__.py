"""From a trained network to the two ONNX graphs that ship, with proof that they agree."""
