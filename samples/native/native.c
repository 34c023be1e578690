// SPDX-License-Identifier: MIT
/*
 * What every native sample needs and none is about: options, the device with its mirror of this
 * process and a channel, assembling a kernel, checking errors, and the lines at the end.
 */
#include "native.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void native_check(int err, const char *call)
{
	if (err)
		sample_fail(SAMPLE_CALL, "%s: %s (%d)", call, compote_strerror(err), err);
}

void native_start(struct native *s)
{
	s->started = sample_time();
}

void native_stop(struct native *s)
{
	s->took = sample_time() - s->started;
}

static void help(const struct native *s)
{
	printf("Usage: %s [options]%s%s%s\n%s\n\n", s->name, s->operand_is ? " [" : "",
	       s->operand_is ? s->operand_is : "", s->operand_is ? "]" : "", s->summary);
	if (s->size_is)
		printf("  -s, --size N         %s (default %zu)\n", s->size_is, s->size);
	printf("  -d, --device FILE    use this device, as /dev/dri/renderD128\n"
	       "  -v, --verbose        say more\n"
	       "  -h, --help           this text\n\n"
	       "Exit status: 0 right, 1 wrong result, 2 bad usage, 3 a call of libcompote failed,\n"
	       "4 no device that can do this.\n");
}

static void open_device(struct native *s, const char *path)
{
	struct compote_device_info info;
	int err = compote_device_open(path, &s->device);

	if (err)
		sample_fail(SAMPLE_DEVICE, "%s: %s", path ? path : "no device",
			    compote_strerror(err));
	DO(compote_device_info(s->device, &info));
	if (!(info.features & COMPOTE_FEATURE_CHANNEL))
		sample_fail(SAMPLE_DEVICE, "this driver has no channels for programs");
	snprintf(s->device_name, sizeof(s->device_name), "NV%X", info.chipset);
	DO(compote_space_create(s->device, 0, &s->space));
	DO(compote_channel_create(s->space, NULL, &s->channel));
}

void native_open(struct native *s, int argc, char **argv)
{
	static const struct option options[] = {
		{ "size", required_argument, NULL, 's' },
		{ "device", required_argument, NULL, 'd' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *device = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "s:d:vh", options, NULL)) != -1) {
		switch (c) {
		case 's':
			if (!s->size_is)
				sample_fail(SAMPLE_USAGE, "takes no --size");
			s->size = sample_size(optarg, 0, s->size_max);
			break;
		case 'd':
			device = optarg;
			break;
		case 'v':
			s->verbose = true;
			break;
		case 'h':
			help(s);
			exit(SAMPLE_OK);
		default:
			exit(SAMPLE_USAGE);
		}
	}
	if (optind < argc && s->operand_is)
		s->operand = argv[optind++];
	if (optind < argc)
		sample_fail(SAMPLE_USAGE, "what is '%s'? See --help", argv[optind]);
	open_device(s, device);
}

struct compote_kernel *native_kernel(const struct native *s, const char *source, const char *name)
{
	double started = sample_time();
	struct compote_program *program;
	struct compote_kernel *kernel;
	char why[128] = "";
	int err;

	err = compote_program_from_asm(source, strlen(source), &program, why, sizeof(why));
	if (err)
		sample_fail(SAMPLE_CALL, "%s: %s", name, *why ? why : compote_strerror(err));
	DO(compote_kernel_load(s->space, program, name, &kernel));
	compote_program_free(program);
	if (s->verbose)
		printf("%s: kernel %s assembled in %.1f ms\n", s->name, name,
		       (sample_time() - started) * 1e3);
	return kernel;
}

void native_launch(struct compote_push *push, const struct compote_kernel *kernel, size_t x,
		   size_t bx, size_t y, size_t by, const void *args)
{
	struct compote_launch launch = {
		.kernel = kernel,
		.grid = { (x + bx - 1) / bx, (y + by - 1) / by, 1 },
		.block = { bx, by, 1 },
		.args = args,
		.args_bytes = compote_kernel_param_bytes(kernel),
	};

	DO(compote_push_launch(push, &launch));
}

uint64_t native_submit(const struct native *s, const struct compote_push *push)
{
	struct compote_channel_status status;
	uint64_t job;
	int err;

	while ((err = compote_submit(s->channel, push, NULL, &job)) == -EBUSY) {
		DO(compote_channel_status(s->channel, &status));
		native_wait(s, status.done + 1);
	}
	native_check(err, "compote_submit");
	return job;
}

static void fail_stopped(const struct native *s)
{
	struct compote_channel_status status;

	DO(compote_channel_status(s->channel, &status));
	sample_fail(SAMPLE_CALL, "the channel was stopped (%u) at %#llx: %s", status.stopped,
		    (unsigned long long)status.addr, compote_strerror(status.error));
}

void native_wait(const struct native *s, uint64_t job)
{
	int err = compote_channel_wait(s->channel, job, COMPOTE_FOREVER);

	if (err == -EIO)
		fail_stopped(s);
	native_check(err, "compote_channel_wait");
}

/* The number behind @key in the text of an fdinfo, in bytes. */
static long long fdinfo_bytes(const char *text, const char *key)
{
	const char *at = strstr(text, key);
	char *unit;
	long long n;

	if (!at)
		sample_fail(SAMPLE_CALL, "fdinfo has no %s", key);
	n = strtoll(at + strlen(key), &unit, 10);
	return !strncmp(unit, " KiB", 4) ? n << 10 : !strncmp(unit, " MiB", 4) ? n << 20 : n;
}

/*
 * Bytes of the buffer objects (GEM) that the device's file has. The driver counts pages of the
 * process in VRAM as the file's too, and says how many these are.
 */
static long long buffer_bytes(const struct native *s)
{
	char text[4096];
	size_t n;
	FILE *f;

	snprintf(text, sizeof(text), "/proc/self/fdinfo/%d", compote_device_fd(s->device));
	f = fopen(text, "re");
	if (!f)
		sample_fail(SAMPLE_CALL, "%s: %s", text, strerror(errno));
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = 0;
	fclose(f);
	return fdinfo_bytes(text, "\ndrm-total-vram:") + fdinfo_bytes(text, "\ndrm-total-memory:") -
	       fdinfo_bytes(text, "\nnouveau-hmm-mapped-vram:");
}

/* Of the whole program, building the kernel included. */
static void print_statistics(const struct native *s)
{
	struct compote_statistics n;

	DO(compote_statistics(s->space, &n));
	printf("%s: %llu faults, %llu pages mapped, %llu unmapped, %llu KiB of RAM and %llu KiB of "
	       "VRAM mapped, %llu KiB below 2^40, %lld bytes of buffer objects\n", s->name,
	       (unsigned long long)n.faults, (unsigned long long)n.pages_mapped,
	       (unsigned long long)n.pages_unmapped, (unsigned long long)n.mapped_ram >> 10,
	       (unsigned long long)n.mapped_vram >> 10, (unsigned long long)n.low_bytes >> 10,
	       buffer_bytes(s));
}

int native_report(struct native *s, bool right, const char *compared, ...)
{
	va_list args;

	print_statistics(s);
	va_start(args, compared);
	sample_result(s->name, right, compared, args, s->took, s->device_name);
	va_end(args);
	compote_channel_destroy(s->channel);
	compote_space_destroy(s->space);
	compote_device_close(s->device);
	return right ? SAMPLE_OK : SAMPLE_WRONG;
}
