// SPDX-License-Identifier: MIT
/*
 * launch.c - launching a grid: its constants, its descriptor, the methods that start it.
 *
 * Order of the methods: Mesa's nve4_launch_grid(). Offsets in bank 0: what ptxas's code for sm_61
 * reads (CUDA's own libraries, disassembled); see constants() below.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"
#include "methods.h"

/* Limits of compute capability 6.1 (CUDA C++ Programming Guide). */
#define THREADS_MAX	1024u
#define BLOCK_Z_MAX	64u
#define GRID_X_MAX	0x7fffffffu
#define GRID_YZ_MAX	65535u
#define REGISTERS_PER_SM 65536u
#define LANES		32u

/* Bank 0 before the arguments, in words. */
#define C_SHARED_WINDOW	(0x000 / 4)
#define C_LOCAL_WINDOW	(0x004 / 4)
#define C_BLOCK		(0x008 / 4)
#define C_GRID		(0x014 / 4)
#define C_STACK		(0x020 / 4)	/* initial stack pointer: the end of local memory */
#define C_SHARED_WINDOW_HI (0x100 / 4)
#define C_LOCAL_WINDOW_HI (0x104 / 4)

static bool dimensions_ok(const struct compote_launch *l)
{
	int i;

	for (i = 0; i < 3; i++)
		if (!l->grid[i] || !l->block[i] || l->block[i] > THREADS_MAX)
			return false;
	return l->grid[0] <= GRID_X_MAX && l->grid[1] <= GRID_YZ_MAX && l->grid[2] <= GRID_YZ_MAX &&
	       l->block[2] <= BLOCK_Z_MAX &&
	       l->block[0] * l->block[1] <= THREADS_MAX &&
	       l->block[0] * l->block[1] * l->block[2] <= THREADS_MAX;
}

/* Registers are given to warps, eight per thread at a time. */
static bool registers_ok(const struct compote_launch *l)
{
	uint32_t threads = l->block[0] * l->block[1] * l->block[2];
	uint32_t warps = (threads + LANES - 1) / LANES;

	return align_up(l->kernel->registers, REGISTER_UNIT) * LANES * warps <= REGISTERS_PER_SM;
}

static bool launch_ok(const struct compote_push *push, const struct compote_launch *l)
{
	return l && l->kernel && l->kernel->space == push->space &&
	       !(l->flags & ~COMPOTE_LAUNCH_CONCURRENT) && !l->reserved[0] && !l->reserved[1] &&
	       dimensions_ok(l) && registers_ok(l) && l->shared_bytes <= SHARED_MAX &&
	       l->shared_bytes + l->kernel->shared_bytes <= SHARED_MAX &&
	       l->args_bytes == l->kernel->param_bytes && (l->args || !l->args_bytes);
}

static size_t bank0_bytes(const struct compote_kernel *k)
{
	size_t bytes = (size_t)k->param_base + k->param_bytes;

	return align_up(bytes > k->constants_bytes ? bytes : k->constants_bytes, 16);
}

static void constants(uint32_t *c, const struct compote_space *space,
		      const struct compote_launch *l)
{
	const struct compote_kernel *k = l->kernel;

	if (k->constants_bytes)
		memcpy(c, k->constants, k->constants_bytes);
	c[C_SHARED_WINDOW] = (uint32_t)space_shared_window(space);
	c[C_LOCAL_WINDOW] = (uint32_t)space_local_window(space);
	memcpy(&c[C_BLOCK], l->block, sizeof(l->block));
	memcpy(&c[C_GRID], l->grid, sizeof(l->grid));
	c[C_STACK] = k->local_bytes;
	c[C_SHARED_WINDOW_HI] = (uint32_t)(space_shared_window(space) >> 32);
	c[C_LOCAL_WINDOW_HI] = (uint32_t)(space_local_window(space) >> 32);
	if (l->args_bytes)
		memcpy((char *)c + k->param_base, l->args, l->args_bytes);
}

static void describe(uint32_t *words, const struct compote_space *space,
		     const struct compote_launch *l, uint64_t bank0)
{
	const struct compote_kernel *k = l->kernel;
	struct qmd q = {
		.program_offset = (uint32_t)(addr_of(k->code) + k->entry - space->low.heap),
		.shared_bytes = k->shared_bytes + l->shared_bytes,
		.local_bytes = k->local_bytes,
		.crs_bytes = k->crs_bytes,
		.registers = k->registers,
		.barriers = k->barriers,
	};
	unsigned int n;

	memcpy(q.grid, l->grid, sizeof(q.grid));
	memcpy(q.block, l->block, sizeof(q.block));
	for (n = 1; n < COMPOTE_BANKS; n++) {
		q.bank[n].addr = addr_of(k->banks[n].data);
		q.bank[n].bytes = (uint32_t)k->banks[n].bytes;
	}
	q.bank[0].addr = bank0;
	q.bank[0].bytes = (uint32_t)bank0_bytes(k);
	qmd_build(words, &q);
}

/*
 * Constants and code are read by units that can wait for a fault; they are named here so that there
 * is none. The descriptor has to be: the front end reads it, and the scheduler's state is in it.
 */
static int name_memory(struct compote_push *push, const struct compote_kernel *k, uint64_t qmd)
{
	unsigned int n;

	push_range(push, qmd, QMD_BYTES + bank0_bytes(k), COMPOTE_RANGE_WRITE);
	push_range(push, addr_of(k->code), k->code_bytes, 0);
	for (n = 1; n < COMPOTE_BANKS; n++)
		if (k->banks[n].bytes)
			push_range(push, addr_of(k->banks[n].data), k->banks[n].bytes, 0);
	return push->error;
}

/* Code and descriptors may be at addresses where there were others in the last job. */
static void clean_caches(struct compote_push *push)
{
	compote_push_method(push, COMPOTE_SUBCHANNEL_COMPUTE, CP_INVALIDATE_SKED_CACHES, 0);
	compote_push_method(push, COMPOTE_SUBCHANNEL_COMPUTE, CP_INVALIDATE_SHADER_CACHES,
			    CP_INVALIDATE_INSTRUCTION | CP_INVALIDATE_DATA |
			    CP_INVALIDATE_CONSTANT);
	push->launched = true;
}

static int start(struct compote_push *push, uint64_t qmd, uint32_t flags)
{
	compote_push_method(push, COMPOTE_SUBCHANNEL_COMPUTE, CP_INVALIDATE_NO_WFI,
			    CP_INVALIDATE_CONSTANT);
	compote_push_method(push, COMPOTE_SUBCHANNEL_COMPUTE, CP_SEND_PCAS_A,
			    (uint32_t)(qmd >> 8));
	compote_push_method(push, COMPOTE_SUBCHANNEL_COMPUTE, CP_SEND_SIGNALING_PCAS_B,
			    CP_PCAS_INVALIDATE | CP_PCAS_SCHEDULE);
	if (!(flags & COMPOTE_LAUNCH_CONCURRENT))
		compote_push_method(push, COMPOTE_SUBCHANNEL_COMPUTE, CP_WAIT_FOR_IDLE, 0);
	return push->error;
}

COMPOTE_PUBLIC int compote_push_launch(struct compote_push *push,
				       const struct compote_launch *launch)
{
	int ret = push_begin(push, COMPOTE_ENGINE_COMPUTE);
	uint64_t local;
	char *memory;

	if (ret)
		return ret;
	if (!launch_ok(push, launch))
		return push_fail(push, -EINVAL);
	ret = push_alloc(push, QMD_BYTES + bank0_bytes(launch->kernel), (void **)&memory);
	if (ret)
		return ret;
	constants((uint32_t *)(memory + QMD_BYTES), push->space, launch);
	describe((uint32_t *)memory, push->space, launch, addr_of(memory) + QMD_BYTES);
	if (name_memory(push, launch->kernel, addr_of(memory)))
		return push->error;
	local = kernel_local_per_sm(launch->kernel);
	if (local > push->local_per_sm)
		push->local_per_sm = local;
	if (!push->launched)
		clean_caches(push);
	return start(push, addr_of(memory), launch->flags);
}
