"""The code of the vDSO: functions that a program calls as any others, in ring 3.  None of them enters the kernel,
unless it is asked for what the page does not have.

A reading of the clock is a read under a sequence counter.  The kernel makes the counter odd, writes, and makes it even
again; who reads remembers it, reads, and begins anew if it was odd or is another by then.

C counterpart: arch/x86/entry/vdso/vclock_gettime.c and vgetcpu.c; since 5.3 lib/vdso/gettimeofday.c, and getrandom.c.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kshell.abi.clock import TICK_NSEC
from kshell.kernel.vdso.data import COARSE, GENERIC_SINCE, SERVED, SERVED_4_19

Line = tuple[str, str]  # an instruction, and its bytes; a name among them is 4 bytes, the distance to a label
GETRANDOM_SINCE = (6, 11)
LARGEST = max(SERVED)  # the largest clock that is looked up
NR_CLOCK_GETTIME, NR_CLOCK_GETRES, NR_GETRANDOM = 228, 229, 318
OPAQUE_STATE = 144  # bytes that a program keeps for each thread that calls getrandom
MAP_DROPPABLE_ANONYMOUS = 0x28

CLOCK_GETTIME = (
    ("lea vdso_data(%rip), %rdx", "48 8d 15 vdso_data"),
    ("mov %edi, %eax", "89 f8"),
    ("shl $4, %eax", "c1 e0 04"),
    ("lea 8(%rdx,%rax), %r8", "4c 8d 44 02 08"),  # basetime[clock]
    ("gettime_read:", ""),
    ("mov (%rdx), %ecx", "8b 0a"),  # the counter
    ("test $1, %cl", "f6 c1 01"),
    ("jne gettime_wait", "0f 85 gettime_wait"),
    ("mov (%r8), %r9", "4d 8b 08"),
    ("mov 8(%r8), %r10", "4d 8b 50 08"),
    ("cmp (%rdx), %ecx", "3b 0a"),
    ("jne gettime_read", "0f 85 gettime_read"),
    ("mov %r9, (%rsi)", "4c 89 0e"),
    ("mov %r10, 8(%rsi)", "4c 89 56 08"),
    ("xor %eax, %eax", "31 c0"),
    ("ret", "c3"),
    ("gettime_wait:", ""),
    ("pause", "f3 90"),
    ("jmp gettime_read", "e9 gettime_read"),
    ("gettime_call:", ""),
)
GETTIMEOFDAY = (
    ("test %rdi, %rdi", "48 85 ff"),
    ("je timezone", "0f 84 timezone"),
    ("lea vdso_data(%rip), %rdx", "48 8d 15 vdso_data"),
    ("timeofday_read:", ""),
    ("mov (%rdx), %ecx", "8b 0a"),
    ("test $1, %cl", "f6 c1 01"),
    ("jne timeofday_wait", "0f 85 timeofday_wait"),
    ("mov 8(%rdx), %r9", "4c 8b 4a 08"),  # basetime[CLOCK_REALTIME]
    ("mov 16(%rdx), %rax", "48 8b 42 10"),
    ("cmp (%rdx), %ecx", "3b 0a"),
    ("jne timeofday_read", "0f 85 timeofday_read"),
    ("xor %edx, %edx", "31 d2"),
    ("mov $1000, %ecx", "b9 e8 03 00 00"),
    ("div %rcx", "48 f7 f1"),  # microseconds
    ("mov %r9, (%rdi)", "4c 89 0f"),
    ("mov %rax, 8(%rdi)", "48 89 47 08"),
    ("timezone:", ""),
    ("test %rsi, %rsi", "48 85 f6"),
    ("je timeofday_done", "0f 84 timeofday_done"),
    ("mov vdso_timezone(%rip), %rax", "48 8b 05 vdso_timezone"),
    ("mov %rax, (%rsi)", "48 89 06"),
    ("timeofday_done:", ""),
    ("xor %eax, %eax", "31 c0"),
    ("ret", "c3"),
    ("timeofday_wait:", ""),
    ("pause", "f3 90"),
    ("jmp timeofday_read", "e9 timeofday_read"),
)
TIME = (  # one word: no counter is needed
    ("mov vdso_seconds(%rip), %rax", "48 8b 05 vdso_seconds"),
    ("test %rdi, %rdi", "48 85 ff"),
    ("je time_done", "0f 84 time_done"),
    ("mov %rax, (%rdi)", "48 89 07"),
    ("time_done:", ""),
    ("ret", "c3"),
)
GETCPU = (  # the limit of a segment that is there for this: 12 bits of the CPU's number, above them the node's
    ("mov $__CPUNODE_SEG, %eax", "b8 7b 00 00 00"),
    ("lsl %eax, %eax", "0f 03 c0"),
    ("test %rdi, %rdi", "48 85 ff"),
    ("je getcpu_node", "0f 84 getcpu_node"),
    ("mov %eax, %ecx", "89 c1"),
    ("and $0xfff, %ecx", "81 e1 ff 0f 00 00"),
    ("mov %ecx, (%rdi)", "89 0f"),
    ("getcpu_node:", ""),
    ("test %rsi, %rsi", "48 85 f6"),
    ("je getcpu_done", "0f 84 getcpu_done"),
    ("shr $12, %eax", "c1 e8 0c"),
    ("mov %eax, (%rsi)", "89 06"),
    ("getcpu_done:", ""),
    ("xor %eax, %eax", "31 c0"),
    ("ret", "c3"),
)
RESOLUTION = (
    ("mov vdso_hrtimer_res(%rip), %ecx", "8b 0d vdso_hrtimer_res"),
    ("jmp getres_store", "e9 getres_store"),
    ("getres_coarse:", ""),
    ("mov $TICK_NSEC, %ecx", f"b9 {TICK_NSEC.to_bytes(4, 'little').hex(' ')}"),
    ("getres_store:", ""),
    ("test %rsi, %rsi", "48 85 f6"),
    ("je getres_done", "0f 84 getres_done"),
    ("movq $0, (%rsi)", "48 c7 06 00 00 00 00"),
    ("mov %rcx, 8(%rsi)", "48 89 4e 08"),
    ("getres_done:", ""),
    ("xor %eax, %eax", "31 c0"),
    ("ret", "c3"),
    ("getres_call:", ""),
)
GETRANDOM = (  # (buffer, len, flags, opaque_state, opaque_len)
    ("cmp $-1, %r8", "49 83 f8 ff"),
    ("jne getrandom_state", "0f 85 getrandom_state"),
    ("mov %edx, %eax", "89 d0"),
    ("or %rdi, %rax", "48 09 f8"),
    ("or %rsi, %rax", "48 09 f0"),
    ("jne getrandom_state", "0f 85 getrandom_state"),
    ("mov %rcx, %rdi", "48 89 cf"),  # what is asked is how much to map for the states, and how
    ("mov $16, %ecx", "b9 10 00 00 00"),
    ("rep stosl", "f3 ab"),  # struct vgetrandom_opaque_params
    ("movl $OPAQUE_STATE, -64(%rdi)", f"c7 47 c0 {OPAQUE_STATE.to_bytes(4, 'little').hex(' ')}"),
    ("movl $PROT_READ|PROT_WRITE, -60(%rdi)", "c7 47 c4 03 00 00 00"),
    ("movl $MAP_DROPPABLE|MAP_ANONYMOUS, -56(%rdi)", f"c7 47 c8 {MAP_DROPPABLE_ANONYMOUS:02x} 00 00 00"),
    ("xor %eax, %eax", "31 c0"),
    ("ret", "c3"),
    ("getrandom_state:", ""),
    ("mov %ecx, %eax", "89 c8"),
    ("and $0xfff, %eax", "25 ff 0f 00 00"),
    ("cmp $0x1000-OPAQUE_STATE, %eax", f"3d {(0x1000 - OPAQUE_STATE).to_bytes(4, 'little').hex(' ')}"),
    ("jbe getrandom_call", "0f 86 getrandom_call"),
    ("mov $-EFAULT, %rax", "48 c7 c0 f2 ff ff ff"),  # a state may not cross a page
    ("ret", "c3"),
    ("getrandom_call:", ""),
)


def functions(version: tuple[int, int]) -> dict[str, Sequence[Line]]:
    """The code of each function, by its name without `__vdso_`, in the order in which it stands."""
    clocks = SERVED if version >= GENERIC_SINCE else SERVED_4_19
    gettime = (*_is_among(clocks, "gettime_call"), *CLOCK_GETTIME, *_system_call(NR_CLOCK_GETTIME))
    found: dict[str, Sequence[Line]] = {"gettimeofday": GETTIMEOFDAY, "time": TIME, "clock_gettime": gettime}
    if version >= GENERIC_SINCE:
        fine = [clock for clock in SERVED if clock not in COARSE]
        known = (*_is_among(SERVED, "getres_call"), *_is_among(fine, "getres_coarse"))
        found["clock_getres"] = (*known, *RESOLUTION, *_system_call(NR_CLOCK_GETRES))
    found["getcpu"] = GETCPU
    if version >= GETRANDOM_SINCE:
        found["getrandom"] = (*GETRANDOM, *_system_call(NR_GETRANDOM))
    return found


def _is_among(clocks: Sequence[int], other: str) -> Iterator[Line]:
    """On to the next line if edi is one of the clocks, else to the label."""
    bits = sum(1 << clock for clock in clocks)
    yield f"cmp ${LARGEST}, %edi", f"83 ff {LARGEST:02x}"
    yield f"ja {other}", f"0f 87 {other}"
    yield f"mov ${bits:#x}, %eax", f"b8 {bits.to_bytes(4, 'little').hex(' ')}"
    yield "bt %edi, %eax", "0f a3 f8"
    yield f"jae {other}", f"0f 83 {other}"


def _system_call(nr: int) -> Iterator[Line]:
    """The call itself: the arguments stand already where it wants them, but for the fourth."""
    if nr == NR_GETRANDOM:
        yield "mov %rcx, %r10", "49 89 ca"
    yield f"mov ${nr}, %eax", f"b8 {nr.to_bytes(4, 'little').hex(' ')}"
    yield "syscall", "0f 05"
    yield "ret", "c3"
