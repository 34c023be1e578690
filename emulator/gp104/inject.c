// SPDX-License-Identifier: MIT
/*
 * inject.c - what goes wrong on request: the option's text, and whose turn it is.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "inject.h"

/* Digits, up to a character of @ends or the end of the text. */
static bool number(const char **text, const char *ends, uint32_t min, uint32_t max, uint32_t *out)
{
	unsigned long n;
	char *end;

	if (**text < '0' || **text > '9')
		return false;
	errno = 0;
	n = strtoul(*text, &end, 10);
	if (errno || n < min || n > max || (*end && !strchr(ends, *end)))
		return false;
	*out = (uint32_t)n;
	*text = end;
	return true;
}

static bool starts(const char **text, const char *name)
{
	size_t n = strlen(name);

	if (strncmp(*text, name, n))
		return false;
	*text += n;
	return true;
}

static bool parse_copy(struct inject *in, const char **text, enum inject_kind kind)
{
	struct inject_copy *c = &in->copy[in->ncopies];

	if (in->ncopies == INJECT_COPIES || !number(text, "@,", 1, UINT32_MAX, &c->nth))
		return false;
	if (**text == '@') {
		(*text)++;
		if (!number(text, "+,", 0, UINT32_MAX, &c->after))
			return false;
		if (**text == '+') {
			(*text)++;
			if (!number(text, ",", 1, UINT32_MAX, &c->every))
				return false;
		}
	}
	c->kind = kind;
	in->ncopies++;
	return true;
}

static bool parse_late(struct inject *in, const char **text)
{
	in->late_every = 1;
	if (!number(text, ":,", 1, 10000, &in->late_ms))
		return false;
	if (**text != ':')
		return true;
	(*text)++;
	return number(text, ",", 1, 1000, &in->late_every);
}

bool inject_parse(struct inject *in, const char *text)
{
	bool ok;

	for (;;) {
		if (starts(&text, "ce-error="))
			ok = parse_copy(in, &text, INJECT_CE_ERROR);
		else if (starts(&text, "ce-fault="))
			ok = parse_copy(in, &text, INJECT_CE_FAULT);
		else if (starts(&text, "fault-late="))
			ok = parse_late(in, &text);
		else if (starts(&text, "fault-entries="))
			ok = number(&text, ",", 2, 0xc00, &in->fault_entries);
		else
			ok = false;
		if (!ok || !*text)
			return ok;
		text++;
	}
}

/* Begin again, where it is time to. */
static void rewind_copy(struct inject_copy *c, unsigned int marks)
{
	if (!c->every || marks < c->after || marks - c->after < c->every)
		return;
	c->after = marks - (marks - c->after) % c->every;
	c->seen = 0;
}

enum inject_kind inject_copy(struct inject *in, unsigned int marks)
{
	enum inject_kind kind = INJECT_NONE;
	struct inject_copy *c;

	for (c = in->copy; c < in->copy + in->ncopies; c++) {
		rewind_copy(c, marks);
		if (marks >= c->after && c->seen < c->nth && ++c->seen == c->nth)
			kind = c->kind;
	}
	return kind;
}
