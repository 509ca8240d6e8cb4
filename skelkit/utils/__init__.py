"""Small helpers that every other package may use.

Nothing is imported here, so that they work without torch.
"""
