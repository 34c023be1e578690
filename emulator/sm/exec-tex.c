// SPDX-License-Identifier: MIT
/*
 * Texture reads: TEX, TEXS, TLD, TLDS, TLD4, TLD4S, TXQ. The first level only: OpenCL has no
 * mipmaps in its core.
 *
 * Where the operands are: Mesa nv50_ir_lowering_nvc0.cpp handleTEX ("Maxwell (tex)") and
 * nv50_ir_ra.cpp texConstraintGM107, handleScalarTexGM107: array layer and coordinates in the first
 * vector of registers; handle, level, offsets, reference value in the second.
 */
#include <math.h>

#include "fp.h"
#include "image.h"

struct tex_args {
	bool array;
	unsigned int dims;
	uint32_t coord[3], layer, handle;
	uint32_t lod, offset;
};

/* consecutive registers of up to two vectors, in order */
struct operands {
	struct warp *w;
	unsigned int reg[2], left;	/* left: of the first vector */
	unsigned int vector;
};

static uint32_t take(struct operands *o, int l)
{
	uint32_t v;

	if (!o->vector && !o->left)
		o->vector = 1;
	v = o->reg[o->vector] == SM_RZ ? 0 : row(o->w, reg_row(o->reg[o->vector]++))[l];
	if (!o->vector)
		o->left--;
	return v;
}

static bool is_scalar(const struct sm_insn *in)
{
	return in->op == SM_OP_TEXS || in->op == SM_OP_TLDS || in->op == SM_OP_TLD4S;
}

static bool is_fetch(const struct sm_insn *in)
{
	return in->op == SM_OP_TLD || in->op == SM_OP_TLDS;
}

static bool is_gather(const struct sm_insn *in)
{
	return in->op == SM_OP_TLD4 || in->op == SM_OP_TLD4S;
}

static unsigned int dims(const struct sm_insn *in)
{
	if (in->op == SM_OP_TLD4S)
		return 2;
	switch (in->dim) {
	case SM_DIM_1D:
		return 1;
	case SM_DIM_2D:
		return 2;
	default:
		return 3;
	}
}

static bool has_lod(const struct sm_insn *in)
{
	return in->lod == SM_LOD_LL || in->lod == SM_LOD_LB || in->lod == SM_LOD_LLA ||
	       in->lod == SM_LOD_LBA;
}

static unsigned int scalar_sources(const struct sm_insn *in)
{
	return dims(in) + in->array + has_lod(in) + in->aoffi + in->dc;
}

static void arguments(struct warp *w, const struct insn *i, int l, struct tex_args *args)
{
	const struct sm_insn *in = &i->in;
	struct operands o = { .w = w, .reg = { in->src[0].reg, in->src[1].reg } };

	memset(args, 0, sizeof(*args));
	args->dims = dims(in);
	args->array = in->array && in->op != SM_OP_TLD4S;
	o.left = args->dims + args->array;
	if (is_scalar(in))
		o.left = scalar_sources(in) > 2 ? 2 : 1;
	if (in->op == SM_OP_TLDS && in->array)
		o.left = 1;	/* the layer alone */
	if (args->array)
		args->layer = take(&o, l);
	for (unsigned int n = 0; n < args->dims; n++)
		args->coord[n] = take(&o, l);
	if (!is_scalar(in))
		o.vector = 1;
	if (in->bindless)
		args->handle = take(&o, l);
	if (has_lod(in))
		args->lod = take(&o, l);
	if (in->aoffi)
		args->offset = take(&o, l);
}

/* offsets of 4 bits each, as TEX and TLD take them; TLD4 has bytes */
static int offset_of(const struct sm_insn *in, uint32_t packed, int n)
{
	if (!in->aoffi)
		return 0;
	if (is_gather(in))
		return (int8_t)(packed >> 8 * n) << 26 >> 26;
	return (int32_t)(packed << (28 - 4 * n)) >> 28;
}

/* an index as the sampler's mode makes it; false: the border */
static bool wrap(unsigned int mode, int64_t v, uint32_t size, uint32_t *out)
{
	int64_t s = size;

	switch (mode) {
	case WRAP_REPEAT:
		v %= s;
		v += v < 0 ? s : 0;
		break;
	case WRAP_MIRROR:
		v %= 2 * s;
		v += v < 0 ? 2 * s : 0;
		v = v < s ? v : 2 * s - 1 - v;
		break;
	case WRAP_MIRROR_EDGE:
	case WRAP_MIRROR_BORDER:
	case WRAP_MIRROR_CLAMP:
		v = v < 0 ? -1 - v : v;
		if (mode == WRAP_MIRROR_BORDER && v >= s)
			return false;
		v = v < s ? v : s - 1;
		break;
	case WRAP_BORDER:
		if (v < 0 || v >= s)
			return false;
		break;
	default:
		v = v < 0 ? 0 : v < s ? v : s - 1;
		break;
	}
	*out = v;
	return true;
}

struct fetch {
	struct warp *w;
	const struct image *image;
	const struct sampler *sampler;
	enum lsu worst;		/* the worst that a translation answered */
};

static void texel(struct fetch *f, const int64_t v[3], uint32_t layer, uint32_t out[4])
{
	const struct image *image = f->image;
	const uint32_t size[3] = { image->width, image->height, image->depth };
	bool volume = image->type == IMAGE_3D, inside = true;
	unsigned int count = volume ? 3 : image->height > 1 ? 2 : 1;
	uint32_t at[3] = { 0, 0, layer }, rgba[4] = { 0 };
	uint8_t raw[16];
	enum lsu r;

	for (unsigned int n = 0; n < count; n++) {
		unsigned int mode = f->sampler ? f->sampler->wrap[n] : WRAP_BORDER;

		inside &= wrap(mode, v[n], size[n], &at[n]);
	}
	if (!inside) {
		if (f->sampler)
			memcpy(rgba, f->sampler->border, 16);
		memcpy(out, rgba, 16);
		return;
	}
	r = image_load(f->w, image, image_address(image, at[0], at[1], at[2]), raw);
	if (r > f->worst)
		f->worst = r;
	if (r != LSU_OK)
		return;
	image_unpack(image, raw, rgba);
	image_swizzle(image, rgba, out);
}

/* coordinate in texels */
static float scaled(const struct fetch *f, uint32_t coord, uint32_t size)
{
	float v = as_f32(coord);
	bool normalized = f->image->normalized && !(f->sampler && f->sampler->unnormalized);

	v = normalized ? v * size : v;
	return v == v ? fminf(fmaxf(v, -16777216.0f), 16777216.0f) : 0;
}

static uint32_t layer_of(const struct fetch *f, const struct tex_args *args)
{
	if (!args->array)
		return 0;
	return args->layer < f->image->depth ? args->layer : f->image->depth - 1;
}

/* weights have 8 bits of fraction (CUDA C Programming Guide, "Linear Filtering") */
static void sample_linear(struct fetch *f, const struct insn *i, const struct tex_args *args,
			  uint32_t out[4])
{
	const uint32_t size[3] = { f->image->width, f->image->height, f->image->depth };
	int64_t base[3] = { 0 };
	float weight[3] = { 0 }, sum[4] = { 0 };

	for (unsigned int n = 0; n < args->dims; n++) {
		float v = scaled(f, args->coord[n], size[n]) - 0.5f;

		base[n] = (int64_t)floorf(v);
		weight[n] = rintf((v - floorf(v)) * 256) / 256;
		base[n] += offset_of(&i->in, args->offset, n);
	}
	for (unsigned int k = 0; k < 1u << args->dims; k++) {
		int64_t at[3];
		uint32_t t[4] = { 0 };
		float share = 1;

		for (int n = 0; n < 3; n++) {
			at[n] = base[n] + (k >> n & 1);
			if ((unsigned int)n < args->dims)
				share *= k >> n & 1 ? weight[n] : 1 - weight[n];
		}
		if (share == 0)
			continue;
		texel(f, at, layer_of(f, args), t);
		for (int n = 0; n < 4; n++)
			sum[n] += share * as_f32(t[n]);
	}
	for (int n = 0; n < 4; n++)
		out[n] = as_u32(sum[n]);
}

static void sample_nearest(struct fetch *f, const struct insn *i, const struct tex_args *args,
			   uint32_t out[4])
{
	const uint32_t size[3] = { f->image->width, f->image->height, f->image->depth };
	int64_t at[3] = { 0 };

	for (unsigned int n = 0; n < args->dims; n++)
		at[n] = (int64_t)floorf(scaled(f, args->coord[n], size[n])) +
			offset_of(&i->in, args->offset, n);
	texel(f, at, layer_of(f, args), out);
}

/* one component of the four texels that a linear filter would weigh: (0,1) (1,1) (1,0) (0,0) */
static void sample_gather(struct fetch *f, const struct insn *i, const struct tex_args *args,
			  uint32_t out[4])
{
	static const uint8_t dx[] = { 0, 1, 1, 0 }, dy[] = { 1, 1, 0, 0 };
	int64_t x, y;

	x = (int64_t)floorf(scaled(f, args->coord[0], f->image->width) - 0.5f);
	y = (int64_t)floorf(scaled(f, args->coord[1], f->image->height) - 0.5f);
	x += offset_of(&i->in, args->offset, 0);
	y += offset_of(&i->in, args->offset, 1);
	for (int n = 0; n < 4; n++) {
		int64_t at[3] = { x + dx[n], y + dy[n], 0 };
		uint32_t t[4] = { 0 };

		texel(f, at, layer_of(f, args), t);
		out[n] = t[i->in.comp & 3];
	}
}

/* integer coordinates; what is outside of the image, or of the levels, is zero */
static void fetch_texel(struct fetch *f, const struct insn *i, const struct tex_args *args,
			uint32_t out[4])
{
	int64_t at[3] = { 0 };

	for (unsigned int n = 0; n < args->dims; n++)
		at[n] = (int64_t)(int32_t)args->coord[n] + offset_of(&i->in, args->offset, n);
	if ((args->array && args->layer >= f->image->depth) || args->lod) {
		memset(out, 0, 16);
		return;
	}
	texel(f, at, args->array ? args->layer : 0, out);
}

static void sample(struct fetch *f, const struct insn *i, const struct tex_args *args,
		   uint32_t out[4])
{
	if (is_fetch(&i->in))
		fetch_texel(f, i, args, out);
	else if (is_gather(&i->in))
		sample_gather(f, i, args, out);
	else if (f->sampler->linear && image_is_float(f->image))
		sample_linear(f, i, args, out);
	else
		sample_nearest(f, i, args, out);
}

static unsigned int result_mask(const struct sm_insn *in)
{
	return in->op == SM_OP_TLD4S ? 0xf : in->mask & 0xf;
}

/* components of the mask, packed: into consecutive registers, or two pairs */
static void put(struct warp *w, const struct insn *i, int l, const uint32_t v[4])
{
	unsigned int n = 0;

	for (int c = 0; c < 4; c++) {
		unsigned int reg;

		if (!(result_mask(&i->in) >> c & 1))
			continue;
		reg = is_scalar(&i->in) && n >= 2 ? i->in.dst2 : i->in.dst;
		if (reg != SM_RZ)
			row(w, ROW_R0 + reg + (is_scalar(&i->in) ? n & 1 : n))[l] = v[c];
		n++;
	}
}

/* the handle: from the constant buffer of texture handles, or from a register */
static enum step handle_of(struct warp *w, const struct insn *i, uint32_t in_register,
			   uint32_t *handle)
{
	*handle = in_register;
	return i->in.bindless ? STEP_NEXT :
				lsu_cbuf(w, w->grid->tex_cbuf, i->in.tid * 4, handle);
}

static enum step header(struct warp *w, const struct insn *i, uint32_t in_register,
			struct image *image, struct sampler *sampler)
{
	uint32_t handle;
	enum step step = handle_of(w, i, in_register, &handle);

	if (step == STEP_NEXT)
		step = image_read(w, handle, image);
	if (step == STEP_NEXT && sampler)
		step = sampler_read(w, handle, sampler);
	return step;
}

static enum step exec_tex(struct warp *w, const struct insn *i, uint32_t mask)
{
	uint32_t out[LANES][4], last = 0;
	struct sampler sampler;
	struct image image;
	struct fetch f = { .w = w, .image = &image };
	bool have = false;

	if (!is_fetch(&i->in))
		f.sampler = &sampler;
	for (uint32_t m = mask; m; m &= m - 1) {
		int l = __builtin_ctz(m);
		struct tex_args args;

		arguments(w, i, l, &args);
		if (!have || args.handle != last) {
			enum step step = header(w, i, args.handle, &image,
						is_fetch(&i->in) ? NULL : &sampler);

			if (step != STEP_NEXT)
				return step;
			have = true;
			last = args.handle;
		}
		sample(&f, i, &args, out[l]);
	}
	if (f.worst != LSU_OK)
		return lsu_step(w, f.worst, SM_UNIT_TEX);
	for (uint32_t m = mask; m; m &= m - 1)
		put(w, i, __builtin_ctz(m), out[__builtin_ctz(m)]);
	return STEP_NEXT;
}

static enum step exec_txq(struct warp *w, const struct insn *i, uint32_t mask)
{
	uint32_t out[LANES][4];
	struct image image;

	for (uint32_t m = mask; m; m &= m - 1) {
		int l = __builtin_ctz(m);
		struct operands o = { .w = w, .reg = { i->in.src[0].reg, SM_RZ }, .left = 4 };
		uint32_t handle = i->in.bindless ? take(&o, l) : 0, lod = take(&o, l) & 31;
		enum step step = header(w, i, handle, &image, NULL);

		if (step != STEP_NEXT)
			return step;
		memset(out[l], 0, 16);
		if (i->in.mode == SM_TXQ_TEXTURE_TYPE) {
			out[l][0] = image.type;
			out[l][2] = 1;		/* samples */
			continue;
		}
		out[l][0] = image.width >> lod ? image.width >> lod : 1;
		out[l][1] = image.height >> lod ? image.height >> lod : 1;
		out[l][2] = image.type == IMAGE_3D && image.depth >> lod ? image.depth >> lod :
									  image.depth;
		out[l][3] = image.levels;
	}
	for (uint32_t m = mask; m; m &= m - 1)
		put(w, i, __builtin_ctz(m), out[__builtin_ctz(m)]);
	return STEP_NEXT;
}

static void reach(struct insn *i, unsigned int reg, unsigned int n)
{
	if (reg != SM_RZ && n && reg + n > i->regs)
		i->regs = reg + n;
}

/* registers that the operands and results reach */
static void lower_tex_regs(struct insn *i)
{
	const struct sm_insn *in = &i->in;
	unsigned int first = dims(in) + in->array, second = in->bindless + has_lod(in) + in->aoffi;
	unsigned int out = __builtin_popcount(result_mask(in)), all = scalar_sources(in);

	if (in->op == SM_OP_TXQ) {
		first = in->bindless + 1;
		second = 0;
	} else if (is_scalar(in)) {
		first = all > 2 && !(in->op == SM_OP_TLDS && in->array) ? 2 : 1;
		second = all - first;
	}
	reach(i, in->src[0].reg, first);
	if (in->src[1].kind == SM_SRC_REG)
		reach(i, in->src[1].reg, second);
	reach(i, in->dst, is_scalar(in) && out > 2 ? 2 : out);
	if (is_scalar(in))
		reach(i, in->dst2, out > 2 ? out - 2 : 0);
}

static bool lower_sample(struct insn *i)
{
	const struct sm_insn *in = &i->in;

	if (in->dc)
		return lower_refuse(i, "depth comparison");
	if (in->dim == SM_DIM_CUBE && in->op != SM_OP_TLD4S)
		return lower_refuse(i, "cube maps");
	if (in->ms || in->ptp || in->cl || in->f16)
		return lower_refuse(i, "modifier");
	i->exec = exec_tex;
	lower_tex_regs(i);
	return true;
}

bool V(lower_tex)(struct insn *i)
{
	switch (i->in.op) {
	case SM_OP_TEX:
	case SM_OP_TEXS:
	case SM_OP_TLD:
	case SM_OP_TLDS:
	case SM_OP_TLD4:
	case SM_OP_TLD4S:
		return lower_sample(i);
	case SM_OP_TXQ:
		if (i->in.mode != SM_TXQ_DIMENSION && i->in.mode != SM_TXQ_TEXTURE_TYPE)
			return lower_refuse(i, "query");
		i->exec = exec_txq;
		lower_tex_regs(i);
		return true;
	default:
		return false;
	}
}
