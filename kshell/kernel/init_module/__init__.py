"""An appendix: modules that a program loads and unloads, by init_module, finit_module and delete_module.

The calls are in `calls`; a module's functions then run on the program's own path through the kernel (module_text, and
own_path behind it), where insmod of the shell calls them from outside (module/).  It may import what is below it.
"""
