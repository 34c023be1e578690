// SPDX-License-Identifier: MIT
/*
 * Moving a little memory to VRAM and back takes a moment, not seconds.
 *
 * Found with the emulator. Upstream waits for its copies by an interrupt whose event is looked up in the
 * wrong runlist (nvkm_uchan_event) when the copy engine is not on runlist 0: whoever comes before the
 * copy is done sleeps until the time-out of 15 s.
 */
#include "gpu.h"

#include <sys/mman.h>

#define BYTES (4 * HUGE)

int main(void)
{
	double worst = 0, t;

	test_start(580);
	gpu_open();
	for (int i = 0; i < 16; i++) {
		uint32_t *p = map_huge(BYTES);

		pattern(p, BYTES, i);
		t = now();
		range_to_vram(p, BYTES);
		if (wrong(p, BYTES, i))
			ok(false, "round %d: wrong data", i);
		t = now() - t;
		munmap(p, BYTES);
		if (t > worst)
			worst = t;
		if (worst > 5)
			break;
	}
	ok(worst <= 5, "8 MiB to VRAM and back, 16 times: the longest took %.2f s", worst);
	test_end();
}
