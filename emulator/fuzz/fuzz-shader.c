// SPDX-License-Identifier: MIT
/*
 * libFuzzer target for shader words: whatever decodes is printed, assembled
 * again and means the same; and for the assembler, which gets the input as text.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sm/isa.h"

#define PC 0x1000

static void check_word(uint64_t word)
{
	char text[256], again[256];
	struct sm_insn insn, second;
	uint64_t other;

	if (sm_decode(word, PC, &insn)) {
		sm_disasm(&insn, text, sizeof(text));
		return;
	}
	sm_disasm(&insn, text, sizeof(text));
	if (sm_assemble_insn(text, PC, &other, NULL) || sm_decode(other, PC, &second))
		abort();
	sm_disasm(&second, again, sizeof(again));
	if (strcmp(text, again))
		abort();
}

static void check_source(const uint8_t *data, size_t size)
{
	struct sm_asm_error error;
	uint64_t code[256];
	char *text = malloc(size + 1);

	if (!text)
		return;
	memcpy(text, data, size);
	text[size] = '\0';
	sm_assemble(text, code, sizeof(code) / sizeof(code[0]), &error);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t word;

	for (size_t i = 0; i + sizeof(word) <= size; i += sizeof(word)) {
		memcpy(&word, data + i, sizeof(word));
		check_word(word);
	}
	check_source(data, size);
	return 0;
}
