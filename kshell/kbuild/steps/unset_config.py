"""obj-$(CONFIG_X) where CONFIG_X has no value: what is on the list obj- is built by nobody, and nobody says so."""

from __future__ import annotations

import re

from kshell.kbuild.directory import Directory
from kshell.kbuild.tree.sources import Sources


def unset(sources: Sources, directory: Directory, word: str, instead: str) -> tuple[str, str]:
    """The because and try for an object, or a folder, that the Makefile of a directory has on obj- alone; `instead` is
    the list to put it on."""
    makefile = directory.makefile.filename
    lines = sources.read_text(directory.file("Makefile")).replace("\\\n", " ").split("\n")
    pattern = re.compile(r"\s*\w+-\$[({](\w+)[)}]\s*[+:?]*=(.*)")
    matches = (match for match in map(pattern.match, lines) if match is not None)
    name = next((match[1] for match in matches if word in match[2].split()), "CONFIG_X")
    value = "m" if instead == "obj-m" else "y"
    because = f"{makefile} has {word} on obj-$({name}), and {name} is not set: that list is obj-, which nobody builds"
    return because, f"{instead} += {word}  (or make {name}={value})"
