"""The bodies of the calls about modules, found as those of kernel/syscalls/ are; none calls another."""
