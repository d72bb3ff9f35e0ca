"""The in-memory file system: inodes, names, open files, pipes and devices. User code never leaves it."""
