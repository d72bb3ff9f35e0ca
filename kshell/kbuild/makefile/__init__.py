"""The language of Makefiles: a text becomes variables, whose words know their lines, and rules.

It may import abi only.  It must not know what a kernel tree is, what stands on a disk, or what becomes of a rule: what
a Makefile asks about the world, its caller answers through a Host.
"""
