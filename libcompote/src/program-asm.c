// SPDX-License-Identifier: MIT
/*
 * Programs from assembler text. The project's sm_61 assembler (emulator/sm/asm.c) knows one series
 * of instructions; here are the directives around them. A source is cut into its kernels in a copy
 * of it, where comments are taken out and directives are overwritten with spaces, so that what is
 * left is the assembler's and its line numbers stay right.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "sm/isa.h"

#define MAX_TEXT (16u << 20)
#define MAX_NAME 255

/* the lexer works on bytes, whatever the locale */
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex_letter(char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'f';
}

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
	       c == '$' || c == '.';
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

/* directives with a number */
enum directive { REGISTERS, SHARED, LOCAL, CRS, BARRIERS, PARAMS, DIRECTIVES };

static const struct {
	const char *name;
	uint32_t min, max;
	size_t member;
} directives[DIRECTIVES] = {
#define DIRECTIVE(name, min, max, member) \
	{ name, min, max, offsetof(struct compote_kernel_info, member) }
	[REGISTERS] = DIRECTIVE(".registers", 1, REGISTERS_MAX, registers),
	[SHARED] = DIRECTIVE(".shared", 0, SHARED_MAX, shared_bytes),
	[LOCAL] = DIRECTIVE(".local", 0, LOCAL_MAX, local_bytes),
	[CRS] = DIRECTIVE(".crs", 0, CRS_MAX, crs_bytes),
	[BARRIERS] = DIRECTIVE(".barriers", 0, BARRIERS_MAX, barriers),
	[PARAMS] = DIRECTIVE(".params", 0, BANK_MAX - COMPOTE_PARAM_BASE, param_bytes),
#undef DIRECTIVE
};

struct source {
	struct compote_program *program;
	char *next;			/* of the copy, behind the current line */
	unsigned int line;		/* of the current line, from 1 */
	/* the kernel whose lines are being read; text NULL: none yet */
	struct compote_kernel_info info;
	char *text;			/* from the line of .kernel on */
	const char *name;
	size_t name_length;
	unsigned int first_line;
	unsigned int given;		/* set of directives */
	bool in_code;
	char *error;
	size_t error_size;
};

/* line 0: the error has no line; always -EINVAL */
__attribute__((format(printf, 3, 4)))
static int fail(struct source *s, unsigned int line, const char *format, ...)
{
	va_list args;
	int n = 0;

	if (!s->error || !s->error_size)
		return -EINVAL;
	if (line)
		n = snprintf(s->error, s->error_size, "line %u: ", line);
	if (n < 0 || (size_t)n >= s->error_size)
		return -EINVAL;
	va_start(args, format);
	vsnprintf(s->error + n, s->error_size - n, format, args);
	va_end(args);
	return -EINVAL;
}

/* as the assembler does it; newlines stay */
static void strip_comments(char *text)
{
	bool in_comment = false;
	char *out = text;

	for (char *p = text; *p; p++) {
		if (in_comment) {
			if (*p == '*' && p[1] == '/') {
				in_comment = false;
				p++;
			} else if (*p == '\n') {
				*out++ = *p;
			}
		} else if (*p == '/' && p[1] == '*') {
			in_comment = true;
			p++;
		} else if (*p == '#' || (*p == '/' && p[1] == '/')) {
			p += strcspn(p, "\n");
			if (!*p)
				break;
			*out++ = *p;
		} else {
			*out++ = *p;
		}
	}
	*out = '\0';
}

static const char *skip(const char *p)
{
	while (is_space(*p))
		p++;
	return p;
}

static const char *skip_name(const char *p)
{
	while (is_name(*p))
		p++;
	return p;
}

static bool is_word(const char *p, size_t n, const char *word)
{
	return strlen(word) == n && !strncmp(p, word, n);
}

/* all of what is left of the line; false: no number, or one above max */
static bool parse_number(const char *p, uint32_t max, uint32_t *value)
{
	bool is_hex = p[0] == '0' && (p[1] | 0x20) == 'x';
	const char *digits = is_hex ? p + 2 : p;
	uint64_t v = 0;

	for (p = digits; is_digit(*p) || (is_hex && is_hex_letter(*p)); p++) {
		unsigned int digit = is_digit(*p) ? *p - '0' : (*p | 0x20) - 'a' + 10;

		v = v * (is_hex ? 16 : 10) + digit;
		if (v > max)
			return false;
	}
	*value = v;
	return p != digits && !*skip(p);
}

/* what the instructions of a kernel use, beyond what they say themselves */
struct usage {
	unsigned int registers, barriers;	/* the highest number and one */
	bool pushes;				/* has an instruction that needs the CRS */
};

static bool is_push(unsigned int op)
{
	switch (op) {
	case SM_OP_SSY: case SM_OP_PBK: case SM_OP_PCNT: case SM_OP_PRET: case SM_OP_PEXIT:
	case SM_OP_PLONGJMP: case SM_OP_CAL: case SM_OP_JCAL:
		return true;
	default:
		return false;
	}
}

static void use_register(struct usage *u, unsigned int reg)
{
	if (reg != SM_RZ && reg >= u->registers)
		u->registers = reg + 1;
}

static void use_barriers(struct usage *u, const struct sm_src *number)
{
	unsigned int count = number->kind == SM_SRC_IMM ? number->imm + 1 : BARRIERS_MAX;

	if (count > u->barriers)
		u->barriers = count;
}

static void find_usage(const uint64_t *code, size_t words, struct usage *u)
{
	struct sm_insn insn;

	*u = (struct usage){ 0 };
	for (size_t i = 0; i < words; i++) {
		if (i % 4 == 0 || sm_decode(code[i], i * 8, &insn))
			continue;	/* a control word */
		use_register(u, insn.dst);
		use_register(u, insn.dst2);
		for (unsigned int n = 0; n < SM_MAX_SRC; n++)
			if (insn.src[n].kind == SM_SRC_REG || insn.src[n].kind == SM_SRC_CBUF)
				use_register(u, insn.src[n].reg);
		if (insn.op == SM_OP_BAR)
			use_barriers(u, &insn.src[0]);
		u->pushes |= is_push(insn.op);
	}
}

static bool is_given(const struct source *s, enum directive d)
{
	return s->given >> d & 1;
}

/*
 * Vectors of registers (64- and 128-bit operands, textures) start at a multiple of their length, up
 * to four. Rounding up to eight thus takes all of a vector of which the first one was seen.
 */
static int complete(struct source *s, const struct usage *u)
{
	struct compote_kernel_info *info = &s->info;
	unsigned int named = u->registers ? u->registers : 1;
	unsigned int rounded = (named + REGISTER_UNIT - 1) / REGISTER_UNIT * REGISTER_UNIT;

	if (u->barriers > BARRIERS_MAX)
		return fail(s, s->first_line, "kernel %s uses barrier %u, the last one is %u",
			    info->name, u->barriers - 1, BARRIERS_MAX - 1);
	if (!is_given(s, REGISTERS))
		info->registers = rounded < REGISTERS_MAX ? rounded : REGISTERS_MAX;
	if (info->registers < u->registers)
		return fail(s, s->first_line, "kernel %s uses R%u, but .registers is %u",
			    info->name, u->registers - 1, info->registers);
	if (!is_given(s, BARRIERS))
		info->barriers = u->barriers;
	if (info->barriers < u->barriers)
		return fail(s, s->first_line, "kernel %s uses barrier %u, but .barriers is %u",
			    info->name, u->barriers - 1, info->barriers);
	if (!is_given(s, CRS) && u->pushes)
		info->crs_bytes = CRS_DEFAULT;
	return 0;
}

static int assemble(struct source *s, uint64_t *code, size_t room, size_t *words)
{
	struct sm_asm_error error;
	struct usage usage;
	long ret;

	ret = sm_assemble(s->text, code, room, &error);
	if (ret == -ENOMEM)
		return ret;
	if (ret < 0)
		return fail(s, error.line ? s->first_line + error.line - 1 : 0, "%s", error.text);
	if (!ret)
		return fail(s, s->first_line, "kernel %s has no instructions", s->info.name);
	*words = ret;
	find_usage(code, ret, &usage);
	return complete(s, &usage);
}

/* the lines of a kernel are all there: s->text holds them and nothing else */
static int end_kernel(struct source *s)
{
	size_t lines = 1, room, words = 0;
	struct program_kernel *k;
	uint64_t *code;
	int ret;

	if (!s->text)
		return 0;
	for (const char *p = s->text; *p; p++)
		lines += *p == '\n';
	room = (lines + 2) / 3 * 4;
	code = calloc(room, sizeof(*code));
	if (!code)
		return -ENOMEM;
	ret = program_add_kernel(s->program, s->name, s->name_length, &k);
	if (!ret) {
		s->info.name = k->info.name;
		memset(s->text, ' ', s->name + s->name_length - s->text);
		ret = assemble(s, code, room, &words);
	}
	if (!ret)
		ret = program_add_code(s->program, code, words * sizeof(*code),
				       &s->info.code_offset);
	if (!ret) {
		k->info = s->info;
		k->line = s->first_line;
	}
	free(code);
	return ret;
}

static int start_kernel(struct source *s, char *line, const char *name)
{
	const char *end = skip_name(name);
	char was = *line;
	int ret;

	if (end == name || *skip(end) || is_digit(*name))
		return fail(s, s->line, "expected a name behind .kernel");
	if (end - name > MAX_NAME)
		return fail(s, s->line, "the kernel's name is too long");
	*line = '\0';
	ret = end_kernel(s);
	*line = was;
	if (ret)
		return ret;
	s->text = line;
	s->name = name;
	s->name_length = end - name;
	s->first_line = s->line;
	s->given = 0;
	s->in_code = false;
	s->info = (struct compote_kernel_info){ .param_base = COMPOTE_PARAM_BASE };
	return 0;
}

static int number_directive(struct source *s, const char *word, size_t n, const char *rest)
{
	enum directive d;
	uint32_t value;

	for (d = 0; d < DIRECTIVES; d++)
		if (is_word(word, n, directives[d].name))
			break;
	if (d == DIRECTIVES)
		return fail(s, s->line, "unknown directive %.*s", n < 40 ? (int)n : 40, word);
	if (!s->text)
		return fail(s, s->line, "%s before the first .kernel", directives[d].name);
	if (s->in_code)
		return fail(s, s->line, "%s behind an instruction or a label", directives[d].name);
	if (is_given(s, d))
		return fail(s, s->line, "%s is there twice", directives[d].name);
	if (!parse_number(rest, directives[d].max, &value) || value < directives[d].min)
		return fail(s, s->line, "expected a number from %u to %u behind %s",
			    directives[d].min, directives[d].max, directives[d].name);
	s->given |= 1u << d;
	memcpy((char *)&s->info + directives[d].member, &value, sizeof(value));
	return 0;
}

/* a line without its newline; what is a directive is gone afterwards */
static int take_line(struct source *s, char *line)
{
	const char *p = skip(line), *end = skip_name(p), *rest = skip(end);
	int ret;

	if (!*p)
		return 0;
	if (*p != '.' || *end == ':') {
		if (!s->text)
			return fail(s, s->line, "expected .kernel");
		s->in_code = true;
		return 0;
	}
	if (is_word(p, end - p, ".kernel"))
		return start_kernel(s, line, rest);	/* end_kernel() takes it away */
	ret = number_directive(s, p, end - p, rest);
	if (!ret)
		memset(line, ' ', strlen(line));
	return ret;
}

static int take_lines(struct source *s)
{
	char *line, *end;
	int ret;

	while (*s->next) {
		line = s->next;
		end = strchrnul(line, '\n');
		s->next = *end ? end + 1 : end;
		s->line++;
		if (*end) {
			*end = '\0';
			ret = take_line(s, line);
			*end = '\n';
		} else {
			ret = take_line(s, line);
		}
		if (ret)
			return ret;
	}
	return end_kernel(s);
}

static int read_source(struct source *s, char *text)
{
	const struct program_kernel *twice;
	int ret;

	strip_comments(text);
	s->next = text;
	ret = take_lines(s);
	if (ret)
		return ret;
	if (!s->program->count)
		return fail(s, 0, "there is no kernel");
	twice = program_sort(s->program);
	if (twice)
		return fail(s, twice->line, "kernel %s is there twice", twice->info.name);
	return program_finish(s->program);
}

COMPOTE_PUBLIC int compote_program_from_asm(const char *text, size_t len,
					    struct compote_program **out, char *error,
					    size_t error_size)
{
	struct source s = { .error = error, .error_size = error_size };
	const char *nul;
	char *copy;
	int ret;

	if (error && error_size)
		error[0] = '\0';
	if (!text || !out)
		return -EINVAL;
	if (len > MAX_TEXT) {
		fail(&s, 0, "more than %u MiB of text", MAX_TEXT >> 20);
		return -E2BIG;
	}
	nul = memchr(text, '\0', len);
	if (nul)
		return fail(&s, 0, "there is a NUL byte at offset %zu", (size_t)(nul - text));
	copy = strndup(text, len);
	s.program = calloc(1, sizeof(*s.program));
	ret = copy && s.program ? read_source(&s, copy) : -ENOMEM;
	free(copy);
	if (ret) {
		compote_program_free(s.program);
		return ret;
	}
	*out = s.program;
	return 0;
}
