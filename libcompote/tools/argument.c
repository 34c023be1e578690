// SPDX-License-Identifier: MIT
/*
 * Arguments of a kernel as they are written on a command line.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "argument.h"

#define PAGE	4096u
#define MAX_COUNT (UINT64_C(1) << 32)

static const struct {
	const char *name;
	size_t bytes;
} types[TYPES] = {
	[I8] = { "i8", 1 }, [U8] = { "u8", 1 }, [I16] = { "i16", 2 }, [U16] = { "u16", 2 },
	[I32] = { "i32", 4 }, [U32] = { "u32", 4 }, [I64] = { "i64", 8 }, [U64] = { "u64", 8 },
	[F32] = { "f32", 4 }, [F64] = { "f64", 8 },
};

size_t type_bytes(enum type type)
{
	return types[type].bytes;
}

/* A value of any type; which member counts is said by the type. */
union value {
	uint64_t integer;
	double real;
};

static bool is_real(enum type type)
{
	return type == F32 || type == F64;
}

static bool read_value(enum type type, const char **text, union value *v)
{
	const char *p = *text;
	char *end;

	errno = 0;
	if (is_real(type))
		v->real = strtod(p, &end);
	else if (*p == '-')
		v->integer = (uint64_t)strtoll(p, &end, 0);
	else
		v->integer = strtoull(p, &end, 0);
	*text = end;
	/* A small number that is rounded is no error. */
	return end != p && (errno != ERANGE || is_real(type));
}

static void put(struct argument *a, size_t i, union value v)
{
	char *to = (char *)a->data + i * types[a->type].bytes;
	float single = (float)v.real;

	if (a->type == F32)
		memcpy(to, &single, sizeof(single));
	else
		memcpy(to, &v, types[a->type].bytes);	/* the low bytes */
}

static const char *fill_series(struct argument *a, union value v, const char *step_text)
{
	union value step = { .integer = 1 };
	size_t i;

	if (is_real(a->type))
		step.real = 1;
	if (*step_text) {
		if (*step_text == '+')
			step_text++;
		if (!read_value(a->type, &step_text, &step) || *step_text)
			return "the step is not a number";
	}
	for (i = 0; i < a->count; i++) {
		if (is_real(a->type)) {
			put(a, i, (union value){ .real = v.real + (double)i * step.real });
		} else {
			put(a, i, v);
			v.integer += step.integer;
		}
	}
	return NULL;
}

static const char *fill_file(struct argument *a, const char *path)
{
	FILE *f = fopen(path, "re");
	size_t n;

	if (!f)
		return strerror(errno);
	n = fread(a->data, 1, a->bytes, f);
	n += n == a->bytes && fgetc(f) != EOF;
	fclose(f);
	return n == a->bytes ? NULL : "the file is not as long as the array";
}

/* What was written first is repeated: bytes, as types do not matter for that. */
static void repeat(struct argument *a, size_t given)
{
	size_t bytes = types[a->type].bytes, i;

	for (i = given; i < a->count; i++)
		memcpy((char *)a->data + i * bytes, (char *)a->data + (i - given) * bytes, bytes);
}

static const char *fill_list(struct argument *a, const char *text)
{
	union value v;
	size_t i = 0;

	for (;; text++) {
		if (!read_value(a->type, &text, &v))
			return "not a number";
		if (i == a->count)
			return "more values than elements";
		put(a, i++, v);
		if (*text != ',')
			break;
	}
	if (!i || *text)
		return "not a list of numbers";
	repeat(a, i);
	return NULL;
}

/*
 * The first number of a series: what stands before the two dots. strtod() would take one of the
 * dots for its own.
 */
static bool read_first(enum type type, const char *text, size_t n, union value *v)
{
	char copy[64];
	const char *p = copy;

	if (n >= sizeof(copy))
		return false;
	memcpy(copy, text, n);
	copy[n] = 0;
	return read_value(type, &p, v) && !*p;
}

const char *argument_fill(struct argument *a, const char *values)
{
	const char *dots;
	union value v;

	if (*values == '@')
		return fill_file(a, values + 1);
	dots = strstr(values, "..");
	if (!dots)
		return fill_list(a, values);
	if (!read_first(a->type, values, (size_t)(dots - values), &v))
		return "the first number of the series is none";
	return fill_series(a, v, dots + 2);
}

static bool read_type(const char **text, enum type *type)
{
	size_t n = strcspn(*text, ":["), t;

	for (t = 0; t < TYPES; t++) {
		if (strlen(types[t].name) == n && !memcmp(*text, types[t].name, n)) {
			*type = (enum type)t;
			*text += n;
			return true;
		}
	}
	return false;
}

static const char *allocate(struct argument *a)
{
	a->bytes = a->count * types[a->type].bytes;
	a->data = aligned_alloc(PAGE, (a->bytes + PAGE - 1) / PAGE * PAGE);
	if (!a->data)
		return "no memory for so many";
	memset(a->data, 0, a->bytes);
	return NULL;
}

static const char *parse_scalar(const char *text, struct argument *a)
{
	union value v;
	const char *why;

	if (!read_value(a->type, &text, &v) || *text)
		return "not a number";
	a->count = 1;
	why = allocate(a);
	if (!why)
		put(a, 0, v);
	return why;
}

static const char *parse_array(const char *text, struct argument *a)
{
	unsigned long long count;
	const char *why;
	char *end;

	errno = 0;
	count = strtoull(text, &end, 0);
	if (errno || end == text || *end != ']' || *text == '-' || !count || count > MAX_COUNT)
		return "no number of elements in brackets";
	if (end[1] && end[1] != '=')
		return "behind the brackets there is '=' or nothing";
	a->array = true;
	a->count = count;
	why = allocate(a);
	if (!why && end[1])
		why = argument_fill(a, end + 2);
	return why;
}

const char *argument_parse(const char *text, struct argument *a)
{
	const char *why;

	memset(a, 0, sizeof(*a));
	if (!read_type(&text, &a->type))
		return "no type: one of i8 u8 i16 u16 i32 u32 i64 u64 f32 f64, then ':' or '['";
	if (*text == ':')
		why = parse_scalar(text + 1, a);
	else
		why = *text == '[' ? parse_array(text + 1, a) : "no ':' or '[' behind the type";
	if (why)
		argument_free(a);
	return why;
}

void argument_free(struct argument *a)
{
	free(a->data);
	a->data = NULL;
}

size_t arguments_pack(const struct argument *arguments, size_t n, void *to, size_t room)
{
	size_t used = 0, size, i;

	for (i = 0; i < n; i++) {
		const struct argument *a = &arguments[i];

		size = a->array ? sizeof(a->data) : a->bytes;
		used = (used + size - 1) / size * size;
		if (used + size > room)
			return 0;
		memcpy((char *)to + used, a->array ? (const void *)&a->data : a->data, size);
		used += size;
	}
	return used;
}

static const void *element(const struct argument *a, size_t i)
{
	return (const char *)a->data + i * types[a->type].bytes;
}

void element_print(FILE *to, const struct argument *a, size_t i)
{
	union {
		int8_t i8;
		int16_t i16;
		int32_t i32;
		int64_t i64;
		uint64_t u64;
		float f32;
		double f64;
	} v = { .u64 = 0 };

	memcpy(&v, element(a, i), types[a->type].bytes);
	switch (a->type) {
	case I8:
		fprintf(to, "%" PRId8, v.i8);
		break;
	case I16:
		fprintf(to, "%" PRId16, v.i16);
		break;
	case I32:
		fprintf(to, "%" PRId32, v.i32);
		break;
	case I64:
		fprintf(to, "%" PRId64, v.i64);
		break;
	case F32:
		fprintf(to, "%.9g", (double)v.f32);
		break;
	case F64:
		fprintf(to, "%.17g", v.f64);
		break;
	default:
		fprintf(to, "%" PRIu64, v.u64);
	}
}

bool element_equal(const struct argument *a, const struct argument *b, size_t i)
{
	return !memcmp(element(a, i), element(b, i), types[a->type].bytes);
}
