"""The bodies of mremap, madvise and mincore, found as those of kernel/syscalls/ are; none calls another."""
