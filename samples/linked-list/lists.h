/* SPDX-License-Identifier: MIT */
/* Linked lists as any C program builds them: what both ways of summing them start from. */
#ifndef LISTS_H
#define LISTS_H

#include <stddef.h>

enum { LISTS = 256 };

struct node {
	struct node *next;
	int value;
};

struct list {
	struct node *first;
};

/* Builds LISTS lists with @nodes nodes in all, each node from malloc. */
void lists_build(struct list lists[LISTS], size_t nodes);
int list_sum(const struct list *list);
void lists_free(struct list lists[LISTS]);

#endif
