// SPDX-License-Identifier: MIT
/*
 * compote-top: which processes use a GPU through the mirror, and what that costs just now.
 */
#include <errno.h>
#include <getopt.h>
#include <glob.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "fdinfo.h"
#include "tool.h"

enum sort { BY_FAULTS, BY_MOVED, BY_VRAM, BY_PID };

struct top {
	const char *proc, *debugfs;
	bool batch, all;
	uint64_t rounds;	/* 0: for ever */
	double delay;		/* seconds */
	uint64_t pid;		/* 0: all */
	enum sort sort;
};

/* All processes at some time. */
struct sample {
	double time;
	struct process *list;
	size_t count, hidden;
};

/* What is shown of a process. */
struct row {
	const struct process *now;
	bool known;		/* there is an earlier sample: rates are true */
	double faults, to_vram, to_ram;	/* a second: faults; bytes */
};

static void help(void)
{
	printf("Usage: compote-top [OPTION]...\n"
	       "Shows the processes that a GPU mirrors: faults of the GPU, migrations that they\n"
	       "asked for, and their memory that the GPU maps.\n\n"
	       "  -b, --batch          print one list after the other, for files and programs\n"
	       "  -n, --rounds N       end after N lists\n"
	       "  -d, --delay S        seconds between two (default 2; may have a fraction)\n"
	       "  -p, --pid PID        this process only\n"
	       "  -s, --sort KEY       faults (default), moved, vram or pid\n"
	       "  -a, --all            also processes with a DRM file and no mirror\n"
	       "      --proc DIR       read DIR instead of /proc\n"
	       "      --debugfs DIR    read DIR instead of /sys/kernel/debug/dri\n"
	       "  -h, --help           this text\n"
	       "  -V, --version        the library's version\n\n"
	       "Keys: f, m, v, p sort; q ends. Only root sees the processes of others, and the\n"
	       "lines about devices.\n");
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- numbers ---- */

static void take(const struct top *t, struct sample *s)
{
	free(s->list);
	s->time = seconds();
	if (!processes_read(t->proc, t->all, &s->list, &s->count, &s->hidden))
		tool_fail(TOOL_USAGE, "%s: %s", t->proc, strerror(errno));
}

static const struct process *find(const struct sample *s, const struct process *p)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		if (s->list[i].pid == p->pid && s->list[i].started == p->started)
			return &s->list[i];
	return NULL;
}

/* A counter falls when a file was closed. */
static double rate(const struct process *was, const struct process *is, enum fdinfo_key key,
		   double time)
{
	uint64_t from = was->sum.n[key], to = is->sum.n[key];

	return to > from ? (double)(to - from) / time : 0;
}

static void set_row(struct row *r, const struct sample *was, const struct sample *is,
		    const struct process *p)
{
	const struct process *old = find(was, p);
	double time = is->time - was->time;

	*r = (struct row){ .now = p };
	if (!old || time <= 0)
		return;
	r->known = true;
	r->faults = rate(old, p, FDINFO_FAULTS, time);
	r->to_vram = rate(old, p, FDINFO_TO_VRAM, time) * 4096;
	r->to_vram += rate(old, p, FDINFO_ZEROED, time) * 4096;
	r->to_ram = rate(old, p, FDINFO_TO_RAM, time) * 4096;
}

static int compare_numbers(double a, double b)
{
	return (a < b) - (a > b);
}

static int compare_rows(const void *a, const void *b, void *sort)
{
	const struct row *x = a, *y = b;
	int by = 0;

	switch (*(enum sort *)sort) {
	case BY_FAULTS:
		by = compare_numbers(x->faults, y->faults);
		if (!by)
			by = compare_numbers((double)x->now->sum.n[FDINFO_FAULTS],
					     (double)y->now->sum.n[FDINFO_FAULTS]);
		break;
	case BY_MOVED:
		by = compare_numbers(x->to_vram + x->to_ram, y->to_vram + y->to_ram);
		break;
	case BY_VRAM:
		by = compare_numbers((double)x->now->sum.n[FDINFO_MAPPED_VRAM],
				     (double)y->now->sum.n[FDINFO_MAPPED_VRAM]);
		break;
	case BY_PID:
		break;
	}
	return by ? by : x->now->pid - y->now->pid;
}

/* ---- devices ---- */

/* "name number" lines of debugfs' counters. */
static uint64_t counter(const char *text, const char *name)
{
	size_t n = strlen(name);

	while (text) {
		if (!strncmp(text, name, n) && text[n] == ' ')
			return strtoull(text + n, NULL, 10);
		text = strchr(text, '\n');
		text += !!text;
	}
	return 0;
}

static void show_device(const char *path, size_t root)
{
	char text[2048];
	FILE *f = fopen(path, "re");
	size_t n;

	if (!f)
		return;
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = 0;
	fclose(f);
	printf("%.*s: %s of processes in VRAM, %llu faults in %llu batches, %llu CPU faults on "
	       "VRAM, %llu chunks evicted\n", (int)strcspn(path + root, "/"), path + root,
	       tool_bytes(counter(text, "vram-resident")).s,
	       (unsigned long long)counter(text, "faults"),
	       (unsigned long long)counter(text, "batches"),
	       (unsigned long long)counter(text, "cpu-faults"),
	       (unsigned long long)counter(text, "chunks-evicted"));
}

/* Each is there under its bus address and as symbolic links under its minors' numbers. */
static void show_devices(const char *debugfs)
{
	char pattern[512];
	glob_t found;
	size_t i;

	snprintf(pattern, sizeof(pattern), "%s/*:*/hmm/counters", debugfs);
	if (glob(pattern, 0, NULL, &found))
		return;
	for (i = 0; i < found.gl_pathc; i++)
		show_device(found.gl_pathv[i], strlen(debugfs) + 1);
	globfree(&found);
}

/* ---- the screen ---- */

static void show_rate(double v, bool known)
{
	if (known)
		printf(" %9.1f", v);
	else
		printf(" %9s", "-");
}

static void show_row(const struct row *r)
{
	const struct fdinfo *f = &r->now->sum;

	printf("%7d %-12.12s", r->now->pid, f->pdev);
	show_rate(r->faults, r->known);
	printf(" %9llu %7llu", (unsigned long long)f->n[FDINFO_FAULTS],
	       (unsigned long long)f->n[FDINFO_CANCELS]);
	show_rate(r->to_vram / 1024, r->known);
	show_rate(r->to_ram / 1024, r->known);
	printf(" %9llu %9llu %9llu  %s\n", (unsigned long long)f->n[FDINFO_MAPPED_VRAM] >> 10,
	       (unsigned long long)f->n[FDINFO_MAPPED_MEMORY] >> 10,
	       (unsigned long long)fdinfo_buffers(f) >> 10, r->now->command);
}

/* Lines of the terminal below the heads; in batch mode there is no end. */
static size_t lines_left(const struct top *t)
{
	struct winsize w;

	if (t->batch || ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) || w.ws_row < 8)
		return SIZE_MAX;
	return w.ws_row - 6u;
}

static void show(const struct top *t, const struct sample *was, const struct sample *is)
{
	struct row *rows = tool_alloc(is->count, sizeof(*rows));
	enum sort sort = t->sort;
	size_t n = 0, i, lines = lines_left(t);

	for (i = 0; i < is->count; i++)
		if (!t->pid || (uint64_t)is->list[i].pid == t->pid)
			set_row(&rows[n++], was, is, &is->list[i]);
	qsort_r(rows, n, sizeof(*rows), compare_rows, &sort);

	if (!t->batch)
		printf("\033[H\033[J");
	show_devices(t->debugfs);
	printf("%zu process%s", n, n == 1 ? "" : "es");
	if (is->hidden)
		printf("; %zu cannot be looked at", is->hidden);
	printf("\n%7s %-12s %9s %9s %7s %9s %9s %9s %9s %9s  %s\n", "PID", "DEVICE", "FAULTS/s",
	       "FAULTS", "CANCELS", "toVRAM/s", "toRAM/s", "VRAM", "RAM", "BUFFERS", "COMMAND");
	for (i = 0; i < n && i < lines; i++)
		show_row(&rows[i]);
	if (t->batch)
		putchar('\n');
	fflush(stdout);
	free(rows);
}

static struct termios terminal;

static void restore_terminal(void)
{
	tcsetattr(STDIN_FILENO, TCSANOW, &terminal);
}

static void on_signal(int n)
{
	restore_terminal();
	_exit(128 + n);
}

/* Keys come one by one, and are not shown. */
static void prepare_terminal(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &terminal))
		return;
	atexit(restore_terminal);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	raw = terminal;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

/* False if it is the one that ends. */
static bool press(struct top *t, char key)
{
	switch (key) {
	case 'f':
		t->sort = BY_FAULTS;
		break;
	case 'm':
		t->sort = BY_MOVED;
		break;
	case 'v':
		t->sort = BY_VRAM;
		break;
	case 'p':
		t->sort = BY_PID;
		break;
	case 'q':
		return false;
	}
	return true;
}

static void sleep_for(double time)
{
	struct timespec t = { .tv_sec = (time_t)time };

	t.tv_nsec = (long)((time - (double)t.tv_sec) * 1e9);
	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

/* Until it is time for the next list, or a key was pressed. False: end. */
static bool pause_for(struct top *t)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	char key;

	if (t->batch || !isatty(STDIN_FILENO)) {
		sleep_for(t->delay);
		return true;
	}
	if (poll(&in, 1, (int)(t->delay * 1000)) <= 0)
		return true;
	return read(STDIN_FILENO, &key, 1) == 1 && press(t, key);
}

static void run(struct top *t)
{
	struct sample samples[2] = { 0 };
	uint64_t round = 0;

	if (!t->batch)
		prepare_terminal();
	for (;;) {
		struct sample *is = &samples[round & 1], *was = &samples[~round & 1];

		take(t, is);
		show(t, was, is);
		if (++round == t->rounds || !pause_for(t))
			break;
	}
	free(samples[0].list);
	free(samples[1].list);
}

/* ---- the command line ---- */

static enum sort read_sort(const char *text)
{
	static const char * const names[] = {
		[BY_FAULTS] = "faults", [BY_MOVED] = "moved", [BY_VRAM] = "vram", [BY_PID] = "pid",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(text, names[i]))
			return (enum sort)i;
	tool_fail(TOOL_USAGE, "--sort: '%s' is none of faults, moved, vram, pid", text);
}

static double read_delay(const char *text)
{
	char *end;
	double v = strtod(text, &end);

	if (end == text || *end || !(v >= 0.01 && v <= 100000))
		tool_fail(TOOL_USAGE, "--delay: '%s' is not a number from 0.01 to 100000", text);
	return v;
}

static void read_command_line(struct top *t, int argc, char **argv)
{
	enum { PROC = 256, DEBUGFS };
	static const struct option options[] = {
		{ "batch", no_argument, NULL, 'b' },
		{ "rounds", required_argument, NULL, 'n' },
		{ "delay", required_argument, NULL, 'd' },
		{ "pid", required_argument, NULL, 'p' },
		{ "sort", required_argument, NULL, 's' },
		{ "all", no_argument, NULL, 'a' },
		{ "proc", required_argument, NULL, PROC },
		{ "debugfs", required_argument, NULL, DEBUGFS },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "bn:d:p:s:ahV", options, NULL)) != -1) {
		switch (c) {
		case 'b':
			t->batch = true;
			break;
		case 'n':
			if (!tool_number(optarg, 10, UINT32_MAX, &t->rounds) || !t->rounds)
				tool_fail(TOOL_USAGE, "--rounds: '%s' is no number from 1", optarg);
			break;
		case 'd':
			t->delay = read_delay(optarg);
			break;
		case 'p':
			if (!tool_number(optarg, 10, INT32_MAX, &t->pid) || !t->pid)
				tool_fail(TOOL_USAGE, "--pid: '%s' is not one", optarg);
			break;
		case 's':
			t->sort = read_sort(optarg);
			break;
		case 'a':
			t->all = true;
			break;
		case PROC:
			t->proc = optarg;
			break;
		case DEBUGFS:
			t->debugfs = optarg;
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
	if (optind < argc)
		tool_fail(TOOL_USAGE, "what is '%s'? See --help", argv[optind]);
}

int main(int argc, char **argv)
{
	struct top t = { .proc = "/proc", .debugfs = "/sys/kernel/debug/dri", .delay = 2 };

	read_command_line(&t, argc, argv);
	if (!isatty(STDOUT_FILENO))
		t.batch = true;
	run(&t);
	return TOOL_OK;
}
