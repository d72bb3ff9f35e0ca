"""Which byte an instruction faulted on.  The emulator names only the page, the operands of the instruction the rest.

It is found when a run has already ended by a fault, so it may take the time to load the disassembler.
"""

from __future__ import annotations

from collections.abc import Callable

from kshell.abi.c_types import U64
from kshell.machine.disassembler import MemoryOperand, memory_operands
from kshell.machine.encode import LONGEST_INSTRUCTION
from kshell.machine.mmu import Mmu
from kshell.machine.paging import FETCH, READ, USER_END, WRITE, is_canonical
from kshell.machine.quirks.code_watch import CodeWatch
from kshell.machine.ram import PAGE_MASK, PAGE_SIZE
from kshell.machine.stop import Stop


def exact_fault(stop: Stop, rip: int, register: Callable[[str], int], mmu: Mmu, watch: CodeWatch) -> Stop | None:
    """The page fault `stop` of the instruction at `rip` with its exact address; None if the program did not fault.

    The emulator translates a block before it runs it, and reports a page that it could not fetch for the end of the
    block before the beginning was executed: then go to that end in small steps.
    """
    page = stop.address & PAGE_MASK & U64
    if stop.access == FETCH:
        if rip & PAGE_MASK == page:
            return stop._replace(address=rip)
        again = rip & PAGE_MASK == page - PAGE_SIZE and watch.watch_page_end(page)
    else:
        found = find_operand(mmu.read_user(rip, LONGEST_INSTRUCTION), rip, register, page, stop.access)
        if found is not None:
            place, operand = found
            access = WRITE if "write" in operand.access else stop.access
            begin = operand.address(register)
            straddles = begin < place < min(begin + operand.size, USER_END)
            if access == WRITE != stop.access and straddles and not mmu.could_write(begin):
                place = begin  # what is to be written is looked at before it is read
            return stop._replace(address=place, access=access, stack=operand.stack)
        again = False
    return None if again else stop._replace(address=page)


def find_operand(
    code: bytes, rip: int, register: Callable[[str], int], page: int, access: int
) -> tuple[int, MemoryOperand] | None:
    """The first byte of page `page` that the instruction `code` at `rip` touches, and the operand that names it.

    None if no operand lies there.
    """
    wanted = {READ: "read", WRITE: "write"}[access]
    found = None
    for operand in memory_operands(code, rip):
        address = operand.address(register)
        if not operand.implicit:
            address = _bit_address(code, rip, register, address)
        into_page = page - address & U64  # bytes of the operand that lie before the page
        size = operand.size or PAGE_SIZE
        if into_page < size or address - page & U64 < PAGE_SIZE:
            place = page if into_page < size else address
            if is_canonical(place) and not is_canonical(address + max(_first_part(operand), 1) - 1 & U64):
                place = USER_END  # the end of an operand counts before any page of it
            if wanted in operand.access:
                return place, operand
            found = found or (place, operand)
    return found


def _first_part(operand: MemoryOperand) -> int:
    """How many bytes are touched at once: of the ten of an x87 number, the first eight."""
    return 8 if operand.size == 10 else operand.size


def _bit_address(code: bytes, rip: int, register: Callable[[str], int], address: int) -> int:
    """`bts [m], reg` and its relatives reach as far as the register says."""
    from kshell.machine.disassembler import decode_one

    instruction = decode_one(code, rip)
    words = instruction.text.replace(",", " ").split() if instruction is not None else [""]
    name, last = (words[1] if words[0] == "lock" else words[0]), words[-1]
    if name not in ("bt", "bts", "btr", "btc") or last[0].isdigit():
        return address
    bits = {"r": 64, "e": 32}.get(last[0], 16)
    if last[0] == "r" and last[1].isdigit():
        bits = {"d": 32, "w": 16}.get(last[-1], 64)
    value = register(last)
    signed = (value ^ 1 << bits - 1) - (1 << bits - 1)
    return address + (signed >> bits.bit_length() - 1) * (bits // 8) & U64
