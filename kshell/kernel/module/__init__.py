"""Modules: from a compiled object to live text, and gone again."""
