"""What the scenarios of fuzz_repl share: their register, what has failed, and a session that is looked at."""

import time
import traceback
from collections.abc import Callable
from typing import Any

from ptylib import PROMPT, P

Scenario = Callable[[], None]
SCENARIOS: dict[str, Scenario] = {}
failures: list[str] = []


def scenario(function: Scenario) -> Scenario:
    """Enter a scenario by its function's name."""
    SCENARIOS[function.__name__] = function
    return function


def bad(name: str, why: str) -> None:
    """Print and count a failure."""
    failures.append(name)
    print(f"FAIL {name}: {why}", flush=True)


def check(name: str, session: P, extra: str = "") -> None:
    """No traceback or internal error is on the screen, and getpid answers."""
    if trouble := session.trouble():
        bad(name, f"traceback or internal error: {trouble!r}")
    elif not session.ping():
        bad(name, f"no getpid; exit status {session.rc} {extra} {session.buf[-300:]!r}")
    else:
        print("ok", name, extra, flush=True)


def start(seconds: float = 20, **how: Any) -> P:
    """kshell at its prompt, or a failure."""
    session = P(**how)
    if not session.expect(PROMPT, seconds):
        bad(str(how), f"no prompt: {session.buf[-300:]!r} exit status {session.wait(1)}")
    return session


def do(session: P, *steps: bytes | str | float) -> P:
    """Type the texts; a number is so many seconds of looking on."""
    for step in steps:
        if isinstance(step, bytes | str):
            session.send(step)
        else:
            session.pump(step)
    return session


def run(names: list[str]) -> int:
    """Run the named scenarios, or all; how many these were."""
    chosen = names or list(SCENARIOS)
    for name in chosen:
        started = time.time()
        try:
            SCENARIOS[name]()
        except Exception:
            bad(name, "harness: " + traceback.format_exc()[-500:])
        print(f"   {name}: {time.time() - started:.1f} s", flush=True)
    return len(chosen)
