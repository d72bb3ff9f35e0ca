"""Which kshell is attacked, and where an attack leaves its files.

That is $FUZZ_SCRATCH, or a temporary folder that goes away with its maker.
"""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path


def _folder() -> Path:
    """The folder, made if it is not there; processes started from here share it."""
    given = os.environ.get("FUZZ_SCRATCH")
    if given is None:
        given = os.environ["FUZZ_SCRATCH"] = tempfile.mkdtemp(prefix="kshell-fuzz-")
        atexit.register(_remove, given, os.getpid())
    path = Path(given).resolve()
    path.mkdir(parents=True, exist_ok=True)
    return path


def _remove(folder: str, maker: int) -> None:
    if os.getpid() == maker:
        shutil.rmtree(folder, ignore_errors=True)


# The command beside this Python, else the one that a shell would find.
KSHELL = shutil.which("kshell", path=os.path.dirname(sys.executable)) or shutil.which("kshell") or "kshell"
SCRATCH = _folder()
