"""struct rt_sigframe: what a handler finds on its stack, and what rt_sigreturn takes back from there.

C counterpart: arch/x86/kernel/signal.c, signal_64.c; arch/x86/include/uapi/asm/ucontext.h.
"""

from __future__ import annotations

import struct

from kshell.abi import ptregs
from kshell.abi.c_types import U64
from kshell.abi.ptregs import AX, BP, BX, CS, CX, DI, DX, FLAGS, IP, ORIG_AX, SI, SP, SS
from kshell.abi.sigaction import BLOCKABLE, SA_ONSTACK, SA_RESTORER, SA_SIGINFO, SIGINFO_SIZE
from kshell.kernel.core.signal import SigAction, Siginfo, Signals
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import copy_from_user, copy_to_user
from kshell.kernel.signal import fpstate, siginfo
from kshell.kernel.signal.altstack import do_sigaltstack, flags_at, is_on_stack, is_within
from kshell.kernel.task.task import Task
from kshell.machine.ring3 import USER_CS, USER_SS

# pretcode; uc_flags, uc_link, uc_stack; the registers, selectors, err, trapno, oldmask, cr2, fpstate; uc_sigmask.
_FRAME = struct.Struct("<Q 2Q QI4xQ 18Q 4H 5Q 64x Q")
UCONTEXT, SIGINFO, SIZE = 8, _FRAME.size, _FRAME.size + SIGINFO_SIZE
SIGMASK = _FRAME.size - 8
SIGCONTEXT = (  # the registers in the order of struct sigcontext
    *(ptregs.R8, ptregs.R9, ptregs.R10, ptregs.R11, ptregs.R12, ptregs.R13, ptregs.R14, ptregs.R15),
    *(DI, SI, BP, BX, DX, AX, CX, SP, IP, FLAGS),
)
UC_FLAGS = 6  # UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS: ss is in the frame, and is taken from there
RED_ZONE = 128  # bytes below rsp that the ABI lets a function use
RESTORED_FLAGS = 0x40DD5  # AC OF DF TF SF ZF AF PF CF (C: FIX_EFLAGS; RF would be gone after one instruction)
CLEARED_FLAGS = 0x10500  # RF DF TF: a handler begins without them


def setup_rt_frame(k: Kernel, task: Task, info: Siginfo, action: SigAction) -> bool:
    """Put a frame on the user's stack and let the task stand at its handler; False if there is no room for it, or
    nothing that the handler could return to."""
    regs, signals = task.regs, task.signals
    place = _get_sigframe(k, signals, regs[SP], action)
    if not action.flags & SA_RESTORER or place is None:
        return False
    frame, fpu = place
    mask = signals.blocked if signals.saved_mask is None else signals.saved_mask
    base, flags, size = signals.stack
    number, error, cr2 = signals.trap
    data = _FRAME.pack(
        *(action.restorer, UC_FLAGS, 0, base, flags, size),
        *(regs[slot] for slot in SIGCONTEXT),
        *(regs[CS] & 0xFFFF, 0, 0, regs[SS] & 0xFFFF),
        *(error, number, mask, cr2, fpu, mask),
    )
    if action.flags & SA_SIGINFO:
        data += siginfo.pack(info)
    if copy_to_user(k, fpu, fpstate.pack(k.cpu.fpu_state())) or copy_to_user(k, frame, data):
        return False
    regs[DI], regs[SI], regs[DX], regs[AX] = info.signo, frame + SIGINFO, frame + UCONTEXT, 0
    regs[IP], regs[SP] = action.handler, frame
    regs[CS], regs[SS] = USER_CS, USER_SS
    regs[FLAGS] &= ~CLEARED_FLAGS
    k.cpu.set_fpu_state(fpstate.INITIAL)
    return True


def _get_sigframe(k: Kernel, signals: Signals, sp: int, action: SigAction) -> tuple[int, int] | None:
    """Where the frame and the FPU's state go; None where the other stack is too small for them."""
    on_other = is_on_stack(signals.stack, sp)
    sp -= RED_ZONE
    if action.flags & SA_ONSTACK and flags_at(signals.stack, sp & U64) == 0:
        base, _, size = signals.stack
        sp, on_other = base + size, on_other or k.profile.version >= (5, 14)
    fpu = (sp - fpstate.SIZE) & ~63
    frame = ((fpu - SIZE) & ~15) - 8  # as if it had been called: the return address is what is off by 8
    if on_other and not is_within(signals.stack, frame & U64):
        return None
    return frame & U64, fpu & U64


def restore_rt_frame(k: Kernel, task: Task, frame: int) -> bool:
    """Take the registers, the mask and the other stack back; False where the frame cannot be read, or the CPU would
    refuse what is in it.  What was taken until then stays so, as on Linux."""
    regs, signals = task.regs, task.signals
    data = copy_from_user(k, frame, SIZE)
    if len(data) < SIZE:
        return False
    _, _, _, base, flags, size, *registers = _FRAME.unpack_from(data)
    *_, fpu, mask = registers
    cs, _, _, ss = registers[18:22]
    signals.blocked, signals.sleep = mask & BLOCKABLE, None
    before = regs[FLAGS]
    for slot, value in zip(SIGCONTEXT, registers, strict=False):
        regs[slot] = value
    regs[FLAGS] = before & ~RESTORED_FLAGS | regs[FLAGS] & RESTORED_FLAGS
    regs[CS], regs[SS], regs[ORIG_AX] = cs | 3, ss | 3, U64
    image = copy_from_user(k, fpu, fpstate.SIZE) if fpu else fpstate.pack(fpstate.INITIAL)
    if not fpstate.is_valid(image):
        return False
    signals.fpu = image
    do_sigaltstack(signals, (base, flags, size), regs[SP])  # what it refuses does not matter
    return True
