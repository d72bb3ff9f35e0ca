"""A call as strace prints it."""
