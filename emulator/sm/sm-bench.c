// SPDX-License-Identifier: MIT
/*
 * Speed of the SM on one core of the host, in million thread-instructions per second: an integer
 * loop, a float FMA loop, a load/store loop. scripts/bench prints its output beside OpenCL's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "exec.h"

#define MEM_BASE 0x100000000ull
#define MEM_BYTES (4u << 20)
#define CODE (MEM_BASE + 0x10000)
#define PARAMS (MEM_BASE + 0x20000)
#define DATA (MEM_BASE + 0x100000)

static uint8_t *memory;

static enum sm_translate translate(void *opaque, const struct sm_grid *grid,
				   struct sm_client client, uint64_t va, enum sm_access access,
				   struct sm_span *out)
{
	if (va < MEM_BASE || va - MEM_BASE >= MEM_BYTES)
		return SM_FAULT_FATAL;
	*out = (struct sm_span) {
		.host = memory + (va - MEM_BASE), .size = MEM_BYTES - (va - MEM_BASE),
		.writable = true, .atomic = true,
	};
	return SM_OK;
}

static void grid_done(void *opaque, struct sm_grid *grid, enum sm_grid_status status)
{
	if (status != SM_GRID_DONE)
		fprintf(stderr, "sm-bench: the grid ended with status %d\n", status);
}

static void trap(void *opaque, struct sm_grid *grid, const struct sm_trap *trap)
{
	fprintf(stderr, "sm-bench: %s: %s\n", sm_trap_name(trap->code), trap->what);
}

static const struct sm_ops ops = { .translate = translate, .grid_done = grid_done, .trap = trap };

static const char integer[] =
	"S2R R0, SR_TID.X\nMOV32I R1, 0x9e3779b9\nMOV32I R7, 0x1000\n"
	"again:\n"
	"XMAD R2, R0, R1, RZ\nXMAD.MRG R3, R0, R1.H1, RZ\nXMAD.PSL.CBCC R0, R0.H1, R3.H1, R2\n"
	"IADD R0, R0, 0x1234\nLOP.XOR R4, R0, R1\nSHR.U32 R5, R4, 0x5\nSHL R6, R0, 0x3\n"
	"LOP3.LUT R0, R4, R5, R6, 0x96\nIADD3 R0, R0, R5, R6\n"
	"IADD R7, R7, -0x1\nISETP.NE.AND P0, PT, R7, RZ, PT\n@P0 BRA again\nEXIT\n";

static const char fma_loop[] =
	"S2R R0, SR_TID.X\nI2F.F32.U32 R0, R0\nMOV32I R1, 0x3f7fff00\nMOV32I R2, 0x3a83126f\n"
	"MOV R3, R0\nMOV R4, R0\nMOV R5, R0\nMOV32I R7, 0x1000\n"
	"again:\n"
	"FFMA R0, R0, R1, R2\nFFMA R3, R3, R1, R2\nFFMA R4, R4, R1, R2\nFFMA R5, R5, R1, R2\n"
	"FFMA R0, R0, R1, R3\nFFMA R3, R3, R1, -R4\nFFMA R4, R4, R1, R5\nFFMA R5, R5, R1, -R0\n"
	"IADD R7, R7, -0x1\nISETP.NE.AND P0, PT, R7, RZ, PT\n@P0 BRA again\nEXIT\n";

static const char load_store[] =
	"S2R R0, SR_TID.X\nMOV R4, c[0x0][0x0]\nMOV R3, c[0x0][0x4]\nISCADD R2, R0, R4, 0x2\n"
	"MOV32I R7, 0x1000\n"
	"again:\n"
	"LD.E R8, [R2]\nLD.E R9, [R2+0x4000]\nIADD R8, R8, R9\nST.E [R2+0x8000], R8\n"
	"LD.E R10, [R2+0x8000]\nIADD R10, R10, 0x1\nST.E [R2], R10\n"
	"IADD R7, R7, -0x1\nISETP.NE.AND P0, PT, R7, RZ, PT\n@P0 BRA again\nEXIT\n";

/* a permutation: no two neighbouring lanes read neighbouring words */
static const char gather[] =
	"S2R R0, SR_TID.X\nMOV R4, c[0x0][0x0]\nMOV R3, c[0x0][0x4]\nMOV32I R7, 0x1000\n"
	"again:\n"
	"XMAD R5, R0, 0x25d, R7\nLOP.AND R5, R5, 0x3ff\nISCADD R2, R5, R4, 0x2\n"
	"LD.E R8, [R2]\nIADD R8, R8, R7\nST.E [R2], R8\n"
	"IADD R7, R7, -0x1\nISETP.NE.AND P0, PT, R7, RZ, PT\n@P0 BRA again\nEXIT\n";

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec * 1e-9;
}

static int bench(const struct variant *variant, const char *name, const char *text)
{
	struct sm_config config = { .gpcs = 1, .tpcs = 1, .ops = &ops };
	struct sm_gpu *gpu = sm_gpu_create(&config);
	struct sm_grid grid = {
		.space = 1, .program = CODE, .program_region = CODE, .grid_dim = { 1, 1, 1 },
		.block_dim = { 256, 1, 1 }, .registers = 32, .shared_window = 0xfe000000,
		.local_window = 0xff000000, .cbuf[0] = { PARAMS, 0x1000, true },
	};
	uint64_t words[256], data = DATA;
	struct sm_asm_error error;
	double start, best = 0;
	long n = sm_assemble(text, words, 256, &error);

	if (!gpu || n < 0) {
		fprintf(stderr, "sm-bench: %s\n", gpu ? error.text : "no memory");
		return 1;
	}
	sm_set_variant(gpu, variant);
	memcpy(memory + (CODE - MEM_BASE), words, n * 8);
	memcpy(memory + (PARAMS - MEM_BASE), &data, 8);
	for (int k = 0; k < 5; k++) {
		uint64_t before = sm_gpu_stats(gpu)->thread_insns;
		double speed;

		start = seconds();
		if (sm_launch(gpu, &grid, NULL))
			return 1;
		while (sm_gpu_run(gpu, 1000000) == SM_BUSY)
			;
		speed = (sm_gpu_stats(gpu)->thread_insns - before) / (seconds() - start) / 1e6;
		best = speed > best ? speed : best;
	}
	printf("%-12s %-6s %8.0f million thread-instructions/s\n", name, variant->name, best);
	sm_gpu_destroy(gpu);
	return 0;
}

int main(void)
{
	int bad = 0;

	memory = aligned_alloc(4096, MEM_BYTES);
	if (!memory)
		return 1;
	memset(memory, 0, MEM_BYTES);
	for (int n = 1; n >= 0; n--) {
		const struct variant *v = sm_variant(n);

		if (!v)
			continue;
		bad |= bench(v, "integer", integer);
		bad |= bench(v, "float-fma", fma_loop);
		bad |= bench(v, "load-store", load_store);
		bad |= bench(v, "gather", gather);
	}
	free(memory);
	return bad;
}
