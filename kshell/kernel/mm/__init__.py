"""The memory of user programs: areas, the address space, page faults, and the only way to a user's pointer.

On core alone.  Of files it knows what an area shows (vma.MappedInode); of tasks, that one is current.
"""
