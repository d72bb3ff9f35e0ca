"""For all tests: how far hypothesis goes, where Python keeps what it has compiled, and that Ctrl-C works in each."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from kshell.machine import sigint
from tests import reached

# No example is judged by a clock, since machines are shared and noisy.  `pytest --hypothesis-profile long` is for an
# attack; a test has a number of its own only where its examples are very cheap or very dear.
QUIET = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
settings.register_profile("kshell", max_examples=50, deadline=None, suppress_health_check=QUIET)
settings.register_profile("long", settings.get_profile("kshell"), max_examples=2000)
settings.load_profile("kshell")

# Without bytecode every `python -m kshell` that a test starts compiles all of kshell, and each worker all of the tests.
# Whoever forbids it wants none beside the sources.
if sys.dont_write_bytecode:
    sys.dont_write_bytecode = False
    sys.pycache_prefix = str(Path(__file__).parent.parent / ".pytest_cache" / "bytecode")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix


_met: set[tuple[str, int]] = set()  # where errors are made, of the workers that are done


def pytest_configure(config: pytest.Config) -> None:
    reached.record()
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # it was started in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker has ended: what it has met."""
    _met.update(map(tuple, getattr(node, "workeroutput", {}).get("met", ())))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """After a run of all tests that passed: fail it where a place that makes an error was met by none of them."""
    config = session.config
    if hasattr(config, "workeroutput"):
        config.workeroutput["met"] = reached.met()
        return
    whole = config.args == config.getini("testpaths") and not (config.option.keyword or config.option.markexpr)
    missed = reached.missed(_met | set(reached.met())) if whole and not exitstatus else []
    if missed:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        sys.stderr.write("\n".join(["", "errors that no test meets (tests/reached.py):", *missed, ""]))


def pytest_collection_finish() -> None:
    """Take what pytest holds, a million objects for all the tests, out of the sight of every collection to come.

    `boot` collects, to have the RAM of the kernel before: that took longer than all the rest of many a test.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _sigint_is_given_back() -> Iterator[None]:
    """`main` keeps SIGINT to the end of its process: a test of it in this one would leave the next without a Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler, hook = signal.getsignal(signal.SIGINT), sys.unraisablehook
    yield
    if sigint.state.owned:
        signal.signal(signal.SIGINT, handler)
        sys.unraisablehook = hook
        sigint.state.owned = sigint.state.noted = False
