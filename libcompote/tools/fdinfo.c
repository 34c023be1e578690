// SPDX-License-Identifier: MIT
/*
 * What the kernel says of the DRM files of processes.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fdinfo.h"
#include "tool.h"

static const char * const names[FDINFO_KEYS] = {
	[FDINFO_TOTAL_VRAM] = "drm-total-vram",
	[FDINFO_TOTAL_MEMORY] = "drm-total-memory",
	[FDINFO_MAPPED_VRAM] = "nouveau-hmm-mapped-vram",
	[FDINFO_MAPPED_MEMORY] = "nouveau-hmm-mapped-memory",
	[FDINFO_FAULTS] = "nouveau-hmm-faults",
	[FDINFO_CANCELS] = "nouveau-hmm-cancels",
	[FDINFO_TO_VRAM] = "nouveau-hmm-pages-to-vram",
	[FDINFO_TO_RAM] = "nouveau-hmm-pages-to-ram",
	[FDINFO_ZEROED] = "nouveau-hmm-pages-zeroed",
};

/* A number, with its unit: none, KiB or MiB. */
static uint64_t number(const char *text)
{
	char *end;
	uint64_t v = strtoull(text, &end, 10);

	if (!strncmp(end, " KiB", 4))
		return v << 10;
	if (!strncmp(end, " MiB", 4))
		return v << 20;
	return v;
}

static void read_key(const char *key, const char *value, struct fdinfo *info)
{
	size_t i;

	if (!strcmp(key, "drm-driver")) {
		snprintf(info->driver, sizeof(info->driver), "%s", value);
	} else if (!strcmp(key, "drm-pdev")) {
		snprintf(info->pdev, sizeof(info->pdev), "%s", value);
	} else if (!strcmp(key, "drm-client-id")) {
		info->client = number(value);
		info->has_client = true;
	}
	info->mirror |= !strncmp(key, "nouveau-hmm-", 12);
	for (i = 0; i < FDINFO_KEYS; i++)
		if (!strcmp(key, names[i]))
			info->n[i] = number(value);
}

uint64_t fdinfo_buffers(const struct fdinfo *info)
{
	uint64_t vram = info->n[FDINFO_TOTAL_VRAM], pages = info->n[FDINFO_MAPPED_VRAM];

	return (vram > pages ? vram - pages : 0) + info->n[FDINFO_TOTAL_MEMORY];
}

bool fdinfo_read(FILE *f, struct fdinfo *info)
{
	char line[256], *value;

	memset(info, 0, sizeof(*info));
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		value = strchr(line, ':');
		if (!value)
			continue;
		*value++ = 0;
		value += strspn(value, " \t");
		read_key(line, value, info);
	}
	return info->driver[0];
}

/* ---- a process ---- */

/* Files of one process that were counted, by device and client. */
struct seen {
	struct fdinfo *v;
	size_t n;
};

static bool seen_before(const struct seen *seen, const struct fdinfo *info)
{
	size_t i;

	for (i = 0; info->has_client && i < seen->n; i++)
		if (seen->v[i].has_client && seen->v[i].client == info->client &&
		    !strcmp(seen->v[i].pdev, info->pdev))
			return true;
	return false;
}

static void add(struct process *p, struct seen *seen, const struct fdinfo *info)
{
	size_t i;

	seen->v = reallocarray(seen->v, seen->n + 1, sizeof(*seen->v));
	if (!seen->v)
		tool_fail(TOOL_CALL, "out of memory");
	seen->v[seen->n++] = *info;
	if (!p->files++)
		p->sum = *info;
	else
		for (i = 0; i < FDINFO_KEYS; i++)
			p->sum.n[i] += info->n[i];
	p->sum.mirror |= info->mirror;
}

/* Is descriptor @fd open on a file below /dev/dri? Spares reading the others' fdinfo. */
static bool is_drm(int dir, const char *fd)
{
	static const char where[] = "/dev/dri/";
	char target[64];
	ssize_t n = readlinkat(dir, fd, target, sizeof(target) - 1);

	return n > (ssize_t)strlen(where) && !memcmp(target, where, strlen(where));
}

static FILE *open_below(int dir, const char *path)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

	if (fd >= 0 && !f)
		close(fd);
	return f;
}

static void read_file(int dir, const char *fd, struct process *p, struct seen *seen)
{
	struct fdinfo info;
	char path[300];
	FILE *f;

	snprintf(path, sizeof(path), "fdinfo/%s", fd);
	f = open_below(dir, path);
	if (!f)
		return;
	if (fdinfo_read(f, &info) && !seen_before(seen, &info))
		add(p, seen, &info);
	fclose(f);
}

static void read_command(int dir, struct process *p)
{
	FILE *f = open_below(dir, "comm");

	if (!f || !fgets(p->command, sizeof(p->command), f))
		snprintf(p->command, sizeof(p->command), "?");
	p->command[strcspn(p->command, "\n")] = 0;
	if (f)
		fclose(f);
}

/* Field 22 of proc(5)'s stat; the second one, in parentheses, may hold anything. */
static void read_start(int dir, struct process *p)
{
	char text[1024], *at;
	FILE *f = open_below(dir, "stat");
	size_t n, field;

	if (!f)
		return;
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = 0;
	fclose(f);
	at = strrchr(text, ')');
	for (field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (at)
		p->started = strtoull(at, NULL, 10);
}

/* False if it does not let us look. */
static bool read_process(int dir, struct process *p)
{
	int fds = openat(dir, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fds < 0 ? NULL : fdopendir(fds);
	struct seen seen = { 0 };
	struct dirent *e;

	if (!d) {
		if (fds >= 0)
			close(fds);
		return errno != EACCES;
	}
	while ((e = readdir(d)))
		if (is_drm(dirfd(d), e->d_name))
			read_file(dir, e->d_name, p, &seen);
	closedir(d);
	free(seen.v);
	if (p->files) {
		read_command(dir, p);
		read_start(dir, p);
	}
	return true;
}

/* ---- all of them ---- */

static int by_pid(const void *a, const void *b)
{
	return ((const struct process *)a)->pid - ((const struct process *)b)->pid;
}

bool processes_read(const char *proc, bool all, struct process **list, size_t *count,
		    size_t *hidden)
{
	DIR *d = opendir(proc);
	struct dirent *e;

	*list = NULL;
	*count = *hidden = 0;
	if (!d)
		return false;
	while ((e = readdir(d))) {
		struct process p = { .pid = atoi(e->d_name) };
		int dir;

		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		dir = openat(dirfd(d), e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dir < 0)
			continue;	/* it has ended */
		*hidden += !read_process(dir, &p);
		close(dir);
		if (!p.files || (!all && !p.sum.mirror))
			continue;
		*list = reallocarray(*list, *count + 1, sizeof(**list));
		if (!*list)
			tool_fail(TOOL_CALL, "out of memory");
		(*list)[(*count)++] = p;
	}
	closedir(d);
	if (*count)
		qsort(*list, *count, sizeof(**list), by_pid);
	return true;
}
