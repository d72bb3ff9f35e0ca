"""Kernel trees, for a person."""
