// SPDX-License-Identifier: MIT
/* From nothing to a launched kernel, as docs/libcompote.md tells it. */
#include <compote.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(int error, const char *what)
{
	if (!error)
		return;
	fprintf(stderr, "%s: %s\n", what, compote_strerror(error));
	exit(1);
}

static const char source[] =
	".kernel triple\n"
	".params 12\n"				/* numbers: 64 bits, n: 32 bits */
	"	S2R R0, SR_CTAID.X\n"		/* i = R0 = block * threads per block + thread, */
	"	S2R R1, SR_TID.X\n"
	"	XMAD R0, R0, c[0x0][0x8], R1\n"	/* both below 65536 */
	"	ISETP.GE.U32.AND P0, PT, R0, c[0x0][0x148], PT\n"
	"	@P0 EXIT\n"			/* i >= n: nothing to do */
	"	ISCADD R2.CC, R0, c[0x0][0x140], 0x2\n"
	"	IADD.X R3, RZ, c[0x0][0x144]\n"	/* R3:R2 = &numbers[i] */
	"	LDG.E R4, [R2]\n"
	"	ISCADD R4, R4, R4, 0x1\n"	/* times 3 */
	"	STG.E [R2], R4\n"
	"	EXIT\n";

struct args {
	uint32_t *numbers;
	uint32_t n;
};

int main(void)
{
	uint32_t n = 1000, wrong = 0, i;
	uint32_t *numbers = malloc(n * sizeof(*numbers));

	if (!numbers)
		return 1;
	for (i = 0; i < n; i++)
		numbers[i] = i;

	struct compote_device *device;
	struct compote_space *space;

	must(compote_device_open(NULL, &device), "opening a GPU");
	must(compote_space_create(device, 0, &space), "sharing this process's memory with it");

	struct compote_program *program;
	struct compote_kernel *kernel;
	char error[100];

	if (compote_program_from_asm(source, strlen(source), &program, error, sizeof(error))) {
		fprintf(stderr, "%s\n", error);
		return 1;
	}
	must(compote_kernel_load(space, program, "triple", &kernel), "loading the kernel");
	compote_program_free(program);

	struct args args = { numbers, n };
	struct compote_launch launch = {
		.kernel = kernel,
		.grid = { (n + 63) / 64, 1, 1 },
		.block = { 64, 1, 1 },
		.args = &args,
		.args_bytes = compote_kernel_param_bytes(kernel),
	};
	struct compote_push *push;
	struct compote_fence *fence;

	must(compote_fence_create(space, COMPOTE_FENCE_MEMORY, &fence), "making a fence");
	must(compote_push_create(space, COMPOTE_ENGINE_COMPUTE, &push), "making a push buffer");
	compote_push_launch(push, &launch);
	compote_push_fence(push, fence, 1);
	must(compote_push_finish(push), "building it");

	struct compote_channel *channel;

	must(compote_channel_create(space, NULL, &channel), "making a channel");
	must(compote_submit(channel, push, NULL, NULL), "submitting");
	must(compote_fence_wait(fence, 1, channel, COMPOTE_FOREVER), "waiting");

	for (i = 0; i < n; i++)
		wrong += numbers[i] != 3 * i;
	printf("%u of %u numbers are right\n", n - wrong, n);

	compote_channel_destroy(channel);
	compote_push_destroy(push);
	compote_fence_destroy(fence);
	compote_kernel_free(kernel);
	compote_space_destroy(space);
	compote_device_close(device);
	free(numbers);
	return wrong ? 1 : 0;
}
