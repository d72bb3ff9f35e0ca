"""Pages of help that are about no single command: `help modules`, `help add-a-system-call`."""

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
    constants, types = [], []
    for name in sorted(kshell.linux.__all__, key=str.lower):
        thing = getattr(kshell.linux, name)
        if hasattr(thing, "__metadata__"):
            types.append(name)
            continue
        if not callable(thing):
            constants.append(name)
            continue
        sentence = (inspect.getdoc(thing) or "").split("\n\n")[0].replace("\n", " ")
        lines.append([(f"  {name:<20} ", "name"), (sentence.replace("``", ""), "")])
    kept = [name for name in constants if not name.startswith("E")]
    lines += [[], span(f"  and {', '.join(kept)}, and every errno by its name (-ENOSYS, -EINVAL, ...)")]
    lines += [[], span(f"  and the types of a system call's arguments: {', '.join(types)}")]
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


COLUMN = 48  # where the meaning of a step stands behind its command
STEPS = (
    ("a tree to work on", "tree new test_kernel"),
    ("the call, and its stub", "edit test_kernel/SystemCalls/test_call.py"),
    ("the handler, in a module", "edit test_kernel/SystemCalls/syscallModule.py"),
    ("obj-y and obj-m", "edit test_kernel/SystemCalls/Makefile"),
    ("335 common test_call ...", "edit test_kernel/arch/x86/entry/syscalls/syscall_64.tbl"),
    ("the prototype", "edit test_kernel/include/linux/syscalls.h"),
    ("core-y: SystemCalls/", "edit test_kernel/Makefile"),
    ("what you have changed", "diff"),
    ("compile and link", "make"),
    ("where boot finds it", "make install"),
    ("start it", "boot test_kernel"),
    ("Function not implemented", "run test_kernel/user/test_call_user 5"),
    ("run again: it works", "insmod test_kernel/SystemCalls/syscallModule.ko"),
    ("run again: gone", "rmmod syscallModule"),
)


def add_a_system_call() -> View:
    """The slides' way, a line each."""
    lines: list[Line] = [span("Adding a system call, step by step (docs/add-a-system-call.md explains each):")]
    for number, (meaning, command) in enumerate(STEPS, 1):
        lines.append([(f"{number:3d}. ", "dim"), (f"{command:<{COLUMN}}", "hint")])
        remark = ("# " + meaning, "comment")
        if len(command) >= COLUMN:
            lines.append([(" " * (COLUMN + 5), ""), remark])
        else:
            lines[-1].append(remark)
    lines += [
        span("After a change to the handler: make modules, rmmod, insmod; to the call: make,"),
        span("make install, boot. On 6.19 the row is 471 common test_call sys_test_call, and"),
        span("471 goes into user/test_call_user.s too (make -C test_kernel/user)."),
    ]
    steps = [{"meaning": meaning, "command": command} for meaning, command in STEPS]
    return Text(lines, {"steps": steps})


TOPICS: dict[str, Callable[[], View]] = {
    "modules": modules,
    "config": config,
    "add-a-system-call": add_a_system_call,
}
