"""Pages of help that are about no single command: `help modules`, `help add-a-system-call`."""

from __future__ import annotations

from collections.abc import Callable

from kshell.shell.commands import pages
from kshell.shell.views.view import Line, Text, View, marked, span


def modules() -> View:
    """What a module is, and all that it can include."""
    from kshell.shell.commands import language  # reads the headers

    return language.modules()


def c_to_kshell() -> View:
    """Each line of C with the line that does the same here."""
    from kshell.shell.commands import language

    return language.language()


def config() -> View:
    """Where the prompt's settings are, and what can be set."""
    from kshell.shell.settings import DEFAULT_TEXT, config_path, shortened

    path = config_path()
    lines: list[Line] = [
        marked(f"The prompt reads `{shortened(path)}` when it starts, if that file is there.", "name"),
        marked("`kshell --write-config` makes it, with the defaults:"),
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
    page = pages.documentation("add-a-system-call.md")
    lines: list[Line] = [
        span("Adding a system call, step by step; this page explains each:"),
        span(f"  {page}", "name"),
    ]
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
    return Text(lines, {"page": page, "steps": steps})


MACHINE_CODE_STEPS = (
    ("a source to begin with", "module copy syscallModule ."),
    ("what each line becomes", "cc syscallModule.py"),
    ("an ELF file", "cc syscallModule.py -o syscallModule.ko"),
    ("into module space, and init", "insmod syscallModule.ko"),
    ("ring 3, ring 0, and back", "syscall test_call 42"),
    ("what the CPU runs", "disas my_test_call"),
    ("the log, and any oops", "dmesg"),
)


def modules_as_machine_code() -> View:
    """How a source becomes machine code that the CPU runs in ring 0."""
    page = pages.documentation("modules-as-machine-code.md")
    lines: list[Line] = [span("A module as machine code; this page has the language:"), span(f"  {page}", "name")]
    for meaning, command in MACHINE_CODE_STEPS:
        lines.append([("  ", ""), (f"{command:<{COLUMN}}", "hint"), ("# " + meaning, "comment")])
    lines.append(marked("A source in C goes the same way: `cc NAME.c -o NAME.ko`"))
    steps = [{"meaning": meaning, "command": command} for meaning, command in MACHINE_CODE_STEPS]
    return Text(lines, {"page": page, "steps": steps})


OOPS_LINES = (
    ("BUG: unable to handle kernel NULL pointer ...", "what: at 18, a field behind a NULL pointer"),
    ("BUG: unable to handle kernel paging request ...", "an address where nothing is, or not for this"),
    ("divide error   invalid opcode   kernel BUG at ...", "/ 0, no such instruction, BUG() in a source"),
    ("general protection fault", "no address at all: bits 48 to 63 are wrong"),
    ("Tainted: G    D  O", "what was done to this kernel: taint has the letters"),
    ("RIP: 0010:f+0x2a/0x50 [m] (m.py:14)", "where: 0x2a bytes into f, of 0x50; its source line"),
    ("Code: 55 48 89 e5 <f7> f9 ...", "the bytes there; <f7> begins the instruction"),
    ("RAX: ... CR2: ...", "the registers; CR2 is the address that it reached for"),
    ("Call Trace:", "who called it, from the inside out"),
)


def oops() -> View:
    """How to read the report of a kernel's fault, line by line."""
    lines: list[Line] = [
        span("An oops is the kernel's report of a fault of its own. The task that ran is killed,"),
        marked("the kernel goes on as it can. `dmesg` shows the report, `boot` starts afresh."),
        [],
    ]
    for text, meaning in OOPS_LINES:
        lines += [[("  ", ""), (text, "name")], [("        ", ""), (meaning, "comment")]]
    lines += [[], marked("Try: `modprobe crash; syscall test_call 2; explain`: that report, line by line.")]
    return Text(lines, {"lines": [{"line": text, "meaning": meaning} for text, meaning in OOPS_LINES]})


SIGNAL_STEPS = (
    (
        "SIGUSR1 is bit 9: it is blocked now",
        'syscall rt_sigprocmask SIG_BLOCK "\\x00\\x02\\x00\\x00\\x00\\x00\\x00" NULL 8',
    ),
    ("to the caller itself", "syscall kill 0 SIGUSR1"),
    ("it waits", "syscall rt_sigpending buf:8 8"),
    ("SigBlk, SigIgn, SigCgt, ShdPnd", "cat /proc/self/status"),
    ("how to install a handler", "man rt_sigaction"),
    ("whether a handler could have caught what killed a program", "run --hex 0f0b; explain"),
    ("faults and signals, as strace shows them", "run --trace prog.s"),
)
ACTION_WORDS = {
    "core": "ends the program (Linux may write a core file; kshell never does)",
    "terminate": "ends the program",
    "stop": "stops it until SIGCONT, which kshell sends at once",
    "ignore": "does nothing",
}


def signals() -> View:
    """What each signal does to a program without a handler, and the calls about signals."""
    from kshell.abi.sigaction import default_action
    from kshell.abi.signal import SIGNALS

    lines: list[Line] = [
        span("A signal reaches the handler that rt_sigaction has installed. Where there is none:"),
    ]
    by_action = {
        action: [name for signo, (name, _) in SIGNALS.items() if default_action(signo) == action]
        for action in ACTION_WORDS
    }
    for action, names in by_action.items():
        lines += [[("  ", ""), (ACTION_WORDS[action], "comment")], [("    ", ""), (" ".join(names), "name")]]
    lines += [
        marked("SIGKILL and SIGSTOP can be neither caught, blocked nor ignored. Ctrl-C is SIGINT: a program"),
        marked("that does not die of it gets it, and the third press ends the run."),
    ]
    for meaning, command in SIGNAL_STEPS:
        lines += [[("  ", ""), (command, "hint")], [("      ", ""), ("# " + meaning, "comment")]]
    steps = [{"meaning": meaning, "command": command} for meaning, command in SIGNAL_STEPS]
    return Text(lines, {"defaults": by_action, "steps": steps})


TOPICS: dict[str, Callable[[], View]] = {
    "modules": modules,
    "c-to-kshell": c_to_kshell,
    "config": config,
    "oops": oops,
    "signals": signals,
    "add-a-system-call": add_a_system_call,
    "modules-as-machine-code": modules_as_machine_code,
}
