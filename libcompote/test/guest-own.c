// SPDX-License-Identifier: MIT
/*
 * A ring and commands of the program's own, from malloc(), which gives addresses that Pascal's host
 * unit cannot reach itself. Argument: the device's file.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "guest.h"

#define SECOND	INT64_C(1000000000)
#define RING	512u
#define JOBS	2000u

static struct compote_space *space;

/* clc06f.h: SEMAPHOREA to D, a release of 4 bytes. */
static void release(uint32_t *command, const uint32_t *word, uint32_t value)
{
	uint64_t addr = (uintptr_t)word;

	command[0] = 1u << 29 | 4 << 16 | 0x10 >> 2;
	command[1] = (uint32_t)(addr >> 32);
	command[2] = (uint32_t)addr;
	command[3] = value;
	command[4] = 0x01000002;
}

/* More jobs than the ring has entries, each in another place. */
static void many(struct compote_channel *ch, uint32_t *commands, uint32_t *word)
{
	uint64_t job = 0;
	uint32_t i;
	int ret = 0;

	for (i = 0; i < JOBS && !ret; i++) {
		struct compote_range r[2] = {
			{ (uintptr_t)&commands[i * 8], 20, COMPOTE_RANGE_PUSH, 0 },
			{ (uintptr_t)word, 4, COMPOTE_RANGE_WRITE, 0 },
		};

		release(&commands[i * 8], word, i + 1);
		while ((ret = compote_submit_ranges(ch, r, 2, NULL, &job)) == -EBUSY)
			compote_channel_wait(ch, job, 60 * SECOND);
	}
	did(ret, "submit them all");
	did(compote_word_wait(word, JOBS, 60 * SECOND), "the last one writes its word");
	did(compote_channel_wait(ch, job, 60 * SECOND), "all jobs are done");
}

static void refused(struct compote_channel *ch, uint32_t *commands)
{
	void *none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct compote_range r[2] = {
		{ (uintptr_t)commands, 20, COMPOTE_RANGE_PUSH, 0 },
		{ (uintptr_t)none, 4, 0, 0 },
	};

	ok(compote_submit_ranges(ch, r, 2, NULL, NULL) == -EFAULT, "memory that is not there");
	munmap(none, 4096);
	r[1].flags = 4;
	ok(compote_submit_ranges(ch, r, 2, NULL, NULL) == -EINVAL, "an unknown flag");
}

static void run(void)
{
	struct compote_channel_options o = {
		.ring_entries = RING,
		.flags = COMPOTE_CHANNEL_RING,
		.ring = aligned_alloc(RING * 8, RING * 8),
	};
	uint32_t *commands = malloc(JOBS * 32), *word;
	struct compote_channel *ch;

	if (!did(compote_alloc(space, 4, 0, (void **)&word), "a word below 2^40") ||
	    !did(compote_channel_create(space, &o, &ch), "a channel on a ring of ours"))
		return;
	printf("# ring %p, commands %p, word %p\n", o.ring, (void *)commands, (void *)word);
	many(ch, commands, word);
	refused(ch, commands);
	tell(ch);
	compote_channel_destroy(ch);
	compote_free(space, word);
	free(commands);
	free(o.ring);
}

int main(int argc, char **argv)
{
	struct compote_device *dev;

	if (!did(compote_device_open(argc > 1 ? argv[1] : NULL, &dev), "a device"))
		return finish();
	if (did(compote_space_create(dev, 0, &space), "its mirror of this process"))
		run();
	compote_space_destroy(space);
	compote_device_close(dev);
	return finish();
}
