/* SPDX-License-Identifier: MIT */
/*
 * c = a * b, n x n, n a multiple of TILE. A work-group computes one tile of c; its work-items
 * bring the tiles of a and b that it needs into local memory together.
 */
#define TILE 16

kernel __attribute__((reqd_work_group_size(TILE, TILE, 1)))
void matmul(global const float *a, global const float *b, global float *c, int n)
{
	local float tile_a[TILE][TILE], tile_b[TILE][TILE];
	int column = get_global_id(0), row = get_global_id(1);
	int x = get_local_id(0), y = get_local_id(1);
	float sum = 0.0f;

	for (int t = 0; t < n; t += TILE) {
		tile_a[y][x] = a[row * n + t + x];
		tile_b[y][x] = b[(t + y) * n + column];
		barrier(CLK_LOCAL_MEM_FENCE);
		for (int k = 0; k < TILE; k++)
			sum += tile_a[y][k] * tile_b[k][x];
		barrier(CLK_LOCAL_MEM_FENCE);
	}
	c[row * n + column] = sum;
}
