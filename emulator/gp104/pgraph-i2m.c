// SPDX-License-Identifier: MIT
/*
 * pgraph-i2m.c - inline to memory: data in the push buffer goes to memory.
 *
 * The methods of class a140 (cla140.h, NVIDIA open-gpu-doc); the 3D and the compute class have the
 * same ones at the same addresses. Mesa: nve4_p2mf_push_linear() and nve4_compute.c.
 */
#include "pgraph.h"
#include "pmc.h"

#define LINE_LENGTH_IN	0x0180
#define LINE_COUNT	0x0184
#define OFFSET_OUT	0x0188
#define PITCH_OUT	0x0190
#define DST_BLOCK_SIZE	0x0194
#define DST_WIDTH	0x0198
#define DST_HEIGHT	0x019c
#define DST_DEPTH	0x01a0
#define DST_LAYER	0x01a4
#define DST_ORIGIN_X	0x01a8
#define DST_ORIGIN_Y	0x01ac
#define LAUNCH_DMA	0x01b0
#define LOAD_INLINE	0x01b4
#define SEMAPHORE	0x01dc
#define SEMAPHORE_DATA	0x01e4

/* LAUNCH_DMA */
#define LAYOUT_PITCH		BIT(0)
#define REDUCTION_ENABLE	BIT(1)
#define COMPLETION(d)		((d) >> 4 & 3)
#define COMPLETION_SEMAPHORE	2
#define INTERRUPT(d)		((d) >> 8 & 3)
#define SEMAPHORE_ONE_WORD	BIT(12)

/* NV_PGRAPH_PRI_MEMFMT_HWW_ESR (nouveau gf100_m2mf_error). */
#define M2MF_ESR		0x404600
#define M2MF_TOO_MUCH_DATA	0x1
#define M2MF_NOT_ENOUGH_DATA	0x2

bool gr_i2m_owns(uint32_t mthd)
{
	return mthd == LAUNCH_DMA || mthd == LOAD_INLINE;
}

/* The last word has gone out. */
static enum fifo_result complete(struct gp104 *g, enum gr_class c)
{
	struct pgraph *p = g->pgraph;
	const uint32_t *m = gr_state(p, c);
	uint32_t launch = m[LAUNCH_DMA / 4];
	enum mmu_result r = MMU_OK;

	if (launch & REDUCTION_ENABLE)
		unknown(g, "method", "%s LAUNCH_DMA reduction", gr_class_name(c));
	if (COMPLETION(launch) == COMPLETION_SEMAPHORE)
		r = pfifo_sem_release(g, &p->mmu, gr_addr(m, SEMAPHORE), m[SEMAPHORE_DATA / 4],
				      !(launch & SEMAPHORE_ONE_WORD), &gr_client_fe);
	if (INTERRUPT(launch) == 1)
		pfifo_intr(g, PFIFO_INTR_NONSTALL);
	return gr_mem_result(g, r);
}

static uint64_t payload_bytes(const uint32_t *m)
{
	return (uint64_t)m[LINE_LENGTH_IN / 4] * m[LINE_COUNT / 4];
}

static enum fifo_result start(struct gp104 *g, enum gr_class c)
{
	const uint32_t *m = gr_state(g->pgraph, c);
	struct i2m_state *s = &g->pgraph->ctx->i2m[c];
	uint64_t words = (payload_bytes(m) + 3) / 4;

	/* The transfer before wanted more: it stays as it is, and the new one begins. */
	if (s->active)
		gr_trap(g, GR_TRAP_M2MF, M2MF_ESR, M2MF_NOT_ENOUGH_DATA);
	s->active = 0;
	if (words > UINT32_MAX)
		return gr_data_error(g, GR_DATA_INVALID_VALUE);
	if (!words)
		return complete(g, c);
	s->active = 1;
	s->word = 0;
	s->words = (uint32_t)words;
	return FIFO_DONE;
}

static uint64_t address(const uint32_t *m, uint64_t pos)
{
	uint32_t length = m[LINE_LENGTH_IN / 4];
	uint32_t line = (uint32_t)(pos / length), col = (uint32_t)(pos % length);
	uint64_t base = gr_addr(m, OFFSET_OUT);
	struct gr_surface s = {
		.pitch = m[DST_WIDTH / 4],
		.height = m[DST_HEIGHT / 4],
		.depth = m[DST_DEPTH / 4],
		.block_h = m[DST_BLOCK_SIZE / 4] >> 4 & 0xf,
		.block_d = m[DST_BLOCK_SIZE / 4] >> 8 & 0xf,
		.layer = m[DST_LAYER / 4],
	};

	if (m[LAUNCH_DMA / 4] & LAYOUT_PITCH)
		return base + (uint64_t)line * m[PITCH_OUT / 4] + col;
	return base + gr_surface_offset(&s, m[DST_ORIGIN_X / 4] + col, m[DST_ORIGIN_Y / 4] + line);
}

static enum fifo_result load(struct gp104 *g, enum gr_class c, uint32_t data)
{
	struct pgraph *p = g->pgraph;
	const uint32_t *m = gr_state(p, c);
	struct i2m_state *s = &p->ctx->i2m[c];
	uint64_t pos = (uint64_t)s->word * 4, bytes = payload_bytes(m);
	uint32_t length = m[LINE_LENGTH_IN / 4];
	enum mmu_result r = MMU_OK;
	unsigned int n;

	if (!s->active) {
		gr_trap(g, GR_TRAP_M2MF, M2MF_ESR, M2MF_TOO_MUCH_DATA);
		return FIFO_DONE;
	}
	n = bytes > pos && bytes - pos < 4 ? (unsigned int)(bytes - pos) : 4;
	if (!length || bytes <= pos) {
		s->active = 0;	/* the guest has changed the sizes in the middle */
		return gr_data_error(g, GR_DATA_INVALID_OPERATION);
	}
	/* one write when the word stays in its line and its GOB's 16-byte sector */
	if ((m[LAUNCH_DMA / 4] & LAYOUT_PITCH) && pos % length + n <= length) {
		r = pmmu_write(g, &p->mmu, address(m, pos), &data, n, &gr_client_fe);
	} else {
		for (unsigned int i = 0; i < n && r == MMU_OK; i++) {
			uint8_t byte = (uint8_t)(data >> (8 * i));

			r = pmmu_write(g, &p->mmu, address(m, pos + i), &byte, 1, &gr_client_fe);
		}
	}
	if (r != MMU_OK)
		return gr_mem_result(g, r);
	g->stats.inline_bytes += n;
	if (++s->word < s->words)
		return FIFO_DONE;
	s->active = 0;
	return complete(g, c);
}

enum fifo_result gr_i2m_method(struct gp104 *g, enum gr_class c, uint32_t mthd, uint32_t data)
{
	return mthd == LAUNCH_DMA ? start(g, c) : load(g, c, data);
}
