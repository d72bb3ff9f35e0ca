"""What a sorted tree is made of (C: <linux/rbtree_types.h>)."""

from __future__ import annotations

from kshell.linux.types import Ptr, Struct, ULong


class rb_node(Struct):
    """A node: the address of its parent, with its colour in the lowest bit (0 is red), and its children."""

    __rb_parent_color: ULong
    rb_right: Ptr[rb_node]
    rb_left: Ptr[rb_node]


class rb_root(Struct):
    """A tree."""

    rb_node: Ptr[rb_node]


RB_ROOT = rb_root()
