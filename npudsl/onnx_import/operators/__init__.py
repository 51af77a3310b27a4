"""ONNX operators, one module per family: each handler gives what a node's outputs stand for."""
