"""The commands, each in the file of its subject.

A file with a function under @command is all that a command needs: the registry finds it.  A command returns a view and
never prints.  This room may import every other one of the shell but the session's engine and the prompt.
"""
