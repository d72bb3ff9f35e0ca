/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rbtree.h - sorted trees that stay balanced: red-black; the lowest bit of a parent's address is the node's colour */
#ifndef _LINUX_RBTREE_H
#define _LINUX_RBTREE_H

#include <linux/kernel.h>

struct rb_node {
	unsigned long __rb_parent_color;
	struct rb_node *rb_right, *rb_left;
};

struct rb_root {
	struct rb_node *rb_node;
};

#define RB_ROOT (struct rb_root) { NULL }
#define rb_entry(pointer, type, member) container_of(pointer, type, member)
#define rb_parent(node) ((struct rb_node *)((node)->__rb_parent_color & ~3UL))
#define RB_EMPTY_ROOT(root) (READ_ONCE((root)->rb_node) == NULL)
#define RB_CLEAR_NODE(node) ((node)->__rb_parent_color = (unsigned long)(node))
#define RB_EMPTY_NODE(node) ((node)->__rb_parent_color == (unsigned long)(node))

static inline bool __rb_is_red(const struct rb_node *node)
{
	return node && !(node->__rb_parent_color & 1);
}

static inline void __rb_set_parent(struct rb_node *node, struct rb_node *parent)
{
	if (node)
		node->__rb_parent_color = (unsigned long)parent | (node->__rb_parent_color & 1);
}

static inline void __rb_set_black(struct rb_node *node, unsigned long black)
{
	node->__rb_parent_color = (node->__rb_parent_color & ~1UL) | black;
}

static inline struct rb_node **__rb_side(struct rb_node *node, int left)
{
	return left ? &node->rb_left : &node->rb_right;
}

static inline void __rb_replace(struct rb_node *old, struct rb_node *new, struct rb_node *parent, struct rb_root *root)
{
	if (!parent)
		WRITE_ONCE(root->rb_node, new);
	else
		WRITE_ONCE(*__rb_side(parent, parent->rb_left == old), new);
}

static inline void __rb_rotate(struct rb_node *node, int left, struct rb_root *root)
{
	struct rb_node *parent = rb_parent(node), *up = *__rb_side(node, !left), *inner = *__rb_side(up, left);

	*__rb_side(node, !left) = inner;
	__rb_set_parent(inner, node);
	*__rb_side(up, left) = node;
	__rb_set_parent(node, up);
	__rb_replace(node, up, parent, root);
	__rb_set_parent(up, parent);
}

static inline void rb_link_node(struct rb_node *node, struct rb_node *parent, struct rb_node **link)
{
	node->__rb_parent_color = (unsigned long)parent;
	node->rb_left = node->rb_right = NULL;
	WRITE_ONCE(*link, node);
}

static inline void rb_insert_color(struct rb_node *node, struct rb_root *root)
{
	struct rb_node *parent;

	while (__rb_is_red(parent = rb_parent(node))) {
		struct rb_node *above = rb_parent(parent);
		int left = above->rb_left == parent;
		struct rb_node *uncle = *__rb_side(above, !left);

		__rb_set_black(above, 0);
		if (__rb_is_red(uncle)) {
			__rb_set_black(parent, 1);
			__rb_set_black(uncle, 1);
			node = above;
			continue;
		}
		if (*__rb_side(parent, !left) == node) {
			__rb_rotate(parent, left, root);
			parent = node;
		}
		__rb_set_black(parent, 1);
		__rb_rotate(above, !left, root);
		break;
	}
	__rb_set_black(root->rb_node, 1);
}

static inline void __rb_balance(struct rb_node *node, struct rb_node *parent, struct rb_root *root)
{
	while (parent && !__rb_is_red(node)) {
		int left = parent->rb_left == node;
		struct rb_node *sibling = *__rb_side(parent, !left);

		if (__rb_is_red(sibling)) {
			__rb_set_black(sibling, 1);
			__rb_set_black(parent, 0);
			__rb_rotate(parent, left, root);
			sibling = *__rb_side(parent, !left);
		}
		if (!__rb_is_red(sibling->rb_left) && !__rb_is_red(sibling->rb_right)) {
			__rb_set_black(sibling, 0);
			node = parent;
			parent = rb_parent(node);
			continue;
		}
		if (!__rb_is_red(*__rb_side(sibling, !left))) {
			__rb_set_black(*__rb_side(sibling, left), 1);
			__rb_set_black(sibling, 0);
			__rb_rotate(sibling, !left, root);
			sibling = *__rb_side(parent, !left);
		}
		__rb_set_black(sibling, parent->__rb_parent_color & 1);
		__rb_set_black(parent, 1);
		__rb_set_black(*__rb_side(sibling, !left), 1);
		__rb_rotate(parent, left, root);
		return;
	}
	if (node)
		__rb_set_black(node, 1);
}

static inline struct rb_node *__rb_end(struct rb_node *node, int left)
{
	while (node && *__rb_side(node, left))
		node = *__rb_side(node, left);
	return node;
}

static inline void rb_erase(struct rb_node *node, struct rb_root *root)
{
	struct rb_node *out = node->rb_left && node->rb_right ? __rb_end(node->rb_right, 1) : node;
	struct rb_node *child = out->rb_left ? out->rb_left : out->rb_right, *parent = rb_parent(out);
	bool black = !__rb_is_red(out);

	__rb_replace(out, child, parent, root);
	__rb_set_parent(child, parent);
	if (out != node) {
		*out = *node;
		__rb_set_parent(out->rb_left, out);
		__rb_set_parent(out->rb_right, out);
		__rb_replace(node, out, rb_parent(node), root);
		parent = parent == node ? out : parent;
	}
	if (black)
		__rb_balance(child, parent, root);
}

static inline struct rb_node *__rb_neighbour(const struct rb_node *node, int left)
{
	struct rb_node *child = (struct rb_node *)node, *parent = rb_parent(node);

	if (*__rb_side(child, left))
		return __rb_end(*__rb_side(child, left), !left);
	while (parent && *__rb_side(parent, left) == child) {
		child = parent;
		parent = rb_parent(child);
	}
	return parent;
}

#define rb_first(root) __rb_end((root)->rb_node, 1)
#define rb_last(root) __rb_end((root)->rb_node, 0)
#define rb_next(node) __rb_neighbour(node, 0)
#define rb_prev(node) __rb_neighbour(node, 1)

#endif
