// SPDX-License-Identifier: MIT
/*
 * Decoder: from an instruction word to struct sm_insn, by the table. The
 * executor keeps what it decoded, so this need not be fast.
 */
#include <errno.h>
#include <string.h>

#include "isa-table.h"

/* rows that can match a word with these upper eight bits, found at start-up */
static uint16_t first_row[256], last_row[256];

__attribute__((constructor)) static void build_index(void)
{
	for (unsigned int top = 0; top < 256; top++) {
		first_row[top] = sm_row_count;
		for (unsigned int i = 0; i < sm_row_count; i++) {
			uint64_t word = (uint64_t)top << 56, mask = sm_rows[i].mask & 0xffull << 56;

			if ((word ^ sm_rows[i].match) & mask)
				continue;
			if (first_row[top] == sm_row_count)
				first_row[top] = i;
			last_row[top] = i;
		}
	}
}

const struct sm_name *sm_name_of_bits(const struct sm_names *names, uint32_t bits)
{
	for (unsigned int i = 0; i < names->count; i++)
		if (names->name[i].bits == bits)
			return &names->name[i];
	return NULL;
}

const struct sm_name *sm_texs_components(uint32_t bits, bool two_pairs)
{
	return sm_name_of_bits(two_pairs ? &sm_texs_components_two : &sm_texs_components_one,
			       bits);
}

const char *sm_op_name(unsigned int op)
{
	return op < SM_OP_COUNT ? sm_op_names[op] : sm_op_names[SM_OP_INVALID];
}

static void store(struct sm_insn *insn, const struct sm_field *f, uint64_t v)
{
	char *member = (char *)insn + f->off;

	switch (f->size) {
	case 1:
		*(uint8_t *)member = v;
		break;
	case 2:
		*(uint16_t *)member = v;
		break;
	case 4:
		*(uint32_t *)member = v;
		break;
	}
}

static bool decode_enum(struct sm_insn *insn, const struct sm_field *f, uint32_t bits)
{
	const struct sm_name *name = sm_name_of_bits(f->names, bits);

	if (name)
		store(insn, f, name->value);
	return name;
}

static uint64_t immediate(const struct sm_field *f, uint32_t v)
{
	unsigned int width = sm_field_width(f);

	if (f->flags & SM_FF_DOUBLE)
		return (uint64_t)v << (64 - width);
	if (f->flags & SM_FF_FLOAT)
		return v << (32 - width);
	if (f->flags & SM_FF_SIGNED)
		return sm_sign_extend(v, width);
	return v;
}

static uint32_t half_pair(const struct sm_field *f, uint64_t word)
{
	uint32_t lo = sm_bits(word, f->pos, f->len), hi = sm_bits(word, f->pos2, f->len2);

	if (f->len == 9) {	/* without the lower six bits of the fraction */
		lo = lo << 6 | sm_bits(word, f->neg, 1) << 15;
		hi = hi << 6 | sm_bits(word, f->abs, 1) << 15;
	}
	return hi << 16 | lo;
}

static int32_t offset(const struct sm_field *f, uint64_t word)
{
	uint32_t v;

	if (!f->len)
		return 0;
	v = sm_bits(word, f->pos, f->len);
	if (f->flags & SM_FF_SIGNED)
		v = sm_sign_extend(v, f->len);
	return v << f->shift;
}

/* the modifiers of a source; false for a part that doesn't exist */
static bool decode_modifiers(struct sm_src *src, const struct sm_field *f, uint64_t word)
{
	src->neg = f->neg && sm_bits(word, f->neg, 1) && !(f->po && sm_bits(word, f->po, 1));
	src->abs = f->abs && sm_bits(word, f->abs, 1);
	src->inv = f->inv && sm_bits(word, f->inv, 1);
	if (f->sellen) {
		const struct sm_name *name = sm_name_of_bits(f->names,
							     sm_bits(word, f->selpos, f->sellen));

		if (!name)
			return false;
		src->sel = name->value;
	}
	return true;
}

static void decode_cbuf(struct sm_src *src, const struct sm_field *f, uint64_t word)
{
	src->kind = SM_SRC_CBUF;
	src->reg = SM_RZ;
	src->slot = sm_bits(word, f->pos2, f->len2);
	src->offset = sm_bits(word, f->pos, f->len);
	if (f->kind == SM_FK_CBUF)
		src->offset <<= 2;
	if (f->kind == SM_FK_CBUFX) {
		src->reg = sm_bits(word, 8, 8);
		src->offset = sm_sign_extend(src->offset, f->len);
	}
}

static bool decode_source(struct sm_insn *insn, const struct sm_field *f, uint64_t word)
{
	struct sm_src *src = &insn->src[f->n];

	switch (f->kind) {
	case SM_FK_REG:
		src->kind = SM_SRC_REG;
		src->reg = sm_bits(word, f->pos, f->len);
		break;
	case SM_FK_NEXT:
		src->kind = SM_SRC_REG;
		src->reg = insn->src[f->n - 1].reg;
		if (src->reg != SM_RZ)
			src->reg += insn->dtype == SM_U64 ? 2 : 1;
		return true;
	case SM_FK_CBUF:
	case SM_FK_CBUFB:
	case SM_FK_CBUFX:
		decode_cbuf(src, f, word);
		break;
	case SM_FK_HALF2:
		src->kind = SM_SRC_IMM;
		src->sel = SM_SEL_H1_H0;
		src->imm = half_pair(f, word);
		return true;
	case SM_FK_IMM:
		src->kind = SM_SRC_IMM;
		src->imm = immediate(f, sm_field_get(f, word));
		break;
	}
	return decode_modifiers(src, f, word);
}

static bool decode_field(struct sm_insn *insn, const struct sm_field *f, uint64_t word, uint64_t pc)
{
	const struct sm_name *name;
	uint32_t v = f->len ? sm_field_get(f, word) : 0;

	switch (f->kind) {
	case SM_FK_LITMOD:
	case SM_FK_LIT:
		return true;
	case SM_FK_SET:
		store(insn, f, f->n);
		return true;
	case SM_FK_ALSO:
		if (f->names)
			return decode_enum(insn, f, v);
		store(insn, f, v);
		return true;
	case SM_FK_MOD:
	case SM_FK_ENUM:
		return decode_enum(insn, f, v);
	case SM_FK_SYSREG:
	case SM_FK_SBSET:
		store(insn, f, v);
		return true;
	case SM_FK_NUM:
		store(insn, f, f->flags & SM_FF_SIGNED ? (uint64_t)sm_sign_extend(v, f->len) : v);
		return true;
	case SM_FK_TEXMASK:
		name = sm_texs_components(v, sm_texs_two_pairs(word));
		if (name)
			store(insn, f, name->value);
		return name;
	case SM_FK_DST:
		insn->dst = v;
		insn->cc = f->cc && sm_bits(word, f->cc, 1);
		return true;
	case SM_FK_DST2:
		insn->dst2 = v;
		return true;
	case SM_FK_PDST:
		insn->pdst[f->n] = f->flags & SM_FF_INVERTED ? v ^ SM_PT : v;
		return true;
	case SM_FK_PSRC:
		insn->psrc[f->n].idx = v;
		insn->psrc[f->n].neg = f->neg && sm_bits(word, f->neg, 1);
		return true;
	case SM_FK_MEM:
	case SM_FK_ATTR:
		insn->src[f->n].kind = SM_SRC_REG;
		insn->src[f->n].reg = sm_bits(word, 8, 8);
		insn->offset = offset(f, word);
		return true;
	case SM_FK_REL:
		insn->target = pc + SM_INSN_BYTES + sm_sign_extend(v, f->len);
		return true;
	case SM_FK_ABS:
		insn->target = v;
		return true;
	default:
		return decode_source(insn, f, word);
	}
}

static void set_defaults(struct sm_insn *insn, uint64_t word)
{
	memset(insn, 0, sizeof(*insn));
	insn->word = word;
	insn->dst = insn->dst2 = SM_RZ;
	insn->pdst[0] = insn->pdst[1] = SM_PT;
	insn->guard.idx = SM_PT;
	for (unsigned int i = 0; i < 3; i++)
		insn->psrc[i].idx = SM_PT;
	for (unsigned int i = 0; i < SM_MAX_SRC; i++)
		insn->src[i].reg = SM_RZ;
}

static bool decode_row(struct sm_insn *insn, const struct sm_row *row, uint64_t word, uint64_t pc)
{
	set_defaults(insn, word);
	if (!(row->flags & SM_ROW_NO_GUARD)) {
		insn->guard.idx = sm_bits(word, 16, 3);
		insn->guard.neg = sm_bits(word, 19, 1);
	}
	for (const struct sm_field *f = row->fields; f->kind != SM_FK_END; f++)
		if (!decode_field(insn, f, word, pc))
			return false;
	insn->op = row->op;
	insn->row = row - sm_rows;
	return true;
}

int sm_decode(uint64_t word, uint64_t pc, struct sm_insn *insn)
{
	unsigned int top = word >> 56;

	for (unsigned int i = first_row[top]; i < sm_row_count && i <= last_row[top]; i++) {
		if ((word ^ sm_rows[i].match) & sm_rows[i].mask)
			continue;
		if (decode_row(insn, &sm_rows[i], word, pc))
			return 0;
	}
	set_defaults(insn, word);
	return -EINVAL;
}

/* The layout is documented by the maxas project and used by Mesa's scheduler. */
void sm_decode_sched(uint64_t control, unsigned int n, struct sm_sched *sched)
{
	uint32_t bits = n < 3 ? sm_bits(control, n * 21, 21) : 0;

	sched->stall = bits & 0xf;
	sched->yield = bits >> 4 & 1;
	sched->wr_bar = bits >> 5 & 7;
	sched->rd_bar = bits >> 8 & 7;
	sched->wait_mask = bits >> 11 & 0x3f;
	sched->reuse = bits >> 17 & 0xf;
}

uint64_t sm_encode_sched(const struct sm_sched sched[3])
{
	uint64_t control = 0;

	for (unsigned int n = 0; n < 3; n++) {
		uint64_t bits = (sched[n].stall & 0xf) | sched[n].yield << 4 |
				(sched[n].wr_bar & 7) << 5 | (sched[n].rd_bar & 7) << 8 |
				(sched[n].wait_mask & 0x3f) << 11 | (sched[n].reuse & 0xf) << 17;

		control |= bits << n * 21;
	}
	return control;
}
