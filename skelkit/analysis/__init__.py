"""Measurements of recordings: quality, duplicates, realism of synthetic clips, rate and distortion of codecs."""
