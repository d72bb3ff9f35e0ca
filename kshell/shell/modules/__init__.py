"""Modules, for a person."""
