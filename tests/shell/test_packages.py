"""What is installed where, and what kshell says where one of its packages is missing."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WITHOUT = (
    "import sys\n"
    "class Missing:\n"
    "    def find_spec(self, name, path=None, target=None):\n"
    "        if name.partition('.')[0] == {package!r}:\n"
    "            raise ModuleNotFoundError('No module named ' + name, name=name)\n"
    "sys.meta_path.insert(0, Missing())\n"
    "from kshell.__main__ import main\n"
    "sys.argv = ['kshell', '-k', '-c', {line!r}]\n"
    "sys.exit(main())\n"
)


def without(package: str, line: str) -> subprocess.CompletedProcess[str]:
    code = WITHOUT.format(package=package, line=line)
    path = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
    return subprocess.run([sys.executable, "-c", path + code], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("platform", "machine", "installed"),
    [
        ("linux", "x86_64", {"unicorn", "capstone", "keystone-engine"}),
        ("linux", "aarch64", {"unicorn", "capstone"}),
        ("linux", "i686", {"unicorn", "capstone"}),
        ("linux", "armv7l", set()),
        ("linux", "riscv64", set()),
        ("darwin", "x86_64", {"unicorn", "capstone", "keystone-engine"}),
        ("darwin", "arm64", {"unicorn", "capstone"}),
        ("win32", "AMD64", {"unicorn", "capstone", "keystone-engine"}),
        ("win32", "ARM64", set()),
        ("freebsd14", "amd64", set()),
    ],
)
def test_only_where_there_is_a_wheel_a_package_is_asked_for(platform: str, machine: str, installed: set[str]) -> None:
    requirements = pytest.importorskip("packaging.requirements")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = [requirements.Requirement(text) for text in project["dependencies"]]
    here = {"sys_platform": platform, "platform_machine": machine}
    chosen = {each.name for each in needed if each.marker is None or each.marker.evaluate(here)}
    assert chosen & {"unicorn", "capstone", "keystone-engine"} == installed
    assert {"rich", "prompt_toolkit", "pyelftools"} <= chosen


def test_the_makefile_leaves_out_on_musl_what_no_marker_can() -> None:
    assert '"musl" not in' in (ROOT / "Makefile").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(word in readme for word in ("musl", "Alpine", "Windows on Arm", "Keystone", "Unicorn"))


def test_without_the_cpu_one_sentence_says_so() -> None:
    done = without("unicorn", "syscall getpid")
    assert "kshell: the package unicorn is not installed here" in done.stderr
    assert "Windows on Arm" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == 1


def test_without_the_assembler_all_else_works() -> None:
    done = without("keystone", 'run --hex b83c000000bf070000000f05; asm "mov eax, 60; syscall"; syscall getpid')
    assert "exited with status 7" in done.stdout
    assert "getpid()" in done.stdout
    assert "musl (Alpine Linux)" in done.stderr
    assert "try: " in done.stderr
    assert "Traceback" not in done.stderr
