// SPDX-License-Identifier: MIT
/*
 * How memory in VRAM is accounted: docs/accounting.md.
 *
 *	ioctl-account charge DIR    run in the cgroup DIR: pages in VRAM are charged and count as RSS
 *	ioctl-account limit         hold as much in VRAM as the cgroup lets us; prints MiB as it grows
 */
#include "ioctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SIZE (32 * MIB)
#define PAGES (SIZE / PAGE)

static long long kib_of(const char *key)
{
	char line[256];
	long long v = -1;
	FILE *f = fopen("/proc/self/status", "r");

	while (f && v < 0 && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, strlen(key)))
			v = atoll(line + strlen(key) + 1);
	if (f)
		fclose(f);
	return v;
}

static const char *cgroup;

static long long charged(const char *key)
{
	char path[256], line[256];
	long long v = -1;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", cgroup, key ? "memory.stat" : "memory.current");
	f = fopen(path, "r");
	while (f && v < 0 && fgets(line, sizeof(line), f)) {
		if (!key)
			v = atoll(line);
		else if (!strncmp(line, key, strlen(key)) && line[strlen(key)] == ' ')
			v = atoll(line + strlen(key));
	}
	if (f)
		fclose(f);
	return v >> 10;
}

/* Give or take what else happens meanwhile, and what the kernel charges ahead. */
static bool about(long long a, long long b)
{
	return a > b - 1024 && a < b + 1024;
}

static void is_held(const char *what, long long rss, long long anon, long long current, size_t bytes)
{
	long long more = (long long)(bytes >> 10);

	ok(about(kib_of("RssAnon:"), rss + more), "%s: RssAnon is %lld KiB more", what, kib_of("RssAnon:") - rss);
	ok(about(charged("anon"), anon + more), "%s: anon of the cgroup is %lld KiB more", what, charged("anon") - anon);
	ok(charged(NULL) >= current + more - 1024, "%s: memory.current is %lld KiB more", what,
	   charged(NULL) - current);
}

static void charge(bool touched)
{
	const char *before = touched ? "in RAM" : "untouched";
	int fd = open_mirror(NULL);
	long long rss, anon, current;
	hmm_moved m;
	char *p = map_small(SIZE);

	rss = kib_of("RssAnon:");
	anon = charged("anon");
	current = charged(NULL);
	if (touched)
		memset(p, 1, SIZE);
	is_held(before, rss, anon, current, touched ? SIZE : 0);
	ok(move(fd, p, SIZE, DRM_NOUVEAU_HMM_TARGET_VRAM, &m) == 0 && in_vram(fd, p, SIZE) == PAGES,
	   "all of it goes to VRAM");
	is_held("in VRAM", rss, anon, current, SIZE);
	move(fd, p, SIZE, DRM_NOUVEAU_HMM_TARGET_RAM, &m);
	is_held("back in RAM", rss, anon, current, SIZE);
	munmap(p, SIZE);
	is_held("unmapped", rss, anon, current, 0);
	close(fd);
}

/* Killed when it holds too much; the last number that was printed is how much it got. */
static void limit(void)
{
	int fd = open_mirror(NULL);

	for (size_t held = 0; held < 256 * MIB; held += 4 * MIB) {
		char *p = map_small(4 * MIB);
		hmm_moved m;

		if (move(fd, p, 4 * MIB, DRM_NOUVEAU_HMM_TARGET_VRAM, &m) || m.zeroed != 4 * MIB / PAGE)
			break;
		printf("%zu\n", (held >> 20) + 4);
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	test_start(100);
	if (argc > 1 && !strcmp(argv[1], "limit")) {
		limit();
		return 0;
	}
	if (argc < 3) {
		fputs("usage: ioctl-account charge DIR | limit\n", stderr);
		return 2;
	}
	cgroup = argv[2];
	charge(true);
	charge(false);
	test_end();
}
