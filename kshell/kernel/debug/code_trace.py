"""Watching machine code in ring 0, while somebody listens: calls and returns, lines, instructions, as events.

A module's functions are watched by probes at their first instructions and returns, bodies in Python at their `vmcall`.

C counterpart: kernel/trace/fgraph.c (its shadow stack) and kernel/trace/trace_functions_graph.c.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from kshell.abi import ptregs
from kshell.abi.c_types import U64, CType
from kshell.kernel.core.calling import LONG, as_in_c, hint_of, takes_pt_regs
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.debug.code_places import linked_objects
from kshell.kernel.debug.uaccess_checks import tell_check
from kshell.kernel.debug.uaccess_object import OBJECT as UACCESS
from kshell.kernel.kernel import Kernel
from kshell.kernel.report.leaks import pointer_with
from kshell.kernel.trace.tracer import INSTRUCTIONS, LINES

if TYPE_CHECKING:
    from kshell.kernel.debug.traced_code import TracedCode, TracedFunction
    from kshell.kernel.task.task import Task

MOST_STEPS = 1_000  # that are told of: a loop must not fill the screen
CALL_REL32, CALL_SIZE = b"\xe8", 5  # call of a name; one through a pointer has another opcode
_SHOWN = [slot for slot, name in enumerate(ptregs.NAMES) if name not in ("ip", "cs", "ss", "orig_ax")]


class Frame:
    """A function that runs for `task`: `sp` is where its return address stands.  `code` and `function` are None for a
    body in Python, whose result is of type `ctype` (None: it has none)."""

    def __init__(self, name: str, address: int, sp: int, task: Task) -> None:
        self.name, self.address, self.sp, self.task = name, address, sp, task
        self.code: TracedCode | None = None
        self.function: TracedFunction | None = None
        self.ctype: CType | None = None
        self.at = self.line = self.bp = 0
        self.values: dict[str, str] | None = None


class CodeTrace:
    """One kernel's."""

    def __init__(self, k: Kernel) -> None:
        self.k = k
        self.frames: list[Frame] = []
        self._detail = ""
        self._told = 0
        self._code: list[TracedCode] = []
        self._registers: list[int] = []
        k.cpu.probes.watchers.append(self)

    def begin(self, detail: str) -> None:
        """Somebody listens from now on, who wants to hear of calls alone, or of lines or instructions as well."""
        self._detail, self._told = detail, 0
        self.frames.clear()
        self._registers = []
        self.k.cpu.probes.stale = True

    def end(self) -> None:
        """Nobody listens any more."""
        self.frames.clear()
        self.k.cpu.probes.stale = True

    @property
    def is_on(self) -> bool:
        """Whether anybody is to be told."""
        return self.k.on_event is not None and self._told <= MOST_STEPS

    def wanted(self) -> Iterable[int]:
        """Where calls and returns are, and what else is to be told of."""
        if not self.is_on:
            return ()
        from kshell.kernel.debug.traced_code import code_of

        self._code = [code_of(self.k, module) for module in linked_objects(self.k)]
        found: set[int] = set()
        for code in self._code:
            found |= code.entries.keys() | code.returns if not code.is_way_in else set()
            found |= code.lines.keys() if self._detail == LINES else set()
            found |= code.instructions.keys() if self._detail == INSTRUCTIONS else set()
        return found

    def _tell(self, step: str, what: str, address: int | None, values: dict[str, Any]) -> None:
        if not self.is_on:
            return
        self._told += 1
        if self._told > MOST_STEPS:
            self.k.tell("limit", "limit", steps=MOST_STEPS)
            self.k.cpu.probes.ask_again()
        else:
            self.k.tell(step, what, address, **values)

    # A module's code.

    def reached(self, address: int) -> None:
        """Tell of it."""
        code = next((each for each in self._code if each.module.holds(address)), None)
        if code is None:
            return
        regs = self.k.cpu.probes.regs
        if code.is_way_in:
            if self.k.cpu.ring0.user_frame is None:  # init and exit are called from there, and did not come in
                return
            self._instruction(code, address, regs)
            if code.instructions[address] == "vmcall":  # what comes out of it stands with its own steps
                self._registers = []
            return
        if address in code.entries:
            self._enter(code, code.entries[address], regs)
        frame = self.frames[-1] if self.frames else None
        if frame is not None and frame.function is not None and frame.function.start <= address < frame.function.end:
            if self._detail == LINES:
                self._line(code, frame, address, regs)
            if self._detail == LINES and address in code.returns and regs[ptregs.SP] == frame.sp:
                regs[ptregs.BP] = frame.bp  # the caller's is there already
                self._changed(code, frame, address, regs)
        if self._detail == INSTRUCTIONS:
            self._instruction(code, address, regs)
        if address in code.returns:
            self._leave(regs[ptregs.SP], regs[ptregs.AX])

    def _enter(self, code: TracedCode, function: TracedFunction, regs: memoryview) -> None:
        frame = Frame(function.name, function.start, regs[ptregs.SP], self.k.current)
        frame.code, frame.function = code, function
        self._followed(function.start, regs)
        self._push(frame, code.module.owner, lambda: code.arguments(function, regs))
        if code.module.name == UACCESS:
            tell_check(self.k, function.name, regs)

    def _followed(self, address: int, regs: memoryview) -> None:
        """Tell of the variable whose value was called, where it was one and no plain call of a name."""
        back = self.k.memory.load(regs[ptregs.SP])
        try:
            if self.k.memory.read(back - CALL_SIZE, 1) == CALL_REL32:
                return
        except KernelFault:
            return
        pointer = pointer_with(self.k, address)
        if pointer is not None:
            self._tell("stub", "pointer", address, {"stub": pointer, **self.k.name_at(address)})

    def _push(self, frame: Frame, module: str | None, arguments: Callable[[], list[dict[str, Any]]]) -> None:
        depth, self._registers = len(self.frames), []
        self.frames.append(frame)
        facts = {"function": frame.name, "module": module, "depth": depth}
        self._tell("call", "enter", frame.address, facts | {"arguments": arguments()})

    def _leave(self, sp: int, rax: int) -> None:
        """The function whose return address stands at `sp` returns, and all that ended in a jump to it; those of a task
        that sleeps stand on another stack."""
        if all(frame.sp != sp for frame in self.frames):
            return
        self._registers = []
        while self.frames and self.frames[-1].task is self.k.current and self.frames[-1].sp <= sp:
            frame = self.frames.pop()
            facts = {"function": frame.name, "depth": len(self.frames)}
            self._tell("call", "leave", None, facts | {"result": self._result(frame, rax)})

    def _result(self, frame: Frame, rax: int) -> dict[str, Any] | None:
        if frame.code is not None and frame.function is not None:
            return frame.code.result(frame.function, rax)
        return None if frame.ctype is None else self._declared("", frame.ctype, rax)

    def _line(self, code: TracedCode, frame: Frame, address: int, regs: memoryview) -> None:
        row = code.lines.get(address)
        if row is None or (row.line == frame.line and address > frame.at):
            return
        self._changed(code, frame, address, regs)
        frame.line, frame.at, frame.bp = row.line, address, regs[ptregs.BP]
        self._tell("line", "line", address, {"file": row.file, "line": row.line, "depth": len(self.frames)})

    def _changed(self, code: TracedCode, frame: Frame, address: int, regs: memoryview) -> None:
        """Which variables the lines since the last look have changed."""
        if frame.function is None:
            return
        found = code.variables(frame.function, address, frame.sp + 8, regs)
        before = frame.values
        frame.values = {each["name"]: each["text"] for each in found}
        if before is None:
            return
        changed = [each for each in found if before.get(each["name"], each["text"]) != each["text"]]
        if changed:
            self._tell("line", "changed", None, {"variables": changed, "depth": len(self.frames)})

    def _instruction(self, code: TracedCode, address: int, regs: memoryview) -> None:
        before, self._registers = self._registers, regs.tolist()
        changed = {ptregs.NAMES[slot]: regs[slot] for slot in _SHOWN if before and before[slot] != regs[slot]}
        if changed:
            self._tell("insn", "registers", None, {"registers": changed})
        text, offset = code.instructions[address], address - code.starts[address]
        self._tell("insn", "executes", address, {"text": text, "offset": offset, "depth": len(self.frames)})

    # Bodies in Python.

    def body_called(self, address: int, body: Callable[..., Any], regs: memoryview) -> None:
        """Machine code calls a body; one that had to sleep is called anew."""
        sp = regs[ptregs.SP]
        if self.frames and self.frames[-1].address == address and self.frames[-1].sp == sp:
            return
        name = self.k.name_at(address)
        if name["symbol"] is None:  # the rest of a function that is text up to there
            return
        frame = Frame(name["symbol"], address, sp, self.k.current)
        types, frame.ctype = _named_types(body)

        def arguments() -> list[dict[str, Any]]:
            values = zip(types, ptregs.C_ARGUMENTS, strict=False)
            return [self._declared(parameter, ctype, regs[slot]) for (parameter, ctype), slot in values]

        self._push(frame, name["module"], arguments)

    def body_returned(self, sp: int, result: int) -> None:
        """A body is over."""
        self._leave(sp, result & U64)

    def _declared(self, name: str, ctype: CType, raw: int) -> dict[str, Any]:
        from kshell.kernel.debug.traced_code import declared_value  # only where somebody listens

        return declared_value(self.k.memory, name, ctype, raw)


def _named_types(body: Callable[..., Any]) -> tuple[list[tuple[str, CType]], CType | None]:
    """The parameters that a body names, with their C types, and the type of its result (None: it has none)."""
    if takes_pt_regs(body):
        return [("regs", CType("const struct pt_regs *", 8, False, "address"))], LONG
    code = body.__code__
    types = [(name, as_in_c(hint_of(body, name))) for name in code.co_varnames[1 : code.co_argcount]]
    return [(name, ctype) for name, ctype in types if ctype is not None], as_in_c(hint_of(body, "return"))
