"""What commands return."""
