"""Running a model: the protocol, ONNX Runtime behind it, and the models that ship."""
