# A call, step by step.
#
# A breakpoint stops a call in ring 0; then the words are gdb's, which you will use on a real kernel, too. Paste these lines one
# at a time, or run the file in an empty folder.

# 1. The module to look into, and a breakpoint in its handler.
module copy syscallModule stepped.py
insmod stepped.py
break my_test_call

# 2. The call stops before the handler's first line. The prompt is another now: (gdb).
syscall test_call 42

# 3. Who called the handler? Read from the bottom: the way in, the wrappers of SYSCALL_DEFINE1, the definition, the module.
bt

# 4. What it was called with, and where that is: in its frame, on the kernel's stack.
info args
print &test
print $rsp

# 5. The line has not run yet: nothing in the log. Run it, and look again.
dmesg -n 1
next
dmesg -n 1

# 6. To the end of the function: what does it return, and to where? Then the caller's variables.
finish
info locals

# 7. One instruction at a time: what follows the call there?
stepi
stepi

# 8. On to the end of the call.
continue

# 9. How many instructions was that, in ring 3 and in ring 0?
delete
syscall --stat test_call 42
rmmod stepped
