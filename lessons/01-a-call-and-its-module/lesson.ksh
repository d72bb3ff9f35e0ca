# A system call and its module.
#
# The call test_call is compiled into this kernel, at number 335. All it does is follow a pointer, STUB_test_call.
# The pointer is NULL until a module fills it. Paste these lines one at a time, or run the file.

# 1. Nobody has filled the pointer: the call exists, and answers -ENOSYS.
table 335
syscall test_call 42

# 2. A module stores the address of its handler in the pointer. The same call now answers 42.
modprobe syscallModule
syscall test_call 42

# 3. Every hop: from ring 3 through the table and the wrapper, along the pointer, into the module and back.
trace syscall test_call 42

# 4. Both functions left a line in the kernel's log.
dmesg

# 5. The module clears the pointer as it goes. -ENOSYS again, and the kernel was never rebuilt.
rmmod syscallModule
syscall test_call 42
