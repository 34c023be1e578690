// SPDX-License-Identifier: MIT
/* Linked lists without OpenCL: malloc built them, and the GPU follows their pointers. */
#include "linked-list/lists.h"
#include "native/native.h"

#include <stdint.h>
#include <stdlib.h>

static const char source[] =
#include "native/linked-list.sm61.inc"
;

/* As the kernel has them. */
struct arguments {
	const struct list *lists;
	int *sums;
	uint32_t n;
};

int main(int argc, char **argv)
{
	struct native s = {
		.name = "linked-list-native",
		.summary = "Sums malloc'd linked lists by following their pointers on the device.",
		.size = 16384,
		.size_is = "nodes in all lists together",
		.size_max = 1 << 24,
	};

	native_open(&s, argc, argv);

	struct list *lists = sample_malloc(LISTS * sizeof(*lists));
	int *sums = sample_malloc(LISTS * sizeof(*sums));
	size_t n = LISTS, wrong = 0;

	lists_build(lists, s.size);

	struct compote_kernel *kernel = native_kernel(&s, source, "list_sum");
	struct arguments args = { lists, sums, n };
	struct compote_push *push;

	native_start(&s);
	DO(compote_push_create(s.space, COMPOTE_ENGINE_COMPUTE, &push));
	native_launch(push, kernel, n, 256, 1, 1, &args);
	DO(compote_push_finish(push));
	native_wait(&s, native_submit(&s, push));
	native_stop(&s);

	for (size_t i = 0; i < LISTS; i++)
		wrong += sums[i] != list_sum(&lists[i]);

	compote_push_destroy(push);
	compote_kernel_free(kernel);
	lists_free(lists);
	free(lists);
	free(sums);
	return native_report(&s, !wrong, "%zu of %zu lists' sums equal the CPU's", n - wrong, n);
}
