"""Views of system calls and of programs: strace's lines, every hop, how a run ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kshell.abi.c_types import U64, to_signed64
from kshell.abi.errno import errno_name, is_error
from kshell.abi.signal import SIGINT, si_code_name
from kshell.kernel.core.signal import Siginfo
from kshell.kernel.entry.run import Outcome
from kshell.kernel.trace.tracer import Call
from kshell.shell.errors import INTERRUPTED
from kshell.shell.views.view import Line, View, labelled, show, span
from kshell.strace.signals import ended

BY_TERMINAL = "--- SIGINT {si_signo=SIGINT, si_code=SI_KERNEL}"

if TYPE_CHECKING:
    from kshell.shell.calls.hops import Hops
    from kshell.shell.calls.memory_after import MemoryAfter


def call_json(call: Call, arguments: int) -> dict[str, Any]:
    """One call as --json shows it; `arguments` is how many registers count."""
    errno = errno_name(-call.ret) if call.ret is not None and is_error(call.ret) else None
    args = [to_signed64(value) for value in call.args[:arguments]]
    found = {"nr": call.nr, "name": call.name, "args": args, "ret": call.ret, "errno": errno}
    return found | {"abi": "i386"} if call.is_32 else found


def call_line(call: Call) -> Line:
    """strace's line, the result apart."""
    text = call.text
    at = text.rfind(" = ")
    if at < 0:
        return span(show(text), "name")
    failed = call.ret is not None and is_error(call.ret)
    return [(show(text[:at]), "name"), (" = ", "dim"), (show(text[at + 3 :]), "errno" if failed else "good")]


def signal_line(text: str) -> Line:
    """strace's line of a signal, between two calls."""
    return span(show(text), "note")


def result_faces(ret: int, libc: bool) -> str:
    """What stands under a call's line about its result: with `libc` what a C program makes of a negative one ("" for
    the others, which it gets as they are), else what the kernel left in rax."""
    if not libc:
        return f"rax: {ret} ({ret & U64:#x})"
    if ret >= 0:
        return ""
    if is_error(ret):
        return f"kernel: {ret}    libc: -1, errno = {errno_name(-ret)}"
    return f"kernel: {ret}    libc: {ret}, errno as it was (only -4095 to -1 are errors)"


class Ending:
    """How a task ended: `outcome`, the instruction it stopped at (as text), and whether the kernel oopsed."""

    def __init__(self, outcome: Outcome, instruction: str = "", oopsed: bool = False, what: str = "program") -> None:
        self.outcome, self.instruction, self.oopsed, self.what = outcome, instruction, oopsed, what

    def json(self) -> dict[str, Any]:
        """The exit status and the signal as --json has them."""
        signal, shown = self.outcome.signal, None
        if signal is not None:
            address = None if signal.address is None else f"{signal.address:#x}"
            shown = {"name": signal.name, "code": si_code_name(signal.signo, signal.code), "address": address}
        return {"exit_status": self.outcome.status, "signal": shown}

    def exit_status(self) -> int:
        """What a Unix shell has in $? after such an end."""
        signal = self.outcome.signal
        return 128 + signal.signo if signal is not None else (self.outcome.status or 0) & 0xFF

    def strace_lines(self) -> list[Line]:
        """strace's last line; none while the task lives."""
        text = ended(self.outcome)
        return [signal_line(text)] if text else []

    def lines(self) -> list[Line]:
        """What to say about it; nothing for a call that returned."""
        outcome = self.outcome
        if outcome.kind == "exited":
            return [[(f"{self.what} exited with status {outcome.status}", "good" if outcome.status == 0 else "note")]]
        if outcome.signal is not None:
            return self._killed(outcome.signal)
        return []

    def _killed(self, signal: Siginfo) -> list[Line]:
        code = si_code_name(signal.signo, signal.code)
        detail = signal.name if self.oopsed or not signal.code else f"{signal.name}, {code}"
        at = f", address {signal.address:#x}" if signal.address is not None else ""
        lines = [[(signal.words, "error"), (f"  ({detail}{at})", "dim")]]
        if self.instruction and not self.oopsed:
            lines.append([("  at: ", "dim"), (self.instruction, "instruction")])
        lines += labelled("because", signal.why)
        if self.oopsed:
            lines += labelled("try", "explain  (the report, line by line; then boot: a fresh machine)")
        elif signal.signo == SIGINT:
            lines += labelled("because", "Ctrl-C sends SIGINT, and whoever has no handler for it is killed")
        elif not self.instruction:
            lines += labelled("try", "dmesg  (what the kernel says about it)")
        return lines


class TracedView(View):
    """What has hops, if it was traced, and lines of its own beside them; `ending` is how a task ended, if one ran."""

    hops: Hops | None = None
    ending: Ending | None = None

    def own_lines(self, width: int | None = None) -> list[Line]:
        """The lines without the hops."""
        return []

    def lines(self, width: int | None = None) -> list[Line]:
        hops = self.hops.lines(width) if self.hops is not None else []
        return [*hops, *self.own_lines(width)]


class CallView(TracedView):
    """One `syscall`: the call, its buffers, why it failed, and its hops if it was traced.

    `between` are the signals that came in it; the program has then `seen` another result than the call's own.
    """

    ending: Ending

    def __init__(
        self,
        call: Call | None,
        arguments: int,
        ending: Ending,
        memory: Sequence[MemoryAfter],
        explanation: tuple[str, str] | None,
        hops: Hops | None,
        meanwhile: View | None = None,
        libc: bool = True,
        seen: int | None = None,
        between: Sequence[str] = (),
    ) -> None:
        self.libc, self.ending, self.seen, self.between = libc, ending, seen, between
        if any(text.startswith(BY_TERMINAL) for text in between):
            self.status = INTERRUPTED
        self.call, self.arguments = call, arguments
        self.memory, self.explanation, self.hops, self.meanwhile = memory, explanation, hops, meanwhile

    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "calls": [call_json(self.call, self.arguments)] if self.call is not None else [],
            "memory": [each.json() for each in self.memory],
            **self.ending.json(),
        }
        if self.between:
            errno = errno_name(-self.seen) if self.seen is not None and is_error(self.seen) else None
            found["signals"] = [{"calls": 1, "text": text} for text in self.between]
            found["seen"] = {"ret": self.seen, "errno": errno}
        if self.explanation is not None:
            found["because"], found["try"] = self.explanation
        if self.hops is not None:
            found["hops"] = self.hops.json()
        if self.meanwhile is not None:
            found["during"] = self.meanwhile.json()
        return found

    def own_lines(self, width: int | None = None) -> list[Line]:
        lines = self.meanwhile.lines(width) if self.meanwhile is not None else []
        if self.call is not None:
            lines.append(call_line(self.call))
            lines += [signal_line(text) for text in self.between]
            lines += [] if self.ending.oopsed else self.ending.strace_lines()  # of an oops the report tells
            lives = self.ending.outcome.signal is None  # a task that died never sees what the call answered
            ret = self.seen if self.between else self.call.ret
            faces = result_faces(ret, self.libc) if lives and ret is not None else ""
            if faces:
                lines.append(span(f"  {faces}", "dim"))
        if self.explanation is not None:
            because, try_ = self.explanation
            lines += labelled("because", because) + labelled("try", try_)
        for each in self.memory:
            lines += each.lines()
        return lines + self.ending.lines()


class RunView(TracedView):
    """One `run`: its calls, if they are to be shown and were not shown already, and how the program ended.

    `hops` are there for --json whenever it was traced; on a screen they are shown if `show_hops`.  The status is the
    program's own if it `propagates`.
    """

    ending: Ending

    def __init__(
        self,
        calls: Sequence[tuple[Call, int]],
        ending: Ending,
        hops: Hops | None,
        show_calls: bool,
        show_hops: bool,
        propagates: bool = False,
        between: Sequence[tuple[int, str]] = (),
    ) -> None:
        if propagates:
            self.status = ending.exit_status()
        self.calls, self.ending, self.hops, self.between = calls, ending, hops, between
        self.show_calls, self.show_hops = show_calls, show_hops

    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "calls": [call_json(call, arguments) for call, arguments in self.calls],
            **self.ending.json(),
            "output": "",
        }
        if self.between:
            found["signals"] = [{"calls": at, "text": text} for at, text in self.between]
        if self.hops is not None:
            found["hops"] = self.hops.json()
        return found

    def lines(self, width: int | None = None) -> list[Line]:
        if self.hops is None or not self.show_hops:
            return self.own_lines(width)
        lines = [call_line(call) for call, _ in self.calls] if self.show_calls else []
        return self.hops.lines(width, lines) + self.ending.strace_lines() + self.ending.lines()

    def own_lines(self, width: int | None = None) -> list[Line]:
        return self._call_lines() + self.ending.lines()

    def _call_lines(self) -> list[Line]:
        """The calls, and the signals that came between them."""
        if not self.show_calls:
            return []
        lines = [(at, call_line(call)) for at, (call, _) in enumerate(self.calls)]
        signals = [(calls - 0.5, signal_line(text)) for calls, text in self.between]
        between = [line for _, line in sorted([*lines, *signals], key=lambda each: each[0])]
        return between + self.ending.strace_lines()


class ModuleTraceView(TracedView):
    """The hops of a command's functions, and what it says itself."""

    hops: Hops

    def __init__(self, hops: Hops, view: View) -> None:
        self.hops, self.view = hops, view

    def json(self) -> dict[str, Any]:
        return self.view.json() | {"hops": self.hops.json()}

    def own_lines(self, width: int | None = None) -> list[Line]:
        return self.view.lines(width)
