/* SPDX-License-Identifier: MIT */
/* The same struct as in malloc.c: a pointer is a pointer, on the CPU and on the GPU. */
struct node {
	global struct node *next;
	int value;
};

/* Each work-item follows one list to its end. */
kernel void list_sum(global struct node *global *heads, global int *sums)
{
	size_t list = get_global_id(0);
	uint sum = 0;

	for (global struct node *n = heads[list]; n; n = n->next)
		sum += n->value;
	sums[list] = sum;
}
