"""A kernel tree on disk."""
