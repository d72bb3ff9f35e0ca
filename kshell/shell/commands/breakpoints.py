"""Breakpoints in machine code: set, list, delete; and what `info` knows of a call that stands still at one."""

from __future__ import annotations

from kshell.kernel.debug.debugger import Breakpoint
from kshell.kernel.kernel import Kernel
from kshell.shell.commands.numbers import count
from kshell.shell.commands.registry import STOPPED_AT, command, misuse
from kshell.shell.debugger.frame_words import values_of
from kshell.shell.debugger.places import breakpoint_json, check, parse
from kshell.shell.debugger.source import shown_file
from kshell.shell.debugger.talk import debugging, selected_frame
from kshell.shell.errors import CommandError
from kshell.shell.lines.options import Argument
from kshell.shell.lines.words import Word, plain
from kshell.shell.state.context import Context
from kshell.shell.views.view import Line, Nothing, Text, View, show, span


@command(
    "break",
    group="The debugger",
    arguments=(Argument("symbol", "FUNCTION|FILE:LINE|FILE:FUNCTION|LINE"),),
    examples=(
        ("modprobe syscallModule; break my_test_call", "the next call of it stops there"),
        (STOPPED_AT + "info locals; next; continue", "a call that stops, and is looked at"),
        (
            "module copy hello .; break hello.py:hello_init; insmod hello.py; bt; continue",
            "a module to be loaded",
        ),
        ("break entry_SYSCALL_64; syscall getpid; stepi 3; x/3i $rip; continue", "the way into the kernel"),
    ),
    aliases=("b",),
)
def break_(session: Context, words: list[Word]) -> View:
    """Stop each call that reaches a place in machine code, in ring 0.

    That is the code of a module, of a file that a tree adds to the kernel, and of the kernel's own test_call
    (__do_sys_test_call), and the way in and out (entry_SYSCALL_64, do_syscall_64). The kernel's other functions are
    Python: a step passes over them.

    The call stops before the line runs, and a prompt of its own comes up, (gdb): the words there are gdb's. step, next,
    finish, stepi, continue let the call go on; print, info, bt, list show where it stands; so does what else only looks
    (x, disas, dmesg, lsmod, ...). Ctrl-D, quit or kill end the debugging: the call runs to its end. Ctrl-C stops a call
    that runs on. In a script the lines that follow are taken as what is typed there.

    A file that is not loaded yet is waited for; so an init function can be stopped, and that of a file which a tree
    builds in, while its kernel boots. Breakpoints stay when a module goes, or the machine is booted anew.
    """
    if len(words) != 1:
        raise misuse("break", "one place at a time, and no conditions" if words else "where?")
    k, state = session.kernel, session.debugging
    row = state.stopped.frames[state.selected].row if state is not None and state.stopped is not None else None
    location = parse(words[0].text, row.file if row is not None else "")
    check(k, location, words[0].text, session.tree)
    found = debugging(session).debugger.add(location)
    return Text([_set(k, found)], breakpoint_json(k, found))


def _set(k: Kernel, found: Breakpoint) -> str:
    if not found.addresses:
        return f"Breakpoint {found.number} ({show(str(found.location))}) pending."
    if len(found.addresses) > 1:
        return f"Breakpoint {found.number}: {show(str(found.location))}. ({len(found.addresses)} locations)"
    place = k.place_of(found.addresses[0])
    where = f": file {show(shown_file(place[0]))}, line {place[1]}." if place is not None else ""
    return f"Breakpoint {found.number} at {found.addresses[0]:#x}{where}"


@command(
    "delete",
    group="The debugger",
    arguments=(Argument("word", "[NUMBER...]"),),
    examples=(("modprobe syscallModule; break my_test_call; delete 1", "a breakpoint by its number"),),
    aliases=("d",),
)
def delete(session: Context, words: list[Word]) -> View:
    """Delete breakpoints, by default all of them."""
    debugger = debugging(session).debugger
    known = {each.number for each in debugger.breakpoints}
    chosen = {count("delete", word) for word in words} or known
    missing = sorted(chosen - known)
    if missing:
        raise CommandError(f"No breakpoint number {missing[0]}.", "no breakpoint has it", "info breakpoints")
    debugger.breakpoints = [each for each in debugger.breakpoints if each.number not in chosen]
    debugger.update()
    return Nothing()


@command(
    "info",
    "info breakpoints|locals|args|registers",
    group="The debugger",
    arguments=(Argument("word", "breakpoints|locals|args|registers"),),
    examples=(
        ("modprobe syscallModule; break my_test_call; info breakpoints", "where they are, and how often they were met"),
        (STOPPED_AT + "info args; continue", "what the function was called with"),
    ),
    aliases=("i",),
)
def info(session: Context, words: list[Word]) -> View:
    """Show breakpoints, or the locals, arguments or registers of a call.

    The call is the one that stands still at a breakpoint. Each may be shortened: info b, info lo, info a, info r.
    """
    text = words[0].text if len(words) == 1 else ""
    subject = next(
        (each for each in _SUBJECTS if text and each.startswith(text)), "registers" if text == "regs" else ""
    )
    if not subject:
        raise misuse("info", "about what?", "info breakpoints")
    if subject == "breakpoints":
        return _breakpoints(session)
    frame = selected_frame(session, "info")
    if subject == "registers":
        return session.call([plain("regs")])
    found = values_of(session.kernel, frame, parameters=subject == "args")
    lines: list[Line] = [[(show(each["name"]), "name"), (show(f" = {each['text']}"), "")] for each in found]
    nothing = "No arguments." if subject == "args" else "No locals."
    return Text(lines or [nothing], {subject: found})


_SUBJECTS = ("breakpoints", "locals", "args", "registers")


def _breakpoints(session: Context) -> View:
    k, debugger = session.kernel, debugging(session).debugger
    debugger.update()
    lines = (
        [span(f"{'Num':<8}{'Type':<15}{'Disp Enb ':<9}{'Address':<19}What", "heading")] if debugger.breakpoints else []
    )
    for each in debugger.breakpoints:
        head = f"{each.number:<8}{'breakpoint':<15}{'keep y':<9}"
        for address in each.addresses:
            lines.append([(head, ""), (f"{address:#018x} ", "address"), (show(_what(k, address)), "")])
            head = " " * 32
        if not each.addresses:
            lines.append(span(f"{head}{'<PENDING>':<19}{show(str(each.location))}"))
        if each.hits:
            times = "1 time" if each.hits == 1 else f"{each.hits} times"
            lines.append(span(f"\tbreakpoint already hit {times}"))
    rows = [breakpoint_json(k, each) for each in debugger.breakpoints]
    return Text(lines or ["No breakpoints."], {"breakpoints": rows})


def _what(k: Kernel, address: int) -> str:
    symbol, place = k.symbols.around(address), k.place_of(address)
    return f"in {symbol.name if symbol else '??'}" + (
        f" at {shown_file(place[0])}:{place[1]}" if place is not None else ""
    )
