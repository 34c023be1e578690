// SPDX-License-Identifier: MIT
/*
 * test-boot.c - the units that a driver needs to boot, as seen through registers: chip id,
 * interrupt tree, timer, memory size, device table, VBIOS, falcons, secure boot.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "gp104/gp104.h"
#include "gp104/pfalcon.h"
#include "gp104/pmc.h"
#include "gp104/ptop.h"
#include "gp104/units.h"

#define PMU	0x10a000
#define SEC2	0x087000
#define NVDEC	0x084000
#define FECS	0x409000

struct line {
	bool level;
	unsigned int rises, msis;
	uint32_t cfg[1024];
};

static void irq_level(void *opaque, bool level)
{
	struct line *l = opaque;

	l->rises += level && !l->level;
	l->level = level;
}

static void msi_send(void *opaque)
{
	((struct line *)opaque)->msis++;
}

static uint32_t cfg_read(void *opaque, unsigned int off)
{
	return ((struct line *)opaque)->cfg[off / 4];
}

static struct line line;

static int setup(void **state)
{
	const struct gp104_config cfg = {
		.vram_size = 256u << 20, .gpcs = 1, .tpcs = 2,
	};
	struct gp104 *g = gp104_new(&cfg);

	if (!g)
		return -1;
	memset(&line, 0, sizeof(line));
	g->host = (struct gp104_host){ .opaque = &line, .irq_level = irq_level,
				       .msi_send = msi_send, .cfg_read = cfg_read };
	mmio_write(g, 0x200, 0xffffffff);
	*state = g;
	return 0;
}

static int teardown(void **state)
{
	gp104_free(*state);
	return 0;
}

static void test_boot_0(void **state)
{
	struct gp104 *g = *state;

	assert_int_equal(mmio_read(g, 0), 0x134000a1);
	mmio_write(g, 0, 0);
	assert_int_equal(mmio_read(g, 0), 0x134000a1);
	assert_int_equal(mmio_read(g, 4), 0);
}

static void test_intr_tree(void **state)
{
	struct gp104 *g = *state;

	pmc_intr(g, PMC_INTR_PFIFO, true);
	assert_int_equal(mmio_read(g, 0x100), 0x100);
	assert_false(line.level);
	mmio_write(g, 0x160, 0x100);
	assert_int_equal(mmio_read(g, 0x140), 0x100);
	assert_true(line.level);
	assert_int_equal(line.rises, 1);

	/* The handler's order: mask everything, end of interrupt, look, unmask. */
	mmio_write(g, 0x180, 0xffffffff);
	assert_false(line.level);
	mmio_write(g, 0x88704, 0);
	assert_int_equal(line.msis, 0);
	mmio_write(g, 0x160, 0x100);
	assert_int_equal(line.rises, 2);
	mmio_write(g, 0x88704, 0);
	assert_int_equal(line.msis, 1);
	pmc_intr(g, PMC_INTR_PFIFO, false);
	assert_false(line.level);

	mmio_write(g, 0x164, BIT(PMC_INTR_PGRAPH));
	pmc_intr_nonstall(g, PMC_INTR_PGRAPH, true);
	assert_true(line.level);
	assert_int_equal(mmio_read(g, 0x104), BIT(PMC_INTR_PGRAPH));
	assert_int_equal(mmio_read(g, 0x100), 0);
}

static void test_pci_mirror(void **state)
{
	struct gp104 *g = *state;

	line.cfg[0] = 0x1bb310de;
	assert_int_equal(mmio_read(g, 0x88000), 0x1bb310de);
	mmio_write(g, 0x88050, 0);
	assert_int_equal(mmio_read(g, 0x88050), 0);
}

static void test_no_display(void **state)
{
	struct gp104 *g = *state;

	assert_int_equal(mmio_read(g, 0x21c04) & 1, 1);
	mmio_write(g, 0x1140, 0xe);
	mmio_write(g, 0x160, BIT(PMC_INTR_PBUS));
	mmio_write(g, 0x6013d4, 0x3f);
	assert_int_equal(mmio_read(g, 0x6013d4) >> 16, 0xbadf);
	assert_false(line.level);
}

static uint64_t timer(struct gp104 *g)
{
	uint64_t hi = mmio_read(g, 0x9410);

	return hi << 32 | mmio_read(g, 0x9400);
}

static void test_timer(void **state)
{
	const struct timespec ms = { .tv_nsec = 2000000 };
	struct gp104 *g = *state;
	uint64_t t;

	mmio_write(g, 0x9410, 0x12);
	mmio_write(g, 0x9400, 0x40000000);
	t = timer(g);
	assert_true(t >= 0x1240000000ull && t < 0x1240000000ull + 1000000000);
	assert_int_equal(t & 0x1f, 0);

	mmio_write(g, 0x160, BIT(PMC_INTR_PTIMER));
	mmio_write(g, 0x9420, (uint32_t)timer(g) + 1000000);
	mmio_write(g, 0x9140, 1);
	gp104_run_slices(g, 10);
	assert_int_equal(mmio_read(g, 0x9100), 0);
	nanosleep(&ms, NULL);
	gp104_run_slices(g, 10);
	assert_int_equal(mmio_read(g, 0x9100), 1);
	assert_true(line.level);
	mmio_write(g, 0x9100, 1);
	assert_false(line.level);
	gp104_run_slices(g, 10);
	assert_int_equal(mmio_read(g, 0x9100), 0);
}

static void test_vram_size(void **state)
{
	static const uint64_t sizes[] = { 64, 256, 1024, 2048, 4032, 8192 };
	struct gp104 *g = *state;
	uint64_t saved = g->cfg.vram_size;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		uint32_t v;

		g->cfg.vram_size = sizes[i] << 20;
		v = mmio_read(g, 0x100ce0);
		assert_int_equal(((uint64_t)((v >> 4) & 0x3f)) << ((v & 0xf) + 20), sizes[i] << 20);
	}
	g->cfg.vram_size = saved;
}

static void test_pramin(void **state)
{
	struct gp104 *g = *state;

	mmio_write(g, 0x1700, 0x120000 >> 16);
	mmio_write(g, 0x700010, 0x11223344);
	assert_int_equal(mem_rd32(g, APER_VRAM, 0x120010), 0x11223344);
	mem_wr32(g, APER_VRAM, 0x21fffc, 0x55667788);
	assert_int_equal(mmio_read(g, 0x7ffffc), 0x55667788);
	mmio_write(g, 0x1700, 0xffffff);
	assert_int_equal(mmio_read(g, 0x700000), 0);
}

/* Read the table as a driver does: words until one without the chain bit end an engine. */
static void test_device_table(void **state)
{
	struct gp104 *g = *state;
	unsigned int i, engines = 0, ces = 0;
	int type = -1, runlist = -1, fault = -1;
	uint32_t addr = 0;

	for (i = 0; i < 64; i++) {
		uint32_t v = mmio_read(g, 0x22700 + i * 4);

		switch (v & 3) {
		case 1:
			addr = v & 0xfff000;
			fault = v & 4 ? (int)((v >> 3) & 0x7f) : -1;
			break;
		case 2:
			runlist = v & 0x10 ? (int)((v >> 21) & 0xf) : -1;
			break;
		case 3:
			type = (int)((v & 0x7ffffffc) >> 2);
			break;
		default:
			continue;
		}
		if (v & 0x80000000)
			continue;
		engines++;
		if (type == PTOP_GR) {
			assert_int_equal(addr, 0x400000);
			assert_int_equal(runlist, PTOP_RUNLIST_GR);
			assert_int_equal(fault, 0);
		} else if (type == PTOP_CE) {
			ces++;
		} else if (type == PTOP_SEC2) {
			assert_int_equal(addr, SEC2);
		}
		type = runlist = fault = -1;
	}
	assert_int_equal(engines, ptop_nengines);
	assert_int_equal(ces, 4);
}

/* ---- VBIOS, read by an own parser ---- */

struct rom {
	uint8_t b[4096];
};

static uint32_t le(const struct rom *r, uint32_t off, unsigned int bytes)
{
	uint32_t v = 0;

	assert_true(off + bytes <= sizeof(r->b));
	while (bytes--)
		v = v << 8 | r->b[off + bytes];
	return v;
}

static void read_rom(struct gp104 *g, struct rom *r)
{
	unsigned int i;

	for (i = 0; i < sizeof(r->b); i += 4) {
		uint32_t v = mmio_read(g, 0x300000 + i);

		memcpy(r->b + i, &v, 4);
	}
}

static uint32_t bit_find(const struct rom *r, char id, unsigned int *version, unsigned int *len)
{
	uint32_t bit, i;

	for (bit = 0; memcmp(r->b + bit, "\xff\xb8" "BIT", 6); bit++)
		assert_true(bit < sizeof(r->b) - 16);
	assert_int_equal(le(r, bit + 9, 1), 6);
	for (i = 0; i < le(r, bit + 10, 1); i++) {
		uint32_t token = bit + le(r, bit + 8, 1) + i * 6;

		if (r->b[token] != id)
			continue;
		*version = le(r, token + 1, 1);
		*len = le(r, token + 2, 2);
		return le(r, token + 4, 2);
	}
	return 0;
}

static void test_vbios(void **state)
{
	struct gp104 *g = *state;
	unsigned int i, version, len;
	struct rom r;
	uint32_t pcir, off, dcb;
	uint8_t sum = 0;

	read_rom(g, &r);
	assert_int_equal(le(&r, 0, 2), 0xaa55);
	for (i = 0; i < sizeof(r.b); i++)
		sum = (uint8_t)(sum + r.b[i]);
	assert_int_equal(sum, 0);
	pcir = le(&r, 0x18, 2);
	assert_memory_equal(r.b + pcir, "PCIR", 4);
	assert_int_equal(le(&r, pcir + 4, 4), 0x1bb310de);
	assert_int_equal(le(&r, pcir + 0x10, 2) * 512, sizeof(r.b));
	assert_int_equal(le(&r, pcir + 0x15, 1), 0x80);
	off = (pcir + le(&r, pcir + 0x0a, 2) + 15) & ~15u;
	assert_memory_equal(r.b + off, "NPDE", 4);
	assert_int_equal(le(&r, off + 8, 2) * 512, sizeof(r.b));
	dcb = le(&r, 0x36, 2);
	assert_int_equal(le(&r, dcb, 1), 0x41);
	assert_int_equal(le(&r, dcb + 2, 1), 0);
	assert_int_equal(le(&r, dcb + 6, 4), 0x4edcbdcb);
	off = bit_find(&r, 'i', &version, &len);
	assert_true(off && len >= 15);
	assert_int_equal(le(&r, off, 4) >> 16, 0x8604);
	off = bit_find(&r, 'M', &version, &len);
	assert_int_equal(version, 2);
	off = le(&r, off + 3, 2);
	assert_int_equal(le(&r, off, 1), 0x10);
	assert_int_equal(le(&r, off + le(&r, off + 1, 1), 1), 0x03);	/* strap 0: GDDR5 */
	assert_int_equal((mmio_read(g, 0x101000) >> 2) & 0xf, 0);
	assert_int_equal(mmio_read(g, 0x300000 + sizeof(r.b)), 0xffffffff);
}

/* ---- falcons ---- */

static void code_write(struct gp104 *g, uint32_t falcon, uint32_t at, uint32_t tag,
		       const void *code, unsigned int words, bool secure)
{
	unsigned int i;

	mmio_write(g, falcon + 0x180, at | BIT(24) | (secure ? BIT(28) : 0));
	for (i = 0; i < words; i++) {
		if (!(i % 64))
			mmio_write(g, falcon + 0x188, tag + i / 64);
		mmio_write(g, falcon + 0x184, ((const uint32_t *)code)[i]);
	}
}

static void test_falcon_ports(void **state)
{
	static const uint32_t code[65] = { 1, 2, 3, [64] = 5 };
	struct gp104 *g = *state;
	unsigned int i;

	mmio_write(g, PMU + 0x1c0, 0x40 | BIT(24));
	for (i = 0; i < 4; i++)
		mmio_write(g, PMU + 0x1c4, 0x100 + i);
	mmio_write(g, PMU + 0x1c8, 0x40 | BIT(25));	/* another port */
	for (i = 0; i < 4; i++)
		assert_int_equal(mmio_read(g, PMU + 0x1cc), 0x100 + i);
	mmio_write(g, PMU + 0x1c0, 0x44);
	assert_int_equal(mmio_read(g, PMU + 0x1c4), 0x101);
	assert_int_equal(mmio_read(g, PMU + 0x1c4), 0x101);

	code_write(g, PMU, 0x200, 7, code, 65, false);
	mmio_write(g, PMU + 0x180, 0x204 | BIT(25));
	assert_int_equal(mmio_read(g, PMU + 0x184), 2);
	assert_int_equal(mmio_read(g, PMU + 0x184), 3);
	assert_ptr_equal(falcon_code(falcon_get(g, FALCON_PMU), 0x800),
			 falcon_get(g, FALCON_PMU)->imem + 0x300);
	assert_null(falcon_code(falcon_get(g, FALCON_PMU), 0x900));

	/* Past the end: nothing happens, and secure pages do not read back. */
	mmio_write(g, PMU + 0x1c0, 0xfffffc | BIT(24));
	mmio_write(g, PMU + 0x1c4, 1);
	assert_int_equal(mmio_read(g, PMU + 0x1c4), 0);
	code_write(g, PMU, 0xfffffc, 0, code, 1, false);
	code_write(g, PMU, 0, 0, code, 64, true);
	mmio_write(g, PMU + 0x180, 0);
	assert_int_equal(mmio_read(g, PMU + 0x184), 0xdead5ec1);

	/* Engine reset scrubs. */
	mmio_write(g, PMU + 0x3c0, 1);
	mmio_write(g, PMU + 0x3c0, 0);
	mmio_write(g, PMU + 0x1c0, 0x40);
	assert_int_equal(mmio_read(g, PMU + 0x1c4), 0);
	assert_int_equal(mmio_read(g, PMU + 0x10c) & 6, 0);
	assert_int_equal(mmio_read(g, PMU + 0x100), 0x10);
}

static void test_falcon_irq(void **state)
{
	struct gp104 *g = *state;

	mmio_write(g, 0x160, BIT(PMC_INTR_SEC2));
	mmio_write(g, SEC2 + 0x000, 0x40);
	assert_int_equal(mmio_read(g, SEC2 + 0x008), 0x40);
	assert_false(line.level);
	mmio_write(g, SEC2 + 0x010, 0x40);
	mmio_write(g, SEC2 + 0x01c, 0x40);
	assert_true(line.level);
	mmio_write(g, SEC2 + 0x014, 0x40);
	assert_false(line.level);
	mmio_write(g, SEC2 + 0x010, 0x40);
	mmio_write(g, SEC2 + 0x004, 0x40);
	assert_false(line.level);
	assert_int_equal(mmio_read(g, SEC2 + 0x008), 0);
}

static void test_falcon_reset_by_pmc(void **state)
{
	struct gp104 *g = *state;

	mmio_write(g, FECS + 0x040, 0x1234);
	assert_int_equal(mmio_read(g, FECS + 0x040), 0x1234);
	mmio_write(g, 0x200, mmio_read(g, 0x200) & ~BIT(PMC_ENABLE_PGRAPH));
	mmio_write(g, 0x200, mmio_read(g, 0x200) | BIT(PMC_ENABLE_PGRAPH));
	assert_int_equal(mmio_read(g, FECS + 0x040), 0);
}

static void load_app(struct gp104 *g, const struct rom *r, uint32_t app)
{
	uint32_t code = app + 0x30, data = code + le(r, app + 0x24, 4);
	uint32_t boot = le(r, app + 0x1c, 4) - le(r, app + 0x18, 4), i;

	code_write(g, PMU, 0, 0, r->b + code, boot / 4, false);
	code_write(g, PMU, boot, boot >> 8, r->b + code + boot, le(r, app + 0x20, 4) / 4, true);
	mmio_write(g, PMU + 0x1c0, le(r, app + 0x28, 4) | BIT(24));
	for (i = 0; i < le(r, app + 0x2c, 4); i += 4)
		mmio_write(g, PMU + 0x1c4, le(r, data + i, 4));
}

static uint32_t dmem_word(struct gp104 *g, uint32_t at)
{
	mmio_write(g, PMU + 0x1c0, at);
	return mmio_read(g, PMU + 0x1c4);
}

static void put_script(struct gp104 *g, uint32_t at, const uint8_t *script, unsigned int len)
{
	unsigned int i;

	mmio_write(g, PMU + 0x1c0, at | BIT(24));
	for (i = 0; i < len; i += 4) {
		uint32_t v = 0;

		memcpy(&v, script + i, len - i < 4 ? len - i : 4);
		mmio_write(g, PMU + 0x1c4, v);
	}
}

/* The devinit application of the VBIOS, loaded and started as a driver does it. */
static void test_devinit(void **state)
{
	/* Starts the PMU again, which must not nest. */
	static const uint8_t nest[] = { 0x7a, 0x00, 0xa1, 0x10, 0x00, 2, 0, 0, 0, 0x71 };
	struct gp104 *g = *state;
	unsigned int version, len;
	struct rom r;
	uint32_t app, args, scripts, off;

	read_rom(g, &r);
	off = le(&r, bit_find(&r, 'p', &version, &len), 4);
	assert_int_equal(le(&r, off + le(&r, off + 1, 1), 1), 4);
	app = le(&r, off + le(&r, off + 1, 1) + 2, 4);
	load_app(g, &r, app);
	args = le(&r, app + 0x0c, 4);
	scripts = dmem_word(g, dmem_word(g, args + 0x08) + 0x10);
	off = bit_find(&r, 'I', &version, &len);
	assert_true(len >= 0x1c);
	put_script(g, scripts, r.b + le(&r, off + 0x18, 2), le(&r, off + 0x1a, 2));

	assert_int_equal(mmio_read(g, 0x2240c) & 2, 0);
	mmio_write(g, PMU + 0x040, 0x5000);
	mmio_write(g, PMU + 0x104, le(&r, app + 0x08, 4));
	mmio_write(g, PMU + 0x10c, 0);
	mmio_write(g, PMU + 0x100, 2);
	assert_int_equal(mmio_read(g, PMU + 0x040) & 0x2000, 0x2000);
	assert_int_equal(mmio_read(g, 0x2240c) & 2, 2);

	put_script(g, scripts, nest, sizeof(nest));
	mmio_write(g, PMU + 0x100, 2);
	assert_int_equal(mmio_read(g, PMU + 0x100) & 0x10, 0x10);
}

static void test_scrubber(void **state)
{
	static const uint32_t code[64];
	struct gp104 *g = *state;

	mmio_write(g, 0x100cd0, 2);
	assert_int_equal(mmio_read(g, 0x100cd0) & 0x10, 0x10);
	code_write(g, NVDEC, 0, 0, code, 64, true);
	mmio_write(g, NVDEC + 0x040, 0xcafebeef);
	mmio_write(g, NVDEC + 0x104, 0);
	mmio_write(g, NVDEC + 0x100, 2);
	assert_int_equal(mmio_read(g, NVDEC + 0x100) & 0x10, 0x10);
	assert_int_equal(mmio_read(g, NVDEC + 0x040), 0);
	mmio_write(g, 0x100cd0, 2);
	assert_int_equal(mmio_read(g, 0x100cd0) & 0x10, 0);
}

/* ---- SEC2's queues ---- */

static void emem_read(struct gp104 *g, uint32_t at, void *buf, unsigned int len)
{
	unsigned int i;

	mmio_write(g, SEC2 + 0xac0, (at - 0x1000000) | BIT(25));
	for (i = 0; i < len; i += 4) {
		uint32_t v = mmio_read(g, SEC2 + 0xac4);

		memcpy((uint8_t *)buf + i, &v, 4);
	}
}

static void emem_write(struct gp104 *g, uint32_t at, const uint32_t *words, unsigned int n)
{
	mmio_write(g, SEC2 + 0xac0, (at - 0x1000000) | BIT(24));
	while (n--)
		mmio_write(g, SEC2 + 0xac4, *words++);
}

/* Every message moves the head by its size; a driver follows with the tail. */
static uint32_t take_message(struct gp104 *g, void *buf, unsigned int len)
{
	uint32_t tail = mmio_read(g, SEC2 + 0xa34), head = mmio_read(g, SEC2 + 0xa30);

	if (head < tail)
		tail = 0x1000500;
	assert_int_equal(head - tail, len);
	emem_read(g, tail, buf, len);
	mmio_write(g, SEC2 + 0xa34, head);
	mmio_write(g, SEC2 + 0x004, 0x40);
	return tail;
}

static void test_sec2_queues(void **state)
{
	struct gp104 *g = *state;
	uint8_t init[32], msg[16];
	uint32_t cmdq, head, i;

	falcon_get(g, FALCON_SEC2)->ls_loaded = true;
	assert_int_equal(mmio_read(g, SEC2 + 0x100) & 0x40, 0x40);
	mmio_write(g, 0x160, BIT(PMC_INTR_SEC2));
	mmio_write(g, SEC2 + 0x130, 2);
	assert_true(line.level);
	assert_int_equal(mmio_read(g, SEC2 + 0x008) & mmio_read(g, SEC2 + 0x01c), 0x40);
	take_message(g, init, sizeof(init));
	assert_false(line.level);
	assert_int_equal(init[0], 1);
	assert_int_equal(init[1], sizeof(init));
	assert_int_equal(init[5], 2);
	memcpy(&cmdq, init + 8, 4);

	/* Without a WPR a bootstrap fails, and says so, however often the queues wrap. */
	for (i = 0; i < 200; i++) {
		const uint32_t cmd[4] = { 8 | 16 << 8 | 3 << 16 | (i & 0x7f) << 24, 0, 0, 2 };
		const uint32_t rewind = 0 | 4 << 8;
		uint32_t error;

		head = mmio_read(g, SEC2 + 0xa00);
		assert_int_equal(head, mmio_read(g, SEC2 + 0xa04));
		if (head + 16 > cmdq + 0x400 - 4) {
			emem_write(g, head, &rewind, 1);
			head = cmdq;
		}
		emem_write(g, head, cmd, 4);
		mmio_write(g, SEC2 + 0xa00, head + 16);
		gp104_run_slices(g, 10);
		take_message(g, msg, sizeof(msg));
		assert_int_equal(msg[0], 8);
		assert_int_equal(msg[3], i & 0x7f);
		memcpy(&error, msg + 8, 4);
		assert_int_not_equal(error, 0);
		assert_int_equal(msg[12], 2);
	}

	/* Garbage in the queue stops it, no more. */
	mmio_write(g, SEC2 + 0xa00, 0xfffffff0);
	gp104_run_slices(g, 10);
	mmio_write(g, SEC2 + 0xa04, 0xdeadbeef);
	mmio_write(g, SEC2 + 0xa00, 0);
	gp104_run_slices(g, 10);
	mmio_write(g, SEC2 + 0xa30, 0xffffffff);
	mmio_write(g, SEC2 + 0x004, 0x40);
	mmio_write(g, SEC2 + 0xa04, cmdq);
	emem_write(g, cmdq, (const uint32_t []){ 6 | 4 << 8 }, 1);
	mmio_write(g, SEC2 + 0xa00, cmdq + 4);
	gp104_run_slices(g, 10);
	assert_int_equal(mmio_read(g, SEC2 + 0x100) & 0x10, 0x10);
	assert_int_equal(mmio_read(g, SEC2 + 0x008) & 0x50, 0x50);
}

/*
 * A driver clears the interrupt when it has read the queue. A command that it sends before that must
 * not be answered before that: the answer's interrupt would be cleared with the first one's.
 */
static void test_sec2_no_lost_interrupt(void **state)
{
	const uint32_t cmd[4] = { 8 | 16 << 8, 0, 0, 2 };
	struct gp104 *g = *state;
	uint32_t head, msgs;

	falcon_get(g, FALCON_SEC2)->ls_loaded = true;
	mmio_write(g, SEC2 + 0x130, 2);
	head = mmio_read(g, SEC2 + 0xa00);
	msgs = mmio_read(g, SEC2 + 0xa30);
	emem_write(g, head, cmd, 4);
	mmio_write(g, SEC2 + 0xa00, head + 16);
	gp104_run_slices(g, 10);
	assert_int_equal(mmio_read(g, SEC2 + 0xa30), msgs);
	mmio_write(g, SEC2 + 0x004, 0x40);
	assert_int_equal(mmio_read(g, SEC2 + 0x008), 0);
	gp104_run_slices(g, 10);
	assert_int_equal(mmio_read(g, SEC2 + 0xa30), msgs + 16);
	assert_int_equal(mmio_read(g, SEC2 + 0x008), 0x40);
}

/* ---- secure boot ---- */

/* Where the test puts things in VRAM. */
#define INST		0x100000u
#define PD(level)	(0x110000u + (level) * 0x1000u)
#define ACR_DATA	0x400000u	/* seen at the virtual address 0x200000 */
#define ACR_VA		0x200000u
#define SHADOW		0x800000u
#define WPR		0x840000u
#define WPR_SIZE	0x40000u

static void wr(struct gp104 *g, uint64_t addr, uint32_t val)
{
	mem_wr32(g, APER_VRAM, addr, val);
}

/* An address space with one page of 2 MiB (page table format: nouveau vmmgp100.c). */
static void build_space(struct gp104 *g)
{
	unsigned int i;

	wr(g, INST + 0x200, PD(3) | 3u << 10);
	wr(g, INST + 0x204, 0);
	wr(g, INST + 0x208, 0xffffffff);
	wr(g, INST + 0x20c, 0x1ffff);
	for (i = 3; i > 0; i--)
		wr(g, PD(i), PD(i - 1) >> 4 | 1 << 1);
	wr(g, PD(0) + 16, ACR_DATA >> 4 | 1);
}

static void build_image(struct gp104 *g, unsigned int i, uint32_t id)
{
	uint32_t hdr = SHADOW + i * 24, lsb = 0x400 + i * 0x400, img = 0x2000 + i * 0x2000;
	uint32_t bld = img + 0x1000;

	wr(g, hdr, id);
	wr(g, hdr + 4, lsb);
	wr(g, hdr + 24, 0xffffffff);
	wr(g, SHADOW + lsb + 64, 1);		/* there is a production signature */
	wr(g, SHADOW + lsb + 72, id);
	wr(g, SHADOW + lsb + 192, img);
	wr(g, SHADOW + lsb + 196, 0x400);	/* code */
	wr(g, SHADOW + lsb + 200, 0x400);	/* data */
	wr(g, SHADOW + lsb + 204, 0x180);	/* boot loader: size, place, data */
	wr(g, SHADOW + lsb + 208, 0x5c00);
	wr(g, SHADOW + lsb + 212, bld);
	wr(g, SHADOW + lsb + 216, 0x100);
	wr(g, SHADOW + img, 0xc0de0000 | id);
	wr(g, SHADOW + bld, 0xda7a0000 | id);
}

static void build_acr(struct gp104 *g)
{
	build_space(g);
	build_image(g, 0, 7);			/* SEC2 */
	build_image(g, 1, 2);			/* FECS */
	wr(g, ACR_DATA + 0x210, 1);
	wr(g, ACR_DATA + 0x21c, 2);
	wr(g, ACR_DATA + 0x220, WPR >> 8);
	wr(g, ACR_DATA + 0x224, (WPR + WPR_SIZE) >> 8);
	wr(g, ACR_DATA + 0x238, SHADOW >> 8);
}

/* The boot loader's descriptor, a bound instance block, and go. Returns mailbox 0. */
static uint32_t start_hs(struct gp104 *g, uint32_t falcon, uint32_t nxtctx)
{
	const uint32_t desc[19] = { [12] = 0x100, [14] = 0x2800, [16] = ACR_VA, [18] = 0x1000 };
	unsigned int i;

	mmio_write(g, falcon + 0x3c0, 1);
	mmio_write(g, falcon + 0x3c0, 0);
	mmio_write(g, falcon + nxtctx, BIT(30) | INST >> 12);
	mmio_write(g, falcon + 0x058, 2);
	mmio_write(g, falcon + 0x1c0, BIT(24));
	for (i = 0; i < 19; i++)
		mmio_write(g, falcon + 0x1c4, desc[i]);
	mmio_write(g, falcon + 0x040, 0xcafebeef);
	mmio_write(g, falcon + 0x104, 0xfd00);
	mmio_write(g, falcon + 0x100, 2);
	assert_int_equal(mmio_read(g, falcon + 0x100) & 0x10, 0x10);
	return mmio_read(g, falcon + 0x040);
}

static uint32_t wpr_info(struct gp104 *g, uint32_t index)
{
	mmio_write(g, 0x100cd4, index);
	return (mmio_read(g, 0x100cd4) & 0xffffff00) << 8 >> 8;
}

static void test_bind(void **state)
{
	struct gp104 *g = *state;

	mmio_write(g, SEC2 + 0x054, BIT(30) | INST >> 12);
	assert_int_equal(mmio_read(g, SEC2 + 0x008) & 8, 8);
	assert_int_equal((mmio_read(g, SEC2 + 0x0dc) >> 12) & 7, 5);
	mmio_write(g, SEC2 + 0x004, 8);
	mmio_write(g, SEC2 + 0x058, 2);
	assert_int_equal((mmio_read(g, SEC2 + 0x0dc) >> 12) & 7, 0);
	mmio_write(g, PMU + 0x480, BIT(30) | INST >> 12);
	mmio_write(g, PMU + 0x200, 0x30e);
	assert_int_equal((mmio_read(g, PMU + 0x20c) >> 12) & 7, 5);
}

static uint32_t send_bootstrap(struct gp104 *g, uint32_t id)
{
	const uint32_t cmd[4] = { 8 | 16 << 8, 0, 0, id };
	uint32_t head = mmio_read(g, SEC2 + 0xa00), msg[4];

	emem_write(g, head, cmd, 4);
	mmio_write(g, SEC2 + 0xa00, head + 16);
	gp104_run_slices(g, 10);
	take_message(g, msg, sizeof(msg));
	assert_int_equal(msg[3], id);
	return msg[2];
}

static void test_acr(void **state)
{
	struct gp104 *g = *state;
	struct falcon *fecs = falcon_get(g, FALCON_FECS);
	uint8_t init[32];

	build_acr(g);
	assert_int_equal(start_hs(g, SEC2, 0x054), 0);
	assert_int_equal(wpr_info(g, 2), WPR >> 8);
	assert_int_equal(wpr_info(g, 3), (WPR + WPR_SIZE - 0x20000) >> 8);
	assert_int_equal(mem_rd32(g, APER_VRAM, WPR + 0x2000), 0xc0de0007);

	assert_int_equal(mmio_read(g, SEC2 + 0x100) & 0x40, 0x40);
	mmio_write(g, SEC2 + 0x130, 2);
	take_message(g, init, sizeof(init));
	assert_int_equal(send_bootstrap(g, 2), 0);
	assert_true(fecs->ls_loaded);
	assert_false(fecs->running);
	assert_int_equal(*(uint32_t *)(void *)falcon_code(fecs, 0x5c00), 0xc0de0002);
	assert_int_equal(*(uint32_t *)(void *)fecs->dmem, 0xda7a0002);
	assert_int_not_equal(send_bootstrap(g, 3), 0);		/* GPCCS has no image here */
	assert_int_not_equal(send_bootstrap(g, 0xffffffff), 0);

	/* A region that the guest ruins afterwards must not hurt. */
	wr(g, WPR + 24 + 4, 0xfffffff0);
	assert_int_not_equal(send_bootstrap(g, 2), 0);

	assert_int_equal(start_hs(g, PMU, 0x480), 0x1d);
	assert_int_equal(wpr_info(g, 2), 0);
}

static void test_acr_bad(void **state)
{
	static const struct {
		uint32_t addr, val;
	} bad[] = {
		{ ACR_DATA + 0x220, 0xffffff00 }, { ACR_DATA + 0x224, 0 },
		{ ACR_DATA + 0x224, 0xffffff00 }, { ACR_DATA + 0x238, 0xfffff000 },
		{ ACR_DATA + 0x21c, 3 }, { ACR_DATA + 0x210, 0 }, { SHADOW, 0xffffffff },
		{ SHADOW + 4, 0x7fffffff }, { SHADOW + 0x400 + 64, 0 }, { SHADOW + 0x400 + 72, 9 },
		{ SHADOW + 0x400 + 192, 0xfffffff0 }, { SHADOW + 0x400 + 196, 0xffffffff },
		{ SHADOW + 0x400 + 204, 0xffffffff }, { SHADOW + 0x400 + 212, 0x3fff0 },
		{ SHADOW + 0x400 + 216, 0xffffffff }, { INST + 0x200, 0xfffff000 },
	};
	struct gp104 *g = *state;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		build_acr(g);
		wr(g, bad[i].addr, bad[i].val);
		/* The page tables are rewritten: nothing may be left of the last round. */
		mmio_write(g, 0x100cbc, 0x80000003);
		assert_int_not_equal(start_hs(g, SEC2, 0x054), 0);
		assert_int_equal(wpr_info(g, 2), 0);
		assert_int_equal(mmio_read(g, SEC2 + 0x100) & 0x40, 0);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_boot_0), T(test_intr_tree), T(test_pci_mirror), T(test_no_display),
		T(test_timer), T(test_vram_size), T(test_pramin), T(test_device_table),
		T(test_vbios), T(test_falcon_ports), T(test_falcon_irq),
		T(test_falcon_reset_by_pmc), T(test_devinit), T(test_scrubber),
		T(test_sec2_queues), T(test_sec2_no_lost_interrupt), T(test_bind), T(test_acr),
		T(test_acr_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
