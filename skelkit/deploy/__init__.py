"""Small, fast networks: distillation, 2:4 sparsity, ONNX export and the recognizer.

Nothing is imported here: the recognizer runs where there is no torch.
"""
