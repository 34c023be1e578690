/* SPDX-License-Identifier: MIT */
kernel void scale(global int *data, int by)
{
	size_t i = get_global_id(0);

	data[i] = data[i] * by + 1;
}
