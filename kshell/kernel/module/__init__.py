"""Modules: from a compiled object to live text, and gone again.

load.py and unload.py are the way in and out, struct_module.py is what is known of one, refusal.py why the kernel says
no.  It imports from the floors below (entry and what stands under that).  It must not know a source or the compiler,
and has no words for a person: a refusal is a reason with its facts.
"""
