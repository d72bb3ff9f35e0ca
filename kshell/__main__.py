"""kshell's command line: which kernel, which commands, which face."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from kshell.abi.did_you_mean import did_you_mean
from kshell.abi.problem import ProblemError
from kshell.shell.errors import BUG, INTERRUPTED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kshell.shell.session import Session
    from kshell.shell.views.output import Output

USAGE = """\
usage: kshell [--kernel 4.19|course|6.19] [--json] [--keep-going] [-c COMMANDS | FILE]
       kshell [--json] tree new DIR [4.19|6.19] [--force]

A teaching shell for a simulated Linux-like kernel.

  kshell                       the prompt (commands from standard input, if that is not a terminal)
  kshell FILE                  run the commands in FILE, a line each
  kshell -c 'CMD; CMD'         run these commands
  kshell tree new DIR          lay out a kernel source tree (a file called tree: kshell ./tree)

  --kernel 4.19|course|6.19    which kernel to boot (course: 4.19 with the course's own call)
  --json                       one JSON object a command, a line each
  --keep-going                 in scripts: go on after a failed command
  --write-config               make the prompt's file of settings, commented, if it is not there
  --version, --help

Exit status: 0 done, 1 a command failed, 2 wrong usage, 3 a bug in kshell, 130 Ctrl-C.
"""
KERNELS = ("4.19", "course", "6.19")
TREE_USAGE = "kshell tree new DIR [4.19|6.19] [--force]"
USAGE_ERROR = 2


class UsageError(ProblemError):
    """The command line makes no sense: what, and what to try."""

    def __init__(self, what: str, try_: str = "kshell --help") -> None:
        super().__init__(what, "", try_)


class Arguments:
    """The command line, read."""

    kernel = "course"
    json = keep_going = show_help = show_version = write_config = False
    commands: str | None = None
    file: str | None = None
    tree: Sequence[str] = ()  # the words of `tree new ...`


def read_arguments(argv: list[str]) -> Arguments:
    """Read the command line.  By hand: argparse would cost as much as the rest of the start."""
    found = Arguments()
    rest = list(argv)
    flags = {"--json": "json", "--keep-going": "keep_going", "--help": "show_help", "-h": "show_help"}
    flags |= {"--write-config": "write_config", "--version": "show_version", "-V": "show_version", "-k": "keep_going"}
    while rest:
        arg = rest.pop(0)
        option, equals, value = arg.partition("=")
        if arg in flags:
            setattr(found, flags[arg], True)
        elif option in ("--kernel", "-c"):
            if not equals or option == "-c":
                if not rest:
                    raise UsageError(f"{option} needs a value", USAGE.split("\n")[0])
                value = rest.pop(0)
            if option == "-c":
                found.commands = value
            elif value in KERNELS:
                found.kernel = value
            else:
                raise UsageError(f"there is no kernel {value!r}", f"--kernel {'|'.join(KERNELS)}")
        elif arg.startswith("-") and arg not in ("-", "--"):
            close = did_you_mean(arg, [*flags, "--kernel", "-c"])
            raise UsageError(f"unknown option {arg}", f"{close[0]}  (did you mean that?)" if close else "kshell --help")
        elif arg == "tree":
            found.tree, rest = ["tree", *rest], []
        else:
            if arg == "--":
                arg = rest.pop(0) if rest else "-"
            if rest or found.file is not None:
                raise UsageError("one file of commands at a time", "kshell FILE")
            found.file = arg
    if found.file is not None and found.commands is not None:
        raise UsageError("commands come from -c or from a file, not from both", "kshell FILE")
    if found.tree and (found.commands is not None or found.file is not None):
        raise UsageError("tree new stands alone on the command line", TREE_USAGE)
    if found.tree and not found.show_help and ("--help" in found.tree or "-h" in found.tree):
        found.show_help = True
    elif found.tree and (found.tree[1:2] != ["new"] or len(found.tree) == 2):
        what = "tree new takes the folder to make" if found.tree[1:2] == ["new"] else "tree: the verb here is new"
        raise UsageError(what, f"{TREE_USAGE}  (a file called tree: kshell ./tree)")
    return found


def _prepare_streams() -> None:
    """UTF-8 on every system, whatever the code page; characters that cannot be shown never raise."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")


def _make_session(found: Arguments, interactive: bool, reads_stdin: bool) -> Session:
    from kshell.shell.session import Session
    from kshell.shell.views.output import JsonOutput, PlainOutput

    output: Output = JsonOutput() if found.json else PlainOutput()  # the prompt puts its own in this place
    session = Session(found.kernel, interactive=interactive, keep_going=found.keep_going, output=output)
    if reads_stdin and sys.stdin is not None:
        session.read_input = lambda: _read_stdin_line(session)
    return session


def _read_stdin_line(session: Session) -> bytes:
    """A line for a program that reads /dev/tty; empty at the end, and when Ctrl-C is pressed while it waits."""
    sys.stdout.flush()
    if sys.stdin.isatty() and os.name == "posix":
        from select import select

        while not select([sys.stdin], [], [], 0.05)[0]:
            if session.kernel.cpu.ctrl_c.pressed:
                return b""
    return sys.stdin.buffer.readline()


def _refused(what: str, because: str, try_: str, status: int = USAGE_ERROR) -> int:
    """Tell why nothing, or no more, is done; returns the exit status."""
    reason = f"  because: {because}\n" if because else ""
    sys.stderr.write(f"{what}\n{reason}  try: {try_}\n")
    return status


def run(argv: list[str]) -> int:
    """Do what the command line says; returns the exit status."""
    try:
        found = read_arguments(argv)
    except UsageError as error:
        return _refused(f"kshell: {error.what}", "", error.try_)
    if found.show_help:
        sys.stdout.write(USAGE)
        return 0
    if found.show_version:
        from kshell import __version__

        sys.stdout.write(f"kshell {__version__}\n")
        return 0
    if found.write_config:
        return _write_config()
    if found.tree:
        return _make_tree(found)
    if found.commands is not None:
        session = _make_session(found, False, True)
        return session.run_lines(found.commands.split("\n"))
    if found.file is not None and found.file != "-":
        return _run_file(found)
    if sys.stdin is None or not sys.stdin.isatty() or not sys.stdout.isatty() or found.json:
        session = _make_session(found, False, False)
        return session.run_lines(_stdin_lines())
    session = _make_session(found, True, True)
    from kshell.shell.prompt.repl import run_repl

    status = run_repl(session)
    return status if isinstance(status, int) else session.final_status()


def _make_tree(found: Arguments) -> int:
    """``kshell tree new DIR``: the shell's own command, without the shell."""
    session = _make_session(found, False, False)
    session.execute_words(found.tree)
    status = session.final_status()
    if not status and not found.json:
        sys.stdout.write("these are commands of kshell: type them at its prompt  (start it with: kshell)\n")
    return status


def _write_config() -> int:
    from kshell.shell.settings import config_path, write_default

    try:
        path = write_default()
    except OSError as error:
        reason = "it is there already" if isinstance(error, FileExistsError) else error.strerror or str(error)
        return _refused(f"kshell: {config_path()} was not written: {reason}", "", "edit it, or move it away first", 1)
    sys.stdout.write(f"{path}\n")
    return 0


def _run_file(found: Arguments) -> int:
    from kshell.shell.errors import CommandError
    from kshell.shell.host_files import read_text

    assert found.file is not None
    try:
        text = read_text("kshell", found.file)
    except CommandError as error:
        return _refused(error.what, error.because, error.try_)
    return _make_session(found, False, True).run_lines(text.split("\n"))


def _stdin_lines() -> Iterator[str]:
    """Line by line as they come, so that another program can hold a conversation through a pipe."""
    for number, line in enumerate(sys.stdin.buffer if sys.stdin is not None else ()):
        yield line.decode("utf-8" if number else "utf-8-sig", "surrogateescape")


def main() -> int:
    """The console script.  Nothing that goes wrong shows a traceback, unless KSHELL_DEBUG is set."""
    if sys.stderr is None:  # started with 2>&-
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  # to the end of the process
    if sys.stdout is None:  # and with >&-
        sys.stderr.write(f"kshell: cannot write the output: {os.strerror(9)}\n")
        return 1
    _prepare_streams()
    try:
        status = run(sys.argv[1:])
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # whoever read our output has enough (`| head -1`)
        _abandon_stdout()
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:  # nothing but our own output is read or written up here
        _abandon_stdout()
        sys.stderr.write(f"kshell: cannot write the output: {error.strerror or error}\n")
        return 1
    except Exception as bug:
        from kshell.shell.views.failure import bug_report

        report = bug_report(bug)
        return _refused(report.what, report.because, report.try_, BUG)


def _abandon_stdout() -> None:
    """Let the interpreter's last flush go to nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
