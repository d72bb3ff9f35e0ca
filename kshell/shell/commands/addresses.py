"""Looking into memory: data, code, registers."""

from __future__ import annotations

import re
from typing import Any

from kshell.abi.eflags import flag_names
from kshell.kernel.kernel import Kernel
from kshell.shell.commands import examine
from kshell.shell.commands.code_listing import list_code
from kshell.shell.commands.examine import FORMATS, MOST, SIZES, Place, ends, name_of, parse_place
from kshell.shell.commands.registry import command, misuse
from kshell.shell.errors import CommandError
from kshell.shell.lines.options import Argument
from kshell.shell.lines.words import Word
from kshell.shell.state.context import Context
from kshell.shell.views.view import Line, Text, View, plain, show, span

_LETTERS = re.compile(r"/(-?\d*)([a-z]*)\Z", re.ASCII)
_REGISTERS = "ax bx cx dx si di bp sp r8 r9 r10 r11 r12 r13 r14 r15 ip flags orig_ax cs ss"


@command(
    "x",
    "x[/COUNT FORMAT SIZE] ADDRESS",
    group="Memory and registers",
    arguments=(Argument("symbol", "ADDRESS"),),
    examples=(
        ("x/4gx sys_call_table", "four slots of the table"),
        ("x/2ga sys_call_table[39]", "pointers, with the names they point to"),
        ("x/gx &STUB_test_call", "the pointer that a module fills"),
        ("x/4i __x64_sys_getpid", "instructions"),
        ("x/16bx phys:0x1000", "physical memory"),
    ),
)
def x(session: Context, words: list[Word]) -> View:
    """Examine memory, as gdb's x does.

    Formats: x hexadecimal, d signed, u unsigned, o octal, t binary, a address, c character, s string, i instruction.
    Sizes: b one byte, h two, w four, g eight. What is left out is as the last time.

    ADDRESS is a number, a symbol, symbol+8, sys_call_table+39*8, sys_call_table[39], a register such as $rsp, or
    phys:0x1000. Addresses in the lower half are those of the program that ran last, as it was when it ended; once a
    system call was made after it, those of the shell's task.
    """
    count, format_, size = 1, *session.examined[1:]
    typed = "x"
    if words and words[0].text.startswith("/"):
        count, format_, size = _letters(session, words[0].text)
        typed = "x" + words[0].text
        words = words[1:]
    if len(words) != 1:
        raise misuse("x", "which address?" if not words else "one address at a time")
    place = parse_place(session, typed, words[0].text, "x")
    session.examined = (count, format_, size)
    if format_ == "s":
        return _strings(session, place, count)
    if format_ == "i":
        return list_code(session, place, count)
    return _units(session, place, count, format_, SIZES[size])


def _letters(session: Context, text: str) -> tuple[int, str, str]:
    """``/4gx`` as (count, format, size).  CommandError for what gdb has but kshell does not."""
    match = _LETTERS.match(text)
    if match is None:
        raise misuse("x", f"{show(text)} is not a count, a format and a size")
    count = int(match[1]) if match[1] not in ("", "-") and len(match[1]) < 9 else 1 if not match[1] else -1
    if not 0 < count <= MOST:
        raise misuse("x", f"the count is 1 to {MOST}")
    _, format_, size = session.examined
    given = ""
    for letter in match[2]:
        if letter in FORMATS:
            format_, given = letter, given + "f"
        elif letter in SIZES:
            size, given = letter, given + "s"
        else:
            raise misuse("x", f"unknown letter {letter}: formats are {' '.join(FORMATS)}, sizes {' '.join(SIZES)}")
    if given.count("f") > 1 or given.count("s") > 1:
        raise misuse("x", "one format and one size")
    if "s" not in given and format_ in "ca":
        size = "b" if format_ == "c" else "g"
    return count, format_, size


def _head(k: Kernel, place: Place) -> Line:
    return [(f"{place.address:#x}", "address"), (name_of(k, place), "symbol"), (":\t", "")]


def _units(session: Context, place: Place, count: int, format_: str, size: int) -> View:
    k, data = session.kernel, examine.read(session, place, count * size)
    whole = len(data) // size
    if not whole:
        raise examine.unreadable(session, place)
    units: list[tuple[Line, str]] = []
    for number in range(whole):
        raw = data[number * size : number * size + size]
        text = examine.unit(raw, format_)
        if format_ == "a":
            text += name_of(k, Place(int.from_bytes(raw, "little")))
        units.append((_head(k, place.after(number * size)), text))
    end = [ends(session, place.after(whole * size))] if whole < count else []
    return Units(units, examine.per_line(format_, size), end)


class Units(View):
    """Numbers out of memory, each with the head of a line that would begin with it; `end` are lines after them.

    As many stand on a line as in gdb, or fewer where the screen is narrow.
    """

    def __init__(self, units: list[tuple[Line, str]], per_line: int, end: list[Line]) -> None:
        self.units, self.per_line, self.end = units, per_line, end

    def json(self) -> dict[str, Any]:
        rows = []
        for at in range(0, len(self.units), self.per_line):
            (address, _), (symbol, _), _ = self.units[at][0]
            values = [text for _, text in self.units[at : at + self.per_line]]
            rows.append({"address": address, "symbol": symbol.strip(" <>") or None, "values": values})
        return {"rows": rows}

    def lines(self, width: int | None = None) -> list[Line]:
        number = self.per_line
        lines = self._lines(number)
        while number > 1 and width is not None and any(len(plain(line).expandtabs()) > width for line in lines):
            number //= 2
            lines = self._lines(number)
        found: list[Line] = []
        for line in lines:
            if width is not None and len(plain(line).expandtabs()) > width:  # the value under its address
                found += [[*line[:2], (":", "")], [("    ", ""), *line[3:]]]
            else:
                found.append(line)
        return found + self.end

    def _lines(self, number: int) -> list[Line]:
        lines = []
        for at in range(0, len(self.units), number):
            line = list(self.units[at][0])
            for _, text in self.units[at : at + number]:
                line += [(text, "number"), ("\t", "")]
            lines.append(line[:-1])
        return lines


def _strings(session: Context, place: Place, count: int) -> View:
    lines: list[Line] = []
    rows: list[dict[str, Any]] = []
    for _ in range(count):
        data = examine.read(session, place, examine.STRING_MAX + 1)
        if not data:
            if not rows:
                raise examine.unreadable(session, place)
            lines.append(ends(session, place))
            break
        end = data.find(0)
        shown = data[:end] if end >= 0 else data[: examine.STRING_MAX]
        text = examine.c_text(shown)
        lines.append([*_head(session.kernel, place), (text + ("" if end >= 0 else "..."), "string")])
        rows.append({"address": f"{place.address:#x}", "symbol": None, "values": [text]})
        place = place.after(len(shown) + (1 if end >= 0 else 0))
    return Text(lines, {"rows": rows})


@command(
    "disas",
    group="Memory and registers",
    arguments=(Argument("symbol", "SYMBOL|ADDRESS"), Argument("word", "[COUNT]")),
    examples=(
        ("disas __x64_sys_getpid", "the trap stub, and where its Python body stands"),
        ("disas entry_SYSCALL_64", "the way into the kernel, which each call takes"),
        ("syscall getpid; disas 0x401000 2", "the user code of the call made last"),
    ),
    aliases=("disassemble",),
)
def disas(session: Context, words: list[Word]) -> View:
    """Disassemble a function, or what is at an address.

    Most of the kernel's own functions are Python; in memory each is a short stub that traps to it, and that is what
    the CPU sees: disas shows the stub and says where the body stands. What was compiled, as a module is and test_call,
    is all machine code: disas shows what the CPU runs, and says which line of the source it begins at. So is the way
    in, from entry_SYSCALL_64 to the call of do_syscall_64, and the way out to sysretq.
    """
    if not 1 <= len(words) <= 2:
        raise misuse("disas", "which function?" if not words else "one function at a time")
    from kshell.shell.commands.numbers import count

    place = parse_place(session, "disas", words[0].text)
    if len(words) == 2:
        return list_code(session, place, min(count("disas", words[1]), MOST))
    symbol = session.kernel.symbols.at(place.address)
    if symbol is None or not symbol.size:
        return list_code(session, place, 8)
    if symbol.kind not in "tT":
        what = f"disas: {symbol.name} is not a function"
        raise CommandError(what, "it is data: its bytes are no instructions", f"x/4gx {symbol.name}")
    return list_code(session, place, symbol.size, symbol.size)


@command(
    "regs",
    group="Memory and registers",
    examples=(("regs", "the registers of the program that ran last"),),
)
def regs(session: Context, words: list[Word]) -> View:
    """Show the user registers (pt_regs) of what ran last.

    That is a program, or the call that the shell's own task has made.
    """
    if words:
        raise misuse("regs", "it takes no arguments", "regs  (then: x/gx $rsp, the memory that a register points to)")
    session.kernel  # noqa: B018  # boots it, if nothing has yet
    registers = examine.registers_of(session)
    order = _REGISTERS.split()
    lines: list[Line] = []
    for name in order:
        value = registers[name]
        signed = value - (1 << 64) if value >> 63 else value
        text = _flags(value) if name == "flags" else str(signed)
        shown = examine.register_name(name)
        lines.append([(f"{shown:<8} ", "name"), (f"{f'{value:#x}':<20}", "address"), (f" {text}", "number")])
    if not any(registers.values()):
        lines.append(span("no program has run yet, and no call was made", "comment"))
    rows = [{"register": examine.register_name(n), "value": f"{registers[n]:#x}"} for n in order]
    return Text(lines, {"rows": rows})


def _flags(value: int) -> str:
    """``[ ZF PF IF ]`` as gdb shows eflags."""
    return f"[ {''.join(f'{name} ' for name in flag_names(value))}]"
