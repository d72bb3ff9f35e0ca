"""Colours and turns: how a sorted tree is kept balanced (C: <linux/rbtree_augmented.h>)."""

from __future__ import annotations

from kshell.linux.compiler import WRITE_ONCE
from kshell.linux.kernel import Kernel, addr
from kshell.linux.rbtree_types import rb_node, rb_root
from kshell.linux.types import Bool, Int, Ptr, ULong


def rb_parent(k: Kernel, node: Ptr[rb_node]) -> Ptr[rb_node]:
    """The parent of a node; NULL of the root.

    >>> if rb_parent(k, addr(q.rb)) is None: return 1
    """
    return Ptr[rb_node](node.__rb_parent_color & ~ULong(3))


def __rb_is_red(k: Kernel, node: Ptr[rb_node]) -> Bool:
    """Whether there is a node, and it is red.

    >>> if __rb_is_red(k, addr(q.rb)): return 1
    """
    return node is not None and not node.__rb_parent_color & 1


def __rb_set_parent(k: Kernel, node: Ptr[rb_node], parent: Ptr[rb_node]) -> None:
    """Give a node, if there is one, a parent, and leave it its colour.

    >>> __rb_set_parent(k, addr(q.rb), addr(v.rb))
    """
    if node:
        node.__rb_parent_color = ULong(parent) | (node.__rb_parent_color & 1)


def __rb_set_black(k: Kernel, node: Ptr[rb_node], black: ULong) -> None:
    """Give a node a colour: 1 is black, 0 red.

    >>> __rb_set_black(k, addr(q.rb), 1)
    """
    node.__rb_parent_color = (node.__rb_parent_color & ~ULong(1)) | black


def __rb_side(k: Kernel, node: Ptr[rb_node], left: Int) -> Ptr[Ptr[rb_node]]:
    """Where the pointer to the left child stands, or to the right one.

    >>> if __rb_side(k, addr(q.rb), 1)[0] is None: return 1
    """
    return addr(node.rb_left) if left else addr(node.rb_right)


def __rb_replace(k: Kernel, old: Ptr[rb_node], new: Ptr[rb_node], parent: Ptr[rb_node], root: Ptr[rb_root]) -> None:
    """Let the parent of a node, or the root, point to another one.

    >>> __rb_replace(k, addr(q.rb), addr(v.rb), NULL, addr(tree))
    """
    if not parent:
        WRITE_ONCE(root.rb_node, new)
    elif parent.rb_left == old:
        WRITE_ONCE(parent.rb_left, new)
    else:
        WRITE_ONCE(parent.rb_right, new)


def __rb_rotate(k: Kernel, node: Ptr[rb_node], left: Int, root: Ptr[rb_root]) -> None:
    """Turn a node down to the left, or to the right: its child on the other side takes its place.

    >>> __rb_rotate(k, addr(q.rb), 1, addr(tree))
    """
    parent = rb_parent(k, node)
    up = __rb_side(k, node, not left)[0]
    inner = __rb_side(k, up, left)[0]
    __rb_side(k, node, not left)[0] = inner
    __rb_set_parent(k, inner, node)
    __rb_side(k, up, left)[0] = node
    __rb_set_parent(k, node, up)
    __rb_replace(k, node, up, parent, root)
    __rb_set_parent(k, up, parent)


def __rb_balance(k: Kernel, node: Ptr[rb_node], parent: Ptr[rb_node], root: Ptr[rb_root]) -> None:
    """Balance a tree again that lacks a black node on the ways through `node` (NULL for a leaf) below `parent`.

    >>> __rb_balance(k, NULL, addr(q.rb), addr(tree))
    """
    child: Ptr[rb_node] = node
    above: Ptr[rb_node] = parent
    while above and not __rb_is_red(k, child):
        left: Int = above.rb_left == child
        sibling = __rb_side(k, above, not left)[0]
        if __rb_is_red(k, sibling):
            __rb_set_black(k, sibling, 1)
            __rb_set_black(k, above, 0)
            __rb_rotate(k, above, left, root)
            sibling = __rb_side(k, above, not left)[0]
        if not __rb_is_red(k, sibling.rb_left) and not __rb_is_red(k, sibling.rb_right):
            __rb_set_black(k, sibling, 0)
            child = above
            above = rb_parent(k, child)
            continue
        if not __rb_is_red(k, __rb_side(k, sibling, not left)[0]):
            __rb_set_black(k, __rb_side(k, sibling, left)[0], 1)
            __rb_set_black(k, sibling, 0)
            __rb_rotate(k, sibling, not left, root)
            sibling = __rb_side(k, above, not left)[0]
        __rb_set_black(k, sibling, above.__rb_parent_color & 1)
        __rb_set_black(k, above, 1)
        __rb_set_black(k, __rb_side(k, sibling, not left)[0], 1)
        __rb_rotate(k, above, left, root)
        return
    if child:
        __rb_set_black(k, child, 1)
