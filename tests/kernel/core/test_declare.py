"""Declarations: what the macros accept, and how arguments are narrowed."""

from __future__ import annotations

import ctypes
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kshell.abi import c_types
from kshell.abi.c_types import CType, Int, Long, SizeT
from kshell.kernel.core import declare, sections
from kshell.kernel.core.declare import (
    SYSCALL_DEFINE0,
    SYSCALL_DEFINE1,
    SYSCALL_DEFINE2,
    SYSCALL_DEFINE3,
    SyscallDefinition,
)
from kshell.kernel.core.sections import DeclarationError
from kshell.kernel.kernel import Kernel
from kshell.kernel.link.own_files import make_wrapper

TYPES: list[CType] = sorted(
    {a.__metadata__[0] for a in vars(c_types).values() if hasattr(a, "__metadata__")}, key=lambda c: c.c
)
C_INTS = {(1, 4): ctypes.c_int32, (0, 4): ctypes.c_uint32, (1, 8): ctypes.c_int64, (0, 8): ctypes.c_uint64}
C_INTS |= {(0, 2): ctypes.c_uint16, (1, 1): ctypes.c_int8}


def a_body(k: Kernel, a: Int, b: SizeT) -> Long:
    """What it does."""
    return a + b


def test_a_definition_knows_its_macro_and_its_signature() -> None:
    definition = SYSCALL_DEFINE2(a_body)
    assert definition.macro == "SYSCALL_DEFINE2(a_body, int, a, size_t, b)"
    assert definition.signature == "a_body(int a, size_t b)"
    assert definition.doc == "What it does."


def test_the_digit_must_match_the_signature() -> None:
    with pytest.raises(
        DeclarationError, match="SYSCALL_DEFINE1 takes 1 argument after k, but a_body has 2: write SYSCALL_DE"
    ):
        SYSCALL_DEFINE1(a_body)
    with pytest.raises(DeclarationError, match="SYSCALL_DEFINE3"):
        SYSCALL_DEFINE3(a_body)


def test_a_parameter_needs_a_c_type() -> None:
    def plain(k: Kernel, a: int) -> Long:
        return a

    def bare(k, a):  # type: ignore[no-untyped-def]
        return a

    for body in (plain, bare):
        with pytest.raises(DeclarationError, match="has no C type"):
            SYSCALL_DEFINE1(body)


def test_an_unknown_type_is_undeclared() -> None:
    def body(k, a):  # type: ignore[no-untyped-def]
        return a

    body.__annotations__ = {"a": "integer"}
    with pytest.raises(DeclarationError, match="'integer' undeclared here"):
        SYSCALL_DEFINE1(body)


def test_the_first_parameter_is_the_kernel() -> None:
    def without(a: Int) -> Long:
        return a

    def many(k: Kernel, *args: Int) -> Long:
        return 0

    for body in (without, many):
        with pytest.raises(DeclarationError, match="must take k: Kernel first"):
            SYSCALL_DEFINE0(body)
    with pytest.raises(DeclarationError, match="stands over a def"):
        SYSCALL_DEFINE0(len)


def test_kernel_code_never_calls_a_system_call() -> None:
    definition = SYSCALL_DEFINE2(a_body)
    with pytest.raises(TypeError, match="kernel code never calls one"):
        definition(None, 1, 2)


@pytest.mark.parametrize("ctype", TYPES, ids=str)
@given(value=st.integers(-(1 << 70), 1 << 70))
def test_every_type_narrows_as_c_does(ctype: CType, value: int) -> None:
    assert ctype.narrow(value) == C_INTS[ctype.signed, ctype.size](value).value


@given(values=st.lists(st.integers(0, (1 << 64) - 1), min_size=21, max_size=21))
def test_a_wrapper_takes_its_arguments_out_of_pt_regs(values: list[int]) -> None:
    seen: list[tuple[int, ...]] = []

    def body(k: Any, a: Int, b: SizeT, c: Long, d: Int, e: Int, f: Long) -> Long:
        seen.append((a, b, c, d, e, f))
        return 0

    definition: SyscallDefinition = declare.SYSCALL_DEFINE6(body)
    regs = memoryview(bytearray(21 * 8)).cast("Q")
    for index, value in enumerate(values):
        regs[index] = value
    make_wrapper(definition)(None, regs)  # type: ignore[arg-type]
    di, si, dx, r10, r8, r9 = (values[i] for i in (14, 13, 12, 7, 9, 8))
    di, r10, r8 = (ctypes.c_int32(v).value for v in (di, r10, r8))
    dx, r9 = (ctypes.c_int64(v).value for v in (dx, r9))
    assert seen == [(di, si, dx, r10, r8, r9)]


def test_minus_seven_arrives_as_an_int() -> None:
    seen = []

    def body(k: Any, a: Int) -> Long:
        seen.append(a)
        return 0

    regs = memoryview(bytearray(21 * 8)).cast("Q")
    regs[14] = 0xFFFF_FFF9
    make_wrapper(SYSCALL_DEFINE1(body))(None, regs)  # type: ignore[arg-type]
    assert seen == [-7]


def test_exports_for_everybody_and_for_gpl_modules_are_two_sections() -> None:
    namespace: dict[str, Any] = {}
    macros = "from kshell.kernel.core.sections import *\n"
    text = f"{macros}def a(k): ...\ndef b(k): ...\nEXPORT_SYMBOL(a)\nEXPORT_SYMBOL_GPL(b)"
    exec(text, namespace)
    found = namespace[sections.SECTIONS]
    assert (found["__ksymtab"], found["__ksymtab_gpl"]) == ([namespace["a"]], [namespace["b"]])
    with pytest.raises(DeclarationError, match="only a function of this file"):
        sections.EXPORT_SYMBOL_GPL(5)  # type: ignore[arg-type]
