"""Where things are in the 64-bit address space, and where the linker puts a kernel's functions and variables.

As Documentation/x86/x86_64/mm.txt has it for 48-bit addresses, without KASLR: the same addresses every time.

C counterpart: arch/x86/include/asm/page_64_types.h, arch/x86/kernel/vmlinux.lds.S, and System.map.
"""

from __future__ import annotations

from kshell.machine.encode import FUNCTION_SIZE

KERNEL_TEXT = 0xFFFF_FFFF_8100_0000  # functions, 16 bytes each
SYSCALL_TEXT = KERNEL_TEXT + 0x1000  # __x64_sys_*, in order of their numbers, so that a new one moves no other
IA32_TEXT = KERNEL_TEXT + 0x6000  # __ia32_sys_*, in order of their own numbers
EXTRA_TEXT = KERNEL_TEXT + 0x8000  # calls that are in no table
ENTRY_TEXT = KERNEL_TEXT + 0x100  # entry_SYSCALL_64 and what belongs to it
INT80_TEXT = KERNEL_TEXT + 0x400  # the same of int 0x80
IA32_WRAPPERS = KERNEL_TEXT + 0x9000  # __ia32_sys_* of calls whose bodies are machine code
IA32_WRAPPER_SIZE = 32
UACCESS_TEXT = KERNEL_TEXT + 0x9800  # get_user and its relatives, which may fault
LIB_TEXT = KERNEL_TEXT + 0x800  # what machine code calls by name
OBJECT_TEXT = KERNEL_TEXT + 0xA000  # the other functions of the files that are linked in, in link order
OBJECT_TEXT_END = KERNEL_TEXT + 0x200000
TOUCH = KERNEL_TEXT + 0x60  # nobody calls it: for the emulator's own use
DO_ONE_INITCALL = KERNEL_TEXT + 0x70
DO_INIT_MODULE = KERNEL_TEXT + 0x80
DO_SYS_DELETE_MODULE = KERNEL_TEXT + 0xA0
DO_INT80 = KERNEL_TEXT + 0xD0
IA32_NI_SYSCALL = KERNEL_TEXT + 0xE0
TRAMPOLINE = KERNEL_TEXT + 0x18  # in do_syscall_64, as the indirect call is on Linux: the way to machine code
KERNEL_RODATA = 0xFFFF_FFFF_8200_0000  # sys_call_table, __ex_table
IA32_SYS_CALL_TABLE = KERNEL_RODATA + 0xC000
EX_TABLE = KERNEL_RODATA + 0x10000
PARAM_OPS = KERNEL_RODATA + 0x20000  # param_ops_int, ...
OBJECT_RODATA = KERNEL_RODATA + 0x40000  # what the files that are linked in hold of such
KERNEL_DATA = 0xFFFF_FFFF_8240_0000  # STUB_ pointers and other variables
KERNEL_DATA_END = KERNEL_DATA + (1 << 20)
MODULES = 0xFFFF_FFFF_C000_0000
MODULES_SIZE = 2 << 20  # addresses come back into use after some 250 loads, not sooner
SLAB = 0xFFFF_8880_0000_0000  # what kmalloc hands out
TASKS = 0xFFFF_8880_7F00_0000  # each task_struct, with the cred of the task
PER_CPU = 0xFFFF_8880_7FC0_0000  # the CPU's own variables: what gs leads to in the kernel
PER_CPU_TSS = 0x6000  # where cpu_tss_rw is in it
VSYSCALL = 0xFFFF_FFFF_FF60_0000  # one page, of user code
PER_CPU_CURRENT = PER_CPU_TSS + 0x90  # current_task, the address of the running task's struct task_struct
TASK_ADDR_LIMIT = 0x10  # where addr_limit is in struct task_struct
VMALLOC = 0xFFFF_C900_0000_0000  # kernel stacks
VMALLOC_AREAS = VMALLOC + (1 << 32)  # what vmalloc hands out
THREAD_SIZE = 0x4000  # of one kernel stack
STACK_STRIDE = 0x8000  # stacks are aligned to their size, with a hole to fault on between them

TASK_SIZE_MAX = 0x7FFF_FFFF_F000  # the first address that is not the user's
USER_TEXT = 0x40_1000
USER_STACK_TOP = 0x7FFF_FFFF_F000
USER_STACK_LIMIT = 8 << 20  # RLIMIT_STACK
MMAP_BASE = 0x7FFF_F7FF_F000  # mmap goes down from here
MMAP_BASE_32 = 0xF7FF_E000  # that of calls by `int 0x80` (C: mmap_compat_base)
MMAP_MIN_ADDR = 0x1_0000

# What is in no file of a tree, and where it always is.
FIXED = {
    "do_syscall_64": (KERNEL_TEXT + 0x10, "T"),
    "native_iret": (KERNEL_TEXT + 0x40, "T"),
    "do_one_initcall": (DO_ONE_INITCALL, "T"),
    "do_init_module": (DO_INIT_MODULE, "t"),
    "__do_sys_delete_module": (DO_SYS_DELETE_MODULE, "t"),
    "sys_call_table": (KERNEL_RODATA, "R"),
    "__start___ex_table": (EX_TABLE, "R"),
}
# The places of what follows each other in link order: functions, and what machine code calls by name.
FUNCTIONS = range(OBJECT_TEXT, OBJECT_TEXT_END, FUNCTION_SIZE)
ROUTINES = range(LIB_TEXT, SYSCALL_TEXT, FUNCTION_SIZE)


def entry_name(symbol: str) -> str:
    """``newstat`` for ``__x64_sys_newstat`` and for ``sys_newstat``: a call's name for that of its function."""
    return symbol.removeprefix("__x64_").removeprefix("sys_")


def letter_of(name: str, letter: str) -> str:
    """nm's letter for a symbol of the kernel itself: lower case for what is its file's own (C: static)."""
    return letter.lower() if name.startswith("_") else letter
