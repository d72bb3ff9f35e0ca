"""What a module leaves behind: pointers into its text, and what is said of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.kernel.report.leaks import pointers_into
from kshell.shell.modules.insmod import rmmod
from tests.kernel.module_lab import Lab

M_INIT = "def m_init(k: Kernel) -> int:\n    {}\n    return {}\nmodule_init(m_init)\n"
HANDLER = "def handler(k: Kernel, n: int) -> Long:\n    return n\n"
PERMANENT = "m has an init function and no exit function: rmmod will refuse it, and only boot ends it"


def test_a_pointer_into_a_module_is_found_by_name_and_address(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    module = lab.handler(HANDLER)
    leaks = pointers_into(lab.k, module.name, module.space)
    cell = lab.k.symbols.lookup("STUB_test_call")
    assert cell is not None
    assert [(leak.name, leak.address, leak.value, leak.target) for leak in leaks] == [
        ("STUB_test_call", cell.address, lab.address("handler"), "handler")
    ]


def test_a_slot_of_the_table_is_found_by_its_number(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    module = lab.load(HANDLER)
    table = lab.k.sys_call_table
    lab.k.memory.set_writable(table, 8 * 400, True)
    lab.k.memory.store(table + 8 * 39, lab.address("handler"))
    assert [leak.name for leak in pointers_into(lab.k, module.name, module.space)] == ["sys_call_table[39]"]


def test_a_pointer_of_another_module_is_found_with_its_owner(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    lab.load('hook: Stub[[int]] = Stub("hook")\nEXPORT_SYMBOL(hook)\n', "owner")
    text = 'hook: Stub[[int]] = extern("hook")\n' + HANDLER + M_INIT.format("k[hook] = handler", 0)
    lab.load(text + "def m_exit(k: Kernel) -> None:\n    pass\nmodule_exit(m_exit)\n")
    rmmod(lab.k, "m")
    assert "hook [owner] (at 0x" in lab.k.take_notes()[0]


def test_a_module_that_cleans_up_leaves_no_note(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    lab.handler(HANDLER)
    rmmod(lab.k, "m")
    assert lab.k.take_notes() == []


@pytest.mark.parametrize(("result", "noted"), [("-ENOMEM", True), ("0", False)])
def test_an_init_that_fails_halfway_is_noted(tmp_path: Path, result: str, noted: bool) -> None:
    lab = Lab(tmp_path)
    text = HANDLER + M_INIT.format("k[STUB_test_call] = handler", result)
    if noted:
        lab.refused(text)
        leak = "m did not load, its text is freed, and STUB_test_call (at 0x"
        assert any(note.startswith(leak) for note in lab.k.take_notes())
        assert lab.k.symbols.lookup("handler") is None
        assert lab.call(335, 1).outcome.kind == "killed"
    else:
        lab.load(text)
        assert lab.k.take_notes() == [PERMANENT]


def test_rmmod_f_notes_the_references_that_are_held_and_the_exit_that_is_missing(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    module = lab.load(M_INIT.format("got = try_module_get(k, THIS_MODULE)", "0 if got else -EBUSY"))
    assert (module.permanent, module.initstate, module.refcount) == (True, "live", 1)
    rmmod(lab.k, "m", force=True)
    assert module.initstate == "unformed"
    loaded, *notes = lab.k.take_notes()
    assert loaded == PERMANENT
    assert notes[0].startswith("m has no exit function")
    assert notes[1].startswith("1 reference is still held on m")
    assert lab.k.taint.why["R"] == "rmmod -f m"
