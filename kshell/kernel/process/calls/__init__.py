"""The bodies of the calls that are about many tasks, found as those of kernel/syscalls/ are; none calls another."""
