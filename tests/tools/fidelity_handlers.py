"""Programs with signal handlers that write down what they find: their machine code.

Beside the calls of fidelity_program there are the steps ["fault", number in FAULTS], an instruction that faults and is
gone on behind if a handler runs, ["mark"], and ["spin"], a loop until a handler has run since the last mark; and the
argument ("pid",), the program's own.
"""

import struct

from fidelity_faults import assemble
from fidelity_program import LOGFD, NR, TAIL, TEXT, ZONE, Program

STACK = 0x7FFFFFFFE800
ALTSTACK, ALTSTACK_SIZE = ZONE + 0x100000, 0x20000
PID = ZONE + 0x60000  # the program's number, in a page that nobody can write to
FAULT_AT, RESUME, FUEL, COUNT, MARK = (TAIL + 8 * at for at in range(5))
RESTORER, HANDLERS, HANDLER_SIZE, START = TEXT + 8, TEXT + 0x40, 0x100, TEXT + 0x1000
UCONTEXT_SIZE, SIGINFO_SIZE = 304, 128
FRAME = UCONTEXT_SIZE + SIGINFO_SIZE
HANDLER_RECORD = 0xFFFF0000  # its number in the log
BUFFER = 16 + FRAME  # the signal, the mask, what the frame holds
SIGUSR2, FUEL_AT_FIRST, MOST = 12, 12, 80  # so many signals are sent by handlers, and so many run
# What a handler does besides: nothing; or it changes the mask that is restored, or rax (102: getuid) and r8; or it
# sends a signal.
DEEDS = (
    "nop",
    "xor qword ptr [rbp + 296], 0xa00",
    "mov qword ptr [rbp + 144], 102; inc qword ptr [rbp + 40]",
    f"dec dword ptr [{FUEL:#x}]; js 2f; mov edi, [{PID:#x}]; mov esi, edi; mov edx, {SIGUSR2}; mov eax, {NR['tgkill']}"
    "; syscall; 2:",
)
HANDLER = f"""mov rbp, rdx; mov rbx, rdi; mov r13, rsp; sub rsp, {16 + BUFFER}
inc dword ptr [{COUNT:#x}]; mov eax, 231; mov edi, 99; cmp dword ptr [{COUNT:#x}], {MOST}; jb 3f; syscall; 3:
mov dword ptr [rsp], {{number:#x}}; mov dword ptr [rsp + 4], {BUFFER}; mov [rsp + 8], r13; mov [rsp + 16], rbx
mov eax, {NR["rt_sigprocmask"]}; xor edi, edi; xor esi, esi; lea rdx, [rsp + 24]; mov r10d, 8; syscall
lea rdi, [rsp + 32]; mov rsi, rbp; mov ecx, {FRAME}; cld; rep movsb
mov edi, {LOGFD}; mov rsi, rsp; mov edx, {16 + BUFFER}; mov eax, 1; syscall
mov rax, [rbp + 168]; cmp rax, [{FAULT_AT:#x}]; jne 1f; mov rax, [{RESUME:#x}]; mov [rbp + 168], rax; 1:
{{deed}}; mov rsp, r13; ret"""
READ_WRITE, NOTHING, READ_ONLY = ZONE, ZONE + 0x20000, ZONE + 0x10000
MAPPED = (READ_WRITE, 4096, 3), (READ_ONLY, 4096, 1), (NOTHING, 4096, 0), (ALTSTACK, ALTSTACK_SIZE, 3), (PID, 4096, 3)
MMAP = "mov eax, 9; mov edi, {:#x}; mov esi, {:#x}; mov edx, {}; mov r10d, 0x32; mov r8, -1; xor r9d, r9d; syscall; "
PROLOGUE = "".join(MMAP.format(*area) for area in MAPPED) + (
    f"mov rsp, {STACK:#x}; mov dword ptr [{FUEL:#x}], {FUEL_AT_FIRST}; mov eax, 39; syscall; mov [{PID:#x}], eax"
    f"; mov eax, 10; mov edi, {PID:#x}; mov esi, 4096; mov edx, 1; syscall"
    f"; mov eax, {NR['pipe']}; mov edi, {TAIL + 0x80:#x}; syscall"  # descriptors 3 and 4
)
AT = f"lea rax, [rip + 1f]; mov [{FAULT_AT:#x}], rax; lea rax, [rip + 2f]; mov [{RESUME:#x}], rax; "
JUMP = "mov rax, {target:#x}; " + f"mov [{FAULT_AT:#x}], rax; lea rcx, [rip + 2f]; mov [{RESUME:#x}], rcx; jmp rax; "
BEHIND = f"; 2: mov rsp, {STACK:#x}"
FAULTS = (
    *(f"{AT}mov rbx, {at:#x}; 1: mov rcx, [rbx]" for at in (0, 0x1000, NOTHING, 0xFFFFFFFF81000000, 1 << 63)),
    *(f"{AT}mov rbx, {at:#x}; 1: mov [rbx], rcx" for at in (READ_ONLY, NOTHING + 4095, TEXT, (1 << 64) - 8)),
    *(JUMP.format(target=at) for at in (READ_WRITE, 0, 0x7FFFFFFFF000)),
    *(f"{AT}1: {it}" for it in ("ud2", "hlt", "int3", "int 3", "int 4", "int 0x20", "in al, dx", "cli")),
    f"{AT}xor ecx, ecx; mov eax, 5; cdq; 1: idiv ecx",
    f"{AT}mov eax, 5; mov edx, 9; mov ecx, 1; 1: div ecx",
    f"{AT}mov rsp, {NOTHING:#x}; 1: push rax",
)
SPIN = f"1: mov eax, [{COUNT:#x}]; cmp eax, [{MARK:#x}]; je 1b"
MARKED = f"mov eax, [{COUNT:#x}]; mov [{MARK:#x}], eax"


class Parts:
    """The fragments of every such program, assembled once."""

    def __init__(self):
        handlers = [HANDLER.format(number=HANDLER_RECORD + at, deed=deed) for at, deed in enumerate(DEEDS)]
        texts = ["mov eax, 15; syscall", *handlers, PROLOGUE, SPIN, MARKED, *(fault + BEHIND for fault in FAULTS)]
        code = assemble([text.replace("\n", "; ") for text in texts])
        (self.restorer, *self.handlers), rest = code[: 1 + len(DEEDS)], code[1 + len(DEEDS) :]
        self.prologue, self.spin, self.mark, *self.faults = rest


def handler_address(deed):
    """Where the handler is that does DEEDS[deed]."""
    return HANDLERS + HANDLER_SIZE * deed


class SignalProgram(Program):
    """A sequence as machine code; `spins` are the ranges of its loops."""

    def __init__(self, seq, parts):
        self.parts, self.spins, self.begun = parts, [], False
        super().__init__(seq)

    def begin(self):
        """The handlers, and what comes before the first step."""
        parts = self.parts
        places = [(RESTORER, parts.restorer), *((handler_address(i), code) for i, code in enumerate(parts.handlers))]
        self.code += b"\xe9" + struct.pack("<i", START - TEXT - 5)
        for address, code in places:
            assert len(self.code) <= address - TEXT
            self.code += b"\xcc" * (address - TEXT - len(self.code)) + code
        self.code += b"\xcc" * (START - TEXT - len(self.code)) + parts.prologue

    def step(self, i, step):
        """The code of step i."""
        if not i:
            self.begin()
        if step[0] not in ("fault", "spin", "mark"):
            super().step(i, step)
            return
        start = TEXT + len(self.code)
        self.code += self.parts.faults[step[3]] if step[0] == "fault" else getattr(self.parts, step[0])
        if step[0] == "spin":
            self.spins.append(range(start, TEXT + len(self.code)))
        self.log(i)

    def arg(self, a, i):
        """Where an argument of step i comes from."""
        return ("mem32", PID, 0) if a[0] == "pid" else super().arg(a, i)
