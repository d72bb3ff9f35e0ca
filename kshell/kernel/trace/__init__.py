"""An appendix: who listens to a kernel, and what of a system call is told.

event is a step as a value, tracer a listener, listening how one is put on a kernel, syscall_trace what it is told of a
call.  On core: it may import nothing else.  It must not know who listens, nor a word that is shown.
"""
