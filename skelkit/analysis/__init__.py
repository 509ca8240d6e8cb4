"""Measurements of clips: quality, duplicates, realism, rate and distortion of codecs."""
