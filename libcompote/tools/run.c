// SPDX-License-Identifier: MIT
/*
 * compote-run: runs a kernel of a file on arrays that the command line describes.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "argument.h"
#include "compote.h"
#include "compote-program.h"
#include "tool.h"

enum {
	MAX_ARGUMENTS = 64,
	MAX_ASKED = 64,		/* --print, --check and --write together */
	MAX_FILE = 64 << 20,
	SHOWN = 10,		/* wrong elements */
};

enum what { PRINT, CHECK, WRITE };

/* What to do with an array afterwards. */
struct asked {
	enum what what;
	size_t argument;	/* from 0 */
	const char *text;	/* WRITE: a file; CHECK: values */
	struct argument wanted;	/* CHECK: those */
};

struct run {
	const char *device, *file, *kernel;
	uint32_t grid[3], block[3], shared;
	uint64_t repeat, timeout_s;
	bool list, migrate, verbose;
	struct argument arguments[MAX_ARGUMENTS];
	size_t nr_arguments;
	struct asked asked[MAX_ASKED];
	size_t nr_asked;
};

/* What is open while a kernel runs. */
struct gpu {
	struct compote_device *device;
	struct compote_space *space;
	struct compote_channel *channel;
	struct compote_kernel *kernel;
	struct compote_push *push;
};

static void help(void)
{
	printf("Usage: compote-run [OPTION]... FILE [ARGUMENT]...\n"
	       "Runs a kernel of FILE, which is assembler text (sm_61) or a cubin, on memory of\n"
	       "this process. The arguments are those of the kernel, in its order:\n\n"
	       "  TYPE:VALUE           a number\n"
	       "  TYPE[COUNT]          a pointer to so many zeros\n"
	       "  TYPE[COUNT]=VALUES   a pointer to them: V,V,... (repeated), FIRST..,\n"
	       "                       FIRST..+STEP, or @FILE (its bytes)\n\n"
	       "TYPE is one of i8 u8 i16 u16 i32 u32 i64 u64 f32 f64.\n\n"
	       "  -k, --kernel NAME    which kernel; can be left out if FILE has one\n"
	       "  -g, --grid X[,Y[,Z]]   blocks (default 1)\n"
	       "  -b, --block X[,Y[,Z]]  threads of a block (default 1)\n"
	       "  -s, --shared BYTES   shared memory beside the kernel's own\n"
	       "  -n, --repeat N       submit it N times (default 1)\n"
	       "  -m, --migrate        move the arrays to VRAM first\n"
	       "  -p, --print N        print argument N, from 1, when it is done\n"
	       "  -c, --check N=VALUES compare argument N with VALUES\n"
	       "  -w, --write N=FILE   write argument N's bytes to a file\n"
	       "  -t, --timeout S      give up after S seconds (default 60; 0: never)\n"
	       "  -d, --device FILE    use this device, as /dev/dri/renderD128\n"
	       "  -l, --list           list the kernels of FILE and what they need; run nothing\n"
	       "  -v, --verbose        say what the GPU did\n"
	       "  -h, --help           this text\n"
	       "  -V, --version        the library's version\n\n"
	       "Exit status: 0 right, 1 a check failed, 2 bad usage, 3 a call failed or the\n"
	       "kernel was stopped, 4 no device that can do it.\n");
}

static void check(int err, const char *call)
{
	if (err)
		tool_fail(TOOL_CALL, "%s: %s", call, compote_strerror(err));
}

/* ---- the command line ---- */

static void read_dims(const char *option, char *text, uint32_t dims[3])
{
	char *save, *word = strtok_r(text, ",", &save);
	size_t i = 0;
	uint64_t n;

	for (; word; word = strtok_r(NULL, ",", &save)) {
		if (i == 3 || !tool_number(word, 0, INT32_MAX, &n) || !n)
			tool_fail(TOOL_USAGE, "%s: one to three numbers from 1", option);
		dims[i++] = (uint32_t)n;
	}
	if (!i)
		tool_fail(TOOL_USAGE, "%s: one to three numbers from 1", option);
}

static void ask(struct run *r, enum what what, char *text)
{
	char *rest = NULL;
	uint64_t n;

	if (what != PRINT) {
		rest = strchr(text, '=');
		if (!rest)
			tool_fail(TOOL_USAGE, "'%s' has no '='", text);
		*rest++ = 0;
	}
	if (!tool_number(text, 10, MAX_ARGUMENTS, &n) || !n)
		tool_fail(TOOL_USAGE, "'%s' is not the number of an argument", text);
	if (r->nr_asked == MAX_ASKED)
		tool_fail(TOOL_USAGE, "too many things to do afterwards");
	r->asked[r->nr_asked++] = (struct asked){ .what = what, .argument = n - 1, .text = rest };
}

static uint64_t number(const char *option, const char *text, uint64_t max)
{
	uint64_t n;

	if (!tool_number(text, 0, max, &n))
		tool_fail(TOOL_USAGE, "%s: '%s' is not a number up to %llu", option, text,
			  (unsigned long long)max);
	return n;
}

static void read_option(struct run *r, int c)
{
	switch (c) {
	case 'k':
		r->kernel = optarg;
		break;
	case 'g':
		read_dims("--grid", optarg, r->grid);
		break;
	case 'b':
		read_dims("--block", optarg, r->block);
		break;
	case 's':
		r->shared = (uint32_t)number("--shared", optarg, 49152);
		break;
	case 'n':
		r->repeat = number("--repeat", optarg, UINT32_MAX);
		break;
	case 'm':
		r->migrate = true;
		break;
	case 'p':
		ask(r, PRINT, optarg);
		break;
	case 'c':
		ask(r, CHECK, optarg);
		break;
	case 'w':
		ask(r, WRITE, optarg);
		break;
	case 't':
		r->timeout_s = number("--timeout", optarg, UINT32_MAX);
		break;
	case 'd':
		r->device = optarg;
		break;
	case 'l':
		r->list = true;
		break;
	case 'v':
		r->verbose = true;
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

static void read_arguments(struct run *r, int argc, char **argv)
{
	const char *why;

	for (; optind < argc; optind++) {
		if (r->nr_arguments == MAX_ARGUMENTS)
			tool_fail(TOOL_USAGE, "more than %d arguments", MAX_ARGUMENTS);
		why = argument_parse(argv[optind], &r->arguments[r->nr_arguments]);
		if (why)
			tool_fail(TOOL_USAGE, "argument %zu, '%s': %s", r->nr_arguments + 1,
				  argv[optind], why);
		r->nr_arguments++;
	}
}

static void read_wanted(struct asked *w, const struct argument *a)
{
	const char *why;

	w->wanted = *a;
	w->wanted.data = tool_alloc(a->count, type_bytes(a->type));
	why = argument_fill(&w->wanted, w->text);
	if (why)
		tool_fail(TOOL_USAGE, "--check %zu=%s: %s", w->argument + 1, w->text, why);
}

static void check_asked(struct run *r)
{
	size_t i;

	for (i = 0; i < r->nr_asked; i++) {
		struct asked *w = &r->asked[i];

		if (w->argument >= r->nr_arguments || !r->arguments[w->argument].array)
			tool_fail(TOOL_USAGE, "argument %zu is no array", w->argument + 1);
		if (w->what == CHECK)
			read_wanted(w, &r->arguments[w->argument]);
	}
}

static void read_command_line(struct run *r, int argc, char **argv)
{
	static const struct option options[] = {
		{ "kernel", required_argument, NULL, 'k' },
		{ "grid", required_argument, NULL, 'g' },
		{ "block", required_argument, NULL, 'b' },
		{ "shared", required_argument, NULL, 's' },
		{ "repeat", required_argument, NULL, 'n' },
		{ "migrate", no_argument, NULL, 'm' },
		{ "print", required_argument, NULL, 'p' },
		{ "check", required_argument, NULL, 'c' },
		{ "write", required_argument, NULL, 'w' },
		{ "timeout", required_argument, NULL, 't' },
		{ "device", required_argument, NULL, 'd' },
		{ "list", no_argument, NULL, 'l' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "k:g:b:s:n:mp:c:w:t:d:lvhV", options, NULL)) != -1)
		read_option(r, c);
	if (optind == argc)
		tool_fail(TOOL_USAGE, "no file with a kernel");
	r->file = argv[optind++];
	read_arguments(r, argc, argv);
	check_asked(r);
}

/* ---- the program ---- */

static void *read_file(const char *path, size_t *bytes)
{
	FILE *f = fopen(path, "re");
	struct stat st;
	void *text;

	if (!f || fstat(fileno(f), &st))
		tool_fail(TOOL_USAGE, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_size > MAX_FILE)
		tool_fail(TOOL_USAGE, "%s: not a file, or too long", path);
	text = tool_alloc((size_t)st.st_size, 1);
	*bytes = fread(text, 1, (size_t)st.st_size, f);
	if (ferror(f))
		tool_fail(TOOL_USAGE, "%s: cannot be read", path);
	fclose(f);
	return text;
}

static struct compote_program *load(const char *path)
{
	struct compote_program *program;
	char why[256] = "";
	size_t bytes;
	char *text = read_file(path, &bytes);
	int err;

	if (bytes > 4 && !memcmp(text, "\177ELF", 4))
		err = compote_program_from_cubin(text, bytes, &program);
	else
		err = compote_program_from_asm(text, bytes, &program, why, sizeof(why));
	if (err)
		tool_fail(TOOL_USAGE, "%s: %s", path, *why ? why : compote_strerror(err));
	free(text);
	return program;
}

static void list(const struct compote_program *program)
{
	const struct compote_kernel_info *k;
	unsigned int i;

	for (i = 0; !compote_program_kernels(program, i, &k); i++)
		printf("%s: %u bytes of parameters, %u registers, %u barriers; bytes of memory: "
		       "shared %u, local %u, call stack %u\n", k->name, k->param_bytes,
		       k->registers, k->barriers, k->shared_bytes, k->local_bytes, k->crs_bytes);
}

static const struct compote_kernel_info *choose(const struct run *r,
						const struct compote_program *program)
{
	const struct compote_kernel_info *k, *other;
	unsigned int i;

	for (i = 0; !compote_program_kernels(program, i, &k); i++) {
		if (r->kernel && !strcmp(k->name, r->kernel))
			return k;
		if (!r->kernel && compote_program_kernels(program, i + 1, &other))
			break;
		if (!r->kernel)
			tool_fail(TOOL_USAGE, "%s has several kernels; choose one with --kernel",
				  r->file);
	}
	if (r->kernel)
		tool_fail(TOOL_USAGE, "%s has no kernel '%s'", r->file, r->kernel);
	return k;
}

/* ---- running ---- */

static void open_gpu(const struct run *r, struct gpu *g)
{
	struct compote_device_info info;
	int err = compote_device_open(r->device, &g->device);

	if (err)
		tool_fail(TOOL_DEVICE, "%s: %s", r->device ? r->device : "no device",
			  compote_strerror(err));
	check(compote_device_info(g->device, &info), "compote_device_info");
	if (!(info.features & COMPOTE_FEATURE_CHANNEL))
		tool_fail(TOOL_DEVICE, "its driver has no channels for programs");
	check(compote_space_create(g->device, 0, &g->space), "compote_space_create");
	check(compote_channel_create(g->space, NULL, &g->channel), "compote_channel_create");
}

static void close_gpu(struct gpu *g)
{
	compote_push_destroy(g->push);
	compote_kernel_free(g->kernel);
	compote_channel_destroy(g->channel);
	compote_space_destroy(g->space);
	compote_device_close(g->device);
}

static void build(const struct run *r, struct gpu *g, uint32_t param_bytes)
{
	unsigned char args[4096] = { 0 };
	struct compote_launch launch = {
		.kernel = g->kernel,
		.shared_bytes = r->shared,
		.args = args,
		.args_bytes = param_bytes,
	};
	size_t bytes = arguments_pack(r->arguments, r->nr_arguments, args, sizeof(args));

	if (bytes != param_bytes)
		tool_fail(TOOL_USAGE, "these arguments are %zu bytes; the kernel takes %u", bytes,
			  param_bytes);
	memcpy(launch.grid, r->grid, sizeof(launch.grid));
	memcpy(launch.block, r->block, sizeof(launch.block));
	check(compote_push_create(g->space, COMPOTE_ENGINE_COMPUTE, &g->push), "push buffer");
	check(compote_push_launch(g->push, &launch), "compote_push_launch");
	check(compote_push_finish(g->push), "compote_push_finish");
}

static void migrate(const struct run *r, struct gpu *g)
{
	struct compote_moved moved;
	size_t i;

	for (i = 0; i < r->nr_arguments; i++) {
		const struct argument *a = &r->arguments[i];

		if (!a->array)
			continue;
		check(compote_migrate(g->space, a->data, (a->bytes + 4095) & ~(size_t)4095,
				      COMPOTE_VRAM, &moved), "compote_migrate");
		if (r->verbose)
			printf("argument %zu: %llu pages moved to VRAM, %llu were there\n", i + 1,
			       (unsigned long long)moved.moved, (unsigned long long)moved.already);
	}
}

static void fail_stopped(struct gpu *g)
{
	static const char * const why[] = {
		"it was not", "an access that could not be served", "memory was taken away",
		"a bad instruction, or no progress: see the kernel log", "memory was not there",
	};
	static const char * const access[] = { "prefetch", "read", "write", "atomic" };
	struct compote_channel_status s;

	check(compote_channel_status(g->channel, &s), "compote_channel_status");
	if (s.stopped == COMPOTE_CHANNEL_FAULT)
		tool_fail(TOOL_CALL, "stopped: %s of %#llx: %s", access[s.access & 3],
			  (unsigned long long)s.addr, compote_strerror(s.error));
	tool_fail(TOOL_CALL, "stopped: %s", why[s.stopped < 5 ? s.stopped : 0]);
}

static void wait_for(const struct run *r, struct gpu *g, uint64_t job)
{
	int64_t timeout = r->timeout_s ? (int64_t)(r->timeout_s * 1000000000) : COMPOTE_FOREVER;
	int err = compote_channel_wait(g->channel, job, timeout);

	if (err == -EIO)
		fail_stopped(g);
	if (err == -ETIME)
		tool_fail(TOOL_CALL, "not done after %llu s", (unsigned long long)r->timeout_s);
	check(err, "compote_channel_wait");
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* A full ring is waited for: the first job in it is the one after the last that is done. */
static void submit(const struct run *r, struct gpu *g)
{
	struct compote_channel_status s;
	uint64_t job = 0, i;
	int err;

	for (i = 0; i < r->repeat; i++) {
		while ((err = compote_submit(g->channel, g->push, NULL, &job)) == -EBUSY) {
			check(compote_channel_status(g->channel, &s), "compote_channel_status");
			wait_for(r, g, s.done + 1);
		}
		if (err == -EIO)
			fail_stopped(g);
		check(err, "compote_submit");
	}
	if (r->repeat)
		wait_for(r, g, job);
}

static void show_statistics(struct gpu *g)
{
	struct compote_statistics n;

	check(compote_statistics(g->space, &n), "compote_statistics");
	printf("%llu faults, %llu pages mapped, %llu to VRAM, %llu to RAM\n",
	       (unsigned long long)n.faults, (unsigned long long)n.pages_mapped,
	       (unsigned long long)(n.pages_to_vram + n.pages_zeroed),
	       (unsigned long long)n.pages_to_ram);
}

static void run(const struct run *r, const struct compote_program *program)
{
	const struct compote_kernel_info *info = choose(r, program);
	struct gpu g = { 0 };
	double start;

	open_gpu(r, &g);
	check(compote_kernel_load(g.space, program, info->name, &g.kernel), "compote_kernel_load");
	build(r, &g, info->param_bytes);
	if (r->migrate)
		migrate(r, &g);
	start = seconds();
	submit(r, &g);
	printf("%s: %.3f ms\n", info->name, (seconds() - start) * 1e3);
	if (r->verbose)
		show_statistics(&g);
	close_gpu(&g);
}

/* ---- afterwards ---- */

static void print_array(const struct argument *a, size_t n)
{
	size_t i;

	printf("argument %zu:", n);
	for (i = 0; i < a->count; i++) {
		putchar(' ');
		element_print(stdout, a, i);
	}
	putchar('\n');
}

static bool compare(const struct argument *a, const struct argument *wanted, size_t n)
{
	size_t wrong = 0, i;

	for (i = 0; i < a->count; i++) {
		if (element_equal(a, wanted, i) || wrong++ >= SHOWN)
			continue;
		printf("argument %zu: element %zu is ", n, i);
		element_print(stdout, a, i);
		printf(", not ");
		element_print(stdout, wanted, i);
		putchar('\n');
	}
	printf("argument %zu: %zu of %zu elements are right\n", n, a->count - wrong, a->count);
	return !wrong;
}

static void write_array(const struct argument *a, const char *path)
{
	FILE *f = fopen(path, "we");

	if (!f || fwrite(a->data, 1, a->bytes, f) != a->bytes || fclose(f))
		tool_fail(TOOL_CALL, "%s: %s", path, strerror(errno));
}

static int do_asked(const struct run *r)
{
	int status = TOOL_OK;
	size_t i;

	for (i = 0; i < r->nr_asked; i++) {
		const struct asked *w = &r->asked[i];
		const struct argument *a = &r->arguments[w->argument];

		if (w->what == PRINT)
			print_array(a, w->argument + 1);
		else if (w->what == WRITE)
			write_array(a, w->text);
		else if (!compare(a, &w->wanted, w->argument + 1))
			status = TOOL_WRONG;
	}
	return status;
}

int main(int argc, char **argv)
{
	struct run r = {
		.grid = { 1, 1, 1 }, .block = { 1, 1, 1 }, .repeat = 1, .timeout_s = 60,
	};
	struct compote_program *program;
	int status = TOOL_OK;
	size_t i;

	read_command_line(&r, argc, argv);
	program = load(r.file);
	if (r.list) {
		list(program);
	} else {
		run(&r, program);
		status = do_asked(&r);
	}
	compote_program_free(program);
	for (i = 0; i < r.nr_arguments; i++)
		argument_free(&r.arguments[i]);
	for (i = 0; i < r.nr_asked; i++)
		argument_free(&r.asked[i].wanted);
	return status;
}
