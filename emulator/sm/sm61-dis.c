// SPDX-License-Identifier: MIT
/* sm61-dis: disassembles a file of sm_61 code, or words given as text. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "isa.h"

struct options {
	bool words, sched, text;
	uint64_t base;
};

static void usage(FILE *out)
{
	fprintf(out,
		"usage: sm61-dis [-sw] [-b ADDRESS] [FILE]\n"
		"       sm61-dis -x < WORDS\n"
		"Disassembles sm_61 code: bundles of a control word and three instructions.\n"
		"  -b ADDRESS  where the code stands in memory, for branch targets (default 0)\n"
		"  -s          print the scheduling information too, as sm61-as takes it\n"
		"  -w          print the encoding behind each instruction\n"
		"  -x          read instructions in hexadecimal, one a line, no control words\n");
}

static void print_insn(uint64_t word, uint64_t pc, const struct sm_sched *sched,
		       const struct options *opt)
{
	struct sm_insn insn;
	char text[256], control[48] = "";

	sm_decode(word, pc, &insn);
	sm_disasm(&insn, text, sizeof(text));
	if (sched && opt->sched) {
		sm_disasm_sched(sched, control, sizeof(control) - 1);
		strcat(control, " ");
	}
	if (opt->words)
		printf("%s%-56s /* %016" PRIx64 " */\n", control, text, word);
	else
		printf("%s%s\n", control, text);
}

static int dump_text(const struct options *opt)
{
	char line[128];

	while (fgets(line, sizeof(line), stdin)) {
		char *end;
		uint64_t word;

		errno = 0;
		word = strtoull(line, &end, 16);
		if (end == line || errno) {
			fprintf(stderr, "sm61-dis: not a hexadecimal word: %s", line);
			return 1;
		}
		print_insn(word, opt->base, NULL, opt);
	}
	return 0;
}

static int dump_binary(FILE *file, const char *name, const struct options *opt)
{
	uint64_t bundle[4], pc = opt->base;
	struct sm_sched sched;
	size_t n;

	while ((n = fread(bundle, 1, sizeof(bundle), file)) == sizeof(bundle)) {
		for (unsigned int i = 0; i < 3; i++) {
			sm_decode_sched(bundle[0], i, &sched);
			printf("/*%04" PRIx64 "*/ ", pc + 8 + i * 8);
			print_insn(bundle[1 + i], pc + 8 + i * 8, &sched, opt);
		}
		pc += sizeof(bundle);
	}
	if (ferror(file)) {
		fprintf(stderr, "sm61-dis: %s: %s\n", name, strerror(errno));
		return 1;
	}
	if (n) {
		fprintf(stderr, "sm61-dis: %s: the size is no multiple of 32 bytes\n", name);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct options opt = { 0 };
	FILE *file = stdin;
	char *end;
	int c;

	while ((c = getopt(argc, argv, "b:hswx")) != -1) {
		switch (c) {
		case 'b':
			opt.base = strtoull(optarg, &end, 0);
			if (*end || !*optarg) {
				fprintf(stderr, "sm61-dis: not an address: %s\n", optarg);
				return 2;
			}
			break;
		case 'h':
			usage(stdout);
			return 0;
		case 's':
			opt.sched = true;
			break;
		case 'w':
			opt.words = true;
			break;
		case 'x':
			opt.text = true;
			break;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (argc - optind > 1 || (opt.text && argc != optind)) {
		usage(stderr);
		return 2;
	}
	if (opt.text)
		return dump_text(&opt);
	if (argc > optind) {
		file = fopen(argv[optind], "rb");
		if (!file) {
			fprintf(stderr, "sm61-dis: %s: %s\n", argv[optind], strerror(errno));
			return 1;
		}
	}
	c = dump_binary(file, argc > optind ? argv[optind] : "standard input", &opt);
	if (file != stdin)
		fclose(file);
	return c;
}
