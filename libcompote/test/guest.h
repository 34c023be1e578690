/* SPDX-License-Identifier: MIT */
/*
 * For the programs that need a device (the lab's VM has one): lines "ok ..." and "not ok ...", and
 * the kernel that they run. They use the public header only.
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "compote.h"

static int guest_failed;

static inline bool ok(bool good, const char *what)
{
	printf("%s - %s\n", good ? "ok" : "not ok", what);
	fflush(stdout);
	guest_failed |= !good;
	return good;
}

/* The result of a call of the library. */
static inline bool did(int ret, const char *what)
{
	if (ret)
		printf("# %s: %s (%d)\n", what, compote_strerror(ret), ret);
	return ok(!ret, what);
}

static inline int finish(void)
{
	printf("%s\n", guest_failed ? "failed" : "passed");
	return guest_failed;
}

/* Why a channel was stopped, for people. */
static inline void tell(struct compote_channel *ch)
{
	struct compote_channel_status s;

	if (compote_channel_status(ch, &s))
		return;
	printf("# channel: %llu of %llu jobs done, stopped %u, error %d, address %llx, access %u, "
	       "reason %u, client %u, gpc %u, hub %u, engine %u\n", (unsigned long long)s.done,
	       (unsigned long long)s.submitted, s.stopped, s.error, (unsigned long long)s.addr,
	       s.access, s.reason, s.client, s.gpc, s.hub, s.engine);
}

/*
 * to[i] = a[i] + b[i] for i below n: arguments a, b, to (64 bits each), n (32 bits). Assembled by
 * emulator/sm/sm61-as from:
 *
 *	S2R R0, SR_CTAID.X
 *	S2R R1, SR_TID.X
 *	XMAD R2, R0, c[0x0][0x8], R1
 *	XMAD.MRG R3, R0, c[0x0][0x8].H1, RZ
 *	XMAD.PSL.CBCC R0, R0.H1, R3.H1, R2
 *	ISETP.GE.U32.AND P0, PT, R0, c[0x0][0x158], PT
 *	@P0 EXIT
 *	SHR.U32 R1, R0, 0x1e
 *	ISCADD R2.CC, R0, c[0x0][0x140], 0x2
 *	IADD.X R3, R1, c[0x0][0x144]
 *	ISCADD R4.CC, R0, c[0x0][0x148], 0x2
 *	IADD.X R5, R1, c[0x0][0x14c]
 *	ISCADD R6.CC, R0, c[0x0][0x150], 0x2
 *	IADD.X R7, R1, c[0x0][0x154]
 *	LDG.E R2, [R2]
 *	LDG.E R4, [R4]
 *	IADD R2, R2, R4
 *	STG.E [R6], R2
 *	EXIT
 */
static const uint64_t vector_add[] = {
	0x07fffc3f23e1f91f, 0xf0c8000002570000, 0xf0c8000002170001, 0x4e00008000270002,
	0x07fffc3fffe1ffff, 0x4f107f8000270003, 0x5b30011800370000, 0x4b6c038005670007,
	0x07fffc3fffe1ffff, 0xe30000000000000f, 0x3828000001e70001, 0x4c18810005070002,
	0x07fffc3fffe1ffff, 0x4c10080005170103, 0x4c18810005270004, 0x4c10080005370105,
	0x07e47c3fffe1ffff, 0x4c18810005470006, 0x4c10080005570107, 0xeed4200000070202,
	0x07e7fc3fffe1f91f, 0xeed4200000070404, 0x5c10000000470202, 0xeedc200000070602,
	0x07fffc3fffe1ffff, 0xe30000000007000f, 0x50b0000000070f00, 0x50b0000000070f00,
};

static const struct compote_code vector_add_code = {
	.code = vector_add,
	.code_bytes = sizeof(vector_add),
	.registers = 8,
	.param_bytes = 28,
};

struct vector_add_args {
	const uint32_t *a, *b;
	uint32_t *to;
	uint32_t n;
};

#endif
