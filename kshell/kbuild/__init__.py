"""The build: what turns a kernel tree into a kernel and its modules, on the host's side of the simulated machine.

Makefiles are read here (`makefile`, `recipe`), sources compiled, objects linked.  Nothing here runs a program.

C counterpart: scripts/Makefile.*, scripts/link-vmlinux.sh, scripts/mod/modpost.c, and GNU make itself.
"""
