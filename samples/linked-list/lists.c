// SPDX-License-Identifier: MIT
/* Linked lists as any C program builds them: what both ways of summing them start from. */
#include "linked-list/lists.h"
#include "base.h"

#include <stdint.h>
#include <stdlib.h>

void lists_build(struct list lists[LISTS], size_t nodes)
{
	uint32_t random = 1;

	for (size_t i = 0; i < LISTS; i++)
		lists[i].first = NULL;
	for (size_t i = 0; i < nodes; i++) {
		struct node *n = sample_malloc(sizeof(*n));
		struct list *list;

		random = random * 1664525 + 1013904223;
		n->value = random >> 16;
		/* The lists wind through each other, and differ in length. */
		list = &lists[(random >> 8) % LISTS];
		n->next = list->first;
		list->first = n;
	}
}

int list_sum(const struct list *list)
{
	unsigned int sum = 0;

	for (const struct node *n = list->first; n; n = n->next)
		sum += n->value;
	return sum;
}

void lists_free(struct list lists[LISTS])
{
	for (size_t i = 0; i < LISTS; i++) {
		while (lists[i].first) {
			struct node *n = lists[i].first;

			lists[i].first = n->next;
			free(n);
		}
	}
}
