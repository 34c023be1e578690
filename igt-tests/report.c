// SPDX-License-Identifier: MIT
/*
 * igt-report - a table of the results of igt_runner, a column for each run.
 *
 *	igt-report [--all | --html | --junit] NAME=results.json...
 *
 * Without an option: how many subtests of each test ended how, then each that did not pass in some
 * column, with its last words. The status is 1 if the first column has one that did neither pass
 * nor skip, 2 if a file cannot be read.
 */
#include <json.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_COLUMNS 8

static struct column {
	const char *name;
	json_object *tests;
} columns[MAX_COLUMNS];
static unsigned int nr_columns;

/* All names of all columns, sorted, each once. */
static const char **names;
static size_t nr_names;

static const char * const results[] = {
	"pass", "skip", "fail", "warn", "dmesg-warn", "dmesg-fail", "crash", "timeout",
	"incomplete", "abort", "notrun",
};

#define RESULTS (sizeof(results) / sizeof(results[0]))

static bool read_column(struct column *c, char *argument)
{
	char *path = strchr(argument, '=');
	json_object *root;

	if (!path) {
		fprintf(stderr, "igt-report: '%s' is not NAME=FILE\n", argument);
		return false;
	}
	*path++ = '\0';
	root = json_object_from_file(path);
	if (!root || !json_object_object_get_ex(root, "tests", &c->tests)) {
		fprintf(stderr, "igt-report: %s: not a file of results: %s\n", path,
			json_util_get_last_err() ?: "");
		return false;
	}
	c->name = argument;
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char * const *)a, *(const char * const *)b);
}

static void collect_names(void)
{
	size_t n = 0, i;

	for (unsigned int c = 0; c < nr_columns; c++)
		n += (size_t)json_object_object_length(columns[c].tests);
	names = calloc(n + 1, sizeof(*names));
	if (!names)
		abort();
	for (unsigned int c = 0; c < nr_columns; c++) {
		json_object_object_foreach(columns[c].tests, name, test) {
			(void)test;
			names[nr_names++] = name;
		}
	}
	qsort(names, nr_names, sizeof(*names), by_name);
	for (i = n = 0; i < nr_names; i++)
		if (!n || strcmp(names[n - 1], names[i]))
			names[n++] = names[i];
	nr_names = n;
}

static const char *text_of(unsigned int column, const char *test, const char *key)
{
	json_object *t, *v;

	if (!json_object_object_get_ex(columns[column].tests, test, &t) ||
	    !json_object_object_get_ex(t, key, &v))
		return "";
	return json_object_get_string(v) ?: "";
}

static const char *result(unsigned int column, const char *test)
{
	const char *r = text_of(column, test, "result");

	return *r ? r : "-";
}

static bool is_good(const char *r)
{
	return !strcmp(r, "pass") || !strcmp(r, "skip");
}

/* "igt@binary@subtest@dynamic" without "igt@", and the length of the binary's name in it. */
static const char *short_name(const char *name)
{
	return strncmp(name, "igt@", 4) ? name : name + 4;
}

static size_t binary_length(const char *name)
{
	return strcspn(short_name(name), "@");
}

static bool same_binary(const char *a, const char *b)
{
	size_t n = binary_length(a);

	return n == binary_length(b) && !strncmp(short_name(a), short_name(b), n);
}

/* The first line, or so much of it as one wants to read. */
static void print_line(unsigned int column, const char *text)
{
	size_t n = strcspn(text, "\n");

	printf("      %s: %.*s\n", columns[column].name, (int)(n < 160 ? n : 160), text);
}

/* What went wrong, or why it was skipped. */
static void print_reason(unsigned int column, const char *test)
{
	static const char * const signs[] = {
		"Failed assertion: ",
		"error: ",
		"Test requirement not met",
		"skip",
		"no render node",
		"not drm-",
		"Last errno",
	};
	const char *r = result(column, test), *where;

	for (int stream = 0; stream < 2; stream++) {
		where = text_of(column, test, stream ? "out" : "err");
		for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
			const char *at = strstr(where, signs[i]);

			if (!at)
				continue;
			print_line(column, at);
			return;
		}
	}
	if (!strncmp(r, "dmesg", 5) && *text_of(column, test, "dmesg-warnings"))
		print_line(column, text_of(column, test, "dmesg-warnings"));
}

static void print_counts(unsigned int column, size_t first, size_t end)
{
	unsigned int counts[RESULTS] = { 0 };
	const char *sep = "";
	char text[256] = "";
	size_t used = 0;

	for (size_t i = first; i < end; i++)
		for (size_t r = 0; r < RESULTS; r++)
			counts[r] += !strcmp(result(column, names[i]), results[r]);
	for (size_t r = 0; r < RESULTS; r++) {
		if (!counts[r])
			continue;
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%u %s", sep,
					 counts[r], results[r]);
		sep = ", ";
	}
	printf("  %-32s", *text ? text : "-");
}

static void print_summary(void)
{
	size_t first = 0;

	printf("%-24s", "");
	for (unsigned int c = 0; c < nr_columns; c++)
		printf("  %-32s", columns[c].name);
	putchar('\n');
	while (first < nr_names) {
		size_t end = first;

		while (end < nr_names && same_binary(names[first], names[end]))
			end++;
		printf("%-24.*s", (int)binary_length(names[first]), short_name(names[first]));
		for (unsigned int c = 0; c < nr_columns; c++)
			print_counts(c, first, end);
		putchar('\n');
		first = end;
	}
	printf("%-24s", "all");
	for (unsigned int c = 0; c < nr_columns; c++)
		print_counts(c, 0, nr_names);
	putchar('\n');
}

static bool passed_everywhere(const char *name)
{
	for (unsigned int c = 0; c < nr_columns; c++)
		if (strcmp(result(c, name), "pass"))
			return false;
	return true;
}

static void print_text(bool all)
{
	bool title = false;

	print_summary();
	for (size_t i = 0; i < nr_names; i++) {
		if (!all && passed_everywhere(names[i]))
			continue;
		if (!title)
			printf("\n%s\n", all ? "each:" : "not passed:");
		title = true;
		printf("  %-64s", short_name(names[i]));
		for (unsigned int c = 0; c < nr_columns; c++)
			printf("  %-10s", result(c, names[i]));
		putchar('\n');
		for (unsigned int c = 0; c < nr_columns; c++)
			if (strcmp(result(c, names[i]), "pass"))
				print_reason(c, names[i]);
	}
}

static void print_escaped(const char *s)
{
	for (; *s; s++) {
		switch (*s) {
		case '<': fputs("&lt;", stdout); break;
		case '>': fputs("&gt;", stdout); break;
		case '&': fputs("&amp;", stdout); break;
		case '"': fputs("&quot;", stdout); break;
		default:
			/* XML has no other control characters. */
			if ((unsigned char)*s >= ' ' || *s == '\n' || *s == '\t')
				putchar(*s);
		}
	}
}

static void print_html(void)
{
	puts("<!DOCTYPE html><meta charset=utf-8><title>igt results</title>\n"
	     "<style>body { font-family: sans-serif } td { padding: 0 1em }\n"
	     ".pass { background: #cec } .skip { background: #eee } .bad { background: #ecc }\n"
	     "</style>\n<table><tr><th>test");
	for (unsigned int c = 0; c < nr_columns; c++) {
		fputs("<th>", stdout);
		print_escaped(columns[c].name);
	}
	for (size_t i = 0; i < nr_names; i++) {
		fputs("\n<tr><td>", stdout);
		print_escaped(short_name(names[i]));
		for (unsigned int c = 0; c < nr_columns; c++) {
			const char *r = result(c, names[i]);

			printf("<td class=%s title=\"", is_good(r) ? r : "bad");
			print_escaped(is_good(r) ? "" : text_of(c, names[i], "err"));
			printf("\">%s", r);
		}
	}
	puts("\n</table>");
}

/* A suite for each column. */
static void print_junit(void)
{
	puts("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>");
	for (unsigned int c = 0; c < nr_columns; c++) {
		fputs("<testsuite name=\"", stdout);
		print_escaped(columns[c].name);
		puts("\">");
		for (size_t i = 0; i < nr_names; i++) {
			const char *r = result(c, names[i]);

			if (*r == '-')
				continue;
			printf("<testcase classname=\"%.*s\" name=\"", (int)binary_length(names[i]),
			       short_name(names[i]));
			print_escaped(short_name(names[i]) + binary_length(names[i]));
			fputs("\">", stdout);
			if (!strcmp(r, "skip") || !strcmp(r, "notrun")) {
				fputs("<skipped/>", stdout);
			} else if (!is_good(r)) {
				printf("<failure message=\"%s\">", r);
				print_escaped(text_of(c, names[i], "err"));
				fputs("</failure>", stdout);
			}
			puts("</testcase>");
		}
		puts("</testsuite>");
	}
	puts("</testsuites>");
}

int main(int argc, char **argv)
{
	const char *form = "";
	int i = 1;

	if (i < argc && !strncmp(argv[i], "--", 2))
		form = argv[i++] + 2;
	for (; i < argc && nr_columns < MAX_COLUMNS; i++)
		if (!read_column(&columns[nr_columns++], argv[i]))
			return 2;
	if (!nr_columns) {
		fputs("usage: igt-report [--all | --html | --junit] NAME=results.json...\n", stderr);
		return 2;
	}
	collect_names();
	if (!strcmp(form, "html"))
		print_html();
	else if (!strcmp(form, "junit"))
		print_junit();
	else
		print_text(!strcmp(form, "all"));
	for (size_t n = 0; n < nr_names; n++) {
		const char *r = result(0, names[n]);

		if (*r != '-' && !is_good(r))
			return 1;
	}
	return 0;
}
