"""What exists only because the emulator errs: with a perfect one this folder could be deleted.

code_watch   instructions before which it must be stopped, and watched.py what a real CPU does at them
counted_flags  the flags at a fault where it counts instructions
simd         exceptions of SSE that it never raises
fault_address  the byte that was touched, where it names only the page
far_transfer  iret, far return and far call, which it lets reach kernel memory
misreported  exceptions that it takes for others
ring0_guard  instructions of ring 0 that are the host's business, or that it does not do as a CPU does
host_killers  instructions that would end this process

It may import `abi` and `machine`.  The kernel must not know that it exists, and hears of true exceptions only.
"""
