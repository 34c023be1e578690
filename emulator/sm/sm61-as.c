// SPDX-License-Identifier: MIT
/* sm61-as: assembles sm_61 code into a file of 32-byte bundles. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "isa.h"

#define MAX_SOURCE (16u << 20)

static void usage(FILE *out)
{
	fprintf(out,
		"usage: sm61-as -o OUTPUT [SOURCE]\n"
		"Assembles sm_61 code, in the syntax that sm61-dis prints, from SOURCE or\n"
		"standard input. Lines may have a label in front, and scheduling information\n"
		"as sm61-dis -s prints it; without that they get one that is always safe.\n");
}

static char *read_source(FILE *file, const char *name)
{
	size_t size = 0, room = 1 << 16;
	char *text = malloc(room);

	while (text) {
		char *bigger;

		size += fread(text + size, 1, room - size - 1, file);
		if (size < room - 1)
			break;
		room *= 2;
		bigger = room <= MAX_SOURCE ? realloc(text, room) : NULL;
		if (!bigger) {
			fprintf(stderr, "sm61-as: %s: too large\n", name);
			free(text);
			return NULL;
		}
		text = bigger;
	}
	if (text && ferror(file)) {
		fprintf(stderr, "sm61-as: %s: %s\n", name, strerror(errno));
		free(text);
		return NULL;
	}
	if (text)
		text[size] = '\0';
	return text;
}

static int write_code(const char *name, const uint64_t *code, long words)
{
	FILE *file = fopen(name, "wb");
	bool ok;

	if (!file) {
		fprintf(stderr, "sm61-as: %s: %s\n", name, strerror(errno));
		return 1;
	}
	ok = fwrite(code, sizeof(*code), words, file) == (size_t)words;
	ok &= !fclose(file);
	if (ok)
		return 0;
	fprintf(stderr, "sm61-as: %s: %s\n", name, strerror(errno));
	remove(name);
	return 1;
}

static int assemble(const char *text, const char *source, const char *output)
{
	struct sm_asm_error error;
	size_t lines = 1, room;
	uint64_t *code;
	long words;
	int ret;

	for (const char *p = text; *p; p++)
		lines += *p == '\n';
	room = (lines + 2) / 3 * 4;
	code = calloc(room, sizeof(*code));
	if (!code) {
		fprintf(stderr, "sm61-as: %s\n", strerror(ENOMEM));
		return 1;
	}
	words = sm_assemble(text, code, room, &error);
	if (words < 0) {
		fprintf(stderr, "sm61-as: %s:%u: %s\n", source, error.line, error.text);
		ret = 1;
	} else {
		ret = write_code(output, code, words);
	}
	free(code);
	return ret;
}

int main(int argc, char **argv)
{
	const char *output = NULL, *source = "standard input";
	FILE *file = stdin;
	char *text;
	int c;

	while ((c = getopt(argc, argv, "ho:")) != -1) {
		switch (c) {
		case 'h':
			usage(stdout);
			return 0;
		case 'o':
			output = optarg;
			break;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (!output || argc - optind > 1) {
		usage(stderr);
		return 2;
	}
	if (argc > optind) {
		source = argv[optind];
		file = fopen(source, "r");
		if (!file) {
			fprintf(stderr, "sm61-as: %s: %s\n", source, strerror(errno));
			return 1;
		}
	}
	text = read_source(file, source);
	if (file != stdin)
		fclose(file);
	c = text ? assemble(text, source, output) : 1;
	free(text);
	return c;
}
