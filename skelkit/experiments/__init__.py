"""Longer runs over several seeds, their recordings, and what they show."""
