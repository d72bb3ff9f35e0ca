"""The closed set of checks: each looks at the machine or at what a command came to, and says what it found.

What was typed is not looked at (but for `typed`, which lint warns of): there are many right ways.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from kshell.abi.errno import errno_name
from kshell.kernel.core.memory import KernelFault
from kshell.lesson.lesson import STILL, Check
from kshell.lesson.world import World

BOOLEAN, INTEGER, TEXT, PATTERN, INTEGERS, TEXTS, CHECKS = (
    "true or false",
    "a number",
    "a text",
    "a pattern",
    "numbers",
    "texts",
    "checks",
)


class Found(NamedTuple):
    """What a check came to, each part for a sentence: it looked at `looked_at`, wanted `wanted`, found `found`."""

    passed: bool
    looked_at: str
    wanted: str
    found: str


class Kind(NamedTuple):
    """A kind of check: the key that names it, the type of that key's value, the types of the other keys."""

    name: str
    value: str
    more: Mapping[str, str]
    needed: tuple[str, ...]
    test: Callable[..., Found]


KINDS: dict[str, Kind] = {}
Test = Callable[..., Found]


def kind(name: str, value: str, needed: Sequence[str] = (), /, **more: str) -> Callable[[Test], Test]:
    """Enter a function as the check of that name; its keywords are the other keys, `needed` those that must be."""

    def enter(test: Test) -> Test:
        KINDS[name] = Kind(name, value, more, tuple(needed), test)
        return test

    return enter


def kind_of(check: Check) -> Kind | None:
    """The kind of a check: that of the first key that names one."""
    return next((KINDS[key] for key in check if key in KINDS), None)


def look(world: World, check: Check) -> Found:
    """Do one check."""
    found = kind_of(check)
    assert found is not None  # read.py lets no other through
    rest = {key.replace("-", "_"): value for key, value in check.items() if key not in (found.name, STILL)}
    return found.test(world, check[found.name], **rest)


def look_all(world: World, checks: Sequence[Check]) -> list[Found]:
    """Do several; they hold together if each does."""
    return [look(world, check) for check in checks]


def hold(world: World, checks: Sequence[Check]) -> bool:
    """Whether every one holds, and there is one."""
    return bool(checks) and all(found.passed for found in look_all(world, checks))


# Calls and programs.


@kind("call", TEXT, ret=INTEGER, errno=TEXT, args=INTEGERS, short=BOOLEAN)
def call(
    world: World,
    name: str,
    ret: int | None = None,
    errno: str | None = None,
    args: Any = None,
    short: bool = False,
) -> Found:
    """The latest call of that name in this step, and what it answered; `short`: fewer bytes than its third argument
    asked for, but some."""
    wanted = _call_text(name, args, ret, errno) + (" = fewer than asked for, but some" if short else "")
    made = [each for each in world.calls() if each["name"] == name]
    fitting = [each for each in made if args is None or list(args) == each["args"][: len(args)]]
    looked_at = f"the calls of {name} in this step"
    if not fitting:
        return Found(False, looked_at, wanted, "it was not called" if not made else _made_text(made[0]))
    last = fitting[0]
    passed = (ret is None or last["ret"] == ret) and (errno is None or last["errno"] == errno)
    passed = passed and (not short or 0 < (last["ret"] or 0) < last["args"][2])
    return Found(passed, looked_at, wanted, _made_text(last))


def _call_text(name: str, args: Any, ret: int | None, errno: str | None) -> str:
    given = ", ".join(str(each) for each in args) if args is not None else "..."
    answer = errno or ("" if ret is None else str(ret))
    return f"{name}({given})" + (f" = {answer}" if answer else "")


def _made_text(made: dict[str, Any]) -> str:
    given = ", ".join(str(each) for each in made["args"])
    answer = "?" if made["ret"] is None else f"{made['ret']}" + (f" ({made['errno']})" if made["errno"] else "")
    return f"{made['name']}({given}) = {answer}"


@kind("signal", TEXT)
def signal(world: World, name: str) -> Found:
    """How the last program or call of this step was ended; "" for by no signal."""
    ended: dict[str, Any] = next(iter(world.found("signal")), {})
    found = str(ended.get("name") or "")
    return Found(found == name, "how the last program ended", name or "no signal", found or "no signal")


@kind("exit", INTEGER)
def exit_status(world: World, status: int) -> Found:
    """The exit status of the last program of this step."""
    found = next(iter(world.found("exit_status")), None)
    text = "no program has exited" if found is None else f"status {found}"
    return Found(found == status, "the last program's exit", f"status {status}", text)


@kind("output", PATTERN)
def output(world: World, pattern: str) -> Found:
    """What programs of this step wrote to the terminal."""
    text = bytes(world.written).decode("utf-8", "replace")
    return Found(bool(re.search(pattern, text)), "what was written to the terminal", pattern, _short(text))


@kind("hop", TEXT, text=PATTERN)
def hop(world: World, step: str, text: str = "") -> Found:
    """A hop of the last traced command: its step (table, stub, fixup, ...), and what stands there."""
    hops = [each for each in world.hops() if each["step"] == step]
    passed = any(re.search(text, each["text"]) for each in hops)
    wanted = f"a hop {step}" + (f" with {text}" if text else "")
    found = _short(hops[-1]["text"]) if hops else "none" if world.hops() else "nothing was traced"
    return Found(passed, "the hops of the last trace", wanted, found)


# The kernel.


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
    found = _short(texts[-1]) if texts else "no new line"
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


@kind("file", TEXT, holds=PATTERN)
def file(world: World, path: str, holds: str = "") -> Found:
    """A file inside the machine, and what it holds."""
    from kshell.shell.machine_files import contents

    looked_at, wanted = f"the machine's file {path}", holds or "that it is there"
    data = contents(world.kernel, path)
    if isinstance(data, int):
        return Found(False, looked_at, wanted, errno_name(-data))
    text = data.decode("utf-8", "replace")
    return Found(bool(re.search(holds, text)), looked_at, wanted, _short(text))


@kind("host_file", TEXT, holds=PATTERN)
def host_file(world: World, path: str, holds: str = "") -> Found:
    """A file of the student's own folder, and what it holds."""
    from kshell.shell.errors import CommandError
    from kshell.shell.host_files import read_text

    try:
        text = read_text("check", path)
    except CommandError as error:
        return Found(False, f"your file {path}", holds or "that it is there", error.what)
    return Found(bool(re.search(holds, text)), f"your file {path}", holds or "that it is there", _short(text))


# Commands and answers.


@kind("ran", TEXT)
def ran(world: World, name: str) -> Found:
    """A command of that name went well in this step, whatever its arguments."""
    from kshell.shell.commands.registry import own_name

    names = [own_name(each.text.split()[0]) for each in world.results if not each.failed and each.text.split()]
    return Found(name in names, "the commands of this step", name, ", ".join(names) or "none")


@kind("status", INTEGER)
def status(world: World, value: int) -> Found:
    """The status of the last command: 0 done, 1 failed."""
    found = world.last.get("status")
    text = "no command yet" if found is None else str(found)
    return Found(found == value, "the status of the last command", str(value), text)


@kind("error", PATTERN)
def error_(world: World, pattern: str) -> Found:
    """What the last command said when it failed."""
    said = world.last.get("error") or {}
    text = " ".join(str(said.get(part, "")) for part in ("what", "because"))
    return Found(bool(said) and bool(re.search(pattern, text)), "the last command's error", pattern, _short(text))


@kind("predicted", TEXT)
def predicted(world: World, step: str) -> Found:
    """A prediction of this lesson was right."""
    answer, right = world.answers.get(step, ("none", False))
    return Found(right, f"your prediction in {step}", "the right one", answer)


@kind("typed", PATTERN)
def typed(world: World, pattern: str) -> Found:
    """The text of a command of this step: for what leaves no trace anywhere else."""
    texts = [each.text for each in world.results]
    passed = any(re.search(pattern, text) for text in texts)
    return Found(passed, "what was typed in this step", pattern, texts[-1] if texts else "nothing")


@kind("any", CHECKS)
def any_(world: World, checks: Sequence[Check]) -> Found:
    """One of several holds."""
    found = look_all(world, checks)
    first = next((each for each in found if each.passed), None)
    if first is not None:
        return first
    wanted = ", or ".join(each.wanted for each in found)
    return Found(False, found[0].looked_at, wanted, found[0].found)


@kind("none", CHECKS)
def none(world: World, checks: Sequence[Check]) -> Found:
    """None of several holds."""
    found = next((each for each in look_all(world, checks) if each.passed), None)
    if found is None:
        return Found(True, "what must not be", "none of it", "none of it")
    return Found(False, found.looked_at, f"not {found.wanted}", found.found)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 80 else text[:77] + "..."
