"""An appendix: what becomes of mappings that are there: moved with their pages, advised about, written to swap.

The calls are in `calls`, swap.py is the swap area, swap_out.py how a page gets there; how it comes back is a matter
of mm/fault.py.  It may import what is below it: core, mm, fs, task, report, vdso.
"""
