"""The last floor: an image becomes a running kernel."""
