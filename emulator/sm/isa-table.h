/* SPDX-License-Identifier: MIT */
/*
 * Form of the instruction table. Each row is one encoding: the bits that
 * are fixed, and the list of its fields in the order of the text. Decoder,
 * disassembler and assembler walk that list; what differs between two kinds
 * of field is in their codecs, what differs between two instructions only in
 * the rows.
 */
#ifndef SM_ISA_TABLE_H
#define SM_ISA_TABLE_H

#include "isa.h"

enum sm_field_kind {
	SM_FK_END,
	/* modifiers, printed behind the name after a dot */
	SM_FK_MOD,	/* an enumeration, into member off */
	SM_FK_LITMOD,	/* a fixed text */
	/* no text */
	SM_FK_SET,	/* member off is n in this row */
	SM_FK_ALSO,	/* bits that another field prints, into member off as well */
	/* operands */
	SM_FK_DST,	/* general register, with .CC where bit cc is set */
	SM_FK_DST2,
	SM_FK_PDST,	/* predicate register n */
	SM_FK_PSRC,	/* predicate source n */
	SM_FK_REG,	/* src[n] is a register */
	SM_FK_NEXT,	/* src[n] is the register behind the data of src[n - 1] */
	SM_FK_CBUF,	/* src[n] is c[slot][word offset] */
	SM_FK_CBUFB,	/* src[n] is c[slot][byte offset] */
	SM_FK_CBUFX,	/* src[n] is c[slot][register + byte offset] */
	SM_FK_IMM,	/* src[n] is an immediate */
	SM_FK_HALF2,	/* src[n] is a pair of half immediates */
	SM_FK_MEM,	/* [src[n] + offset] */
	SM_FK_ATTR,	/* a[src[n] + offset] */
	SM_FK_REL,	/* target, relative to the next instruction */
	SM_FK_ABS,	/* target, absolute */
	SM_FK_NUM,	/* a number, into member off */
	SM_FK_SBSET,	/* a set of scoreboards in braces, into member off */
	SM_FK_ENUM,	/* an enumeration, into member off */
	SM_FK_SYSREG,	/* the same, SR%d for numbers without a name */
	SM_FK_TEXMASK,	/* components of TEXS and TLDS: depends on dst2 */
	SM_FK_LIT,	/* a fixed text */
};

enum sm_field_flags {
	SM_FF_OPT = 1,		/* not printed where it has its default value (n for numbers) */
	SM_FF_SIGNED = 2,
	SM_FF_FLOAT = 4,	/* immediate: the upper bits of a float */
	SM_FF_DOUBLE = 8,	/* immediate: the upper bits of a double */
	SM_FF_INVERTED = 16,	/* predicate: stored inverted */
	SM_FF_SPACE = 32,	/* no comma in front */
};

/* the name of a value of a field; text NULL: value is right but not printed */
struct sm_name {
	uint8_t bits;
	uint8_t value;
	const char *text;
};

struct sm_names {
	uint8_t count;
	const struct sm_name *name;
};

struct sm_field {
	uint8_t kind;
	uint8_t flags;
	uint8_t n;
	uint8_t pos, len;	/* 0..63, 1..32 */
	uint8_t pos2, len2;	/* further bits, above those; len2 0: none */
	uint8_t shift;		/* offsets: in units of 1 << shift */
	uint8_t neg, abs, inv, cc;	/* bit numbers, 0: none */
	uint8_t po;		/* bit that, set together with neg, means plus one instead */
	uint8_t selpos, sellen;
	uint8_t size;		/* of the member at off */
	uint16_t off;		/* in struct sm_insn */
	const struct sm_names *names;	/* of the value, or of the part selected (sel) */
	const char *text;
};

enum sm_row_flags {
	SM_ROW_NO_GUARD = 1,	/* has no guard predicate */
};

struct sm_row {
	const char *name;
	uint16_t op;
	uint16_t flags;
	uint64_t match, mask;
	const struct sm_field *fields;
};

extern const struct sm_row sm_rows[];
extern const unsigned int sm_row_count;

/* names of the operations, by enum sm_op */
extern const char *const sm_op_names[];

static inline uint64_t sm_bits(uint64_t word, unsigned int pos, unsigned int len)
{
	return word >> pos & ((UINT64_C(1) << len) - 1);
}

static inline uint32_t sm_field_get(const struct sm_field *f, uint64_t word)
{
	uint64_t v = sm_bits(word, f->pos, f->len);

	if (f->len2)
		v |= sm_bits(word, f->pos2, f->len2) << f->len;
	return v;
}

static inline unsigned int sm_field_width(const struct sm_field *f)
{
	return f->len + f->len2;
}

static inline int64_t sm_sign_extend(uint64_t v, unsigned int width)
{
	uint64_t sign = UINT64_C(1) << (width - 1);

	return (int64_t)((v ^ sign) - sign);
}

const struct sm_name *sm_name_of_bits(const struct sm_names *names, uint32_t bits);
const struct sm_name *sm_texs_components(uint32_t bits, bool two_pairs);
extern const struct sm_names sm_texs_components_one, sm_texs_components_two;

/* whether the word has the register of the second pair (TEXS, TLDS) */
static inline bool sm_texs_two_pairs(uint64_t word)
{
	return sm_bits(word, 28, 8) != SM_RZ;
}

#endif
