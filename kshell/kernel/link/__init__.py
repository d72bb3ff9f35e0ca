"""An appendix, for whoever wants to know what a linker does for vmlinux: each part of the kernel gets its addresses.

ksymtab places what machine code calls by name, objects the files of machine code, way_in and uaccess the kernel's own
text and its exception table.  It may import every floor below it.  It must not know what is booted.
"""
