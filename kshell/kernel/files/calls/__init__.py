"""The bodies of the other calls about files, found as those of kernel/syscalls/ are; none calls another."""
