"""Names of Linux that kshell has not: they are told as such, and never called misspelt."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.cc.c_compiler import find_compiler
from kshell.cc.front.headers_index import index
from kshell.cc.front.undeclared import explain
from kshell.cc.linux_names import TABLE, linux_names
from kshell.cc.source_error import SourceError
from tests.cc.front.cures import findings
from tests.cc.test_c_compiler import compiled
from tests.shell.lab import Lab

MISSING = sorted(name for name in linux_names() if name not in index())


def test_the_table_is_sorted_by_header_and_has_no_name_twice() -> None:
    lines = Path(TABLE).read_text(encoding="utf-8").split("\n")
    heads = [line.partition(" -> ")[0] for line in lines if " -> " in line and line[:1] not in (" ", "#")]
    assert heads == sorted(heads)
    names = [name for line in lines if line.startswith(" ") for name in line.split()]
    assert [name for name in names if names.count(name) > 1] == []
    assert len(MISSING) > 300


@pytest.mark.parametrize("name", MISSING)
def test_no_name_of_linux_is_called_misspelt(name: str) -> None:
    because, try_ = explain(name, MISSING)
    assert because == f"Linux has {name} (linux/{linux_names()[name].header}), kshell has not"
    assert try_
    assert "did you mean" not in try_


def test_the_compiler_says_what_to_use_instead() -> None:
    text = "from kshell.linux import *\ndef f(k: Kernel) -> int:\n    t = find_vpid(k, 77)\n    return nf_hook_ops\n"
    call, name = findings(text)
    assert call.text.startswith("implicit declaration of function 'find_vpid'")
    assert call.because == "Linux has find_vpid (linux/pid.h), kshell has not"
    assert call.try_ == "for t in for_each_process():  with an if on t.pid"
    assert name.because == "Linux has nf_hook_ops (linux/netfilter.h), kshell has not"


@pytest.mark.skipif(find_compiler() is None, reason="no C compiler for x86-64 Linux here")
def test_so_does_the_road_of_c(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        compiled(tmp_path, "#include <linux/module.h>\nint f(void)\n{\n\treturn find_vpid(7);\n}\n")
    assert caught.value.problem.because == "Linux has find_vpid (linux/pid.h), kshell has not"


def test_help_knows_them() -> None:
    lab = Lab()
    assert lab.text("help register_kprobe").split("\n")[0] == (
        "register_kprobe  Linux has register_kprobe (linux/kprobes.h), kshell has not."
    )
    assert lab.json("help register_kprobe")["example"].startswith("break FUNCTION")
