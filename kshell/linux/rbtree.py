"""Sorted trees that stay balanced: red-black (C: <linux/rbtree.h>).

An rb_node lies in each entry.  Who inserts walks down by comparing keys, links the node where it came to an end, and
lets the colours be put right; a path from the root is then at most twice as long as any other.
"""

from __future__ import annotations

from typing import TypeVar

from kshell.linux.compiler import WRITE_ONCE
from kshell.linux.kernel import Kernel, container_of
from kshell.linux.rbtree_augmented import *
from kshell.linux.rbtree_augmented import (
    __rb_balance,
    __rb_is_red,
    __rb_replace,
    __rb_rotate,
    __rb_set_black,
    __rb_set_parent,
    __rb_side,
)
from kshell.linux.rbtree_types import *
from kshell.linux.types import Bool, Int, Ptr, ULong

_T = TypeVar("_T")


def rb_entry(pointer: Ptr[rb_node], kind: type[_T], field: str) -> Ptr[_T]:
    """The struct whose node is at `pointer`.

    >>> q = rb_entry(rb_first(k, addr(tree)), e, "rb")
    """
    return container_of(pointer, kind, field)


def RB_EMPTY_ROOT(root: Ptr[rb_root]) -> Bool:
    """Whether a tree has no nodes.

    >>> if RB_EMPTY_ROOT(addr(tree)): return -ENOENT
    """
    return root.rb_node is None


def RB_CLEAR_NODE(node: Ptr[rb_node]) -> None:
    """Mark a node as one that is in no tree.

    >>> RB_CLEAR_NODE(addr(q.rb))
    """
    WRITE_ONCE(node.__rb_parent_color, ULong(node))


def RB_EMPTY_NODE(node: Ptr[rb_node]) -> Bool:
    """Whether a node is marked so.

    >>> if RB_EMPTY_NODE(addr(q.rb)): return -ENOENT
    """
    return node.__rb_parent_color == ULong(node)


def rb_link_node(k: Kernel, node: Ptr[rb_node], parent: Ptr[rb_node], link: Ptr[Ptr[rb_node]]) -> None:
    """Hang a new, red node where the search for its place came to an end; rb_insert_color is next.

    >>> rb_link_node(k, addr(q.rb), NULL, addr(tree.rb_node))
    """
    node.__rb_parent_color = ULong(parent)
    node.rb_left = None
    node.rb_right = None
    WRITE_ONCE(link[0], node)


def rb_insert_color(k: Kernel, node: Ptr[rb_node], root: Ptr[rb_root]) -> None:
    """Balance a tree again, in which a node was just linked.

    >>> rb_insert_color(k, addr(q.rb), addr(tree))
    """
    child: Ptr[rb_node] = node
    parent: Ptr[rb_node] = rb_parent(k, child)
    while __rb_is_red(k, parent):
        above = rb_parent(k, parent)
        left: Int = above.rb_left == parent
        uncle = __rb_side(k, above, not left)[0]
        if __rb_is_red(k, uncle):
            __rb_set_black(k, parent, 1)
            __rb_set_black(k, uncle, 1)
            __rb_set_black(k, above, 0)
            child = above
        else:
            if __rb_side(k, parent, not left)[0] == child:
                __rb_rotate(k, parent, left, root)
                parent = child
            __rb_set_black(k, parent, 1)
            __rb_set_black(k, above, 0)
            __rb_rotate(k, above, not left, root)
            break
        parent = rb_parent(k, child)
    __rb_set_black(k, root.rb_node, 1)


def rb_erase(k: Kernel, node: Ptr[rb_node], root: Ptr[rb_root]) -> None:
    """Take a node out of a tree, and balance it again.

    >>> rb_erase(k, addr(q.rb), addr(tree))
    """
    out: Ptr[rb_node] = node  # what leaves its place: the node, or the next one, which then takes the node's place
    if node.rb_left and node.rb_right:
        out = node.rb_right
        while out.rb_left:
            out = out.rb_left
    child: Ptr[rb_node] = out.rb_left if out.rb_left else out.rb_right
    parent: Ptr[rb_node] = rb_parent(k, out)
    black: Bool = not __rb_is_red(k, out)
    __rb_replace(k, out, child, parent, root)
    __rb_set_parent(k, child, parent)
    if out != node:
        out[0] = node[0]
        __rb_set_parent(k, out.rb_left, out)
        __rb_set_parent(k, out.rb_right, out)
        __rb_replace(k, node, out, rb_parent(k, node), root)
        if parent == node:
            parent = out
    if black:
        __rb_balance(k, child, parent, root)


def __rb_end(k: Kernel, node: Ptr[rb_node], left: Int) -> Ptr[rb_node]:
    """The last node on the way down to the left, or to the right.

    >>> if __rb_end(k, tree.rb_node, 1) is None: return 1
    """
    end: Ptr[rb_node] = node
    while end and __rb_side(k, end, left)[0]:
        end = __rb_side(k, end, left)[0]
    return end


def __rb_neighbour(k: Kernel, node: Ptr[rb_node], left: Int) -> Ptr[rb_node]:
    """The node before one in the order of the tree, or behind it.

    >>> if __rb_neighbour(k, addr(q.rb), 1) is None: return 1
    """
    below: Ptr[rb_node] = __rb_side(k, node, left)[0]
    if below:
        return __rb_end(k, below, not left)
    child: Ptr[rb_node] = node
    parent: Ptr[rb_node] = rb_parent(k, child)
    while parent and __rb_side(k, parent, left)[0] == child:
        child = parent
        parent = rb_parent(k, child)
    return parent


def rb_first(k: Kernel, root: Ptr[rb_root]) -> Ptr[rb_node]:
    """The smallest node; NULL of an empty tree.

    NULL  the tree has no nodes

    >>> if rb_first(k, addr(tree)) is None: return -ENOENT
    """
    return __rb_end(k, root.rb_node, 1)


def rb_last(k: Kernel, root: Ptr[rb_root]) -> Ptr[rb_node]:
    """The largest node; NULL of an empty tree.

    NULL  the tree has no nodes

    >>> if rb_last(k, addr(tree)) is None: return -ENOENT
    """
    return __rb_end(k, root.rb_node, 0)


def rb_next(k: Kernel, node: Ptr[rb_node]) -> Ptr[rb_node]:
    """The next larger node; NULL behind the last.

    NULL  it is the last one

    >>> if rb_next(k, addr(q.rb)) is None: return 1
    """
    return __rb_neighbour(k, node, 0)


def rb_prev(k: Kernel, node: Ptr[rb_node]) -> Ptr[rb_node]:
    """The next smaller node; NULL before the first.

    NULL  it is the first one

    >>> if rb_prev(k, addr(q.rb)) is None: return 1
    """
    return __rb_neighbour(k, node, 1)
