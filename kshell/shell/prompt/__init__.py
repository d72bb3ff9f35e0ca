"""The interactive face of the shell: a prompt with completion, signatures, history and help."""
