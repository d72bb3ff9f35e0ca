"""The bodies of the calls that are about signals, found as those of kernel/syscalls/ are; none calls another."""
