"""Linux's numbers and C types: errno, flags, signals, layouts, the system-call tables. Imports nothing of kshell."""
