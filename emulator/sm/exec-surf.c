// SPDX-License-Identifier: MIT
/*
 * Surfaces: loads, stores and atomics on images by integer coordinates. The handle is the number
 * of a texture header (Mesa nvc0_tex.c gm107_create_image_handle); operands as
 * nv50_ir_emit_gm107.cpp has them. What is out of bounds reads zero and is not written.
 */
#include "image.h"

struct place {
	uint64_t va;
	bool inside;
};

static unsigned int coords(const struct sm_insn *in)
{
	switch (in->dim) {
	case SM_DIM_1D:
	case SM_DIM_BUFFER:
		return 1;
	case SM_DIM_2D:
	case SM_DIM_1D_ARRAY:
		return 2;
	default:
		return 3;
	}
}

/* where a lane's texel is; "bytes" are accessed there */
static enum step locate(struct warp *w, const struct insn *i, int l, const struct image *image,
			unsigned int bytes, struct place *p)
{
	unsigned int n = coords(&i->in), reg = i->in.src[0].reg;
	uint32_t c[3] = { 0 }, in_texel = 0;
	bool flat = i->in.dim == SM_DIM_1D_ARRAY;

	for (unsigned int k = 0; k < n && reg != SM_RZ; k++)
		c[k] = row(w, ROW_R0 + reg + k)[l];
	if (flat) {
		c[2] = c[1];
		c[1] = 0;
	}
	if (i->in.ba) {
		in_texel = c[0] % image->format->bytes;
		c[0] /= image->format->bytes;
	}
	p->inside = c[0] < image->width && c[1] < image->height && c[2] < image->depth &&
		    in_texel + bytes <= image->format->bytes;
	if (!p->inside && i->in.clamp == SM_SU_TRAP)
		return warp_trap(w, SM_TRAP_OOR_ADDR, c[0], "%s: (%u, %u, %u) is out of bounds",
				 sm_op_name(i->in.op), c[0], c[1], c[2]);
	if (!p->inside)
		return STEP_NEXT;
	p->va = image_address(image, c[0], c[1], c[2]) + in_texel;
	if (p->va & ((bytes == 12 ? 4 : bytes) - 1))
		return warp_trap(w, SM_TRAP_MISALIGNED_ADDR, p->va, "%s of %u bytes",
				 sm_op_name(i->in.op), bytes);
	return STEP_NEXT;
}

static uint32_t handle_of(struct warp *w, const struct insn *i, int l)
{
	return i->in.src[2].kind == SM_SRC_REG ? row(w, reg_row(i->in.src[2].reg))[l] : 0;
}

/*
 * Images and places of all lanes, host pointers in w->ptr. A lane that is outside drops out of
 * *mask. The image of every lane is kept in image[]: lanes may have handles of their own.
 */
static enum step prepare(struct warp *w, const struct insn *i, uint32_t *mask,
			 enum sm_access access, struct image *image)
{
	uint32_t last = 0, inside = 0;
	int first = -1;

	for (uint32_t m = *mask; m; m &= m - 1) {
		int l = __builtin_ctz(m);
		uint32_t handle = handle_of(w, i, l);
		struct place p = { 0 };
		enum step step = STEP_NEXT;
		unsigned int bytes;

		if (!i->in.bindless)
			step = lsu_cbuf(w, w->grid->tex_cbuf, i->in.tid * 4, &handle);
		if (step == STEP_NEXT && (first < 0 || handle != last))
			step = image_read(w, handle, &image[l]);
		else if (first >= 0)
			image[l] = image[first];
		if (step != STEP_NEXT)
			return step;
		first = l;
		last = handle;
		bytes = i->in.raw ? type_bytes(i->in.dtype) : image[l].format->bytes;
		step = locate(w, i, l, &image[l], bytes, &p);
		if (step != STEP_NEXT)
			return step;
		w->addr[l] = p.va;
		inside |= p.inside ? lane_bit[l] : 0;
	}
	*mask = inside;
	return lsu_pages(w, inside, access, SM_UNIT_TEX);
}

/* the texel may go on on the next page (formats of 12 bytes): such ones are refused */
static enum step across(struct warp *w, const struct insn *i, uint32_t mask,
			const struct image *image)
{
	for (; mask; mask &= mask - 1) {
		int l = __builtin_ctz(mask);

		if (image[l].format->bytes == 12)
			return warp_trap(w, SM_TRAP_ILLEGAL_PARAM, w->addr[l],
					 "%s on a format of 12 bytes is not supported",
					 sm_op_name(i->in.op));
	}
	return STEP_NEXT;
}

static enum step exec_suld(struct warp *w, const struct insn *i, uint32_t mask)
{
	struct image image[LANES];
	uint32_t inside = mask;
	enum step step = prepare(w, i, &inside, SM_READ, image);

	if (step == STEP_NEXT)
		step = across(w, i, inside, image);
	if (step != STEP_NEXT)
		return step;
	for (uint32_t m = mask; m; m &= m - 1) {
		int l = __builtin_ctz(m);
		uint32_t v[4] = { 0 };
		unsigned int n = 0, bytes = type_bytes(i->in.dtype);

		if (i->in.raw) {
			if (inside & lane_bit[l])
				memcpy(v, w->ptr[l], bytes);
			if (i->in.dtype == SM_S8)
				v[0] = (int8_t)v[0];
			if (i->in.dtype == SM_S16)
				v[0] = (int16_t)v[0];
			for (; n < (bytes + 3) / 4 && i->in.dst != SM_RZ; n++)
				row(w, ROW_R0 + i->in.dst + n)[l] = v[n];
			continue;
		}
		if (inside & lane_bit[l]) {
			uint32_t rgba[4];

			image_unpack(&image[l], w->ptr[l], rgba);
			image_swizzle(&image[l], rgba, v);
		}
		for (int c = 0; c < 4; c++)
			if (i->in.mask >> c & 1 && i->in.dst != SM_RZ)
				row(w, ROW_R0 + i->in.dst + n++)[l] = v[c];
	}
	return STEP_NEXT;
}

static enum step exec_sust(struct warp *w, const struct insn *i, uint32_t mask)
{
	struct image image[LANES];
	enum step step = prepare(w, i, &mask, SM_WRITE, image);

	if (step == STEP_NEXT)
		step = across(w, i, mask, image);
	if (step != STEP_NEXT)
		return step;
	for (; mask; mask &= mask - 1) {
		int l = __builtin_ctz(mask);
		unsigned int n = 0, reg = i->in.src[1].reg;
		uint32_t v[4] = { 0 };

		for (int c = 0; c < 4; c++)
			if ((i->in.raw ? (unsigned int)c * 4 < type_bytes(i->in.dtype) :
					 i->in.mask >> c & 1) && reg != SM_RZ)
				v[c] = row(w, ROW_R0 + reg + n++)[l];
		if (i->in.raw)
			memcpy(w->ptr[l], v, type_bytes(i->in.dtype));
		else
			image_pack(&image[l], v, w->ptr[l]);
	}
	return STEP_NEXT;
}

static enum step exec_suatom(struct warp *w, const struct insn *i, uint32_t mask)
{
	struct image image[LANES];
	uint32_t inside = mask;
	bool two = type_bytes(i->in.dtype) == 8;
	const uint32_t *v = row(w, reg_row(i->in.src[1].reg));
	enum step step = prepare(w, i, &inside, SM_ATOMIC, image);

	if (step != STEP_NEXT)
		return step;
	for (uint32_t m = mask; m; m &= m - 1) {
		int l = __builtin_ctz(m);
		uint64_t old = 0;

		if (inside & lane_bit[l] && two)
			old = V(atom64)(i, w->ptr[l], (uint64_t)v[LANES + l] << 32 | v[l],
					i->in.atom == SM_ATOM_CAS ?
					(uint64_t)v[3 * LANES + l] << 32 | v[2 * LANES + l] : 0);
		else if (inside & lane_bit[l])
			old = V(atom32)(i, w->ptr[l], v[l],
					i->in.atom == SM_ATOM_CAS ? v[LANES + l] : 0);
		if (i->in.op == SM_OP_SURED || i->in.dst == SM_RZ)
			continue;
		row(w, ROW_R0 + i->in.dst)[l] = old;
		if (two)
			row(w, ROW_R0 + i->in.dst + 1)[l] = old >> 32;
	}
	return STEP_NEXT;
}

static void reach(struct insn *i, unsigned int reg, unsigned int n)
{
	if (reg != SM_RZ && n && reg + n > i->regs)
		i->regs = reg + n;
}

static bool lower_suatom(struct insn *i)
{
	unsigned int words = type_bytes(i->in.dtype) / 4;

	switch (i->in.dtype) {
	case SM_U32:
	case SM_S32:
	case SM_U64:
	case SM_S64:
	case SM_F32:
		break;
	default:
		return lower_refuse(i, "type");
	}
	if (i->in.atom > SM_ATOM_CAS || i->in.atom == SM_ATOM_SAFEADD)
		return lower_refuse(i, "operation");
	if (i->in.src[1].reg == SM_RZ)
		return lower_refuse(i, "operand RZ");
	i->in.raw = true;
	i->exec = exec_suatom;
	reach(i, i->in.src[1].reg, i->in.atom == SM_ATOM_CAS ? 2 * words : words);
	reach(i, i->in.op == SM_OP_SURED ? SM_RZ : i->in.dst, words);
	return true;
}

bool V(lower_surf)(struct insn *i)
{
	const struct sm_insn *in = &i->in;
	unsigned int words;

	if (in->op != SM_OP_SULD && in->op != SM_OP_SUST && in->op != SM_OP_SURED &&
	    in->op != SM_OP_SUATOM)
		return false;
	if (in->clamp == SM_SU_NEAR)
		return lower_refuse(i, "clamping to the nearest texel");
	words = in->raw ? (type_bytes(in->dtype) + 3) / 4 : __builtin_popcount(in->mask & 15);
	reach(i, in->src[0].reg, coords(in));
	if (in->src[2].kind == SM_SRC_REG)
		reach(i, in->src[2].reg, 1);
	switch (in->op) {
	case SM_OP_SULD:
		i->exec = exec_suld;
		reach(i, in->dst, words);
		return true;
	case SM_OP_SUST:
		i->exec = exec_sust;
		reach(i, in->src[1].reg, words);
		return true;
	default:
		return lower_suatom(i);
	}
}
