"""An appendix: what becomes of mappings that are there: moved with their pages, advised about, written to swap.

The calls are in `calls`, swap_out.py is how a page leaves RAM; how it comes back is mm/fault.py's part, and the swap
area itself core/swap.py.  It may import what is below it: core, mm, fs, task, report, vdso.
"""
