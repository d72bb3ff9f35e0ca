"""The commands under a rule."""
