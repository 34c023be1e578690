/* SPDX-License-Identifier: MIT */
/*
 * Where the pages of a process are, by /proc/PID/maps and /proc/PID/pagemap (the kernel's
 * Documentation/admin-guide/mm/pagemap.rst).
 */
#ifndef PAGEMAP_H
#define PAGEMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define PAGE_BYTES 4096u

enum place {
	PLACE_NONE,		/* nothing there yet */
	PLACE_RAM,		/* anonymous memory */
	PLACE_FILE,		/* page of a file, or shared memory */
	PLACE_VRAM,		/* device-private */
	PLACE_EXCLUSIVE,	/* in RAM, and the GPU has it for itself (atomics) */
	PLACE_MOVING,		/* just being migrated */
	PLACE_SWAP,		/* in swap */
	PLACE_OTHER,		/* poisoned, or a kind of entry that we do not know */
	PLACE_HIDDEN,		/* not in RAM; the kernel does not tell us where */
	PLACES
};

/* What a word of pagemap says. */
enum place place_of(uint64_t word);

/* One letter for the map, and a name. */
char place_letter(enum place place);
const char *place_name(enum place place);

/* A mapping of a process. */
struct mapping {
	uint64_t start, end;
	char access[5];
	char *name;
};

/* Reads a list as /proc/PID/maps has it; false if a line is none. The list is mappings_free()'s. */
bool mappings_read(FILE *f, struct mapping **list, size_t *count);
void mappings_free(struct mapping *list, size_t count);

/*
 * Reads the places of @count pages from address @start on from an open pagemap. A negative errno,
 * or 0.
 */
int places_read(int pagemap, uint64_t start, size_t count, uint8_t *places);

/*
 * Where the next page is that is anywhere, from @start on; @end if there is none, @start if the
 * kernel does not say. That is quick where addresses are only reserved.
 */
uint64_t places_next(int pagemap, uint64_t start, uint64_t end);

#endif
