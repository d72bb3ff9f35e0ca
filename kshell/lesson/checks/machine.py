"""Checks of the kernel that runs: its modules, its memory, its table, its log."""

from __future__ import annotations

import re

from kshell.kernel.core.memory import KernelFault
from kshell.lesson.checks.kinds import INTEGER, PATTERN, TEXT, Found, kind, shortened
from kshell.lesson.world import World


@kind("module", TEXT, refcount=INTEGER)
def module(world: World, name: str, refcount: int | None = None) -> Found:
    """A module is loaded, and how many hold it."""
    loaded = world.kernel.modules.get(name)
    listed = ", ".join(world.kernel.modules) or "no module"
    if loaded is None or loaded.state != "Live":
        return Found(False, "lsmod", f"{name} loaded", listed)
    held = f", held {loaded.refcount} times" if refcount is not None else ""
    wanted = f"{name} loaded" + (f", held {refcount} times" if refcount is not None else "")
    return Found(refcount in (None, loaded.refcount), "lsmod", wanted, name + held)


@kind("no_module", TEXT)
def no_module(world: World, name: str) -> Found:
    """A module is not loaded."""
    loaded = name in world.kernel.modules
    return Found(not loaded, "lsmod", f"{name} not loaded", name if loaded else "it is not")


@kind("pointer", TEXT, ("to",), to=TEXT)
def pointer(world: World, name: str, to: str) -> Found:
    """Where a pointer of the kernel leads: to a function by its name, to "NULL", or to "freed" memory."""
    symbol = world.kernel.symbols.lookup(name)
    if symbol is None:
        return Found(False, f"the pointer {name}", to, "this kernel has no such name")
    found = _target(world, symbol.address)
    return Found(found == to, f"the pointer {name}", to, found)


@kind("slot", TEXT, ("to",), to=TEXT)
def slot(world: World, name: str, to: str) -> Found:
    """Where the slot of a call in sys_call_table leads."""
    k = world.kernel
    row = k.table.by_name.get(name)
    if row is None:
        return Found(False, "sys_call_table", f"a row for {name}", "the table has none")
    found = _target(world, k.sys_call_table + 8 * row.number)
    return Found(found == to, f"sys_call_table[{row.number}]", to, found)


def _target(world: World, address: int) -> str:
    """What the 8 bytes at an address point to."""
    k = world.kernel
    try:
        value = k.memory.load(address)
    except KernelFault:
        return "nothing: that memory is not mapped"
    if value == 0:
        return "NULL"
    symbol = k.symbols.around(value)
    if symbol is not None:
        return symbol.name if symbol.address == value else symbol.at(value)
    return "freed" if k.memory.space.entry(value & ~0xFFF) == 0 else f"{value:#x}"


@kind("memory", TEXT, ("value",), value=INTEGER, size=INTEGER)
def memory(world: World, name: str, value: int, size: int = 4) -> Found:
    """The value of a variable of the kernel or of a module."""
    symbol = world.kernel.symbols.lookup(name)
    if symbol is None:
        return Found(False, f"the variable {name}", str(value), "there is none of that name")
    data = world.kernel.memory.read(symbol.address, size)
    found = int.from_bytes(data, "little", signed=value < 0)
    return Found(found == value, f"the variable {name}", str(value), str(found))


@kind("symbol", TEXT)
def symbol_(world: World, name: str) -> Found:
    """A name is in kallsyms."""
    there = world.kernel.symbols.lookup(name) is not None
    return Found(there, "kallsyms", name, "it is there" if there else "it is not there")


@kind("row", TEXT, number=INTEGER)
def row(world: World, name: str, number: int | None = None) -> Found:
    """The table of the kernel that runs has a row with that name, and a function behind it."""
    found = world.kernel.table.by_name.get(name)
    if found is None:
        return Found(False, "the table of this kernel", f"a row for {name}", "there is none")
    built = world.kernel.syscall_state(found.number) == "built"
    text = f"{found.number} {name}" + ("" if built else ", and no function behind it")
    wanted = f"{number or found.number} {name}"
    return Found(built and number in (None, found.number), "the table of this kernel", wanted, text)


@kind("dmesg", PATTERN)
def dmesg(world: World, pattern: str) -> Found:
    """A line of the log that came in this step."""
    texts = [record.text for record in world.kernel.log.since(world.log_start)]
    passed = any(re.search(pattern, text) for text in texts)
    found = shortened(texts[-1]) if texts else "no new line"
    return Found(passed, "the kernel's log since this step began", pattern, found)


@kind("oops", INTEGER)
def oops(world: World, count: int) -> Found:
    """How many oopses this step has had."""
    found = world.kernel.oopses - world.oopses_start
    return Found(found == count, "the oopses of this step", str(count), str(found))


@kind("taint", TEXT)
def taint(world: World, letters: str) -> Found:
    """The flags that taint the kernel; "" for none."""
    found = "".join(sorted(world.kernel.taint.letters))
    return Found(set(letters) <= set(found) and bool(letters) == bool(found), "the taint flags", letters, found)


@kind("release", TEXT)
def release(world: World, text: str) -> Found:
    """The release of the kernel that runs begins so: another one was booted."""
    found = world.kernel.release
    return Found(found.startswith(text), "the release of the kernel that runs", text, found)


@kind("option", TEXT)
def option(world: World, word: str) -> Found:
    """A word of the kernel's command line."""
    words = world.kernel.cmdline.split()
    return Found(word in words, "/proc/cmdline", word, " ".join(words) or "nothing")
