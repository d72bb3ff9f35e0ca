# A module is machine code.
#
# What you write is C, in Python's spelling, and it is compiled: the CPU never sees a line of it, and Python never runs one.
# Paste these lines one at a time, or run the file in an empty folder; the page that `help modules-as-machine-code` names
# explains every line of what they show.

# 1. A module to edit, and the machine code of each of its lines. Find the argument, which comes in edi, and the result, in rax.
module copy syscallModule .
cc syscallModule.py

# 2. insmod compiles it too, and loads it: its code is in module space now. Where the listing had zeros, there are addresses.
insmod syscallModule.py
disas my_test_call

# 3. From ring 3 into ring 0, along the pointer, and back.
syscall test_call 42

# 4. It clears the pointer as it goes.
rmmod syscallModule
syscall test_call 42

# 5. Another one forgets that. Its text is gone, the pointer is not: where does the CPU go? Find that address in RIP.
module copy dangling .
insmod dangling.py
rmmod dangling
syscall test_call 42
dmesg
