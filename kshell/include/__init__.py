"""The include files of the kernel, for what is compiled against it."""
