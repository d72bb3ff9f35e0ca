"""Operations by the thousand on what a module keeps: the module reads them one by one, and writes what each answers."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

from kshell.cc.c_compiler import find_compiler
from kshell.kernel.boot.start import boot
from kshell.shell.modules.insmod import insmod

MOST = 256  # operations at once
LANGUAGES = ["py", "c"] if find_compiler() is not None else ["py"]
Op = tuple[int, int, int]
# Around `def op(k: Kernel, what: Int, a: Long, b: Long) -> Long`, and the same in C.
PY = """from kshell.linux import *
MODULE_LICENSE("GPL")
script: Array[Long] = Array(Long, 768)
answers: Array[Long] = Array(Long, 256)
{}
def handler(k: Kernel, count: int) -> Long:
    for i in range(count):
        answers[i] = op(k, Int(script[3 * i]), script[3 * i + 1], script[3 * i + 2])
    return 0
def start(k: Kernel) -> int:
    return 0
module_init(start)
"""
C = """#include <linux/module.h>
#include <linux/kernel.h>
MODULE_LICENSE("GPL");
long script[768], answers[256];
{}
long handler(int count)
{{
	for (int i = 0; i < count; i++)
		answers[i] = op(script[3 * i], script[3 * i + 1], script[3 * i + 2]);
	return 0;
}}
static int __init start(void)
{{
	return 0;
}}
module_init(start);
"""


class ScriptLab:
    """A kernel with such a module; `language` is "py" or "c", `text` has its op and what that needs."""

    def __init__(self, folder: Path, language: str, text: str, release: str = "course") -> None:
        self.k = boot(release)
        path = folder / f"m.{language}"
        path.write_text((PY if language == "py" else C).format(text.strip("\n")), encoding="utf-8")
        insmod(self.k, str(path))

    def address(self, name: str) -> int:
        """Of a symbol of the module."""
        symbol = self.k.symbols.lookup(name)
        assert symbol is not None, name
        return symbol.address

    def run(self, script: Sequence[Op]) -> list[int]:
        """What each operation answers."""
        found: list[int] = []
        for start in range(0, len(script), MOST):
            part = script[start : start + MOST]
            longs = [number & (1 << 64) - 1 for op in part for number in op]
            self.k.memory.write(self.address("script"), struct.pack(f"<{len(longs)}Q", *longs))
            answer = self.k.call_out(self.address("handler"), len(part))
            assert answer == 0, self.dmesg()[-30:]
            data = self.k.memory.read(self.address("answers"), 8 * len(part))
            found += struct.unpack(f"<{len(part)}q", data)
        return found

    def dmesg(self) -> list[str]:
        """The lines of the log."""
        return [record.text for record in self.k.log.since(0)]
