"""What things cost, measured in a machine of their own: nothing is known before, all is counted while it happens."""
