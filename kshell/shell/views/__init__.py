"""What commands return: a view knows what it found as JSON and as lines of pieces with a role, and never prints.

`output` and `render` show results: as plain text, as JSON, in colour.  Only `render` imports rich's console.  This room
imports the shell's errors and reads plain values; it knows no session, no command and no kernel that runs.
"""
