"""What a session has and remembers, as data: its kernel, its terminal, the tree it works on, what was seen last.

Every room above is handed a Context.  This room may import the kernel and the shell's errors, views and lines; it knows
no command, no grammar of lines and no prompt: the engine that runs lines is the session, which is a Context itself.
"""
