"""The build: what turns a kernel tree into a kernel and its modules, on the host's side of the simulated machine.

Makefiles are read in `makefile`, their recipes in `recipes`, the table in `systbl`; `tree` holds the files, `steps`
what is done with them; `make` is the command.  It may import everything to its left, cc and the kernel's declarations
among it.  It must not know a shell, a screen or a running machine (whoever calls it says which kernel runs), and
nothing here runs a program of the host.

C counterpart: scripts/Makefile.*, scripts/link-vmlinux.sh, scripts/mod/modpost.c, and GNU make itself.
"""
