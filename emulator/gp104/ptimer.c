// SPDX-License-Identifier: MIT
/*
 * ptimer.c - the clock of the GPU and its alarm.
 *
 * Nanoseconds in 64 bits; the low five bits do not count (31.25 MHz). The alarm compares the low
 * word. Facts: nouveau timer/nv04.c, rnndb/bus/ptimer.xml.
 */
#include <errno.h>
#include <stdlib.h>

#include "pmc.h"
#include "ptimer.h"

#define PTIMER_INTR_0		0x009100
#define PTIMER_INTR_EN_0	0x009140
#define PTIMER_TIME_0		0x009400
#define PTIMER_TIME_1		0x009410
#define PTIMER_ALARM_0		0x009420
#define INTR_ALARM		BIT(0)
#define TICK_MASK		0x1full

struct ptimer {
	uint64_t offset;	/* PTIMER minus gp104_now() */
	uint32_t time_1;	/* written, waits for TIME_0 */
	uint64_t deadline;	/* of the alarm, in PTIMER time */
	bool armed;
};

uint64_t ptimer_now(struct gp104 *g)
{
	return (gp104_now() + g->ptimer->offset) & ~TICK_MASK;
}

static void update(struct gp104 *g)
{
	pmc_intr(g, PMC_INTR_PTIMER, reg_get(g, PTIMER_INTR_0) & reg_get(g, PTIMER_INTR_EN_0));
}

static uint32_t time_0_read(struct gp104 *g, uint32_t addr)
{
	return (uint32_t)ptimer_now(g);
}

static uint32_t time_1_read(struct gp104 *g, uint32_t addr)
{
	return (uint32_t)(ptimer_now(g) >> 32);
}

/* The alarm fires the next time that the low word passes it: up to 4.3 s from now. */
static void arm(struct gp104 *g, uint32_t alarm)
{
	struct ptimer *t = g->ptimer;
	uint64_t now = ptimer_now(g);

	t->deadline = now + (uint32_t)((alarm & ~(uint32_t)TICK_MASK) - (uint32_t)now);
	t->armed = true;
	gp104_kick(g);
}

static void time_0_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	struct ptimer *t = g->ptimer;

	t->offset = ((uint64_t)t->time_1 << 32 | val) - gp104_now();
	if (t->armed)
		arm(g, reg_get(g, PTIMER_ALARM_0));
}

static void time_1_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	g->ptimer->time_1 = val;
}

static void alarm_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	reg_put(g, addr, val);
	arm(g, val);
}

static void intr_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	reg_put(g, addr, reg_get(g, addr) & ~val);
	update(g);
}

static void intr_en_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	reg_put(g, addr, val);
	update(g);
}

static const struct reg regs[] = {
	{ PTIMER_INTR_0, "PTIMER.INTR_0", .write = intr_write },
	{ PTIMER_INTR_EN_0, "PTIMER.INTR_EN_0", .write = intr_en_write },
	{ 0x009200, "PTIMER.NUMERATOR", .reset = 1 },
	{ 0x009210, "PTIMER.DENOMINATOR", .reset = 1 },
	{ PTIMER_TIME_0, "PTIMER.TIME_0", .read = time_0_read, .write = time_0_write },
	{ PTIMER_TIME_1, "PTIMER.TIME_1", .read = time_1_read, .write = time_1_write },
	{ PTIMER_ALARM_0, "PTIMER.ALARM_0", .write = alarm_write },
};

static int64_t ptimer_run(struct gp104 *g)
{
	struct ptimer *t = g->ptimer;
	uint64_t now = ptimer_now(g);

	if (!t->armed)
		return RUN_IDLE;
	if (now < t->deadline)
		return (int64_t)(t->deadline - now);
	t->armed = false;
	reg_set(g, PTIMER_INTR_0, INTR_ALARM);
	update(g);
	return RUN_IDLE;
}

static int ptimer_init(struct gp104 *g)
{
	g->ptimer = calloc(1, sizeof(*g->ptimer));
	return g->ptimer ? 0 : -ENOMEM;
}

static void ptimer_fini(struct gp104 *g)
{
	free(g->ptimer);
}

static void ptimer_reset(struct gp104 *g)
{
	*g->ptimer = (struct ptimer){ 0 };
}

const struct unit ptimer_unit = {
	.name = "ptimer",
	.regs = regs,
	.nregs = ARRAY_SIZE(regs),
	.init = ptimer_init,
	.fini = ptimer_fini,
	.reset = ptimer_reset,
	.run = ptimer_run,
};
