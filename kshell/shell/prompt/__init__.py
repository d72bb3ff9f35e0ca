"""The face of the shell on a terminal: a prompt with completion, signatures, history and help.

The only room that imports prompt_toolkit, and nothing imports it but the entry point.  What is known about a line is
found by pure functions (line, candidates, highlight, toolbar); nothing here runs the CPU from a key.
"""
