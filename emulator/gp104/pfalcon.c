// SPDX-License-Identifier: MIT
/*
 * pfalcon.c - the falcons: what of them the host sees, without the processor.
 *
 * Facts: nouveau nvkm/falcon/ (gm200.c, gp102.c, v1.c, base.c), rnndb/falcon.xml for the names,
 * with NVIDIA's names (IRQSTAT, CPUCTL, ...) as in open-gpu-kernel-modules' dev_falcon_v4.h. The
 * sizes of the memories are this board's: large enough for the GP104 images.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pfalcon.h"
#include "pmc.h"
#include "ptimer.h"

#define IRQSSET		0x000
#define IRQSCLR		0x004
#define IRQSTAT		0x008
#define IRQMODE		0x00c
#define IRQMSET		0x010
#define IRQMCLR		0x014
#define IRQMASK		0x018
#define IRQDEST		0x01c
#define TIME_LOW	0x02c
#define TIME_HIGH	0x030
#define MAILBOX0	0x040
#define MAILBOX1	0x044
#define ITFEN		0x048
#define IDLESTATE	0x04c
#define CURCTX		0x050
#define NXTCTX		0x054
#define CTXACK		0x058
#define CTXSTATE	0x0dc
#define CPUCTL		0x100
#define BOOTVEC		0x104
#define HWCFG		0x108
#define DMACTL		0x10c
#define DMATRFCMD	0x118
#define HWCFG1		0x12c
#define CPUCTL_ALIAS	0x130
#define IMEMC		0x180
#define IMEMD		0x184
#define IMEMT		0x188
#define DMEMC		0x1c0
#define DMEMD		0x1c4
#define ICD_CMD		0x200
#define ICD_RDATA	0x20c
#define ENGINE		0x3c0
#define EMEMC		0xac0
#define EMEMD		0xac4

#define CPUCTL_STARTCPU	BIT(1)
#define CPUCTL_SRESET	BIT(2)
#define CPUCTL_HRESET	BIT(3)
#define CPUCTL_HALTED	BIT(4)
#define CPUCTL_ALIAS_EN	BIT(6)
#define CTX_PENDING	5	/* bind_stat() after a write of NXTCTX, nouveau falcon/gm200.c */
#define HWCFG1_VALUE	(BIT(12) | BIT(8) | 3 << 4 | 5)	/* one port each, secure boot, falcon 5 */
#define MEMC_OFFSET	0x00fffffc
#define MEMC_AINCW	BIT(24)
#define MEMC_AINCR	BIT(25)
#define IMEMC_SECURE	BIT(28)
#define SECURE_READ	0xdead5ec1	/* a secure page reads so: envytools docs/hw/falcon/vm.rst */
#define ICD_RSTAT	0xe

struct falcons {
	struct falcon f[FALCON_COUNT];
};

static const struct falcon models[FALCON_COUNT] = {
	[FALCON_PMU] = { .name = "PMU", .base = 0x10a000, .intr_bit = PMC_INTR_PMU,
		.enable_bit = PMC_ENABLE_PMU, .imem_size = 0x10000, .dmem_size = 0x10000 },
	[FALCON_SEC2] = { .name = "SEC2", .base = 0x087000, .intr_bit = PMC_INTR_SEC2,
		.enable_bit = PMC_ENABLE_SEC2, .imem_size = 0x10000, .dmem_size = 0x10000,
		.emem_size = 0x2000 },
	[FALCON_NVDEC] = { .name = "NVDEC", .base = 0x084000, .intr_bit = PMC_INTR_NVDEC,
		.enable_bit = PMC_ENABLE_NVDEC, .imem_size = 0x10000, .dmem_size = 0x10000 },
	[FALCON_FECS] = { .name = "FECS", .base = 0x409000, .intr_bit = -1,
		.enable_bit = PMC_ENABLE_PGRAPH, .imem_size = 0x8000, .dmem_size = 0x4000 },
	[FALCON_GPCCS] = { .name = "GPCCS", .base = 0x41a000, .intr_bit = -1,
		.enable_bit = PMC_ENABLE_PGRAPH, .imem_size = 0x8000, .dmem_size = 0x4000 },
};

struct falcon *falcon_get(struct gp104 *g, enum falcon_id id)
{
	return &g->falcons->f[id];
}

struct falcon *falcon_at(struct gp104 *g, uint32_t addr)
{
	unsigned int i;

	for (i = 0; i < FALCON_COUNT; i++)
		if (g->falcons->f[i].base == (addr & ~0xfffu))
			return &g->falcons->f[i];
	return NULL;
}

static void update_irq(struct gp104 *g, struct falcon *f)
{
	uint32_t host = f->irqstat & f->irqmask & f->irqdest;
	uint32_t nonstall = f->irqdest >> 16;

	if (f->intr_bit < 0)
		return;
	pmc_intr(g, (unsigned int)f->intr_bit, host & ~nonstall & 0xffff);
	pmc_intr_nonstall(g, (unsigned int)f->intr_bit, host & nonstall);
}

void falcon_raise(struct gp104 *g, struct falcon *f, uint32_t irqstat)
{
	f->irqstat |= irqstat;
	update_irq(g, f);
}

void falcon_route_host(struct gp104 *g, struct falcon *f, uint32_t irqs)
{
	f->irqmask |= irqs;
	f->irqdest = (f->irqdest | irqs) & ~(irqs << 16);
	update_irq(g, f);
}

void falcon_halt(struct gp104 *g, struct falcon *f)
{
	f->running = false;
	falcon_raise(g, f, FALCON_IRQ_HALT);
}

void falcon_bind(struct gp104 *g, struct falcon *f, uint32_t inst)
{
	f->inst = inst;
	f->ctx_state = CTX_PENDING;
	falcon_raise(g, f, FALCON_IRQ_CTXSW);
}

uint8_t *falcon_code(struct falcon *f, uint32_t vaddr)
{
	uint32_t i;

	for (i = 0; i < f->imem_size / FALCON_PAGE; i++)
		if (f->page[i].valid && f->page[i].tag == vaddr / FALCON_PAGE)
			return f->imem + i * FALCON_PAGE;
	return NULL;
}

/* Engine reset: everything is as after power-on, the memories are scrubbed. */
void falcon_reset(struct gp104 *g, struct falcon *f)
{
	uint32_t off;

	memset(f->imem, 0, f->imem_size);
	memset(f->dmem, 0, f->dmem_size);
	if (f->emem)
		memset(f->emem, 0, f->emem_size);
	memset(f->page, 0, f->imem_size / FALCON_PAGE * sizeof(*f->page));
	memset(f->imemc, 0, sizeof(f->imemc));
	memset(f->dmemc, 0, sizeof(f->dmemc));
	memset(f->ememc, 0, sizeof(f->ememc));
	memset(f->imemt, 0, sizeof(f->imemt));
	f->running = f->ls_loaded = false;
	f->bootvec = f->mailbox[0] = f->mailbox[1] = 0;
	f->irqstat = f->irqmask = f->irqdest = 0;
	f->inst = 0;
	f->ctx_state = 0;
	for (off = 0; off < ENGINE; off += 4)
		reg_put(g, f->base + off, 0);
	update_irq(g, f);
	trace(g, "pfalcon", "%s reset", f->name);
	if (f->reset)
		f->reset(g, f);
}

static void start(struct gp104 *g, struct falcon *f)
{
	trace(g, "pfalcon", "%s starts at %x%s", f->name, f->bootvec, f->ls_loaded ? " (LS)" : "");
	f->running = true;
	if (f->started)
		f->started(g, f);
	else
		unknown(g, "falcon program", "%s", f->name);
}

/* Registers */
static uint32_t zero_read(struct gp104 *g, uint32_t addr)
{
	return 0;
}

static void ignore_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
}

static void irqsset_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	falcon_raise(g, falcon_at(g, addr), val & 0xffff);
}

static void irqsclr_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	struct falcon *f = falcon_at(g, addr);

	f->irqstat &= ~val;
	update_irq(g, f);
}

static uint32_t irqstat_read(struct gp104 *g, uint32_t addr)
{
	return falcon_at(g, addr)->irqstat;
}

static void irqmset_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	struct falcon *f = falcon_at(g, addr);

	f->irqmask |= val & 0xffff;
	update_irq(g, f);
}

static void irqmclr_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	struct falcon *f = falcon_at(g, addr);

	f->irqmask &= ~val;
	update_irq(g, f);
}

static uint32_t irqmask_read(struct gp104 *g, uint32_t addr)
{
	return falcon_at(g, addr)->irqmask;
}

static uint32_t irqdest_read(struct gp104 *g, uint32_t addr)
{
	return falcon_at(g, addr)->irqdest;
}

static void irqdest_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	struct falcon *f = falcon_at(g, addr);

	f->irqdest = val;
	update_irq(g, f);
}

static uint32_t time_read(struct gp104 *g, uint32_t addr)
{
	uint64_t now = ptimer_now(g);

	return (uint32_t)((addr & 0xfff) == TIME_HIGH ? now >> 32 : now);
}

static uint32_t mailbox_read(struct gp104 *g, uint32_t addr)
{
	return falcon_at(g, addr)->mailbox[(addr & 4) / 4];
}

static void mailbox_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	falcon_at(g, addr)->mailbox[(addr & 4) / 4] = val;
}

static void nxtctx_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	reg_put(g, addr, val);
	falcon_bind(g, falcon_at(g, addr), val);
}

static void ctxack_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	struct falcon *f = falcon_at(g, addr);

	if (!(val & BIT(1)))
		return;
	f->ctx_state = 0;
	reg_put(g, f->base + CURCTX, f->inst);
}

static uint32_t ctxstate_read(struct gp104 *g, uint32_t addr)
{
	return falcon_at(g, addr)->ctx_state << 12;
}

static uint32_t cpuctl_read(struct gp104 *g, uint32_t addr)
{
	const struct falcon *f = falcon_at(g, addr);

	return (f->running ? 0 : CPUCTL_HALTED) | (f->ls_loaded ? CPUCTL_ALIAS_EN : 0);
}

static void cpuctl_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	struct falcon *f = falcon_at(g, addr);

	if (val & (CPUCTL_SRESET | CPUCTL_HRESET))
		f->running = false;
	if (val & CPUCTL_STARTCPU)
		start(g, f);
}

static uint32_t bootvec_read(struct gp104 *g, uint32_t addr)
{
	return falcon_at(g, addr)->bootvec;
}

static void bootvec_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	falcon_at(g, addr)->bootvec = val;
}

static uint32_t hwcfg_read(struct gp104 *g, uint32_t addr)
{
	const struct falcon *f = falcon_at(g, addr);

	return f->imem_size / FALCON_PAGE | f->dmem_size / FALCON_PAGE << 9;
}

static uint32_t hwcfg1_read(struct gp104 *g, uint32_t addr)
{
	return HWCFG1_VALUE;
}

static void dmatrfcmd_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	unknown(g, "falcon transfer", "%s", falcon_at(g, addr)->name);
}

/* The memory ports: a control word with the offset, and data that may step it. */
static void step(uint32_t *memc, uint32_t inc)
{
	if (*memc & inc)
		*memc = (*memc & ~MEMC_OFFSET) | ((*memc + 4) & MEMC_OFFSET);
}

static uint32_t mem_read(const uint8_t *mem, uint32_t size, uint32_t *memc)
{
	uint32_t off = *memc & MEMC_OFFSET, val = 0;

	if (off < size)
		memcpy(&val, mem + off, 4);
	step(memc, MEMC_AINCR);
	return val;
}

static bool mem_write(uint8_t *mem, uint32_t size, uint32_t *memc, uint32_t val)
{
	uint32_t off = *memc & MEMC_OFFSET;

	if (off < size)
		memcpy(mem + off, &val, 4);
	step(memc, MEMC_AINCW);
	return off < size;
}

static unsigned int imem_port(uint32_t addr)
{
	return (addr - IMEMC) / 0x10 & 3;
}

static unsigned int dmem_port(uint32_t addr)
{
	return (addr - DMEMC) / 8 & 7;
}

static uint32_t imemc_read(struct gp104 *g, uint32_t addr)
{
	return falcon_at(g, addr)->imemc[imem_port(addr)];
}

static void imemc_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	falcon_at(g, addr)->imemc[imem_port(addr)] = val;
}

static void imemt_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	falcon_at(g, addr)->imemt[imem_port(addr)] = (uint16_t)val;
}

static uint32_t imemt_read(struct gp104 *g, uint32_t addr)
{
	return falcon_at(g, addr)->imemt[imem_port(addr)];
}

static uint32_t imemd_read(struct gp104 *g, uint32_t addr)
{
	struct falcon *f = falcon_at(g, addr);
	uint32_t *memc = &f->imemc[imem_port(addr)];
	uint32_t off = *memc & MEMC_OFFSET;
	uint32_t val = mem_read(f->imem, f->imem_size, memc);

	return off < f->imem_size && f->page[off / FALCON_PAGE].secure ? SECURE_READ : val;
}

/* The first word of a page takes the tag register with it. */
static void imemd_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	struct falcon *f = falcon_at(g, addr);
	unsigned int port = imem_port(addr);
	uint32_t memc = f->imemc[port], off = memc & MEMC_OFFSET;
	struct falcon_page *page;

	if (!mem_write(f->imem, f->imem_size, &f->imemc[port], val)) {
		guest_error(g, "pfalcon", "%s IMEM has no offset %x", f->name, off);
		return;
	}
	page = &f->page[off / FALCON_PAGE];
	page->secure = memc & IMEMC_SECURE;
	page->valid = true;
	page->tag = f->imemt[port];
}

static uint32_t dmemc_read(struct gp104 *g, uint32_t addr)
{
	return falcon_at(g, addr)->dmemc[dmem_port(addr)];
}

static void dmemc_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	falcon_at(g, addr)->dmemc[dmem_port(addr)] = val;
}

static uint32_t dmemd_read(struct gp104 *g, uint32_t addr)
{
	struct falcon *f = falcon_at(g, addr);

	return mem_read(f->dmem, f->dmem_size, &f->dmemc[dmem_port(addr)]);
}

static void dmemd_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	struct falcon *f = falcon_at(g, addr);

	mem_write(f->dmem, f->dmem_size, &f->dmemc[dmem_port(addr)], val);
}

static unsigned int emem_port(uint32_t addr)
{
	return (addr - EMEMC) / 8 & 7;
}

uint32_t falcon_ememc_read(struct gp104 *g, uint32_t addr)
{
	return falcon_at(g, addr)->ememc[emem_port(addr)];
}

void falcon_ememc_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	falcon_at(g, addr)->ememc[emem_port(addr)] = val;
}

uint32_t falcon_ememd_read(struct gp104 *g, uint32_t addr)
{
	struct falcon *f = falcon_at(g, addr);

	return mem_read(f->emem, f->emem_size, &f->ememc[emem_port(addr)]);
}

void falcon_ememd_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	struct falcon *f = falcon_at(g, addr);

	mem_write(f->emem, f->emem_size, &f->ememc[emem_port(addr)], val);
}

/* The debugger's window: of its commands, only the one that reads the state of the binding. */
static void icd_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	struct falcon *f = falcon_at(g, addr);

	reg_put(g, addr, val);
	if ((val & 0xf) == ICD_RSTAT && ((val >> 8) & 0xf) == 3)
		reg_put(g, f->base + ICD_RDATA, f->ctx_state << 12);
	else
		unknown(g, "falcon debug command", "%x", val & 0xf);
}

static void engine_write(struct gp104 *g, uint32_t addr, uint32_t val)
{
	uint32_t was = reg_get(g, addr);

	reg_put(g, addr, val & 1);
	if ((val & 1) && !(was & 1))
		falcon_reset(g, falcon_at(g, addr));
}

#define FALCON_REGS(base, name) \
	{ base + IRQSSET, name ".IRQSSET", .read = zero_read, .write = irqsset_write }, \
	{ base + IRQSCLR, name ".IRQSCLR", .read = zero_read, .write = irqsclr_write }, \
	{ base + IRQSTAT, name ".IRQSTAT", .read = irqstat_read, .write = ignore_write }, \
	{ base + IRQMODE, name ".IRQMODE" }, \
	{ base + IRQMSET, name ".IRQMSET", .read = irqmask_read, .write = irqmset_write }, \
	{ base + IRQMCLR, name ".IRQMCLR", .read = zero_read, .write = irqmclr_write }, \
	{ base + IRQMASK, name ".IRQMASK", .read = irqmask_read, .write = ignore_write }, \
	{ base + IRQDEST, name ".IRQDEST", .read = irqdest_read, .write = irqdest_write }, \
	{ base + 0x020, name ".PERIODIC", .count = 3 }, \
	{ base + TIME_LOW, name ".TIME", .count = 2, .read = time_read, .write = ignore_write }, \
	{ base + 0x034, name ".WATCHDOG", .count = 2 }, \
	{ base + MAILBOX0, name ".MAILBOX", .count = 2, .read = mailbox_read, \
	  .write = mailbox_write }, \
	{ base + ITFEN, name ".ITFEN" }, \
	{ base + IDLESTATE, name ".IDLESTATE", REG_RO }, \
	{ base + CURCTX, name ".CURCTX" }, \
	{ base + NXTCTX, name ".NXTCTX", .write = nxtctx_write }, \
	{ base + CTXACK, name ".CTXACK", .read = zero_read, .write = ctxack_write }, \
	{ base + 0x080, name ".SCRATCH", .count = 2 }, \
	{ base + 0x090, name ".UNK090" }, \
	{ base + 0x0a4, name ".ENGCTL" }, \
	{ base + CTXSTATE, name ".CTXSTATE", .read = ctxstate_read, .write = ignore_write }, \
	{ base + CPUCTL, name ".CPUCTL", .read = cpuctl_read, .write = cpuctl_write }, \
	{ base + BOOTVEC, name ".BOOTVEC", .read = bootvec_read, .write = bootvec_write }, \
	{ base + HWCFG, name ".HWCFG", .read = hwcfg_read, .write = ignore_write }, \
	{ base + DMACTL, name ".DMACTL", .mask = 1 }, \
	{ base + 0x110, name ".DMATRFBASE", .count = 2 }, \
	{ base + DMATRFCMD, name ".DMATRFCMD", .read = zero_read, .write = dmatrfcmd_write }, \
	{ base + 0x11c, name ".DMATRFFBOFFS", .count = 2 }, \
	{ base + 0x128, name ".HALTSTATE", REG_RO }, \
	{ base + HWCFG1, name ".HWCFG1", .read = hwcfg1_read, .write = ignore_write }, \
	{ base + CPUCTL_ALIAS, name ".CPUCTL_ALIAS", .read = cpuctl_read, .write = cpuctl_write }, \
	{ base + 0x148, name ".TRACEIDX" }, \
	{ base + 0x14c, name ".TRACEPC", REG_RO }, \
	{ base + IMEMC, name ".IMEMC", .count = 4, .stride = 0x10, .read = imemc_read, \
	  .write = imemc_write }, \
	{ base + IMEMD, name ".IMEMD", .count = 4, .stride = 0x10, .read = imemd_read, \
	  .write = imemd_write }, \
	{ base + IMEMT, name ".IMEMT", .count = 4, .stride = 0x10, .read = imemt_read, \
	  .write = imemt_write }, \
	{ base + DMEMC, name ".DMEMC", .count = 8, .stride = 8, .read = dmemc_read, \
	  .write = dmemc_write }, \
	{ base + DMEMD, name ".DMEMD", .count = 8, .stride = 8, .read = dmemd_read, \
	  .write = dmemd_write }, \
	{ base + ICD_CMD, name ".ICD_CMD", .write = icd_write }, \
	{ base + 0x204, name ".ICD_ADDR", .count = 2 }, \
	{ base + ICD_RDATA, name ".ICD_RDATA" }, \
	{ base + 0x240, name ".SCTL", REG_RO }

static const struct reg regs[] = {
	FALCON_REGS(0x10a000, "PPWR.FALCON"),
	{ 0x10a000 + ENGINE, "PPWR.FALCON.ENGINE", .write = engine_write },
	FALCON_REGS(0x087000, "PSEC2.FALCON"),
	{ 0x087000 + ENGINE, "PSEC2.FALCON.ENGINE", .write = engine_write },
	FALCON_REGS(0x084000, "PNVDEC.FALCON"),
	FALCON_REGS(0x409000, "PGRAPH.FECS.FALCON"),
	FALCON_REGS(0x41a000, "PGRAPH.GPCS.GPCCS.FALCON"),
};

static void reset_by_enable(struct gp104 *g, unsigned int bit)
{
	unsigned int i;

	for (i = 0; i < FALCON_COUNT; i++)
		if (g->falcons->f[i].enable_bit == bit)
			falcon_reset(g, &g->falcons->f[i]);
}

static void reset_pmu(struct gp104 *g)
{
	reset_by_enable(g, PMC_ENABLE_PMU);
}

static void reset_sec2(struct gp104 *g)
{
	reset_by_enable(g, PMC_ENABLE_SEC2);
}

static void reset_nvdec(struct gp104 *g)
{
	reset_by_enable(g, PMC_ENABLE_NVDEC);
}

static void reset_graph(struct gp104 *g)
{
	reset_by_enable(g, PMC_ENABLE_PGRAPH);
}

static int alloc(struct falcon *f)
{
	f->imem = calloc(1, f->imem_size);
	f->dmem = calloc(1, f->dmem_size);
	f->page = calloc(f->imem_size / FALCON_PAGE, sizeof(*f->page));
	if (f->emem_size)
		f->emem = calloc(1, f->emem_size);
	return f->imem && f->dmem && f->page && (f->emem || !f->emem_size) ? 0 : -ENOMEM;
}

static int pfalcon_init(struct gp104 *g)
{
	unsigned int i;

	g->falcons = calloc(1, sizeof(*g->falcons));
	if (!g->falcons)
		return -ENOMEM;
	for (i = 0; i < FALCON_COUNT; i++) {
		g->falcons->f[i] = models[i];
		if (alloc(&g->falcons->f[i]))
			return -ENOMEM;
	}
	pmc_add_reset(g, PMC_ENABLE_PMU, reset_pmu);
	pmc_add_reset(g, PMC_ENABLE_SEC2, reset_sec2);
	pmc_add_reset(g, PMC_ENABLE_NVDEC, reset_nvdec);
	pmc_add_reset(g, PMC_ENABLE_PGRAPH, reset_graph);
	return 0;
}

static void pfalcon_fini(struct gp104 *g)
{
	unsigned int i;

	if (!g->falcons)
		return;
	for (i = 0; i < FALCON_COUNT; i++) {
		free(g->falcons->f[i].imem);
		free(g->falcons->f[i].dmem);
		free(g->falcons->f[i].emem);
		free(g->falcons->f[i].page);
	}
	free(g->falcons);
}

static void pfalcon_reset(struct gp104 *g)
{
	unsigned int i;

	for (i = 0; i < FALCON_COUNT; i++)
		falcon_reset(g, &g->falcons->f[i]);
}

const struct unit pfalcon_unit = {
	.name = "pfalcon",
	.regs = regs,
	.nregs = ARRAY_SIZE(regs),
	.init = pfalcon_init,
	.fini = pfalcon_fini,
	.reset = pfalcon_reset,
};
