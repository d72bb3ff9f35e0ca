"""What is told when Ctrl-C ends a run: where it was; of a call that waited, what Linux says of it."""

from __future__ import annotations

from kshell.abi.errno import ERESTARTSYS
from kshell.kernel.trace.tracer import Call
from kshell.shell.errors import INTERRUPTED, CommandError

SIGNAL_LINES = ("--- SIGINT {si_signo=SIGINT, si_code=SI_KERNEL} ---", "+++ killed by SIGINT +++")  # as strace has them


def interrupted(what: str, call: Call | None, at: str, try_: str, is_shown: bool = False) -> CommandError:
    """`what` was ended at `at` ("" where that says nothing); `call` is the last one, `is_shown` if its line is seen,
    and that of a signal which it has waited for."""
    if call is None or call.ret != -ERESTARTSYS:
        because = "Ctrl-C was pressed: the terminal sends SIGINT" + (f"; it was at {at}" if at else "")
        details = SIGNAL_LINES if is_shown else ()
        return CommandError(f"{what}: interrupted", because, try_, status=INTERRUPTED, details=details)
    because = (
        "Ctrl-C is SIGINT. It ended the wait, with the kernel's own -ERESTARTSYS, and then the program. One that "
        "handles SIGINT sees -1 with EINTR instead; if it asked for SA_RESTART, the call waits again"
    )
    lines = SIGNAL_LINES[1:] if is_shown else (call.text, *SIGNAL_LINES)
    return CommandError(f"{what}: interrupted", because, f"man {call.name}", status=INTERRUPTED, details=lines)
