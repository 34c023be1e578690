/* SPDX-License-Identifier: MIT */
/*
 * One step of heat spreading in an n x n plate: each cell moves towards the mean of its
 * neighbours. Cells at HOT are heaters and stay so; the rim is held at what it starts with.
 */
#pragma OPENCL FP_CONTRACT OFF	/* no fused multiply-add: bit for bit what the CPU computes */

#define HOT 100.0f

kernel void heat(global const float *from, global float *to, int n)
{
	int x = get_global_id(0), y = get_global_id(1), i = y * n + x;
	float here = from[i];

	if (here >= HOT || x == 0 || y == 0 || x == n - 1 || y == n - 1) {
		to[i] = here;
	} else {
		float around = (from[i - 1] + from[i + 1]) + (from[i - n] + from[i + n]);

		to[i] = here + 0.2f * (around - 4.0f * here);
	}
}
