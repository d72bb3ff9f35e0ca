"""C sources: compiled by a compiler of the host, for this kernel, against the headers of kshell/include.

Any compiler that can make objects for x86-64 Linux will do, whatever it runs on itself; the first that is found is
taken: clang, a gcc for that target, or zig, which the extra kshell-os[c] brings.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Collection, Sequence

from kshell.abi.errno import ENOEXEC
from kshell.abi.problem import Problem
from kshell.cc.c_words import INCLUDE, reason
from kshell.cc.source_error import SourceError

TARGET = "x86_64-linux-gnu"
ZIG_TARGET = "x86_64-linux-none"  # for zig the target with a C library has position-independent code alone
# As Linux compiles itself, but simpler: frames for every function, no tables to jump through, nothing of the host's.
FLAGS = (
    *("-std=gnu11", "-ffreestanding", "-nostdinc", "-D__KERNEL__"),
    *("-Wall", "-Wno-unused-function", "-Wno-unused-but-set-variable"),
    *("-mcmodel=kernel", "-mno-red-zone", "-mno-sse", "-mno-mmx", "-mno-80387"),
    *("-fno-pic", "-fno-stack-protector", "-fcf-protection=none"),
    *("-fno-asynchronous-unwind-tables", "-fno-unwind-tables", "-fno-sanitize=undefined"),
    *("-fno-omit-frame-pointer", "-mno-omit-leaf-frame-pointer", "-fno-optimize-sibling-calls", "-fno-jump-tables"),
    *("-fno-strict-aliasing", "-fwrapv", "-Og", "-gdwarf-4"),
)
# Warnings that end a build of Linux.
ERRORS = ("-Werror=implicit-function-declaration", "-Werror=implicit-int", "-Werror=incompatible-pointer-types")
TIME_LIMIT = 60  # seconds
OBJECT_MAX = 16 << 20  # bytes
LIMITS = "ulimit -v 4194304 2>/dev/null; ulimit -f 131072 2>/dev/null"  # of a compiler: 4 GiB, and 64 MiB on disk


def find_compiler() -> list[str] | None:
    """The words that call a compiler for x86-64 Linux, None where there is none."""
    import importlib.util
    import shutil

    clang = shutil.which("clang")
    if clang is not None:
        return [clang, f"--target={TARGET}"]
    for name in ("gcc", f"{TARGET}-gcc"):
        gcc = shutil.which(name)
        if gcc is not None and _machine_of(gcc).startswith("x86_64") and "linux" in _machine_of(gcc):
            return [gcc]
    if importlib.util.find_spec("ziglang") is not None:
        return [sys.executable, "-m", "ziglang", "cc", "-target", ZIG_TARGET]
    return None


def _machine_of(gcc: str) -> str:
    try:
        found = subprocess.run([gcc, "-dumpmachine"], capture_output=True, text=True, timeout=TIME_LIMIT, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip()


def version_code(version: tuple[int, int]) -> int:
    """C: LINUX_VERSION_CODE, of a release without its third number."""
    return (version[0] << 16) + (version[1] << 8)


def options(
    name: str,
    version: tuple[int, int],
    *,
    module: bool = True,
    include: Sequence[str] = (),
    config: Collection[str] = (),
) -> list[str]:
    """What stands between the compiler and its files; see compile_c."""
    folders = [f"-I{folder}" for folder in (*include, INCLUDE)]
    errors = [*ERRORS, *(("-Werror=return-type",) if version >= (5, 0) else ())]
    defines = [f'-DKBUILD_MODNAME="{name}"', f"-DLINUX_VERSION_CODE={version_code(version)}"] + ["-DMODULE"] * module
    return [*FLAGS, *errors, *defines, *(f"-D{each}=1" for each in sorted(config)), *folders]


def compile_c(
    path: str,
    name: str,
    version: tuple[int, int],
    *,
    module: bool = True,
    include: Sequence[str] = (),
    config: Collection[str] = (),
    folder: str = ".",
) -> tuple[bytes, str]:
    """The object file made of the C source `path`, and what the compiler warned of, in its own words.

    `name` is KBUILD_MODNAME; `version` the kernel's, (4, 19); `module` says that it is for a module and not for the
    kernel itself; `include` are folders to look for headers in before kshell's own; `config` the options that the
    kernel is built with; `folder` is where the compiler works: a path that is no absolute one begins there.
    Raises SourceError: there is no compiler, or it refuses the source.
    """
    compiler = find_compiler()
    if compiler is None:
        because = "kshell compiles its own spelling of C itself, but C proper needs a compiler for x86-64 Linux"
        try_ = "pip install 'kshell-os[c]'  (it brings one), or install clang or gcc"
        raise SourceError(ENOEXEC, Problem(f"cc: no C compiler for {os.path.basename(path)}", because, try_))
    with tempfile.TemporaryDirectory(prefix="kshell-cc-") as made:
        out = os.path.join(made, "out.o")
        words = [
            *compiler,
            *options(name, version, module=module, include=include, config=config),
            "-c",
            path,
            "-o",
            out,
        ]
        try:
            done = _run(words, folder)
        except subprocess.TimeoutExpired:
            what = f"{path}: {os.path.basename(compiler[0])} was ended after {TIME_LIMIT} seconds"
            because = "no source of a module takes so long to compile"
            raise SourceError(ENOEXEC, Problem(what, because, "is it the right file?")) from None
        except OSError as error:
            raise _refused(path, folder, f"{compiler[0]}: {error}") from None
        if done.returncode != 0 or not os.path.exists(out):
            raise _refused(path, folder, done.stderr.strip() or f"{compiler[0]} ended with status {done.returncode}")
        size = os.path.getsize(out)
        if size > OBJECT_MAX:
            what = f"{path}: its object has {size >> 20} MiB"
            because = f"kshell reads none of more than {OBJECT_MAX >> 20} MiB: what has a value is in it byte by byte"
            raise SourceError(ENOEXEC, Problem(what, because, "kmalloc() the memory when it is needed"))
        with open(out, "rb") as file:
            return file.read(), done.stderr.strip()


def _run(words: list[str], folder: str) -> subprocess.CompletedProcess[str]:
    """A compiler, which a source may make read and write without end: it has no terminal, and bounds."""
    if os.name == "posix":
        words = ["/bin/sh", "-c", f'{LIMITS}; exec "$@"', "sh", *words]
    return subprocess.run(
        words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIME_LIMIT, check=False, cwd=folder
    )


def _refused(path: str, folder: str, said: str) -> SourceError:
    """The compiler's first error, and under it everything that it said."""
    lines = said.splitlines()
    first = next((line for line in lines if ": error: " in line or ": fatal error: " in line), lines[0])
    because, try_ = "the C compiler does not take it", f"correct {os.path.basename(path)}, then the same again"
    place = re.match(r"(.*?):(\d+):", first)
    if place is not None and place[1] == path:
        with open(os.path.join(folder, path), encoding="utf-8", errors="replace") as file:
            source = file.read().split("\n")
        because, try_ = reason(first, source, int(place[2])) or (because, f"correct line {place[2]} of {path}")
    return SourceError(ENOEXEC, Problem(first, because, try_, excerpt=tuple(lines)), text=first)
