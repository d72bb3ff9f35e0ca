"""The kernel's own system calls in a tree: files that are shown there, and not built from it.

Each is a file of kernel/syscalls/ or of an appendix, under the path that Linux has for it; its bodies are Python, which
the kernel runs behind 16 bytes of text.
"""

from __future__ import annotations

from types import FunctionType, ModuleType

from kshell.abi.elf import (
    SHF_ALLOC,
    SHF_EXECINSTR,
    SHN_ABS,
    SHT_PROGBITS,
    STB_GLOBAL,
    STB_LOCAL,
    STT_FILE,
    STT_FUNC,
    ElfObject,
    ElfSymbol,
    Section,
)
from kshell.kbuild.messages import ERROR, BuildMessage
from kshell.kbuild.steps.object_facts import Defined, ObjectFacts, SystemCall
from kshell.kbuild.tree.tree_contents import SOURCES
from kshell.kbuild.tree.tree_paths import TABLE
from kshell.kernel.syscalls import definitions, plain_functions, subjects
from kshell.machine.encode import FUNCTION_SIZE, KERNEL_FUNCTION_STUB


def subject_named(name: str) -> ModuleType:
    """The file of bodies that is called so.  Raises ValueError where there is none."""
    found = next((each for each in _with_calls() if _name_of(each) == name), None)
    if found is None:
        raise ValueError(name)
    return found


def _with_calls() -> list[ModuleType]:
    return [each for each in subjects() if definitions(each)]


def _name_of(subject: ModuleType) -> str:
    return subject.__name__.rpartition(".")[2]


def own_body(path: str) -> str:
    """The name of the file that a path of a new tree shows; "" for any other path."""
    names = (_name_of(each) for each in _with_calls())
    return next((name for name in names if SOURCES.get(name, f"kernel/{name}.py") == path), "")


def own_facts(name: str, path: str) -> ObjectFacts:
    """The facts of a file: each function has 16 bytes of text, in the order of the source."""
    subject = subject_named(name)
    calls = [SystemCall(each.name, each.signature, each.macro, _line(each.body) + 1) for each in definitions(subject)]
    lines = [(f"__x64_sys_{each.name}", each.line) for each in calls]
    lines += [(each.__name__, _line(each)) for each in plain_functions(subject)]
    ordered = enumerate(sorted(lines, key=lambda each: each[1]))
    found = [Defined(symbol, ".text", FUNCTION_SIZE * at, line) for at, (symbol, line) in ordered]
    return ObjectFacts(path, [each for each in found if not _is_static(each.name)], [], calls, [], [], False)


def _line(body: object) -> int:
    return body.__code__.co_firstlineno if isinstance(body, FunctionType) else 0


def _is_static(symbol: str) -> bool:
    return symbol.startswith("_") and not symbol.startswith("__x64_sys_")


def own_object(name: str, path: str) -> ElfObject:
    """The .o of a file: for each function the way out to its body."""
    facts = own_facts(name, path)
    end = max((each.offset + FUNCTION_SIZE for each in facts.defined), default=0)
    text = KERNEL_FUNCTION_STUB * (end // FUNCTION_SIZE)
    section = Section(".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, 16, text, len(text), [])
    symbols = [ElfSymbol(path.rpartition("/")[2], SHN_ABS, 0, 0, STT_FILE, STB_LOCAL)]
    symbols += [ElfSymbol(each.name, 0, each.offset, FUNCTION_SIZE, STT_FUNC, STB_GLOBAL) for each in facts.defined]
    return ElfObject([section], symbols)


def changed(path: str, text: str, pristine: str) -> BuildMessage:
    """The error of one that was edited; the place is the first line that differs."""
    lines, before = text.split("\n"), pristine.split("\n")
    pairs = enumerate(zip(lines, before, strict=False), 1)
    line = next((number for number, (one, other) in pairs if one != other), min(len(lines), len(before)))
    because = (
        "what the kernel has of its own in fs/, kernel/, mm/ and arch/ is Python that kshell ships: the tree shows it, "
        "and no build reads it, so a change there would do nothing"
    )
    try_ = f"take it back (diff shows it); a call of yours: SYSCALL_DEFINEn in a file of your own, and a row of {TABLE}"
    return BuildMessage(ERROR, "the kernel's own code was changed", path, line, 0, (), because, try_)
