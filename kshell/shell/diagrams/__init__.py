"""Pictures of a traced call: who calls whom, as text and for mermaid, and two runs side by side.

They are made of the events that the kernel told, as `calls` shows them in columns.  This room imports what stands
before it (see kshell.shell); it knows no command and changes nothing in a kernel.
"""
