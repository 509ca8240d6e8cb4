"""Small, fast networks: distillation, 2:4 sparsity, ONNX export and the recognizer.

Nothing is imported here, so that the recognizer runs without torch.
"""
