"""Where things are in the 64-bit address space.

As Documentation/x86/x86_64/mm.txt has it for 48-bit addresses, without KASLR: the same addresses every time.
"""

KERNEL_TEXT = 0xFFFF_FFFF_8100_0000  # functions, 16 bytes each
SYSCALL_TEXT = KERNEL_TEXT + 0x1000  # __x64_sys_*, in order of their numbers, so that a new one moves no other
EXTRA_TEXT = KERNEL_TEXT + 0x8000  # calls that are in no table
LIB_TEXT = KERNEL_TEXT + 0x800  # copies from and to user memory, which may fault
OBJECT_TEXT = KERNEL_TEXT + 0xA000  # the other functions of the files that are linked in, in link order
OBJECT_TEXT_END = KERNEL_TEXT + 0x1A000
KERNEL_RODATA = 0xFFFF_FFFF_8200_0000  # sys_call_table, __ex_table
EX_TABLE = KERNEL_RODATA + 0x10000
KERNEL_DATA = 0xFFFF_FFFF_8240_0000  # STUB_ pointers and other variables
KERNEL_DATA_END = KERNEL_DATA + (1 << 20)
MODULES = 0xFFFF_FFFF_C000_0000
MODULES_SIZE = 2 << 20  # addresses come back into use after some 250 loads, not sooner
VMALLOC = 0xFFFF_C900_0000_0000  # kernel stacks
THREAD_SIZE = 0x4000  # of one kernel stack
STACK_STRIDE = 0x8000  # stacks are aligned to their size, with a hole to fault on between them
FUNCTION_SIZE = 16

TASK_SIZE_MAX = 0x7FFF_FFFF_F000  # the first address that is not the user's
USER_TEXT = 0x40_1000
USER_STACK_TOP = 0x7FFF_FFFF_F000
USER_STACK_LIMIT = 8 << 20  # RLIMIT_STACK
MMAP_BASE = 0x7FFF_F7FF_F000  # mmap goes down from here
MMAP_MIN_ADDR = 0x1_0000
