"""For all tests: how far hypothesis goes, and where Python keeps what it has compiled."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

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


def pytest_collection_finish() -> None:
    """Take what pytest holds, a million objects for all the tests, out of the sight of every collection to come.

    `boot` collects, to have the RAM of the kernel before: that took longer than all the rest of many a test.
    """
    gc.collect()
    gc.freeze()
