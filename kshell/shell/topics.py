"""Pages of help that are about no single command: `help modules`, `help config`."""

from __future__ import annotations

from collections.abc import Callable

from kshell.shell.views import Line, Text, View, span


def modules() -> View:
    """What a module looks like, and all that it can import."""
    import inspect

    import kshell.linux

    lines: list[Line] = [
        span("A module is a Python file that declares at its top level and acts in its functions."),
        [("module copy syscallModule", "hint"), (" gives you one to edit, ", ""), ("insmod FILE.py", "hint")],
        [],
        span("It imports from kshell.linux (and typing), nothing else:", "heading"),
    ]
    lines[1].append((" loads it.", ""))
    constants = []
    for name in sorted(kshell.linux.__all__, key=str.lower):
        thing = getattr(kshell.linux, name)
        if not callable(thing):
            constants.append(name)
            continue
        sentence = (inspect.getdoc(thing) or "").split("\n\n")[0].replace("\n", " ")
        lines.append([(f"  {name:<20} ", "name"), (sentence.replace("``", ""), "")])
    kept = [name for name in constants if not name.startswith("E")]
    lines += [[], span(f"  and {', '.join(kept)}, and every errno by its name (-ENOSYS, -EINVAL, ...)")]
    return Text(lines, {"names": sorted(kshell.linux.__all__)})


def config() -> View:
    """Where the prompt's settings are, and what can be set."""
    from kshell.shell.prompt.config import DEFAULT_TEXT, config_path

    path = config_path()
    lines: list[Line] = [
        [("The prompt reads ", ""), (path, "name"), (" when it starts, if that file is there.", "")],
        [("kshell --write-config", "hint"), (" makes it, with the defaults:", "")],
        [],
        *[span("  " + line) for line in DEFAULT_TEXT.rstrip("\n").split("\n")],
    ]
    return Text(lines, {"path": path, "text": DEFAULT_TEXT})


TOPICS: dict[str, Callable[[], View]] = {"modules": modules, "config": config}
