"""The bodies of the calls that are about time, found as those of kernel/syscalls/ are; none calls another."""
