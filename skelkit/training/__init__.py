"""One training loop for every network, the clips that it reads, and how settings are chosen and checked."""
