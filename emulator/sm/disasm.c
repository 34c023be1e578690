// SPDX-License-Identifier: MIT
/* Disassembler: the text of a decoded instruction, by the table. */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "isa-table.h"

/* text so far; len is what it would be in a buffer large enough */
struct out {
	char *buf;
	size_t size, len;
	bool operands;	/* one was printed: the next needs a comma */
};

__attribute__((format(printf, 2, 3))) static void put(struct out *o, const char *format, ...)
{
	size_t room = o->len < o->size ? o->size - o->len : 0;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(room ? o->buf + o->len : NULL, room, format, args);
	va_end(args);
	if (n > 0)
		o->len += n;
}

static void put_reg(struct out *o, unsigned int reg)
{
	if (reg == SM_RZ)
		put(o, "RZ");
	else
		put(o, "R%u", reg);
}

static void put_pred(struct out *o, const struct sm_pred *pred)
{
	if (pred->idx == SM_PT)
		put(o, "%sPT", pred->neg ? "!" : "");
	else
		put(o, "%sP%u", pred->neg ? "!" : "", pred->idx);
}

static void put_signed(struct out *o, int64_t v)
{
	put(o, v < 0 ? "-0x%" PRIx64 : "0x%" PRIx64, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

/* decimal as far as that has a meaning, else the bits; a point in any locale */
static void put_float(struct out *o, double v, int digits, uint64_t bits)
{
	char text[48], *comma;

	if (!isfinite(v)) {
		put(o, "0x%" PRIx64, bits);
		return;
	}
	snprintf(text, sizeof(text), "%.*g", digits, v);
	comma = strchr(text, ',');
	if (comma)
		*comma = '.';
	put(o, "%s", text);
}

static void put_immediate(struct out *o, const struct sm_field *f, uint64_t imm)
{
	uint32_t word = imm;
	double d;
	float s;

	if (f->flags & SM_FF_DOUBLE) {
		memcpy(&d, &imm, sizeof(d));
		put_float(o, d, 17, imm);
	} else if (f->flags & SM_FF_FLOAT) {
		memcpy(&s, &word, sizeof(s));
		put_float(o, s, 9, word);
	} else {
		put_signed(o, imm);
	}
}

static void put_cbuf(struct out *o, const struct sm_field *f, const struct sm_src *src)
{
	put(o, "c[0x%x][", src->slot);
	if (f->kind != SM_FK_CBUFX || src->reg == SM_RZ) {
		put_signed(o, src->offset);
	} else {
		put_reg(o, src->reg);
		if (src->offset) {
			put(o, "+");
			put_signed(o, src->offset);
		}
	}
	put(o, "]");
}

static void put_part(struct out *o, const struct sm_field *f, uint64_t word)
{
	const struct sm_name *name;

	if (!f->sellen)
		return;
	name = sm_name_of_bits(f->names, sm_bits(word, f->selpos, f->sellen));
	if (name && name->text)
		put(o, ".%s", name->text);
}

/* the modifiers of immediates stand behind them, as -1 is a number already */
static void put_source(struct out *o, const struct sm_field *f, const struct sm_insn *insn)
{
	const struct sm_src *src = &insn->src[f->n];

	if (src->kind == SM_SRC_IMM) {
		put_immediate(o, f, src->imm);
		put(o, "%s%s%s", src->inv ? ".INV" : "", src->neg ? ".NEG" : "",
		    src->abs ? ".ABS" : "");
		put_part(o, f, insn->word);
		return;
	}
	put(o, "%s%s%s", src->inv ? "~" : "", src->neg ? "-" : "", src->abs ? "|" : "");
	if (src->kind == SM_SRC_REG)
		put_reg(o, src->reg);
	else
		put_cbuf(o, f, src);
	put_part(o, f, insn->word);
	put(o, "%s", src->abs ? "|" : "");
}

static void put_address(struct out *o, const struct sm_field *f, const struct sm_insn *insn)
{
	unsigned int reg = insn->src[f->n].reg;

	put(o, f->kind == SM_FK_ATTR ? "a[" : "[");
	if (reg != SM_RZ || !f->len || (!insn->offset && f->kind == SM_FK_MEM)) {
		put_reg(o, reg);
		if (insn->offset)
			put(o, "+");
	}
	if (insn->offset || (reg == SM_RZ && f->len && f->kind == SM_FK_ATTR))
		put_signed(o, insn->offset);
	put(o, "]");
}

static void put_scoreboards(struct out *o, uint32_t set)
{
	const char *separator = "";

	put(o, "{");
	for (int i = 5; i >= 0; i--) {
		if (!(set >> i & 1))
			continue;
		put(o, "%s%d", separator, i);
		separator = ",";
	}
	put(o, "}");
}

static bool is_default(const struct sm_field *f, const struct sm_insn *insn, uint32_t v)
{
	switch (f->kind) {
	case SM_FK_PSRC:
		return v == SM_PT && !insn->psrc[f->n].neg;
	case SM_FK_PDST:
		return insn->pdst[f->n] == SM_PT;
	case SM_FK_ENUM:
		return !sm_name_of_bits(f->names, v)->text;
	case SM_FK_IMM:
		return v == 0;
	default:
		return v == f->n;
	}
}

static const char *enum_text(const struct sm_field *f, uint32_t v)
{
	const struct sm_name *name = sm_name_of_bits(f->names, v);

	return name && name->text ? name->text : "";
}

static void put_operand(struct out *o, const struct sm_field *f, const struct sm_insn *insn)
{
	uint32_t v = f->len ? sm_field_get(f, insn->word) : 0;
	struct sm_pred pred = { .idx = v };

	if (f->flags & SM_FF_OPT && is_default(f, insn, v))
		return;
	put(o, !o->operands || f->flags & SM_FF_SPACE ? " " : ", ");
	o->operands = true;

	switch (f->kind) {
	case SM_FK_DST:
		put_reg(o, v);
		put(o, "%s", insn->cc ? ".CC" : "");
		break;
	case SM_FK_DST2:
		put_reg(o, v);
		break;
	case SM_FK_PDST:
		pred.idx = insn->pdst[f->n];
		put_pred(o, &pred);
		break;
	case SM_FK_PSRC:
		put_pred(o, &insn->psrc[f->n]);
		break;
	case SM_FK_MEM:
	case SM_FK_ATTR:
		put_address(o, f, insn);
		break;
	case SM_FK_HALF2:
		put(o, "0x%x, 0x%x", (unsigned int)(insn->src[f->n].imm >> 16),
		    (unsigned int)(insn->src[f->n].imm & 0xffff));
		break;
	case SM_FK_REL:
	case SM_FK_ABS:
		put(o, "0x%" PRIx64, insn->target);
		break;
	case SM_FK_NUM:
		if (f->text)
			put(o, "%s%u", f->text, v);
		else
			put_signed(o, f->flags & SM_FF_SIGNED ? sm_sign_extend(v, f->len) : v);
		break;
	case SM_FK_SBSET:
		put_scoreboards(o, v);
		break;
	case SM_FK_ENUM:
		put(o, "%s", enum_text(f, v));
		break;
	case SM_FK_SYSREG:
		if (*enum_text(f, v))
			put(o, "%s", enum_text(f, v));
		else
			put(o, "SR%u", v);
		break;
	case SM_FK_TEXMASK:
		put(o, "%s", sm_texs_components(v, sm_texs_two_pairs(insn->word))->text);
		break;
	case SM_FK_LIT:
		put(o, "%s", f->text);
		break;
	default:
		put_source(o, f, insn);
		break;
	}
}

static void put_field(struct out *o, const struct sm_field *f, const struct sm_insn *insn)
{
	const char *text;

	switch (f->kind) {
	case SM_FK_SET:
	case SM_FK_ALSO:
		break;
	case SM_FK_LITMOD:
		put(o, ".%s", f->text);
		break;
	case SM_FK_MOD:
		text = enum_text(f, sm_field_get(f, insn->word));
		if (*text)
			put(o, ".%s", text);
		break;
	default:
		put_operand(o, f, insn);
		break;
	}
}

int sm_disasm(const struct sm_insn *insn, char *buf, size_t size)
{
	struct out o = { .buf = buf, .size = size };
	const struct sm_row *row;

	if (size)
		buf[0] = '\0';
	if (insn->op == SM_OP_INVALID || insn->op >= SM_OP_COUNT || insn->row >= sm_row_count) {
		put(&o, "??? 0x%016" PRIx64 " ;", insn->word);
		return o.len;
	}
	row = &sm_rows[insn->row];
	if (insn->guard.idx != SM_PT || insn->guard.neg) {
		put(&o, "@");
		put_pred(&o, &insn->guard);
		put(&o, " ");
	}
	put(&o, "%s", row->name);
	for (const struct sm_field *f = row->fields; f->kind != SM_FK_END; f++)
		put_field(&o, f, insn);
	put(&o, " ;");
	return o.len;
}

int sm_disasm_sched(const struct sm_sched *sched, char *buf, size_t size)
{
	char wait[7], reuse[5], rd = '-', wr = '-';

	for (unsigned int i = 0; i < 6; i++)
		wait[i] = sched->wait_mask >> i & 1 ? '0' + i : '-';
	wait[6] = '\0';
	for (unsigned int i = 0; i < 4; i++)
		reuse[i] = sched->reuse >> i & 1 ? '0' + i : '-';
	reuse[4] = '\0';
	if (sched->rd_bar < 7)
		rd = '0' + sched->rd_bar;
	if (sched->wr_bar < 7)
		wr = '0' + sched->wr_bar;
	return snprintf(buf, size, "[B%s:R%c:W%c:%c:S%02u:U%s]", wait, rd, wr,
			sched->yield ? '-' : 'Y', sched->stall, reuse);
}
