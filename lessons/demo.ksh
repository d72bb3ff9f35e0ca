#!/usr/bin/env -S kshell --echo
## One system call
# A program wants to know its own number. It cannot look it up: the kernel's memory is closed to it. So it asks.
#: Ten minutes, and five questions. Let them answer by a show of hands before each key.
#: The answer is 77, and nothing in it is surprising: the next slide shows how it came about.
syscall getpid

## From ring 3 to ring 0, and back
# The same call, station by station. On the left is the ring that the CPU is in.
#? Three instructions are the program's own. How many of them name an address in the kernel? | *none | one | all three
#: Point at `mov eax, 0x27`: 39 is the number of getpid. Then at `syscall`: it has no operand.
#: LSTAR is a register that only ring 0 can write. The kernel has filled it at boot.
trace syscall getpid

## A number is all it has
# The table has 336 slots, 0 to 335. A program can ask for any number.
#? What happens at number 9999? | the kernel jumps to whatever lies there | *an error comes back | the kernel oopses
#: The comparison stands before the table: "nr is not below NR_syscalls".
trace syscall 9999

## A call with nobody behind it
# `test_call` has a number and a function; but the function only follows a pointer, and nobody has filled that.
#? What does the pointer hold? | the address of test_call | *0 | nobody can know
#: -ENOSYS, as for a number without a row: a program cannot tell the two apart.
x/gx STUB_test_call
syscall test_call 42

## A module fills it
# A module is code that is loaded into the running kernel. This one stores the address of its function in the pointer.
#: No reboot, no new kernel: that is what modules are for.
modprobe syscallModule
x/gx STUB_test_call
trace syscall test_call 42
dmesg --grep my_test_call

## What if the module goes?
# A good module empties the pointer before it leaves. The next one forgets that.
boot
modprobe dangling
rmmod dangling
x/gx STUB_test_call

## Somebody follows the pointer
# The module's memory is gone, and the pointer still leads there.
#? Now `syscall test_call 21`? | -ENOSYS: the module is gone | it works as before | *the kernel oopses
#: SIGKILL: the kernel kills the task in whose name it stumbled. The machine goes on, tainted.
syscall test_call 21
dmesg --grep 'BUG|RIP: 0010'
taint

## Remember
# The program says which call, never where.
#
# An error is a negative number in `rax`; the library makes -1 and errno of it.
#
# A pointer in the kernel is followed without mercy: whoever fills it empties it.
#: q leaves to the shell: let them call out what to try. `present` comes back here.
