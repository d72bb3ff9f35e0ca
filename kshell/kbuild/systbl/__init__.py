"""The table's script."""
