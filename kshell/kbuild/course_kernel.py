"""The kernel of the course has one call of its own, test_call: the machine code that lies beside the boot code.

Whoever changes its source, kshell/modules/builtin/test_call.py, or the compiler, makes it again:
``python -m kshell.kbuild.course_kernel``.
"""

from __future__ import annotations

import json
import os

from kshell.abi.elf_plain import to_plain
from kshell.cc.compiler import compile_file
from kshell.kernel.boot.vmlinux import TEST_CALL
from kshell.kernel.core.profile import COURSE

SOURCE = os.path.join(os.path.dirname(os.path.dirname(__file__)), "modules", "builtin", "test_call.py")
PATH = "SystemCalls/test_call.py"  # in a tree


def test_call() -> str:
    """What belongs into the file."""
    with open(SOURCE, encoding="utf-8") as file:
        text = file.read()
    obj = compile_file(PATH, text, COURSE.release, COURSE.version, module=False).object
    rows = {name: ",\n".join(map(json.dumps, each)) for name, each in to_plain(obj).items()}
    return "{" + ",\n".join(f'"{name}": [\n{each}]' for name, each in rows.items()) + "}\n"


if __name__ == "__main__":
    with open(TEST_CALL, "w", encoding="ascii") as output:
        output.write(test_call())
