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

/* Builds LISTS lists with @nodes nodes in all, each node from malloc. */
void lists_build(struct node *heads[LISTS], size_t nodes);
int list_sum(const struct node *head);
void lists_free(struct node *heads[LISTS]);

#endif
