"""The language of Makefiles."""
