"""The sources that come with kshell: modules, and what is built into a kernel."""

from pathlib import Path

import kshell

FOLDER = Path(kshell.__file__).parent / "modules"
SAMPLES = sorted(path for path in FOLDER.rglob("*.py") if path.name != "__init__.py")
