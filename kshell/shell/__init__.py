"""The shell around the kernel: session, commands, views, and two faces (script and prompt)."""
