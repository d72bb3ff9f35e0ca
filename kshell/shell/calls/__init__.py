"""System calls, for a person."""
