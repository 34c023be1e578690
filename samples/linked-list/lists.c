// SPDX-License-Identifier: MIT
/* Linked lists as any C program builds them: what both ways of summing them start from. */
#include "linked-list/lists.h"
#include "sample.h"

#include <stdint.h>
#include <stdlib.h>

void lists_build(struct node *heads[LISTS], size_t nodes)
{
	uint32_t random = 1;

	for (size_t i = 0; i < LISTS; i++)
		heads[i] = NULL;
	for (size_t i = 0; i < nodes; i++) {
		struct node *n = sample_malloc(sizeof(*n));

		random = random * 1664525 + 1013904223;
		n->value = random >> 16;
		/* The lists wind through each other, and differ in length. */
		n->next = heads[(random >> 8) % LISTS];
		heads[(random >> 8) % LISTS] = n;
	}
}

int list_sum(const struct node *head)
{
	unsigned int sum = 0;

	for (; head; head = head->next)
		sum += head->value;
	return sum;
}

void lists_free(struct node *heads[LISTS])
{
	for (size_t i = 0; i < LISTS; i++) {
		while (heads[i]) {
			struct node *n = heads[i];

			heads[i] = n->next;
			free(n);
		}
	}
}
