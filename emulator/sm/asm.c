// SPDX-License-Identifier: MIT
/*
 * Assembler, a whole source: lines, labels, scheduling annotations and control
 * words. A line is
 *
 *	[B01----:R-:W2:Y:S01:U----] @!P0 FFMA.FTZ R0, R1, c[0x0][0x140], -R2 ;
 *
 * or "label:", or both; the annotation is what sm_disasm_sched prints and may
 * be left out. Comments are as in C, or start with #.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "asm.h"

#define MAX_LINE 512

struct source {
	const char *p;
	unsigned int line;
	bool in_comment;
	struct sm_asm_error *error;
};

/* address of instruction i: each bundle starts with a control word */
static uint64_t address_of(size_t i)
{
	return i / 3 * SM_BUNDLE_BYTES + (1 + i % 3) * SM_INSN_BYTES;
}

/* the next line without its comments; 0 at the end, -EINVAL for one too long */
static int next_line(struct source *s, char *line)
{
	size_t n = 0;

	if (!*s->p)
		return 0;
	s->line++;
	for (; *s->p && *s->p != '\n'; s->p++) {
		if (s->in_comment) {
			if (!strncmp(s->p, "*/", 2)) {
				s->in_comment = false;
				s->p++;
			}
			continue;
		}
		if (!strncmp(s->p, "/*", 2)) {
			s->in_comment = true;
			s->p++;
			continue;
		}
		if (*s->p == '#' || !strncmp(s->p, "//", 2)) {
			s->p += strcspn(s->p, "\n");
			break;
		}
		if (n == MAX_LINE - 1) {
			sm_asm_set_error(s->error, "line too long");
			return -EINVAL;
		}
		line[n++] = *s->p == '\r' ? ' ' : *s->p;
	}
	if (*s->p)
		s->p++;
	while (n && isspace((unsigned char)line[n - 1]))
		n--;
	line[n] = '\0';
	return 1;
}

static char *skip(char *p)
{
	while (isspace((unsigned char)*p))
		p++;
	return p;
}

static int add_label(struct sm_labels *labels, const char *name, size_t n, uint64_t address,
		     struct sm_asm_error *error)
{
	struct sm_label *list;

	if (n >= SM_MAX_LABEL) {
		sm_asm_set_error(error, "label too long");
		return -EINVAL;
	}
	for (unsigned int i = 0; i < labels->count; i++) {
		if (!strncmp(labels->list[i].name, name, n) && !labels->list[i].name[n]) {
			sm_asm_set_error(error, "label %.*s is there twice", (int)n, name);
			return -EINVAL;
		}
	}
	if (labels->count == labels->room) {
		labels->room = labels->room ? labels->room * 2 : 16;
		list = realloc(labels->list, labels->room * sizeof(*list));
		if (!list)
			return -ENOMEM;
		labels->list = list;
	}
	list = &labels->list[labels->count++];
	memcpy(list->name, name, n);
	list->name[n] = '\0';
	list->address = address;
	return 0;
}

/* takes "label:" off the front of the line; labels NULL: only skips it */
static int take_labels(char **line, struct sm_labels *labels, uint64_t address,
		       struct sm_asm_error *error)
{
	for (;;) {
		char *p = *line = skip(*line);
		int ret;

		if (!isalpha((unsigned char)*p) && *p != '_' && *p != '.')
			return 0;
		while (isalnum((unsigned char)*p) || *p == '_' || *p == '.')
			p++;
		if (*p != ':')
			return 0;
		if (labels) {
			ret = add_label(labels, *line, p - *line, address, error);
			if (ret)
				return ret;
		}
		*line = p + 1;
	}
}

static bool is_scoreboard(char c, uint8_t *bar)
{
	*bar = c == '-' ? 7 : c - '0';
	return c == '-' || (c >= '0' && c <= '5');
}

/* a set written as digits or dashes, one place for each */
static bool parse_set(const char *p, unsigned int n, uint8_t *set)
{
	*set = 0;
	for (unsigned int i = 0; i < n; i++) {
		if (p[i] == (char)('0' + i))
			*set |= 1u << i;
		else if (p[i] != '-')
			return false;
	}
	return true;
}

/* "[B01----:R-:W2:Y:S01:U----]", the last part optional */
static int take_sched(char **line, struct sm_sched *sched, bool *given, struct sm_asm_error *error)
{
	const char *p = *line = skip(*line);
	size_t n = strcspn(p, "]");

	*given = *p == '[';
	if (!*given)
		return 0;
	memset(sched, 0, sizeof(*sched));
	if (p[n] != ']' || (n != 20 && n != 26) || strncmp(p, "[B", 2) ||
	    !parse_set(p + 2, 6, &sched->wait_mask) || strncmp(p + 8, ":R", 2) ||
	    !is_scoreboard(p[10], &sched->rd_bar) || strncmp(p + 11, ":W", 2) ||
	    !is_scoreboard(p[13], &sched->wr_bar) || p[14] != ':' ||
	    (p[15] != 'Y' && p[15] != '-') || strncmp(p + 16, ":S", 2) ||
	    !isdigit((unsigned char)p[18]) || !isdigit((unsigned char)p[19]) ||
	    (n == 26 && (strncmp(p + 20, ":U", 2) || !parse_set(p + 22, 4, &sched->reuse)))) {
		sm_asm_set_error(error, "bad scheduling annotation");
		return -EINVAL;
	}
	sched->yield = p[15] == '-';
	sched->stall = (p[18] - '0') * 10 + p[19] - '0';
	if (sched->stall > 15) {
		sm_asm_set_error(error, "stall count above 15");
		return -EINVAL;
	}
	*line += n + 1;
	return 0;
}

/* results that come later than the longest stall: they need a scoreboard */
static bool has_late_result(unsigned int op)
{
	switch (op) {
	case SM_OP_MUFU: case SM_OP_FCHK:
	case SM_OP_DADD: case SM_OP_DMUL: case SM_OP_DFMA: case SM_OP_DMNMX:
	case SM_OP_DSET: case SM_OP_DSETP:
	case SM_OP_IMUL: case SM_OP_IMAD: case SM_OP_FLO: case SM_OP_POPC:
	case SM_OP_F2F: case SM_OP_F2I: case SM_OP_I2F: case SM_OP_I2I:
	case SM_OP_S2R: case SM_OP_SHFL: case SM_OP_VOTE: case SM_OP_B2R: case SM_OP_LEPC:
	case SM_OP_LD: case SM_OP_LDG: case SM_OP_LDL: case SM_OP_LDS: case SM_OP_LDC:
	case SM_OP_ATOM: case SM_OP_ATOMS:
	case SM_OP_TEX: case SM_OP_TEXS: case SM_OP_TLD: case SM_OP_TLDS: case SM_OP_TLD4:
	case SM_OP_TLD4S: case SM_OP_TXD: case SM_OP_TXQ: case SM_OP_TXA: case SM_OP_TMML:
	case SM_OP_SULD: case SM_OP_SUATOM:
	case SM_OP_ALD: case SM_OP_IPA: case SM_OP_PIXLD: case SM_OP_ISBERD: case SM_OP_OUT:
		return true;
	default:
		return false;
	}
}

/* sources that are read after the issue */
static bool has_late_reads(unsigned int op)
{
	switch (op) {
	case SM_OP_ST: case SM_OP_STG: case SM_OP_STL: case SM_OP_STS: case SM_OP_RED:
	case SM_OP_SUST: case SM_OP_SURED: case SM_OP_AST: case SM_OP_R2B:
		return true;
	default:
		return has_late_result(op);
	}
}

/* slow and right: waits for everything, and has the next one wait for it */
static void safe_sched(struct sm_sched *sched, unsigned int op)
{
	*sched = (struct sm_sched){
		.stall = 15, .yield = true, .wait_mask = 0x3f,
		.wr_bar = has_late_result(op) ? 0 : 7,
		.rd_bar = has_late_reads(op) ? 1 : 7,
	};
}

/* first pass: where the labels are; the number of instructions */
static long find_labels(const char *text, struct sm_labels *labels, struct sm_asm_error *error)
{
	struct source s = { .p = text, .error = error };
	char line[MAX_LINE], *p;
	long n = 0;
	int ret;

	while ((ret = next_line(&s, line)) > 0) {
		p = line;
		ret = take_labels(&p, labels, address_of(n), error);
		if (ret)
			break;
		if (*skip(p))
			n++;
	}
	if (ret < 0 && error)
		error->line = s.line;
	return ret < 0 ? ret : n;
}

static int assemble_line(char *p, size_t i, const struct sm_labels *labels, uint64_t *word,
			 struct sm_sched *sched, struct sm_asm_error *error)
{
	uint64_t pc = address_of(i);
	struct sm_insn insn;
	bool given;
	int ret;

	ret = take_sched(&p, sched, &given, error);
	if (ret)
		return ret;
	ret = sm_assemble_labelled(p, pc, labels, word, error);
	if (ret)
		return ret;
	if (!given) {
		sm_decode(*word, pc, &insn);
		safe_sched(sched, insn.op);
	}
	return 0;
}

static void put_insn(uint64_t *out, size_t i, uint64_t word, const struct sm_sched *sched)
{
	struct sm_sched bundle[3];
	uint64_t *control = &out[i / 3 * 4];

	for (unsigned int k = 0; k < 3; k++)
		sm_decode_sched(*control, k, &bundle[k]);
	bundle[i % 3] = *sched;
	*control = sm_encode_sched(bundle);
	control[1 + i % 3] = word;
}

static int assemble_lines(const char *text, const struct sm_labels *labels, uint64_t *out,
			  struct sm_asm_error *error)
{
	struct source s = { .p = text, .error = error };
	char line[MAX_LINE], *p;
	struct sm_sched sched;
	uint64_t word;
	size_t i = 0;
	int ret;

	while ((ret = next_line(&s, line)) > 0) {
		p = line;
		take_labels(&p, NULL, 0, error);
		p = skip(p);
		if (!*p)
			continue;
		ret = assemble_line(p, i, labels, &word, &sched, error);
		if (ret)
			break;
		put_insn(out, i++, word, &sched);
	}
	if (ret < 0) {
		if (error)
			error->line = s.line;
		return ret;
	}
	sm_assemble_insn("NOP ;", 0, &word, NULL);
	safe_sched(&sched, SM_OP_NOP);
	for (; i % 3; i++)
		put_insn(out, i, word, &sched);
	return 0;
}

long sm_assemble(const char *src, uint64_t *out, size_t n, struct sm_asm_error *error)
{
	struct sm_labels labels = { 0 };
	long count, words;
	int ret;

	if (error)
		memset(error, 0, sizeof(*error));
	count = find_labels(src, &labels, error);
	words = (count + 2) / 3 * 4;
	if (count < 0) {
		ret = count;
	} else if ((size_t)words > n) {
		sm_asm_set_error(error, "no room for %ld words", words);
		ret = -ENOSPC;
	} else {
		memset(out, 0, words * sizeof(*out));
		ret = assemble_lines(src, &labels, out, error);
	}
	free(labels.list);
	return ret ? ret : words;
}
