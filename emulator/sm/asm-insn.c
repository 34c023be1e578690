// SPDX-License-Identifier: MIT
/*
 * Assembler, one instruction: the text that the disassembler prints, back to
 * a word, by the table. Rows whose name fits are tried in turn.
 */
#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asm.h"
#include "isa-table.h"

/* the text of one instruction being matched against one row */
struct parser {
	const char *p;
	uint64_t word, pc;
	const struct sm_labels *labels;
	uint64_t done;		/* fields that a modifier has set already */
	const char *problem;
	bool first;		/* no operand yet */
};

static locale_t c_locale;

__attribute__((constructor)) static void make_locale(void)
{
	c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

void sm_asm_set_error(struct sm_asm_error *error, const char *format, ...)
{
	va_list args;

	if (!error)
		return;
	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
}

static bool fail(struct parser *s, const char *problem)
{
	s->problem = problem;
	return false;
}

static void skip_space(struct parser *s)
{
	while (*s->p == ' ' || *s->p == '\t')
		s->p++;
}

static bool accept(struct parser *s, const char *text)
{
	size_t n = strlen(text);

	if (strncmp(s->p, text, n))
		return false;
	s->p += n;
	return true;
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.';
}

/* the whole word text, not just a word that starts like it */
static bool accept_word(struct parser *s, const char *text)
{
	size_t n = strlen(text);

	if (strncmp(s->p, text, n) || is_name(s->p[n]))
		return false;
	s->p += n;
	return true;
}

static void set_bits(struct parser *s, unsigned int pos, unsigned int len, uint64_t v)
{
	s->word |= (v & ((UINT64_C(1) << len) - 1)) << pos;
}

static void field_put(struct parser *s, const struct sm_field *f, uint32_t v)
{
	set_bits(s, f->pos, f->len, v);
	if (f->len2)
		set_bits(s, f->pos2, f->len2, v >> f->len);
}

static bool parse_unsigned(struct parser *s, uint64_t *v)
{
	char *end;

	if (!isdigit((unsigned char)*s->p))
		return fail(s, "expected a number");
	errno = 0;
	*v = strtoull(s->p, &end, s->p[0] == '0' && (s->p[1] | 0x20) == 'x' ? 16 : 10);
	if (errno)
		return fail(s, "number too large");
	s->p = end;
	return true;
}

/* a number that fits into width bits, sign-extended where the field is signed */
static bool parse_integer(struct parser *s, unsigned int width, bool is_signed, uint64_t *v)
{
	uint64_t max = (UINT64_C(1) << width) - 1;
	bool negative = accept(s, "-");

	if (!negative)
		accept(s, "+");
	if (!parse_unsigned(s, v))
		return false;
	if (width == 32 && !negative && *v <= max)
		return true;	/* the same bits, however they are meant */
	if (negative && !is_signed)
		return fail(s, "this number can't be negative");
	if (*v > (is_signed ? (max >> 1) + negative : max))
		return fail(s, "number out of range");
	if (negative)
		*v = -*v;
	return true;
}

/* the point in "2.NEG" isn't the number's */
static void end_number(struct parser *s, const char *end)
{
	s->p = end[-1] == '.' && isalpha((unsigned char)*end) ? end - 1 : end;
}

/* decimal, or the bits in hexadecimal; only the upper width bits can be encoded */
static bool parse_float(struct parser *s, unsigned int width, bool is_double, uint64_t *v)
{
	unsigned int size = is_double ? 64 : 32;
	char *end;
	double d;
	float f;

	if (!strncmp(s->p, "0x", 2)) {
		if (!parse_unsigned(s, v))
			return false;
		if (!is_double && *v >> 32)
			return fail(s, "number out of range");
	} else if (is_double) {
		d = strtod_l(s->p, &end, c_locale);
		if (end == s->p)
			return fail(s, "expected a number");
		end_number(s, end);
		memcpy(v, &d, sizeof(d));
	} else {
		uint32_t bits;

		f = strtof_l(s->p, &end, c_locale);
		if (end == s->p)
			return fail(s, "expected a number");
		end_number(s, end);
		memcpy(&bits, &f, sizeof(f));
		*v = bits;
	}
	if (*v & ((UINT64_C(1) << (size - width)) - 1))
		return fail(s, "number doesn't fit the immediate");
	*v >>= size - width;
	return true;
}

static bool parse_register(struct parser *s, unsigned int *reg)
{
	const char *start = s->p;
	uint64_t v;

	if (accept(s, "RZ")) {
		*reg = SM_RZ;
		return true;
	}
	if (s->p[0] == 'R' && isdigit((unsigned char)s->p[1])) {
		s->p++;
		if (parse_unsigned(s, &v) && v < SM_RZ) {
			*reg = v;
			return true;
		}
	}
	s->p = start;
	return fail(s, "expected a register");
}

static bool parse_predicate(struct parser *s, unsigned int *pred, bool *neg)
{
	const char *start = s->p;

	*neg = accept(s, "!");
	if (accept_word(s, "PT")) {
		*pred = SM_PT;
		return true;
	}
	if (s->p[0] == 'P' && s->p[1] >= '0' && s->p[1] < '0' + SM_PT && !is_name(s->p[2])) {
		*pred = s->p[1] - '0';
		s->p += 2;
		return true;
	}
	s->p = start;
	return fail(s, "expected a predicate");
}

/* longest name of the field's values that stands here as a word; -1: none */
static int match_name(const char *p, const struct sm_names *names, char separator, size_t *length)
{
	int found = -1;

	*length = 0;
	for (unsigned int i = 0; i < names->count; i++) {
		const char *text = names->name[i].text;
		size_t n = text ? strlen(text) : 0;

		if (n <= *length || strncmp(p, text, n))
			continue;
		if (is_name(p[n]) && p[n] != separator)
			continue;
		found = names->name[i].bits;
		*length = n;
	}
	return found;
}

/* the first modifier field without a value yet that knows what stands here */
static bool parse_modifier(struct parser *s, const struct sm_row *row)
{
	for (unsigned int i = 0; row->fields[i].kind != SM_FK_END; i++) {
		const struct sm_field *f = &row->fields[i];
		size_t n = 0;

		if (s->done >> i & 1)
			continue;
		if (f->kind == SM_FK_LITMOD) {
			n = strlen(f->text);
			if (strncmp(s->p, f->text, n) || (is_name(s->p[n]) && s->p[n] != '.'))
				continue;
		} else if (f->kind == SM_FK_MOD) {
			int bits = match_name(s->p, f->names, '.', &n);

			if (bits < 0)
				continue;
			field_put(s, f, bits);
		} else {
			continue;
		}
		s->p += n;
		s->done |= UINT64_C(1) << i;
		return true;
	}
	return fail(s, "unknown modifier");
}

/* what stands for a modifier that isn't written; -1: it must be */
static int default_bits(const struct sm_names *names)
{
	for (unsigned int i = 0; i < names->count; i++)
		if (!names->name[i].text)
			return names->name[i].bits;
	return -1;
}

static bool parse_modifiers(struct parser *s, const struct sm_row *row)
{
	while (accept(s, "."))
		if (!parse_modifier(s, row))
			return false;

	for (unsigned int i = 0; row->fields[i].kind != SM_FK_END; i++) {
		const struct sm_field *f = &row->fields[i];
		int bits;

		if (s->done >> i & 1)
			continue;
		if (f->kind == SM_FK_LITMOD)
			return fail(s, "missing modifier");
		if (f->kind != SM_FK_MOD)
			continue;
		bits = default_bits(f->names);
		if (bits < 0)
			return fail(s, "missing modifier");
		field_put(s, f, bits);
	}
	return true;
}

static bool set_flag(struct parser *s, unsigned int pos, const char *problem)
{
	if (!pos || s->word >> pos & 1)
		return fail(s, problem);
	s->word |= UINT64_C(1) << pos;
	return true;
}

static bool parse_part(struct parser *s, const struct sm_field *f)
{
	size_t n;
	int bits;

	if (!f->sellen)
		return *s->p != '.' || fail(s, "this operand has no parts");
	if (*s->p != '.') {
		bits = default_bits(f->names);
	} else {
		s->p++;
		bits = match_name(s->p, f->names, '\0', &n);
		s->p += n;
	}
	if (bits < 0)
		return fail(s, "unknown part of a register");
	/* the type of a video operand is in the same bits, and never contradicts */
	set_bits(s, f->selpos, f->sellen, bits);
	return true;
}

static bool parse_cbuf(struct parser *s, const struct sm_field *f)
{
	unsigned int reg = SM_RZ;
	uint64_t slot, off = 0;

	if (!accept(s, "c["))
		return fail(s, "expected c[][]");
	if (!parse_integer(s, f->len2, false, &slot))
		return false;
	if (!accept(s, "]"))
		return fail(s, "expected ]");
	skip_space(s);
	if (!accept(s, "["))
		return fail(s, "expected [");
	if (f->kind == SM_FK_CBUFX && *s->p == 'R') {
		if (!parse_register(s, &reg))
			return false;
		if (*s->p != ']' && !accept(s, "+"))
			return fail(s, "expected ] or +");
	}
	if (*s->p != ']' && !parse_integer(s, 16, f->kind == SM_FK_CBUFX, &off))
		return false;
	if (!accept(s, "]"))
		return fail(s, "expected ]");
	if (f->kind == SM_FK_CBUFX)
		set_bits(s, 8, 8, reg);
	if (f->kind == SM_FK_CBUF) {
		if (off & 3)
			return fail(s, "offset must be a multiple of 4");
		off >>= 2;
	}
	set_bits(s, f->pos, f->len, off);
	set_bits(s, f->pos2, f->len2, slot);
	return true;
}

static bool parse_immediate(struct parser *s, const struct sm_field *f)
{
	unsigned int width = sm_field_width(f);
	uint64_t v;

	if (f->flags & (SM_FF_FLOAT | SM_FF_DOUBLE)) {
		if (!parse_float(s, width, f->flags & SM_FF_DOUBLE, &v))
			return false;
	} else if (!parse_integer(s, width, f->flags & SM_FF_SIGNED, &v)) {
		return false;
	}
	field_put(s, f, v);
	if (accept(s, ".INV") && !set_flag(s, f->inv, "this operand can't be inverted"))
		return false;
	if (accept(s, ".NEG") && !set_flag(s, f->neg, "this operand can't be negated"))
		return false;
	if (accept(s, ".ABS") && !set_flag(s, f->abs, "this operand has no absolute value"))
		return false;
	return parse_part(s, f);
}

static bool parse_halves(struct parser *s, const struct sm_field *f)
{
	uint64_t hi, lo;

	if (!parse_integer(s, 16, false, &hi))
		return false;
	skip_space(s);
	if (!accept(s, ","))
		return fail(s, "expected two halves");
	skip_space(s);
	if (!parse_integer(s, 16, false, &lo))
		return false;
	if (f->len == 9) {
		if ((hi | lo) & 0x3f)
			return fail(s, "number doesn't fit the immediate");
		set_bits(s, f->neg, 1, lo >> 15);
		set_bits(s, f->abs, 1, hi >> 15);
		lo >>= 6;
		hi >>= 6;
	}
	set_bits(s, f->pos, f->len, lo);
	set_bits(s, f->pos2, f->len2, hi);
	return true;
}

static bool parse_source(struct parser *s, const struct sm_field *f)
{
	bool abs;
	unsigned int reg;

	if (f->kind == SM_FK_IMM)
		return parse_immediate(s, f);
	if (accept(s, "~") && !set_flag(s, f->inv, "this operand can't be inverted"))
		return false;
	if (accept(s, "-") && !set_flag(s, f->neg, "this operand can't be negated"))
		return false;
	abs = accept(s, "|");
	if (abs && !set_flag(s, f->abs, "this operand has no absolute value"))
		return false;
	if (f->kind == SM_FK_REG) {
		if (!parse_register(s, &reg))
			return false;
		set_bits(s, f->pos, f->len, reg);
	} else if (!parse_cbuf(s, f)) {
		return false;
	}
	if (!parse_part(s, f))
		return false;
	return !abs || accept(s, "|") || fail(s, "expected |");
}

static bool parse_address(struct parser *s, const struct sm_field *f)
{
	unsigned int reg = SM_RZ;
	uint64_t off = 0;

	if (!accept(s, f->kind == SM_FK_ATTR ? "a[" : "["))
		return fail(s, "expected an address");
	if (*s->p == 'R') {
		if (!parse_register(s, &reg))
			return false;
		if (*s->p != ']')
			accept(s, "+");
	}
	if (*s->p != ']') {
		if (!f->len)
			return fail(s, "this address has no offset");
		if (!parse_integer(s, f->len + f->shift, f->flags & SM_FF_SIGNED, &off))
			return false;
	}
	if (!accept(s, "]"))
		return fail(s, "expected ]");
	if (off & ((1u << f->shift) - 1))
		return fail(s, "offset must be a multiple of 4");
	set_bits(s, 8, 8, reg);
	if (f->len)
		set_bits(s, f->pos, f->len, off >> f->shift);
	return true;
}

static bool parse_target(struct parser *s, const struct sm_field *f)
{
	uint64_t v = 0, bits;
	int64_t difference;

	if (isdigit((unsigned char)*s->p)) {
		if (!parse_unsigned(s, &v))
			return false;
	} else {
		size_t n = 0;
		unsigned int i;

		while (is_name(s->p[n]))
			n++;
		for (i = 0; s->labels && i < s->labels->count; i++)
			if (strlen(s->labels->list[i].name) == n &&
			    !strncmp(s->labels->list[i].name, s->p, n))
				break;
		if (!n || !s->labels || i == s->labels->count)
			return fail(s, "expected a known label or an address");
		v = s->labels->list[i].address;
		s->p += n;
	}
	if (f->kind == SM_FK_ABS) {
		if (v >> f->len)
			return fail(s, "target too far away");
	} else {
		difference = v - (s->pc + SM_INSN_BYTES);
		bits = difference & ((UINT64_C(1) << f->len) - 1);
		if (sm_sign_extend(bits, f->len) != difference)
			return fail(s, "target too far away");
		v = difference;
	}
	set_bits(s, f->pos, f->len, v);
	return true;
}

static bool parse_scoreboards(struct parser *s, const struct sm_field *f)
{
	if (!accept(s, "{"))
		return fail(s, "expected a set of scoreboards");
	while (!accept(s, "}")) {
		skip_space(s);
		if (*s->p < '0' || *s->p > '5')
			return fail(s, "expected a scoreboard");
		s->word |= UINT64_C(1) << (f->pos + *s->p++ - '0');
		skip_space(s);
		if (*s->p != '}' && !accept(s, ","))
			return fail(s, "expected , or }");
	}
	return true;
}

static bool parse_next_register(struct parser *s, const struct sm_field *f)
{
	unsigned int reg;
	struct sm_insn insn;

	if (!parse_register(s, &reg))
		return false;
	if (sm_decode(s->word, s->pc, &insn) || insn.src[f->n].reg != reg)
		return fail(s, "expected the register behind the data");
	return true;
}

static bool parse_named(struct parser *s, const struct sm_field *f, const struct sm_names *names)
{
	size_t n;
	int bits = match_name(s->p, names, '\0', &n);
	uint64_t v;

	if (bits >= 0) {
		s->p += n;
		field_put(s, f, bits);
		return true;
	}
	if (f->kind == SM_FK_SYSREG && accept(s, "SR")) {
		if (!parse_integer(s, f->len, false, &v))
			return false;
		field_put(s, f, v);
		return true;
	}
	return fail(s, "unknown name");
}

static bool parse_number(struct parser *s, const struct sm_field *f)
{
	uint64_t v;

	if (f->text && !accept(s, f->text))
		return fail(s, "unknown name");
	if (!parse_integer(s, f->len, f->flags & SM_FF_SIGNED, &v))
		return false;
	field_put(s, f, v);
	return true;
}

static bool parse_destination(struct parser *s, const struct sm_field *f)
{
	unsigned int reg;

	if (!parse_register(s, &reg))
		return false;
	field_put(s, f, reg);
	if (accept(s, ".CC"))
		return set_flag(s, f->cc, "this instruction writes no condition code");
	return true;
}

static bool parse_predicate_operand(struct parser *s, const struct sm_field *f)
{
	unsigned int pred;
	bool neg;

	if (!parse_predicate(s, &pred, &neg))
		return false;
	if (neg && (f->kind == SM_FK_PDST || !set_flag(s, f->neg, "")))
		return fail(s, "this predicate can't be negated");
	field_put(s, f, f->flags & SM_FF_INVERTED ? pred ^ SM_PT : pred);
	return true;
}

static bool parse_operand(struct parser *s, const struct sm_field *f)
{
	switch (f->kind) {
	case SM_FK_DST:
	case SM_FK_DST2:
		return parse_destination(s, f);
	case SM_FK_PDST:
	case SM_FK_PSRC:
		return parse_predicate_operand(s, f);
	case SM_FK_NEXT:
		return parse_next_register(s, f);
	case SM_FK_HALF2:
		return parse_halves(s, f);
	case SM_FK_MEM:
	case SM_FK_ATTR:
		return parse_address(s, f);
	case SM_FK_REL:
	case SM_FK_ABS:
		return parse_target(s, f);
	case SM_FK_NUM:
		return parse_number(s, f);
	case SM_FK_SBSET:
		return parse_scoreboards(s, f);
	case SM_FK_ENUM:
	case SM_FK_SYSREG:
		return parse_named(s, f, f->names);
	case SM_FK_TEXMASK:
		return parse_named(s, f, sm_texs_two_pairs(s->word) ? &sm_texs_components_two :
								      &sm_texs_components_one);
	case SM_FK_LIT:
		return accept_word(s, f->text) || fail(s, "expected a fixed operand");
	default:
		return parse_source(s, f);
	}
}

static void put_default(struct parser *s, const struct sm_field *f)
{
	switch (f->kind) {
	case SM_FK_PSRC:
		field_put(s, f, SM_PT);
		break;
	case SM_FK_PDST:
		field_put(s, f, f->flags & SM_FF_INVERTED ? 0 : SM_PT);
		break;
	case SM_FK_ENUM:
		field_put(s, f, default_bits(f->names));
		break;
	case SM_FK_NUM:
		field_put(s, f, f->n);
		break;
	}
}

/* an operand that may be left out: what is there isn't one, so it is */
static void parse_optional(struct parser *s, const struct sm_field *f)
{
	struct parser saved = *s;

	if (!s->first && !(f->flags & SM_FF_SPACE)) {
		skip_space(s);
		if (!accept(s, ",")) {
			put_default(s, f);
			return;
		}
	}
	skip_space(s);
	if (*s->p != '\0' && parse_operand(s, f)) {
		s->first = false;
		return;
	}
	*s = saved;
	put_default(s, f);
}

static bool parse_operands(struct parser *s, const struct sm_row *row)
{
	s->first = true;
	for (const struct sm_field *f = row->fields; f->kind != SM_FK_END; f++) {
		if (f->kind == SM_FK_MOD || f->kind == SM_FK_LITMOD || f->kind == SM_FK_SET ||
		    f->kind == SM_FK_ALSO)
			continue;
		if (f->flags & SM_FF_OPT) {
			parse_optional(s, f);
			continue;
		}
		skip_space(s);
		if (!s->first && !accept(s, ","))
			return fail(s, "expected a comma");
		skip_space(s);
		if (!parse_operand(s, f))
			return false;
		s->first = false;
	}
	return true;
}

static bool parse_guard(struct parser *s, unsigned int *guard, bool *written)
{
	unsigned int pred;
	bool neg;

	*guard = SM_PT;
	*written = accept(s, "@");
	if (!*written)
		return true;
	if (!parse_predicate(s, &pred, &neg))
		return false;
	*guard = pred | neg << 3;
	skip_space(s);
	return true;
}

static bool parse_row(struct parser *s, const struct sm_row *row)
{
	if (!parse_modifiers(s, row) || !parse_operands(s, row))
		return false;
	skip_space(s);
	accept(s, ";");
	skip_space(s);
	return *s->p == '\0' || fail(s, "unexpected text behind the operands");
}

int sm_assemble_labelled(const char *text, uint64_t pc, const struct sm_labels *labels,
			 uint64_t *word, struct sm_asm_error *error)
{
	struct parser start = { .p = text, .pc = pc, .labels = labels };
	const char *problem = "unknown instruction", *where = text;
	unsigned int guard;
	bool guarded;

	skip_space(&start);
	if (!parse_guard(&start, &guard, &guarded)) {
		sm_asm_set_error(error, "%s at \"%.40s\"", start.problem, start.p);
		return -EINVAL;
	}
	for (unsigned int i = 0; i < sm_row_count; i++) {
		const struct sm_row *row = &sm_rows[i];
		struct parser s = start;
		struct sm_insn check;

		if (!accept(&s, row->name) || (is_name(*s.p) && *s.p != '.'))
			continue;
		if (guarded && row->flags & SM_ROW_NO_GUARD) {
			problem = "this instruction has no guard";
			continue;
		}
		s.word = row->match;
		if (!(row->flags & SM_ROW_NO_GUARD))
			set_bits(&s, 16, 4, guard);
		if (!parse_row(&s, row)) {
			/* the row that got farthest has the most to say */
			if (s.p > where) {
				where = s.p;
				problem = s.problem;
			}
			continue;
		}
		/* bits that two fields share may not mean what was written */
		if (sm_decode(s.word, pc, &check) || check.row != i)
			continue;
		*word = s.word;
		return 0;
	}
	if (*where)
		sm_asm_set_error(error, "%s at \"%.40s\"", problem, where);
	else
		sm_asm_set_error(error, "%s at the end of the line", problem);
	return -EINVAL;
}

int sm_assemble_insn(const char *text, uint64_t pc, uint64_t *word, struct sm_asm_error *error)
{
	if (error)
		memset(error, 0, sizeof(*error));
	return sm_assemble_labelled(text, pc, NULL, word, error);
}
