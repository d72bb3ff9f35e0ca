"""kshell: a teaching shell for a simulated Linux-like kernel."""

__version__ = "0.1.0"
