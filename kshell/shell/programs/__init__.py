"""Programs, for a person."""
