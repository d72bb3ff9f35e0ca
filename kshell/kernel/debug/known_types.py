"""The types that a person can name: C's numbers, the kernel's structs, and those of all machine code that is there."""

from __future__ import annotations

from kshell.abi.c_types import INTEGERS, CType
from kshell.abi.debug_types import DebugType, integer
from kshell.abi.struct import Array, Kind, PointerTo, Struct, element_of
from kshell.abi.task_struct import task_struct
from kshell.kernel.debug.code_places import linked_objects
from kshell.kernel.debug.pointed import structs_of
from kshell.kernel.kernel import Kernel

STATE_RENAMED = (5, 14)  # when task_struct's state became __state
ROOTS = (task_struct,)  # what the other structs are reached from
TYPEDEFS = {"kuid_t", "kgid_t"}  # structs that C knows by a typedef


class KernelTypes:
    """The structs that the kernel itself has, by how C spells them, made when somebody first asks."""

    def __init__(self, version: tuple[int, int]) -> None:
        self.version = version
        self.found: dict[str, DebugType] = {}
        for each in ROOTS:
            self.struct(each)

    def struct(self, kind: type[Struct]) -> DebugType:
        """The type of a struct."""
        word = "" if kind.__name__ in TYPEDEFS else "union " if kind.IS_UNION else "struct "
        text = f"{word}{kind.__name__}"
        if text not in self.found:
            made = self.found[text] = DebugType("union" if kind.IS_UNION else "struct")
            made.text, made.size = text, kind.SIZE
            made.fields += [
                (self._name(text, each.name), each.offset, self.type_of(each.kind)) for each in kind.FIELDS.values()
            ]
        return self.found[text]

    def _name(self, struct: str, field: str) -> str:
        is_new = (struct, field) == ("struct task_struct", "state") and self.version >= STATE_RENAMED
        return "__state" if is_new else field

    def type_of(self, kind: Kind) -> DebugType:
        """The type of a field."""
        if isinstance(kind, CType):
            return integer(kind.c, kind.size, kind.signed, kind.c == "char")
        if isinstance(kind, Array):
            return array_of(self.type_of(element_of(kind)), kind.length)
        if isinstance(kind, PointerTo):
            struct = kind.struct
            return pointer_to(self.struct(struct) if struct is not None else void())
        return self.struct(kind)


def void() -> DebugType:
    """No type."""
    return DebugType("void")


def pointer_to(target: DebugType) -> DebugType:
    """The type of a pointer."""
    made = DebugType("pointer")
    made.size, made.target, made.text = 8, target, f"{target.text}{'' if target.text.endswith('*') else ' '}*"
    return made


def array_of(element: DebugType, length: int) -> DebugType:
    """The type of an array."""
    made = DebugType("array")
    made.target, made.length, made.size, made.text = (
        element,
        length,
        length * element.size,
        f"{element.text} [{length}]",
    )
    return made


def kernel_types(k: Kernel) -> dict[str, DebugType]:
    """The kernel's own structs."""
    if k.debug_types is None:
        k.debug_types = KernelTypes(k.profile.version).found
    return k.debug_types


def struct_named(k: Kernel, text: str) -> DebugType | None:
    """A struct or union by how C spells it: the kernel's, or one of machine code that is there."""
    found = kernel_types(k).get(text)
    return found or next((known[text] for each in linked_objects(k) if text in (known := structs_of(each))), None)


def struct_names(k: Kernel) -> list[str]:
    """All that struct_named knows."""
    return list(dict.fromkeys([*kernel_types(k), *(text for each in linked_objects(k) for text in structs_of(each))]))


def number_type(words: str) -> DebugType | None:
    """C's type of a number: ``unsigned long``, ``u64``."""
    order = ("unsigned", "signed", "long", "short", "char", "int")
    names = words.split()
    if words not in INTEGERS and all(each in order for each in names):
        words = " ".join(sorted(names, key=order.index))
    size_and_sign = INTEGERS.get(words) or INTEGERS.get(words.removesuffix(" int"))
    return None if size_and_sign is None else integer(words, *size_and_sign, "char" in words)
