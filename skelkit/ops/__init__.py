"""Pure functions on batches x [N, C, T, V, M]: motion, augmentation, codecs, masks and their fidelity."""
