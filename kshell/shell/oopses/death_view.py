"""The last death by a signal, as `explain` shows it: whether a handler could have caught it, or why not."""

from __future__ import annotations

from typing import Any

from kshell.abi.signal import SI_KERNEL, SIGINT, SIGKILL, si_code_name
from kshell.kernel.core.signal import Siginfo
from kshell.kernel.signal.death import Death
from kshell.shell.views.view import Line, View, labelled, marked, show
from kshell.shell.views.wrapping import wrapped

INDENT = "  "
HANDLER = "man rt_sigaction  (how a program has a function called at a signal)"
FORCED = {  # why no handler was asked: the sentence, and what to try
    "blocked": (
        "{name} was blocked at that moment. The instruction would only fault again, so the kernel does not let the "
        "signal wait: it forgets the handler and kills. Unblocked, it could have been caught.",
        "man rt_sigprocmask  (which signals are blocked; a signal is while its own handler runs, but for SA_NODEFER)",
    ),
    "ignored": (
        "The program ignored {name} (SIG_IGN). The instruction would only fault again, so the kernel does not let it "
        "be ignored: it kills. A handler could have caught it.",
        HANDLER,
    ),
    "no room": (
        "There was a handler for {name}, but no way to call it. With SA_ONSTACK it runs on a stack of its own, "
        "which is there when the usual one is used up.",
        "man sigaltstack  (another stack for handlers)",
    ),
}


def fate(info: Siginfo) -> tuple[str, str]:
    """Whether a handler could have caught it, or why not; and what to try."""
    if info.signo == SIGKILL:
        nobody = "SIGKILL can be neither caught nor blocked nor ignored: no handler is ever asked."
        return nobody, "help signals  (what each signal does)"
    if (info.signo, info.code) == (SIGINT, SI_KERNEL):
        return "A handler for SIGINT catches Ctrl-C twice; the third press ends the run in any case.", HANDLER
    says, try_ = FORCED.get(info.forced, ("A handler could have caught {name}: the program had none for it.", HANDLER))
    return says.format(name=info.name), try_


class DeathView(View):
    """Who died of what, why it was sent, and what a handler could have done."""

    def __init__(self, death: Death) -> None:
        self.death = death
        self.says, self.try_ = fate(death.info)

    def json(self) -> dict[str, Any]:
        pid, comm, info, _ = self.death
        address = None if info.address is None else f"{info.address:#x}"
        signal = {"name": info.name, "code": si_code_name(info.signo, info.code), "address": address}
        return {"pid": pid, "comm": comm, "signal": signal, "because": info.why, "says": self.says, "try": self.try_}

    def lines(self, width: int | None = None) -> list[Line]:
        pid, comm, info, _ = self.death
        room = width or 1 << 30
        head = f"{show(comm)} (pid {pid}) was killed by {info.name}: {info.words}"
        because = wrapped(marked(show(info.why), "instruction"), room, INDENT) if info.why else []
        says = wrapped(marked(self.says, "instruction"), room, INDENT)
        return [*wrapped([(head, "heading")], room), *because, [], *says, *labelled("try", self.try_)]
