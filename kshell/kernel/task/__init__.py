"""Tasks: what the kernel knows of each running program, and what a program finds at its start.

On core, mm and fs.  Who runs a task, and what becomes of its exceptions, is above (entry/).
"""
