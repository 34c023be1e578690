/* SPDX-License-Identifier: MIT */
/* Between the two halves of the assembler: one instruction, and a whole source. */
#ifndef SM_ASM_H
#define SM_ASM_H

#include "isa.h"

#define SM_MAX_LABEL 48

struct sm_label {
	char name[SM_MAX_LABEL];
	uint64_t address;
};

struct sm_labels {
	struct sm_label *list;
	unsigned int count, room;
};

/* labels may be NULL: targets must be addresses then */
int sm_assemble_labelled(const char *text, uint64_t pc, const struct sm_labels *labels,
			 uint64_t *word, struct sm_asm_error *error);

__attribute__((format(printf, 2, 3)))
void sm_asm_set_error(struct sm_asm_error *error, const char *format, ...);

#endif
