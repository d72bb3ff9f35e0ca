"""Memory of user programs."""
