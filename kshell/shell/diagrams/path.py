"""The path of a call, event by event: which lane it is in, and what goes from lane to lane."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kshell.abi.errno import errno_name, is_error
from kshell.kernel.core.printk import printable
from kshell.kernel.trace.event import Event
from kshell.shell.calls.call_views import Ending
from kshell.shell.calls.hops import argument_value, words
from kshell.shell.diagrams.sequence import (
    CALL,
    CPU,
    CROSS,
    ENTRY,
    KERNEL,
    LOG,
    NOTE,
    RETURN,
    STUB,
    SWITCH,
    TABLE,
    TASK,
    USER,
    WRAPPER,
    Message,
    module_lane,
)

# The functions that SYSCALL_DEFINEn makes.
WRAPPERS = ("__x64_sys_", "__ia32_sys_", "__ia32_compat_sys_", "__se_sys_", "__do_sys_", "sys_", "ksys_")
WAYS_IN = ("syscall", "int 0x80")  # instructions
FEW_RECORDS = 3  # lines of the log, one behind the other, that are drawn; of more the first is


def messages_of(events: Sequence[Event], ending: Ending | None, tree: str = "") -> list[Message]:
    """The messages of one or more traced calls, of whose end `ending` tells; where that is None, of a module's
    functions, which the kernel calls.  `tree` is where it was built."""
    path = _Path(events, USER if ending is not None else KERNEL, tree)
    for at, event in enumerate(events):
        path.follow(at, event)
    if ending is not None:
        path.end(ending)
    return path.messages


class _Path:
    """`_calls` are the functions that run, each with its lane ("" for one that is not drawn), the innermost last."""

    def __init__(self, events: Sequence[Event], base: str, tree: str) -> None:
        self.messages: list[Message] = []
        self._events, self._tree = events, tree
        self._calls: list[tuple[str, str]] = []
        self._base = base
        self._drawn: set[int] = set()  # events that stand in the label of an earlier one
        self._follow: dict[str, Callable[[int, Event], None]] = {
            "instruction": self._instruction,
            "syscall": self._syscall,
            "int80": self._int80,
            "pt_regs_32": lambda at, event: self._note("pt_regs on the kernel stack"),
            "number_32": lambda at, event: self._note(f"{event.values['dispatcher']}(nr = {event.values['nr']})"),
            "slot_32": lambda at, event: self._dispatched(at, TABLE, f"ia32_sys_call_table[{event.values['nr']}]"),
            "case_32": lambda at, event: self._dispatched(at, SWITCH, f"ia32_sys_call: case {event.values['nr']}"),
            "default_32": lambda at, event: self._dispatched(at, SWITCH, "ia32_sys_call: default"),
            "ni_syscall_32": lambda at, event: self._called(at, ENTRY, event.address),
            "iretq": lambda at, event: None,  # the return is drawn
            "pt_regs": lambda at, event: self._note("pt_regs on the kernel stack"),
            "number": lambda at, event: self._note(f"do_syscall_64(nr = {event.values['nr']})"),
            "slot": lambda at, event: self._dispatched(at, TABLE, f"sys_call_table[{event.values['nr']}]"),
            "case": lambda at, event: self._dispatched(at, SWITCH, f"x64_sys_call: case {event.values['nr']}"),
            "default": lambda at, event: self._dispatched(at, SWITCH, "x64_sys_call: default"),
            "ni_syscall": lambda at, event: self._called(at, ENTRY, event.address),
            "arguments": self._arguments,
            "record": self._record,
            "pointer": self._pointer,
            "msleep": lambda at, event: self._note(f"sleeps for {event.values['ms']} ms: the CPU is free"),
            "command": self._meanwhile,
            "answer": self._answered,
            "enter": self._enter,
            "leave": self._leave,
            "changed": self._changed,
            "registers": self._changed,
            "result": self._result,
        }

    @property
    def here(self) -> str:
        """The lane that the path is in."""
        return next((lane for _, lane in reversed(self._calls) if lane), self._base)

    def follow(self, at: int, event: Event) -> None:
        """Go one event further; of what is no step of its own the words are noted."""
        if at in self._drawn:
            return
        drawn = self._follow.get(event.what)
        if drawn is not None:
            drawn(at, event)
        else:
            lane = KERNEL if event.ring == 0 and self.here == USER else self.here  # it works for a fault there
            self._add(NOTE, lane, lane, " ".join(words(event, self._tree).split()))

    def end(self, ending: Ending) -> None:
        """The task is at its end, if it is: a cross where it was."""
        outcome = ending.outcome
        if outcome.signal is not None:
            name = f"{outcome.signal.words} ({outcome.signal.name})"
            self._cross(f"oops: {name}" if ending.oopsed else name)
        elif outcome.kind == "exited":
            self._cross(f"exits with status {outcome.status}", failed=bool(outcome.status))

    def _add(self, kind: str, source: str, target: str, label: str, failed: bool = False) -> None:
        self.messages.append(Message(kind, source, target, label, failed))

    def _note(self, label: str) -> None:
        self._add(NOTE, self.here, self.here, label)

    def _cross(self, label: str, failed: bool = True) -> None:
        self._add(CROSS, self.here, self.here, label, failed)

    # Ring 3, and the way in.

    def _instruction(self, at: int, event: Event) -> None:
        text, place = event.values.get("text", ""), event.values.get("place")
        if not text:  # the call is over
            self._calls, self._base = [], USER
        elif text in WAYS_IN:
            self._add(CALL, USER, CPU, f"{text}  ({place})" if place else text)
        elif self.messages and self.messages[-1].kind == NOTE and self.messages[-1].source == USER:
            self._extend(f"; {text}")
        else:
            self._note(text)

    def _extend(self, text: str) -> None:
        last = self.messages[-1]
        self.messages[-1] = last._replace(label=last.label + text)

    def _syscall(self, at: int, event: Event) -> None:
        self._calls, self._base = [], ENTRY
        self._add(CALL, CPU, ENTRY, "LSTAR: entry_SYSCALL_64")

    def _int80(self, at: int, event: Event) -> None:
        self._calls, self._base = [], ENTRY
        self._add(CALL, CPU, ENTRY, f"IDT gate 0x80: {event.values['gate']}")

    def _dispatched(self, at: int, lane: str, label: str) -> None:
        self._add(CALL, ENTRY, lane, label)
        self._called(at, lane, self._events[at].address)

    def _arguments(self, at: int, event: Event) -> None:
        made = [f"{each['name']} = {argument_value(each)}" for each in event.values["arguments"]]
        if made:
            self._note(", ".join(made))

    def _result(self, at: int, event: Event) -> None:
        """Back to ring 3; whoever has not returned yet does so now."""
        rax = event.values["rax"]
        if self._calls and self.here != ENTRY:
            self._add(RETURN, self.here, ENTRY, f"{self._calls[0][0]} = {rax}")
        self._calls = []
        failed = is_error(rax)
        self._add(RETURN, ENTRY, USER, f"rax = {rax}" + (f" (-{errno_name(-rax)})" if failed else ""), failed)
        self._base = USER

    # Functions.

    def _called(self, at: int, source: str, address: int | None) -> None:
        """A function is called through a pointer or a table; where it tells of its beginning, that is the label."""
        symbol, module = self._events[at].values["symbol"], self._events[at].values["module"]
        if symbol is None:
            self._add(CROSS, source, source, f"{address:#x}: no function lives there any more", True)
            return
        lane = _lane_of(symbol, module)
        coming = self._coming(at, symbol)
        label = f"{symbol}()" if coming is None else _called_with(self._events[coming])
        self._add(CALL, source, lane, label + (f" [{module}]" if module else ""))
        self._calls.append((symbol, lane))
        if coming is not None:
            self._drawn.add(coming)

    def _coming(self, at: int, symbol: str) -> int | None:
        """Where the function that is called now tells that it begins, if it does."""
        for index in range(at + 1, len(self._events)):
            event = self._events[index]
            if event.what == "enter":
                return index if event.values["function"] == symbol else None
            if event.step not in ("wrapper", "insn"):
                return None
        return None

    def _pointer(self, at: int, event: Event) -> None:
        self._add(CALL, self.here, STUB, event.values["stub"])
        self._called(at, STUB, event.address)

    def _enter(self, at: int, event: Event) -> None:
        function, module = event.values["function"], event.values["module"]
        lane = _lane_of(function, module)
        prints = lane == KERNEL and at + 1 < len(self._events) and self._events[at + 1].what == "record"
        if not prints:
            other = f" [{module}]" if module and lane != self.here else ""
            self._add(CALL, self.here, lane, _called_with(event) + other)
        self._calls.append((function, "" if prints else lane))

    def _leave(self, at: int, event: Event) -> None:
        """Of the functions that SYSCALL_DEFINEn makes, the outermost alone draws its return."""
        function, result = event.values["function"], event.values["result"]
        if all(name != function for name, _ in self._calls):
            return
        name, lane = self._calls.pop()
        while name != function:
            name, lane = self._calls.pop()
        if lane and not lane == self.here == WRAPPER:
            self._add(RETURN, lane, self.here, function + (f" = {result['text']}" if result is not None else ""))

    def _changed(self, at: int, event: Event) -> None:
        """What the last line or instruction has changed stands with it."""
        text = " ".join(words(event, self._tree).split())
        if self.messages and self.messages[-1].kind == NOTE:
            self._extend(f"  ({text})")
        else:
            self._note(text)

    # Others.

    def _record(self, at: int, event: Event) -> None:
        """Lines into the log; of a report the first, and how long it is."""
        end = at
        while end < len(self._events) and self._events[end].what == "record":
            end += 1
        self._drawn.update(range(at, end))
        shown = end if end - at <= FEW_RECORDS else at + 1
        source = KERNEL if self.here == USER else self.here  # it tells of a fault there
        for each in self._events[at:shown]:
            self._add(CALL, source, LOG, printable(each.values["message"]))
        if shown < end:
            self._add(NOTE, LOG, LOG, f"and {end - shown} more lines: dmesg shows them")

    def _meanwhile(self, at: int, event: Event) -> None:
        self._calls.append(("", TASK))
        self._note(event.values["command"])

    def _answered(self, at: int, event: Event) -> None:
        self._note(event.values["answer"])
        while self._calls and self._calls.pop()[1] != TASK:
            pass


def _lane_of(function: str, module: str | None) -> str:
    if module:
        return module_lane(module)
    return WRAPPER if function.startswith(WRAPPERS) else KERNEL


def _called_with(event: Event) -> str:
    """A function with its arguments; where pt_regs are is the same for all of a task's calls."""
    shown = (
        each["name"] if "pt_regs" in each["type"] else f"{each['name']} = {each['text']}"
        for each in event.values["arguments"]
    )
    return f"{event.values['function']}({', '.join(shown)})"
