/* SPDX-License-Identifier: MIT */
/* The same structs as in lists.h: a pointer is a pointer, on the CPU and on the GPU. */
struct node {
	global struct node *next;
	int value;
};

struct list {
	global struct node *first;
};

/* Each work-item follows one list to its end. */
kernel void list_sum(global const struct list *lists, global int *sums)
{
	size_t i = get_global_id(0);
	uint sum = 0;

	for (global struct node *n = lists[i].first; n; n = n->next)
		sum += n->value;
	sums[i] = sum;
}
