// SPDX-License-Identifier: MIT
/*
 * igt-report - a table of the results of igt_runner, a column for each run.
 *
 *	igt-report [--all | --html | --junit] NAME=results.json[,KNOWN]...
 *
 * Without an option: how many subtests of each test ended how, then each that did not pass in some
 * column, with its last words. KNOWN is a file of what this driver is known to fail, a pattern and
 * the reason on each line. The status is 1 if the first column has one that did neither pass nor
 * skip, 2 if a file cannot be read.
 */
#include <fnmatch.h>
#include <json.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_COLUMNS 8

struct known {
	const char *pattern, *why;
	struct known *next;
};

static struct column {
	const char *name;
	json_object *tests;
	struct known *known;
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

/* "PATTERN WHY..." on each line; "#" begins a comment. */
static bool read_known(struct known **end, const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t size = 0;

	if (!f) {
		perror(path);
		return false;
	}
	while (getline(&line, &size, f) > 0) {
		struct known *k = calloc(1, sizeof(*k));
		char *pattern = strtok(line, " \t\n"), *why = strtok(NULL, "\n");

		if (!k)
			abort();
		if (!pattern || *pattern == '#')
			continue;
		k->pattern = strdup(pattern);
		k->why = strdup(why ? why + strspn(why, " \t") : "");
		*end = k;
		end = &k->next;
	}
	free(line);
	fclose(f);
	return true;
}

static bool read_column(struct column *c, char *argument)
{
	char *path = strchr(argument, '='), *known = strchr(argument, ',');
	json_object *root;

	if (!path) {
		fprintf(stderr, "igt-report: '%s' is not NAME=FILE\n", argument);
		return false;
	}
	*path++ = '\0';
	if (known) {
		*known++ = '\0';
		if (!read_known(&c->known, known))
			return false;
	}
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

enum verdict { PASSED, SKIPPED, FAILED, NOT_THERE, VERDICTS };

static enum verdict verdict(unsigned int column, const char *test)
{
	const char *r = result(column, test);

	if (!strcmp(r, "-"))
		return NOT_THERE;
	if (!strcmp(r, "skip") || !strcmp(r, "notrun"))
		return SKIPPED;
	return strcmp(r, "pass") ? FAILED : PASSED;
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

/* A piece of a text that stays where it is. */
struct piece {
	const char *at;
	int length;
};

/* The first line, or so much of it as one wants to read. */
static struct piece first_line(const char *text)
{
	size_t n = strcspn(text, "\n");

	return (struct piece) { text, (int)(n < 160 ? n : 160) };
}

static const char *next_line(const char *text)
{
	text += strcspn(text, "\n");
	return text + (*text == '\n');
}

/* libigt says what was required, and below that what the test says of it, if anything. */
static const char *requirement(const char *text)
{
	const char *at = strstr(text, "Test requirement: "), *words;

	if (!at)
		return NULL;
	words = next_line(at);
	if (!strncmp(words, "Last errno", 10))
		words = next_line(words);
	return *words && strncmp(words, "Subtest", 7) && strncmp(words, "Dynamic", 7) ? words : at;
}

/* What went wrong, or why it was skipped, in the test's own words or the kernel's. */
static struct piece reason(unsigned int column, const char *test)
{
	static const char * const signs[] = {
		"Failed assertion: ",
		"error: ",
		"This test caused an abort condition",
		"no render node",
		"Received signal",
		"Timeout",
	};
	const char *out = text_of(column, test, "out"), *err = text_of(column, test, "err");
	const char *at = requirement(out);

	for (size_t i = 0; !at && i < sizeof(signs) / sizeof(signs[0]); i++) {
		at = strstr(err, signs[i]);
		if (!at)
			at = strstr(out, signs[i]);
	}
	return first_line(at ? at : text_of(column, test, "dmesg-warnings"));
}

/*
 * The file of what a driver is known to fail, and why: a pattern of names without "igt@" and the
 * reason on each line. The first that fits counts. "abort:NAME" is for those that end so, and so on.
 */
static bool fits(const char *pattern, const char *how, const char *name)
{
	size_t n = strcspn(pattern, ":");

	if (!pattern[n])
		return !fnmatch(pattern, name, 0);
	return n == strlen(how) && !strncmp(pattern, how, n) && !fnmatch(pattern + n + 1, name, 0);
}

static const char *known_reason(unsigned int column, const char *test)
{
	const struct known *k;

	if (verdict(column, test) != FAILED)
		return NULL;
	for (k = columns[column].known; k; k = k->next)
		if (fits(k->pattern, result(column, test), short_name(test)))
			return k->why;
	return NULL;
}

static void print_reason(unsigned int column, const char *test)
{
	const char *why = known_reason(column, test);
	struct piece p = reason(column, test);

	if (p.length)
		printf("      %s: %.*s\n", columns[column].name, p.length, p.at);
	if (why)
		printf("      %s: known: %s\n", columns[column].name, why);
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

/* How many failures nobody has given a reason for. */
static void print_unknown(void)
{
	for (unsigned int c = 0; c < nr_columns; c++) {
		size_t failed = 0, unknown = 0;

		for (size_t i = 0; i < nr_names; i++) {
			failed += verdict(c, names[i]) == FAILED;
			unknown += verdict(c, names[i]) == FAILED && !known_reason(c, names[i]);
		}
		if (columns[c].known)
			printf("%s: the reason is known of %zu failures, and not of %zu\n",
			       columns[c].name, failed - unknown, unknown);
	}
}

static bool passed_everywhere(const char *name)
{
	for (unsigned int c = 0; c < nr_columns; c++)
		if (verdict(c, name) == SKIPPED || verdict(c, name) == FAILED)
			return false;
	return true;
}

static void print_text(bool all)
{
	bool title = false;

	print_summary();
	print_unknown();
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
			if (verdict(c, names[i]) == SKIPPED || verdict(c, names[i]) == FAILED)
				print_reason(c, names[i]);
	}
}

static void print_escaped_piece(struct piece p)
{
	for (const char *s = p.at; s < p.at + p.length; s++) {
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

static void print_escaped(const char *s)
{
	print_escaped_piece((struct piece) { s, (int)strlen(s) });
}

/* One line of why it ended so: what is known of it, or its own words. */
static void print_escaped_reason(unsigned int column, const char *test)
{
	const char *why = known_reason(column, test);

	if (why)
		print_escaped(why);
	else
		print_escaped_piece(reason(column, test));
}

static void print_html(void)
{
	static const char * const classes[VERDICTS] = { "pass", "skip", "bad", "none" };

	puts("<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8><title>igt results</title>\n"
	     "<style>\nbody { font-family: sans-serif } td, th { padding: 0 1em; text-align: left }\n"
	     ".pass { background: #cec } .skip { background: #eee } .bad { background: #ecc }\n"
	     "</style></head>\n<body><table>\n<tr><th>test");
	for (unsigned int c = 0; c < nr_columns; c++) {
		fputs("<th>", stdout);
		print_escaped(columns[c].name);
	}
	for (size_t i = 0; i < nr_names; i++) {
		fputs("\n<tr><td>", stdout);
		print_escaped(short_name(names[i]));
		for (unsigned int c = 0; c < nr_columns; c++) {
			const char *r = result(c, names[i]);

			printf("<td class=%s>%s", classes[verdict(c, names[i])], r);
			if (verdict(c, names[i]) == PASSED || verdict(c, names[i]) == NOT_THERE)
				continue;
			fputs("<br><small>", stdout);
			print_escaped_reason(c, names[i]);
			fputs("</small>", stdout);
		}
	}
	puts("\n</table></body></html>");
}

static void print_case(unsigned int column, const char *test)
{
	const char *subtest = short_name(test) + binary_length(test);

	printf("<testcase classname=\"%s.%.*s\" name=\"", columns[column].name,
	       (int)binary_length(test), short_name(test));
	print_escaped(*subtest ? subtest + 1 : short_name(test));
	fputs("\">", stdout);
	switch (verdict(column, test)) {
	case SKIPPED:
		fputs("<skipped message=\"", stdout);
		print_escaped_reason(column, test);
		fputs("\"/>", stdout);
		break;
	case FAILED:
		printf("<failure type=\"%s\" message=\"", result(column, test));
		print_escaped_reason(column, test);
		fputs("\">", stdout);
		print_escaped(text_of(column, test, "err"));
		print_escaped(text_of(column, test, "dmesg-warnings"));
		fputs("</failure>", stdout);
		break;
	default:
		break;
	}
	puts("</testcase>");
}

/* A suite for each column. */
static void print_junit(void)
{
	puts("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>");
	for (unsigned int c = 0; c < nr_columns; c++) {
		size_t counts[VERDICTS] = { 0 };

		for (size_t i = 0; i < nr_names; i++)
			counts[verdict(c, names[i])]++;
		printf("<testsuite name=\"%s\" tests=\"%zu\" failures=\"%zu\" skipped=\"%zu\">\n",
		       columns[c].name, nr_names - counts[NOT_THERE], counts[FAILED],
		       counts[SKIPPED]);
		for (size_t i = 0; i < nr_names; i++)
			if (verdict(c, names[i]) != NOT_THERE)
				print_case(c, names[i]);
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
		fputs("usage: igt-report [--all | --html | --junit] NAME=results.json[,KNOWN]...\n", stderr);
		return 2;
	}
	collect_names();
	if (!strcmp(form, "html"))
		print_html();
	else if (!strcmp(form, "junit"))
		print_junit();
	else
		print_text(!strcmp(form, "all"));
	for (size_t n = 0; n < nr_names; n++)
		if (verdict(0, names[n]) == FAILED)
			return 1;
	return 0;
}
