// SPDX-License-Identifier: MIT
/*
 * bar-garbage.c - runs in the guest, with no driver loaded: writes random values of every size to
 * random places of every BAR of the GPU, and reads some back, for a number of seconds.
 *
 * The emulator must live on and must not touch memory that is not its own; its sanitizer build says
 * whether it did. Half of the BAR0 accesses stay near the last one, so that whole units get garbage
 * and not one register of each. The seed is printed; give it as the second argument to run it again.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NBARS 3
#define NEAR 0x1000

struct bar {
	volatile uint8_t *map;
	size_t size;
	size_t last;
};

static uint64_t state;

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t rnd(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static int read_id(const char *dir, const char *file)
{
	char path[512], text[32] = "";
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return -1;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	return (int)strtol(text, NULL, 16);
}

static int find_gpu(char *dir, size_t size)
{
	glob_t g;
	size_t i;
	int found = 0;

	if (glob("/sys/bus/pci/devices/*", 0, NULL, &g))
		return -ENODEV;
	for (i = 0; i < g.gl_pathc && !found; i++) {
		found = read_id(g.gl_pathv[i], "vendor") == 0x10de;
		if (found)
			snprintf(dir, size, "%s", g.gl_pathv[i]);
	}
	globfree(&g);
	return found ? 0 : -ENODEV;
}

/* Memory decoding and bus mastering on, as a driver would have them. */
static int enable(const char *dir)
{
	static const uint8_t command[2] = { 0x06, 0x04 };
	char path[512];
	int fd, ok;

	snprintf(path, sizeof(path), "%s/config", dir);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return -errno;
	ok = pwrite(fd, command, sizeof(command), 4) == sizeof(command);
	close(fd);
	return ok ? 0 : -EIO;
}

static int map_bar(const char *dir, int resource, struct bar *bar)
{
	char path[512];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s/resource%d", dir, resource);
	fd = open(path, O_RDWR);
	if (fd < 0 || fstat(fd, &st))
		return -errno;
	bar->size = (size_t)st.st_size;
	bar->map = mmap(NULL, bar->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return bar->map == MAP_FAILED ? -errno : 0;
}

static size_t pick(struct bar *bar, size_t width)
{
	size_t off = rnd() % bar->size;

	if (rnd() & 1)
		off = (bar->last & ~(size_t)(NEAR - 1)) + off % NEAR;
	bar->last = off;
	return off & ~(width - 1);
}

static uint64_t garbage(void)
{
	uint64_t r = rnd();

	switch (r & 3) {
	case 0:
		return 0;
	case 1:
		return UINT64_MAX;
	case 2:
		return UINT64_C(1) << (r >> 2 & 63);
	default:
		return r;
	}
}

static void poke(struct bar *bar)
{
	size_t width = (size_t)1 << rnd() % 4;
	volatile uint8_t *p = bar->map + pick(bar, width);
	uint64_t val = garbage();

	if (rnd() % 64 == 0)
		(void)*(volatile uint8_t *)p;	/* reads are slow: few */
	switch (width) {
	case 1:
		*p = (uint8_t)val;
		break;
	case 2:
		*(volatile uint16_t *)p = (uint16_t)val;
		break;
	case 4:
		*(volatile uint32_t *)p = (uint32_t)val;
		break;
	default:
		*(volatile uint64_t *)p = val;
	}
}

int main(int argc, char **argv)
{
	static const int resources[NBARS] = { 0, 1, 3 };
	struct bar bars[NBARS] = { 0 };
	char dir[256];
	unsigned long n = 0;
	time_t end;
	int i, ret;

	end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 30);
	state = argc > 2 ? strtoull(argv[2], NULL, 0) : (uint64_t)time(NULL);
	printf("bar-garbage: seed %#llx\n", (unsigned long long)state);
	ret = find_gpu(dir, sizeof(dir));
	if (!ret)
		ret = enable(dir);
	for (i = 0; !ret && i < NBARS; i++)
		ret = map_bar(dir, resources[i], &bars[i]);
	if (ret) {
		fprintf(stderr, "bar-garbage: no GPU to write to: %s\n", strerror(-ret));
		return 1;
	}
	while (time(NULL) < end) {
		for (i = 0; i < 256; i++, n++)
			poke(&bars[n % 4 ? 0 : n / 4 % NBARS]);
	}
	printf("bar-garbage: %lu accesses\n", n);
	return 0;
}
