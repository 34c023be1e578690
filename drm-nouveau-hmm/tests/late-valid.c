// SPDX-License-Identifier: MIT
/*
 * A fault whose packet becomes valid a little after the buffer's PUT has moved is served all the same.
 * To be run with the lab's --inject fault-late=MS.
 *
 * Defect 13. Upstream drops such an entry; if it was the only one, the SM waits for ever.
 */
#include "gpu.h"

#include <string.h>

int main(void)
{
	uint32_t *p, v = 0;
	uint64_t sum = 0;
	int ret = 0;

	test_start(120);
	gpu_open();
	p = map_small(64 * PAGE);
	memset(p, 1, 64 * PAGE);
	for (size_t i = 0; i < 16 && !ret; i++)
		ret = gpu_load(p + i * 1024, &v);
	ok(ret == 0 && v == 0x01010101, "single faults with a late VALID (%d)", ret);
	ret = gpu_sum(p, 64 * 1024, &sum);
	ok(ret == 0 && sum == 64 * 1024 * 0x01010101ull, "many of them (%d)", ret);
	test_end();
}
