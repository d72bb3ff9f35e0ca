"""Pages of help that are about no single command: `help modules`, `help add-a-system-call`."""

from __future__ import annotations

from collections.abc import Callable

from kshell.shell.commands import pages
from kshell.shell.views.view import Line, Text, View, marked, show, span


def modules() -> View:
    """What a module looks like, and all that it can import."""
    import kshell.linux

    lines: list[Line] = [
        span("A module is a Python file that declares at its top level and acts in its functions."),
        marked("`module copy syscallModule` gives you one to edit, `insmod FILE.py` loads it."),
        [],
        span("It imports from kshell.linux (and typing), nothing else:", "heading"),
    ]
    constants, types = [], []
    for name in sorted(kshell.linux.NAMES, key=str.lower):
        thing = getattr(kshell.linux, name)
        if hasattr(thing, "__metadata__"):
            types.append(name)
            continue
        if not callable(thing):
            constants.append(name)
            continue
        lines.append([(f"  {name:<20} ", "name"), (_sentence(thing), "")])
    kept = [name for name in constants if not name.startswith("E")]
    lines += [[], span(f"  and {', '.join(kept)}, and every errno by its name (-ENOSYS, -EINVAL, ...)")]
    lines += [[], span(f"  and the types of a system call's arguments: {', '.join(types)}")]
    lines += [[], span("What its functions are handed as k offers:", "heading")]
    lines += [[(f"  {use:<20} ", "name"), (meaning, "")] for use, meaning in KERNEL]
    lines += [
        [],
        marked("`help c-to-kshell` has each line of C beside its Python, `help Stub` a name of this list."),
        marked("`help modules-as-machine-code` is about compiling one."),
    ]
    return Text(lines, {"names": sorted(kshell.linux.NAMES)})


def config() -> View:
    """Where the prompt's settings are, and what can be set."""
    from kshell.shell.settings import DEFAULT_TEXT, config_path

    path = config_path()
    lines: list[Line] = [
        marked(f"The prompt reads `{path}` when it starts, if that file is there.", "name"),
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


def lessons() -> View:
    """Each lesson with the line that runs it."""
    found = pages.lessons()
    lines: list[Line] = [span("Scripts with a comment before each step: read one, run it, or paste its lines.")]
    for title, path in found:
        lines += [[(f"  {title}", "name")], [("    source ", "hint"), (show(path), "hint")]]
    lines.append(marked("`kshell FILE` runs one without the prompt."))
    return Text(lines, {"lessons": [{"title": title, "path": path} for title, path in found]})


# What a module's functions do with the kernel that they are handed.
KERNEL = (
    ("k.printk(KERN_INFO, text)", "write a line to the log; dmesg shows it"),
    ("k[STUB]", "the pointer behind a Stub: a function to call with k first, or None"),
    ("k[STUB] = function", "store the address of a function there; None is NULL"),
    ("k.read(level)", "the value of a Param"),
    ("k.write(level, 5)", "give it another value"),
    ("k.current", "the task for which the kernel works: k.current.pid, k.current.comm"),
    ("k.stub_address(STUB)", "where the pointer itself is in memory (C: &STUB)"),
    ("k.release", "which kernel this is, as uname -r says it"),
)
C_LINES = (
    ("#include <linux/kernel.h>", "from kshell.linux import Kernel, Stub, ..."),
    ("/* a comment */   // another", "# a comment"),
    ("long (*STUB_x)(int) = NULL;", 'STUB_x = Stub("STUB_x")'),
    ("extern long (*STUB_x)(int);", 'STUB_x = extern("STUB_x")'),
    ("EXPORT_SYMBOL(STUB_x);", "EXPORT_SYMBOL(STUB_x)"),
    ("SYSCALL_DEFINE1(x, int, n) {", "@SYSCALL_DEFINE1"),
    ("", "def x(k: Kernel, n: Int) -> Long:"),
    ("long my_x(int n) {", "def my_x(k: Kernel, n: int) -> int:"),
    ('printk(KERN_INFO "n: %d\\n", n);', 'k.printk(KERN_INFO, f"n: {n}")'),
    ("STUB_x = my_x;", "k[STUB_x] = my_x"),
    ("STUB_x = NULL;", "k[STUB_x] = None"),
    ("if (STUB_x != NULL)", "if k[STUB_x] is not None:"),
    ("    return STUB_x(n);", "    return k[STUB_x](k, n)"),
    ("return -ENOSYS;", "return -ENOSYS"),
    ("copy_from_user(buf, ptr, 8);", "buf = copy_from_user(k, ptr, 8)"),
    ("static int level = 1;", 'level = Param("level", 1)'),
    ("module_param(level, int, 0644);", 'module_param(level, "int", 0o644)'),
    ("level = level + 1;", "k.write(level, k.read(level) + 1)"),
    ("module_init(hello_init);", "module_init(hello_init)"),
)


def _sentence(thing: object) -> str:
    """The first sentence about a thing; quoted lines of C, which end with a semicolon, are marked as such."""
    import inspect

    parts = (inspect.getdoc(thing) or "").split("\n\n")[0].replace("\n", " ").split("``")
    return "".join(f"C: {part}" if index % 2 and part.endswith(";") else part for index, part in enumerate(parts))


def c_to_kshell() -> View:
    """Each line of the slides' C with the line of Python that does the same here."""
    lines: list[Line] = [[(f"{'in C':<34}", "heading"), ("in kshell (Python)", "heading")]]
    lines += [[(f"{c:<34}", "dim"), (python, "name")] for c, python in C_LINES]
    lines.append(span("A Stub or a Param is kernel memory; its Python name is only the declaration."))
    return Text(lines, {"lines": [{"c": c, "kshell": python} for c, python in C_LINES]})


def name_page(name: str) -> View | None:
    """The page of a name of kshell.linux, or of what `k` offers; None for any other name."""
    import kshell.linux

    plain = name.removeprefix("k.")
    uses = [(use, text) for use, text in KERNEL if plain in (use, use.removeprefix("k.").partition("(")[0])]
    if uses and (name != plain or plain not in ("read", "write")):  # those two are system calls as well
        lines: list[Line] = [[(use, "name"), (f"  {text}", "")] for use, text in uses]
        return Text(lines, {"name": name, "summary": uses[0][1], "example": uses[0][0]})
    if plain not in kshell.linux.NAMES:
        return None
    thing = getattr(kshell.linux, plain)
    marks = getattr(thing, "__metadata__", ())
    if marks:
        sentence, example = f"The C type {marks[0].c}, for an argument of a system call.", f"n: {plain}"
    elif isinstance(thing, int | str):
        sentence = f"A constant: {thing!r}"
        example = f"return -{plain}" if isinstance(thing, int) and plain.startswith("E") else plain
        example = f'k.printk({plain}, "...")' if plain.startswith("KERN_") else example
    else:
        sentence, example = _sentence(thing), _example(plain)
    lines = [[(plain, "name"), (f"  {sentence}", "")], [], [("  ", ""), (example, "hint")]]
    lines.append([("  ", ""), (f"from kshell.linux import {plain}", "dim")])
    return Text(lines, {"name": plain, "summary": sentence, "example": example})


def _example(name: str) -> str:
    """A line that uses a name of kshell.linux: from the table above, or from a module that comes with kshell."""
    import re

    from kshell.shell.modules.samples import BUILTIN, sample_names, sample_path

    if name.startswith("SYSCALL_DEFINE"):
        arguments = "".join(f", {letter}: Int" for letter in "abcdef"[: int(name[-1])])
        return f"@{name}  and in the next line  def x(k: Kernel{arguments}) -> Long:"
    found = [python for _, python in C_LINES if re.search(rf"\b{name}\b", python)]
    if found:
        return next((line for line in found if f"{name}(" in line), found[-1])
    for path in [sample_path(name, kind) for kind in ("", BUILTIN) for name in sample_names(kind)]:
        with open(path, encoding="utf-8") as file:
            for line in file:
                if re.search(rf"(?<![\w.\"']){name}\(|@{name}\b", line) and not line.lstrip().startswith("#"):
                    return line.partition("  #")[0].strip()
    return f"{name}(k, ...)" if name.islower() else f"{name}(...)"


TOPICS: dict[str, Callable[[], View]] = {
    "modules": modules,
    "c-to-kshell": c_to_kshell,
    "config": config,
    "add-a-system-call": add_a_system_call,
    "modules-as-machine-code": modules_as_machine_code,
    "lessons": lessons,
}
