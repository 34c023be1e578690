// SPDX-License-Identifier: MIT
/*
 * compote-residency: a map of where the pages of a process are.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pagemap.h"
#include "picture.h"
#include "tool.h"

enum {
	LINE = 64,		/* pages of a line of the map: 256 KiB */
	CHUNK = 65536,		/* pages that are looked at together */
};

struct options {
	const char *pid, *png, *proc;
	uint64_t start, end;	/* RANGE, else everything */
	uint64_t scale;
	bool summary, vram_only;
};

struct work {
	const struct options *o;
	int pagemap;
	struct picture *picture;
	uint64_t total[PLACES];
};

static void help(void)
{
	printf("Usage: compote-residency [OPTION]... PID [RANGE]\n"
	       "Shows where each page of a process is. RANGE is START-END or START+BYTES, in\n"
	       "hexadecimal; without it, the whole process.\n\n"
	       "  -s, --summary        numbers only, no map\n"
	       "  -g, --gpu            only mappings that have something in VRAM\n"
	       "  -o, --png FILE       also draw a picture: a square is a page, a row 256 KiB\n"
	       "  -x, --scale N        pixels of a square's side, 1 to 16 (default 8, or less\n"
	       "                       for a large picture)\n"
	       "      --proc DIR       read DIR instead of /proc\n"
	       "  -h, --help           this text\n"
	       "  -V, --version        the library's version\n\n"
	       "A letter is a page of 4 KiB, a line 256 KiB; '*' stands for lines like the last.\n"
	       "  .  nothing           r  RAM              f  RAM, page of a file or shared\n"
	       "  V  VRAM              X  RAM, exclusively the GPU's (atomics)\n"
	       "  m  being migrated    s  swap             !  poisoned or unknown\n"
	       "  ?  VRAM or swap: only root (CAP_SYS_ADMIN) is told which\n\n"
	       "Exit status: 0 well, 1 no such process, or nothing is mapped in RANGE, 2 bad\n"
	       "usage, 3 it may not be looked at.\n");
}

/* ---- text ---- */

/* Lines are of multiples of 256 KiB, so that columns mean the same everywhere. */
static void print_line(uint64_t start, const uint8_t *places, size_t n)
{
	size_t before = start / PAGE_BYTES % LINE, i;
	char text[2 * LINE + 1];

	memset(text, ' ', before);
	for (i = 0; i < n; i++)
		text[before + i] = place_letter(places[i]);
	text[before + n] = 0;
	printf("  %012" PRIx64 "  %s\n", start - before * PAGE_BYTES, text);
}

static void print_map(uint64_t start, const uint8_t *places, size_t count)
{
	const uint8_t *last = NULL;
	bool starred = false;
	size_t n;

	for (; count; count -= n, places += n, start += n * PAGE_BYTES) {
		n = LINE - start / PAGE_BYTES % LINE;
		if (n > count)
			n = count;
		if (last && n == LINE && !memcmp(last, places, n)) {
			if (!starred)
				printf("  *\n");
			starred = true;
			continue;
		}
		print_line(start, places, n);
		last = n == LINE ? places : NULL;
		starred = false;
	}
}

static void print_numbers(const uint64_t *n)
{
	size_t i;

	for (i = 0; i < PLACES; i++)
		if (n[i])
			printf(" %s %" PRIu64, place_name((enum place)i), n[i]);
	putchar('\n');
}

/* ---- a mapping ---- */

static void count(const uint8_t *places, size_t pages, uint64_t *n)
{
	size_t i;

	for (i = 0; i < pages; i++)
		n[places[i]]++;
}

/* Of the large mappings that reserve addresses the empty parts are left out, but for the first. */
static bool is_wanted(const struct work *w, const uint64_t *n, size_t pages, bool first)
{
	if (n[PLACE_NONE] == pages && !first)
		return false;
	return !w->o->vram_only || n[PLACE_VRAM] || n[PLACE_EXCLUSIVE] || n[PLACE_HIDDEN];
}

static void show_places(struct work *w, const struct mapping *m, uint64_t start,
			const uint8_t *places, size_t pages)
{
	bool first = start == m->start || start == w->o->start;
	uint64_t n[PLACES] = { 0 };
	size_t i;

	count(places, pages, n);
	for (i = 0; i < PLACES; i++)
		w->total[i] += n[i];
	if (!is_wanted(w, n, pages, first))
		return;
	printf("%012" PRIx64 "-%012" PRIx64 " %s %s\n ", start, start + pages * PAGE_BYTES,
	       m->access, m->name);
	print_numbers(n);
	if (!w->o->summary && n[PLACE_NONE] != pages)
		print_map(start, places, pages);
	if (w->picture)
		picture_add(w->picture, start, pages, places);
}

/* Over what is only reserved, in steps of lines. */
static uint64_t skip_empty(struct work *w, uint64_t start, uint64_t end)
{
	uint64_t next = places_next(w->pagemap, start, end);

	if (next < end)
		next &= ~(LINE * (uint64_t)PAGE_BYTES - 1);
	if (next < start)
		next = start;
	w->total[PLACE_NONE] += (next - start) / PAGE_BYTES;
	return next;
}

/* False if nothing of it is in the range. A large one is shown in parts. */
static bool show_mapping(struct work *w, const struct mapping *m)
{
	uint64_t start = m->start > w->o->start ? m->start : w->o->start;
	uint64_t end = m->end < w->o->end ? m->end : w->o->end;
	uint8_t *places;
	size_t pages;
	int err = 0;

	if (start >= end)
		return false;
	places = tool_alloc(CHUNK, 1);
	while (start < end && !err) {
		pages = (end - start) / PAGE_BYTES < CHUNK ? (end - start) / PAGE_BYTES : CHUNK;
		err = places_read(w->pagemap, start, pages, places);
		if (!err)
			show_places(w, m, start, places, pages);
		start = skip_empty(w, start + pages * PAGE_BYTES, end);
	}
	free(places);
	/* vsyscall is behind what pagemap knows; a process may end meanwhile. */
	if (err && err != -EFAULT)
		tool_fail(TOOL_CALL, "pagemap: %s", strerror(-err));
	return true;
}

/* ---- the process ---- */

static int open_file(const struct options *o, const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s/%s", o->proc, o->pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		tool_fail(TOOL_WRONG, "there is no process %s", o->pid);
	if (fd < 0)
		tool_fail(TOOL_CALL, "%s: %s", path, strerror(errno));
	return fd;
}

static bool show_all(struct work *w)
{
	FILE *f = fdopen(open_file(w->o, "maps"), "r");
	struct mapping *list;
	size_t n, i;
	bool any = false;

	if (!f || !mappings_read(f, &list, &n))
		tool_fail(TOOL_CALL, "the process's maps are not understood");
	fclose(f);
	for (i = 0; i < n; i++)
		any |= show_mapping(w, &list[i]);
	mappings_free(list, n);
	return any;
}

static int show(const struct options *o)
{
	struct work w = { .o = o, .pagemap = open_file(o, "pagemap") };
	bool any;

	if (o->png)
		w.picture = picture_new((unsigned int)o->scale);
	any = show_all(&w);
	close(w.pagemap);
	printf("all:");
	print_numbers(w.total);
	if (w.total[PLACE_HIDDEN])
		fprintf(stderr, "compote-residency: only root is told which pages are in VRAM\n");
	if (w.picture && !picture_write(w.picture, o->png))
		tool_fail(TOOL_CALL, "%s: %s", o->png, strerror(errno));
	picture_free(w.picture);
	return any ? TOOL_OK : TOOL_WRONG;
}

/* ---- the command line ---- */

static void read_range(struct options *o, char *text)
{
	char *sign = strpbrk(text, "-+");
	uint64_t second;
	char how;

	if (!sign)
		tool_fail(TOOL_USAGE, "'%s' is neither START-END nor START+BYTES", text);
	how = *sign;
	*sign = 0;
	if (!tool_number(text, 16, UINT64_MAX, &o->start) ||
	    !tool_number(sign + 1, 16, UINT64_MAX, &second))
		tool_fail(TOOL_USAGE, "a range has two hexadecimal numbers");
	o->end = how == '+' ? o->start + second : second;
	if (o->end <= o->start || o->end > UINT64_MAX - PAGE_BYTES)
		tool_fail(TOOL_USAGE, "the range is empty");
	o->start &= ~(uint64_t)(PAGE_BYTES - 1);
	o->end = (o->end + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
}

static void read_operands(struct options *o, int argc, char **argv)
{
	uint64_t pid;

	if (optind == argc || argc - optind > 2)
		tool_fail(TOOL_USAGE, "a process, and at most a range: see --help");
	o->pid = argv[optind];
	if (strcmp(o->pid, "self") && !tool_number(o->pid, 10, INT32_MAX, &pid))
		tool_fail(TOOL_USAGE, "'%s' is not the number of a process", o->pid);
	if (argc - optind == 2)
		read_range(o, argv[optind + 1]);
}

static void read_command_line(struct options *o, int argc, char **argv)
{
	enum { PROC = 256 };
	static const struct option options[] = {
		{ "summary", no_argument, NULL, 's' },
		{ "gpu", no_argument, NULL, 'g' },
		{ "png", required_argument, NULL, 'o' },
		{ "scale", required_argument, NULL, 'x' },
		{ "proc", required_argument, NULL, PROC },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "sgo:x:hV", options, NULL)) != -1) {
		switch (c) {
		case 's':
			o->summary = true;
			break;
		case 'g':
			o->vram_only = true;
			break;
		case 'o':
			o->png = optarg;
			break;
		case 'x':
			if (!tool_number(optarg, 10, 16, &o->scale) || !o->scale)
				tool_fail(TOOL_USAGE, "--scale: '%s' is not a number from 1 to 16",
					  optarg);
			break;
		case PROC:
			o->proc = optarg;
			break;
		case 'h':
			help();
			exit(TOOL_OK);
		case 'V':
			tool_version();
		default:
			tool_usage();
		}
	}
	read_operands(o, argc, argv);
}

int main(int argc, char **argv)
{
	struct options o = { .proc = "/proc", .end = UINT64_MAX };

	read_command_line(&o, argc, argv);
	return show(&o);
}
