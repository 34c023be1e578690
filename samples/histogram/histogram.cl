/* SPDX-License-Identifier: MIT */
/* Counts how often each byte value occurs. The counters are shared by all work-items. */
kernel void histogram(global const uchar *data, uint bytes, volatile global uint *count)
{
	for (uint i = get_global_id(0); i < bytes; i += get_global_size(0))
		atomic_inc(&count[data[i]]);
}
