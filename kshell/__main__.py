"""Where kshell begins: what its command line asks for is done here."""

from __future__ import annotations

import errno
import gc
import os
import sys
from typing import TYPE_CHECKING

from kshell.machine.sigint import interruptible, let_go, take_over
from kshell.shell.command_line import USAGE, USAGE_ERROR, Arguments, UsageError, colour_asked, read_arguments
from kshell.shell.errors import INTERRUPTED, CommandError
from kshell.shell.host_trouble import host_trouble
from kshell.shell.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kshell.shell.session import Session

OBJECTS = 50_000  # that are made before garbage is looked for: a start makes fewer, and they all stay
DESCRIPTORS = 8  # that a command may need at once: sources, sockets, the terminal's


def _prepare_streams() -> None:
    """UTF-8 on every system, whatever the code page; characters that cannot be shown never raise."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")


def _make_session(found: Arguments, interactive: bool, reads_stdin: bool) -> Session:
    from kshell.shell.session import Session
    from kshell.shell.streams import open_output

    output = None if interactive else open_output(found.json, found.color)  # the prompt has its own
    session = Session(found.kernel, interactive=interactive, keep_going=found.keep_going, output=output)
    session.lesson_places = list(found.lessons)
    if reads_stdin and sys.stdin is not None:
        session.read_input = StdinLines(session)
    if found.resume and not interactive:
        from kshell.shell.state.saved_session import look_back

        look_back(session)
    return session


class StdinLines:
    """Gives a line to a program that reads /dev/tty; empty at the end, and when Ctrl-C is pressed while it waits."""

    def __init__(self, session: Session) -> None:
        self._session, self._rest, self._has_told = session, b"", False

    def __call__(self) -> bytes:
        sys.stdout.flush()
        if os.name != "posix":
            return sys.stdin.buffer.readline()
        while b"\n" not in self._rest and self._wait():
            data = os.read(sys.stdin.fileno(), 4096)
            if not data:
                break
            self._rest += data
        line, newline, self._rest = self._rest.partition(b"\n")
        return line + newline

    def _wait(self) -> bool:
        """Wait until there is something to read; False at Ctrl-C, which ends no read() by itself."""
        from select import select

        from kshell.shell.views.output import WAITS

        while not select([sys.stdin], [], [], 0.05)[0]:
            if sys.stdin.isatty() and not self._has_told:
                self._has_told = True
                sys.stderr.write(f"{WAITS}\n")
            if self._session.kernel.cpu.ctrl_c.pressed:
                return False
        return True


def _refused(error: CommandError, argv: Iterable[str]) -> int:
    """Tell why nothing, or no more, is done, as --json has it where that was asked for; returns the exit status."""
    from kshell.shell.streams import open_output
    from kshell.shell.views.failure import Failure
    from kshell.shell.views.output import Result

    words = list(argv)
    output = open_output("--json" in words, colour_asked(words))
    output.show(Result(" ".join(["kshell", *words]), error.status, Failure(error), error.json()))
    return error.status


def run(argv: list[str]) -> int:
    """Do what the command line says; returns the exit status."""
    try:
        return _do(read_arguments(argv), argv)
    except CommandError as error:
        return _refused(error, argv)


def _do(found: Arguments, argv: list[str]) -> int:
    if found.show_help:
        sys.stdout.write(USAGE)
        return 0
    if found.show_version:
        from kshell import __version__

        sys.stdout.write(f"kshell {__version__}\n")
        return 0
    if found.write_config:
        return _write_config()
    if found.words:
        return _run_words(found)
    if found.commands is not None:
        return _run_script(found, found.commands)
    if found.step:
        return _run_stepped(found)
    if found.file is not None and found.file != "-":
        return _run_script(found, _lines_of(found.file))
    if not _is_interactive(found):
        return _run_script(found, _stdin_lines(), reads_stdin=False)
    if found.timeout is not None or found.memory is not None:
        raise UsageError("--timeout and --memory are for scripts", "kshell  (at the prompt Ctrl-C ends a command)")
    return _talk(_make_session(found, True, True), found)


def _is_interactive(found: Arguments) -> bool:
    """Whether a person sits in front of it."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty() and not found.json


def _talk(session: Session, found: Arguments, first: str = "") -> int:
    from kshell.shell.prompt.repl import run_repl

    status = run_repl(session, first, found.resume, found.color)
    return status if isinstance(status, int) else session.final_status()


def _run_script(found: Arguments, lines: Iterable[str], reads_stdin: bool = True) -> int:
    session = _make_session(found, False, reads_stdin)
    if found.echo:
        from kshell.shell.present.script import echoed

        lines = echoed(session, lines)
    with Limits(found.timeout, found.memory) as session.limits:
        return session.run_lines(lines)


def _run_stepped(found: Arguments) -> int:
    """``kshell --step FILE``: at the prompt, with the file begun."""
    from kshell.shell.host_files import named

    assert found.file is not None
    if not _is_interactive(found):
        raise UsageError("--step waits for keys, and this is no terminal", f"kshell --echo {named(found.file)}")
    return _talk(_make_session(found, True, True), found, f"source {named(found.file)} --step")


def _run_words(found: Arguments) -> int:
    """``kshell tree new DIR``, ``kshell lesson lint DIR``: the shell's own command, without the shell; a lesson that is
    begun so goes on at the prompt, or with what comes from standard input."""
    goes_on = found.words[0] == "present" or list(found.words[:2]) in (["lesson", "start"], ["lesson", "resume"])
    interactive = _is_interactive(found) and goes_on
    session = _make_session(found, interactive, interactive)
    if interactive:
        return _talk(session, found, " ".join(found.words))
    session.execute_words(found.words)
    status = session.final_status()
    if session.guide is not None:
        return session.run_lines(_stdin_lines())
    if not status and not found.json and found.words[0] == "tree":
        sys.stdout.write("these are commands of kshell: type them at its prompt  (start it with: kshell)\n")
    return status


def _write_config() -> int:
    from kshell.shell.settings import config_path, write_default

    try:
        path = write_default()
    except OSError as error:
        reason = "it is there already" if isinstance(error, FileExistsError) else error.strerror or str(error)
        what = f"kshell: {config_path()} was not written: {reason}"
        raise CommandError(what, "", f"mv {config_path()} {config_path()}.old  (or edit it)") from None
    sys.stdout.write(f"{path}\n")
    return 0


def _lines_of(path: str) -> list[str]:
    """The lines of a script."""
    from kshell.shell.host_files import read_text

    try:
        return read_text("kshell", path).split("\n")
    except CommandError as error:
        error.status = USAGE_ERROR
        raise
    except OSError as error:
        raise host_trouble(error) or error from None


def _stdin_lines() -> Iterator[str]:
    """Line by line as they come, so that another program can hold a conversation through a pipe."""
    lines, codec = iter(sys.stdin.buffer if sys.stdin is not None else ()), "utf-8-sig"
    while True:
        with interruptible():
            line = next(lines, None)
        if line is None:
            return
        yield line.decode(codec, "surrogateescape")
        codec = "utf-8"


def main() -> int:
    """The console script.  Nothing that goes wrong shows a traceback, unless KSHELL_DEBUG is set."""
    if sys.stderr is None:  # started with 2>&-
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  # to the end of the process
    if sys.stdout is None:  # and with >&-
        sys.stderr.write(f"kshell: cannot write the output: {os.strerror(9)}\n")
        return 1
    if not os.path.isdir(os.path.dirname(__file__)):  # in a zip archive: tables, headers and samples are files
        return _refused(CommandError("kshell: cannot run from an archive", "", "unpack it, or pip install it"), ())
    if not _has_descriptors():
        return _refused(CommandError(f"kshell: {os.strerror(errno.EMFILE)}", "", "ulimit -n 256"), ())
    _prepare_streams()
    take_over()
    gc.set_threshold(OBJECTS)
    try:
        status = run(sys.argv[1:])
        with interruptible():
            sys.stdout.flush()
        return status
    except BrokenPipeError:  # whoever read our output has enough (`| head -1`)
        _abandon_stdout()
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except CommandError as error:  # there is no session to go on with
        return _refused(error, sys.argv[1:])
    except OSError as error:  # nothing but our own output is read or written up here
        _abandon_stdout()
        sys.stderr.write(f"kshell: cannot write the output: {error.strerror or error}\n")
        return 1
    except Exception as bug:
        from kshell.shell.views.failure import bug_report

        return _refused(host_trouble(bug) or bug_report(bug), sys.argv[1:])
    finally:
        let_go()
        gc.freeze()  # the process ends: nobody need look for garbage once more


def _has_descriptors() -> bool:
    """Whether the host lets this process open a few files."""
    opened: list[int] = []
    try:
        while len(opened) < DESCRIPTORS:
            opened.append(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error.errno != errno.EMFILE
    finally:
        for each in opened:
            os.close(each)
    return True


def _abandon_stdout() -> None:
    """Let the interpreter's last flush go to nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
