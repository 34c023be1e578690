/* SPDX-License-Identifier: MIT */
/* Each work-item sums the values that were once one list: start[list] up to start[list + 1]. */
kernel void array_sum(global const int *values, global const int *start, global int *sums)
{
	size_t list = get_global_id(0);
	uint sum = 0;

	for (int i = start[list]; i < start[list + 1]; i++)
		sum += values[i];
	sums[list] = sum;
}
