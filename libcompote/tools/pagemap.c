// SPDX-License-Identifier: MIT
/*
 * Where the pages of a process are.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "pagemap.h"
#include "tool.h"

/* Of a word: fs/proc/task_mmu.c, PM_*. */
#define PRESENT		(UINT64_C(1) << 63)
#define SWAPPED		(UINT64_C(1) << 62)
#define IS_FILE		(UINT64_C(1) << 61)
#define FRAME		((UINT64_C(1) << 55) - 1)

/*
 * Of an entry that is not present pagemap gives the swap type in five bits. The highest types are
 * no swap areas (include/linux/swap.h, the last of 32 first): one of markers, three of devices,
 * three of migrations, and, if the kernel has CONFIG_MEMORY_FAILURE, one of poison. Devices' are
 * there with CONFIG_DEVICE_PRIVATE, without which there is no drm-nouveau-hmm.
 */
enum {
	TYPE_MASK = 31,
	TYPE_MARKER = 31,
	TYPE_DEVICE_EXCLUSIVE = 30,
	TYPE_DEVICE_READ = 29,
	TYPE_DEVICE_WRITE = 28,
	TYPE_MIGRATION = 25,	/* to 27 */
	TYPE_POISON = 24,
};

enum place place_of(uint64_t word)
{
	if (word & PRESENT)
		return word & IS_FILE ? PLACE_FILE : PLACE_RAM;
	if (!(word & SWAPPED))
		return PLACE_NONE;
	/* A swap area's first page is its header. */
	if (!(word & FRAME))
		return PLACE_HIDDEN;
	switch (word & TYPE_MASK) {
	case TYPE_MARKER:
		return PLACE_NONE;
	case TYPE_DEVICE_EXCLUSIVE:
		return PLACE_EXCLUSIVE;
	case TYPE_DEVICE_READ:
	case TYPE_DEVICE_WRITE:
		return PLACE_VRAM;
	case TYPE_MIGRATION ... TYPE_MIGRATION + 2:
		return PLACE_MOVING;
	case TYPE_POISON:
		return PLACE_OTHER;
	default:
		return PLACE_SWAP;
	}
}

static const struct {
	char letter;
	const char *name;
} places[PLACES] = {
	[PLACE_NONE] = { '.', "none" },
	[PLACE_RAM] = { 'r', "RAM" },
	[PLACE_FILE] = { 'f', "file" },
	[PLACE_VRAM] = { 'V', "VRAM" },
	[PLACE_EXCLUSIVE] = { 'X', "exclusive" },
	[PLACE_MOVING] = { 'm', "moving" },
	[PLACE_SWAP] = { 's', "swap" },
	[PLACE_OTHER] = { '!', "other" },
	[PLACE_HIDDEN] = { '?', "hidden" },
};

char place_letter(enum place place)
{
	return places[place].letter;
}

const char *place_name(enum place place)
{
	return places[place].name;
}

/* START-END ACCESS OFFSET DEVICE INODE [NAME] */
static bool read_mapping(char *line, struct mapping *m)
{
	int name = 0;

	line[strcspn(line, "\n")] = 0;
	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %*x %*s %*u %n", &m->start, &m->end,
		   m->access, &name) != 3 || !name || m->start >= m->end ||
	    (m->start | m->end) % PAGE_BYTES)
		return false;
	m->name = strdup(line + name);
	if (!m->name)
		tool_fail(TOOL_CALL, "out of memory");
	return true;
}

bool mappings_read(FILE *f, struct mapping **list, size_t *count)
{
	struct mapping m;
	char *line = NULL;
	size_t room = 0;
	bool good = true;

	*list = NULL;
	*count = 0;
	while (good && getline(&line, &room, f) > 0) {
		good = read_mapping(line, &m);
		if (!good)
			break;
		*list = reallocarray(*list, *count + 1, sizeof(**list));
		if (!*list)
			tool_fail(TOOL_CALL, "out of memory");
		(*list)[(*count)++] = m;
	}
	free(line);
	return good;
}

void mappings_free(struct mapping *list, size_t count)
{
	while (count)
		free(list[--count].name);
	free(list);
}

int places_read(int pagemap, uint64_t start, size_t count, uint8_t *to)
{
	uint64_t words[4096];
	size_t done = 0, want, i;
	ssize_t n;

	while (done < count) {
		want = count - done < 4096 ? count - done : 4096;
		n = pread(pagemap, words, want * sizeof(words[0]),
			  (off_t)((start / PAGE_BYTES + done) * sizeof(words[0])));
		if (n < 0)
			return -errno;
		if (!n)
			return -EFAULT;		/* behind the address space: vsyscall */
		for (i = 0; i < (size_t)n / sizeof(words[0]); i++)
			to[done + i] = (uint8_t)place_of(words[i]);
		done += (size_t)n / sizeof(words[0]);
	}
	return 0;
}

/* PAGEMAP_SCAN of linux/fs.h, which Linux has since 6.7 and not every distribution's headers. */
struct scan {
	uint64_t size, flags, start, end, walk_end;
	uint64_t vec, vec_len, max_pages;
	uint64_t inverted, mask, anyof_mask, return_mask;
};

struct region {
	uint64_t start, end, categories;
};

#define SCAN		_IOWR('f', 16, struct scan)
#define SCAN_PRESENT	(1u << 3)
#define SCAN_SWAPPED	(1u << 4)

uint64_t places_next(int pagemap, uint64_t start, uint64_t end)
{
	struct region region;
	struct scan scan = {
		.size = sizeof(scan),
		.start = start,
		.end = end,
		.vec = (uintptr_t)&region,
		.vec_len = 1,
		.max_pages = 1,
		.anyof_mask = SCAN_PRESENT | SCAN_SWAPPED,
		.return_mask = SCAN_PRESENT | SCAN_SWAPPED,
	};
	int n = ioctl(pagemap, SCAN, &scan);

	if (n < 0)
		return start;
	return n ? region.start : end;
}
