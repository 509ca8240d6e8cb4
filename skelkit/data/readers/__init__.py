"""What reads, and where it makes sense writes, the files that people have."""
