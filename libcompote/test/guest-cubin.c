// SPDX-License-Identifier: MIT
/*
 * A kernel from a cubin: registers, parameters, stack and constant banks come out of the file. The
 * first cubin is made here (cubin.h); with a file as argument, that is what ptxas has made of
 * everything.ptx. Arguments: the file or "-", the device's file.
 */
#include <stdlib.h>

#include "cubin.h"
#include "guest.h"

#define SECOND	INT64_C(1000000000)
#define BLOCKS	3u
#define THREADS	128u
#define N	(BLOCKS * THREADS - 5)

static struct compote_space *space;
static struct compote_channel *channel;

/* Waits for a launch with these arguments. */
static bool launch(struct compote_kernel *k, uint32_t blocks, uint32_t threads, const void *args,
		   size_t bytes)
{
	struct compote_launch l = {
		.kernel = k,
		.grid = { blocks, 1, 1 },
		.block = { threads, 1, 1 },
		.args = args,
		.args_bytes = bytes,
	};
	struct compote_push *p;
	uint64_t job = 0;
	bool good;

	if (!did(compote_push_create(space, COMPOTE_ENGINE_COMPUTE, &p), "a push buffer"))
		return false;
	compote_push_launch(p, &l);
	good = did(compote_push_finish(p), "a launch in it") &&
	       did(compote_submit(channel, p, NULL, &job), "submit") &&
	       did(compote_channel_wait(channel, job, 60 * SECOND), "the job is done");
	if (!good)
		tell(channel);
	compote_channel_wait(channel, job, SECOND);
	compote_push_destroy(p);
	return good;
}

/*
 * Kernel alpha: the sum of a word of its bank 2, one of bank 3 that all kernels have, and the stack
 * pointer goes to where the first parameter says. Assembled by emulator/sm/sm61-as from:
 *
 *	MOV R2, c[0x2][0x4]
 *	IADD R2, R2, c[0x3][0x8]
 *	IADD R2, R2, c[0x0][0x20]
 *	MOV R4, c[0x0][0x140]
 *	MOV R5, c[0x0][0x144]
 *	STG.E [R4], R2
 *	EXIT
 */
static const uint64_t alpha[] = {
	0x07fffc3fffe1ffff, 0x4c98078800170002, 0x4c10000c00270202, 0x4c10000000870202,
	0x07e7fc3fffe1ffff, 0x4c98078005070004, 0x4c98078005170005, 0xeedc200000070402,
	0x07fffc3fffe1ffff, 0xe30000000007000f, 0x50b0000000070f00, 0x50b0000000070f00,
};

_Static_assert(sizeof(alpha) == CUBIN_ALPHA_CODE - CUBIN_ALPHA_ENTRY, "alpha");

static void made_here(void)
{
	struct { uint32_t *to; uint32_t unused[5]; } args = { 0 };
	struct compote_program *program;
	struct compote_kernel *k;
	struct cubin_image c;

	cubin_make(&c);
	memcpy(c.bytes + c.alpha_code + CUBIN_ALPHA_ENTRY, alpha, sizeof(alpha));
	if (!did(compote_program_from_cubin(c.bytes, c.size, &program), "a cubin"))
		return;
	args.to = calloc(1, 4);
	if (did(compote_kernel_load(space, program, "alpha", &k), "its kernel") &&
	    launch(k, 1, 1, &args, compote_kernel_param_bytes(k)))
		ok(*args.to == CUBIN_BANK_2 + CUBIN_BANK_3 + CUBIN_ALPHA_LOCAL,
		   "banks and stack pointer are what the cubin says");
	printf("# %08x\n", *args.to);
	compote_program_free(program);
	compote_kernel_free(k);
	free(args.to);
}

static uint32_t twisted(uint32_t i)
{
	return i < 100 ? i * 77 : i ^ 0x5555;
}

/* What everything.ptx computes. */
static uint32_t expected(uint32_t i)
{
	static const uint32_t table[4] = { 10, 20, 30, 40 };
	uint32_t neighbour = i ^ 1;

	return (i & 63) * i + (neighbour & 63) * neighbour + table[i & 3] +
	       (uint32_t)(i * 1.1 + 3.141592653589793) + twisted(i) + BLOCKS;
}

static void run_file(const void *bytes, size_t size)
{
	struct { uint32_t *to; uint32_t n; } args = { calloc(N + 1, 4), N };
	struct compote_program *program;
	struct compote_kernel *k = NULL;
	uint32_t i, wrong = 0;

	if (!did(compote_program_from_cubin(bytes, size, &program), "the file's cubin"))
		return;
	if (did(compote_kernel_load(space, program, "everything", &k), "its kernel") &&
	    launch(k, BLOCKS, THREADS, &args, compote_kernel_param_bytes(k))) {
		for (i = 0; i < N; i++)
			wrong += args.to[i] != expected(i);
		printf("# %u of %u wrong\n", wrong, N);
		ok(!wrong && !args.to[N], "all numbers are right");
	}
	compote_program_free(program);
	compote_kernel_free(k);
	free(args.to);
}

static void from_file(const char *path)
{
	static char bytes[1 << 20];
	FILE *f = fopen(path, "rb");
	size_t size;

	if (!ok(f, "the file is there"))
		return;
	size = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	run_file(bytes, size);
}

int main(int argc, char **argv)
{
	struct compote_device *dev;

	if (!did(compote_device_open(argc > 2 ? argv[2] : NULL, &dev), "a device"))
		return finish();
	if (!did(compote_space_create(dev, 0, &space), "its mirror of this process"))
		return finish();
	if (did(compote_channel_create(space, NULL, &channel), "a channel")) {
		made_here();
		if (argc > 1 && strcmp(argv[1], "-"))
			from_file(argv[1]);
	}
	compote_channel_destroy(channel);
	compote_space_destroy(space);
	compote_device_close(dev);
	return finish();
}
