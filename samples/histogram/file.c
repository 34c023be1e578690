// SPDX-License-Identifier: MIT
/* The mapped file whose bytes are counted, and the CPU's count of them. */
#include "histogram/file.h"
#include "base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file without a name, with English-like letter frequencies so that the counters collide. */
static int make_file(size_t bytes)
{
	static const char letters[] = "eeeeeettttaaaooiinnsshhrrdlu,. \n";
	FILE *f = tmpfile();
	uint32_t random = 1;
	int fd;

	if (!f)
		sample_fail(SAMPLE_USAGE, "temporary file: %s", strerror(errno));
	for (size_t i = 0; i < bytes; i++) {
		random = random * 1664525 + 1013904223;
		putc(letters[random >> 27], f);
	}
	if (fflush(f) || (fd = dup(fileno(f))) < 0)
		sample_fail(SAMPLE_USAGE, "temporary file: %s", strerror(errno));
	fclose(f);
	return fd;
}

const unsigned char *file_map(const char *path, size_t *bytes)
{
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : make_file(*bytes);
	struct stat st;
	void *data;

	if (fd < 0 || fstat(fd, &st))
		sample_fail(SAMPLE_USAGE, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode) || !st.st_size || st.st_size > UINT32_MAX / 2)
		sample_fail(SAMPLE_USAGE, "%s: not a file, empty, or too long", path);
	data = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		sample_fail(SAMPLE_USAGE, "mmap: %s", strerror(errno));
	close(fd);
	*bytes = st.st_size;
	return data;
}

void file_unmap(const unsigned char *data, size_t bytes)
{
	munmap((void *)data, bytes);
}

size_t file_check(const unsigned char *data, size_t bytes, const unsigned int count[VALUES])
{
	unsigned int expected[VALUES] = { 0 };
	size_t wrong = 0;

	for (size_t i = 0; i < bytes; i++)
		expected[data[i]]++;
	for (size_t i = 0; i < VALUES; i++)
		wrong += count[i] != expected[i];
	return wrong;
}
