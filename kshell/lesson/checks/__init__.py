"""The closed set of checks: each looks at the machine or at what a command came to, and says what it found.

What was typed is not looked at (but for `typed`, which lint warns of): there are many right ways.
"""

from kshell.lesson.checks import calls, commands, files, machine
from kshell.lesson.checks.kinds import KINDS, Found, hold, kind_of, look, look_all

__all__ = ["KINDS", "Found", "calls", "commands", "files", "hold", "kind_of", "look", "look_all", "machine"]
