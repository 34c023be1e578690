// SPDX-License-Identifier: MIT
/*
 * mme.c - interpreter of the macro method expander.
 *
 * Instruction set: envytools envydis/macro.c, docs/hw/graph/fermi/macro.rst; the macros that Mesa
 * uploads (nvc0/mme/com9097.mme) use all of it. The carry after a subtraction means "no borrow".
 *
 * A macro can have to stop in the middle, for a parameter that has not come yet or for a method
 * that the engine cannot take now; an instruction therefore changes nothing until it can be done
 * as a whole.
 */
#include <stddef.h>

#include "mme.h"

#define PC_MASK		(MME_CODE_WORDS - 1)
#define MAX_STEPS	(1u << 20)	/* the watchdog's patience */

/* Bits 6:4: what becomes of the result. */
enum assign {
	FETCH,			/* drop it; the register gets a parameter */
	MOVE,
	MOVE_MADDR,
	FETCH_SEND,
	MOVE_SEND,
	FETCH_MADDR,
	MOVE_MADDR_FETCH_SEND,	/* method address; then send a parameter */
	MOVE_MADDR_SEND,	/* method address; then send bits 17:12 */
};

void mme_upload(struct mme *m, uint32_t word)
{
	m->code[m->code_ptr & PC_MASK] = word;
	m->code_ptr = (m->code_ptr + 1) & PC_MASK;
}

void mme_set_start(struct mme *m, uint32_t addr)
{
	m->start[m->start_ptr % MME_MACROS] = addr & PC_MASK;
	m->start_ptr = (m->start_ptr + 1) % MME_MACROS;
}

void mme_call(struct mme *m, unsigned int macro, uint32_t arg)
{
	unsigned int i;

	m->running = true;
	m->exiting = m->branching = m->carry = false;
	m->pc = m->start[macro % MME_MACROS];
	m->maddr = m->incr = 0;
	m->steps = 0;
	for (i = 0; i < MME_REGS; i++)
		m->r[i] = 0;
	m->r[1] = arg;
}

static void set_reg(struct mme *m, unsigned int n, uint32_t val)
{
	if (n)
		m->r[n] = val;
}

static uint32_t low_bits(uint32_t n)
{
	return n >= 32 ? ~0u : (1u << n) - 1;
}

static uint32_t shr(uint32_t v, uint32_t n)
{
	return n >= 32 ? 0 : v >> n;
}

static uint32_t shl(uint32_t v, uint32_t n)
{
	return n >= 32 ? 0 : v << n;
}

static bool alu(unsigned int op, uint32_t a, uint32_t b, bool *carry, uint32_t *out)
{
	uint64_t t;

	switch (op) {
	case 0:
	case 1:
		t = (uint64_t)a + b + (op == 1 && *carry);
		*carry = t >> 32;
		break;
	case 2:
	case 3:
		t = (uint64_t)a - b - (op == 3 && !*carry);
		*carry = !(t >> 32);
		break;
	case 8:
		t = a ^ b;
		break;
	case 9:
		t = a | b;
		break;
	case 10:
		t = a & b;
		break;
	case 11:
		t = a & ~b;
		break;
	case 12:
		t = ~(a & b);
		break;
	default:
		return false;
	}
	*out = (uint32_t)t;
	return true;
}

/* Everything but branches: compute the value. False: no such instruction. */
static bool evaluate(const struct mme *m, uint32_t insn, const struct mme_ops *ops, void *opaque,
		     bool *carry, uint32_t *out)
{
	uint32_t a = m->r[(insn >> 11) & 7], b = m->r[(insn >> 14) & 7];
	uint32_t imm = (uint32_t)((int32_t)insn >> 14);
	uint32_t src = (insn >> 17) & 31, mask = low_bits((insn >> 22) & 31), dst = insn >> 27;

	switch (insn & 7) {
	case 0:
		return alu((insn >> 17) & 31, a, b, carry, out);
	case 1:
		*out = a + imm;
		return true;
	case 2:
		*out = (a & ~(mask << dst)) | ((b >> src & mask) << dst);
		return true;
	case 3:
		*out = (shr(b, a) & mask) << dst;
		return true;
	case 4:
		*out = shl(b >> src & mask, a);
		return true;
	case 5:
		*out = ops->read(opaque, ((a + imm) & 0xfff) << 2);
		return true;
	default:
		return false;
	}
}

static void branch(struct mme *m, uint32_t insn, bool *taken)
{
	uint32_t cond = m->r[(insn >> 11) & 7];

	*taken = (insn & 0x10) ? cond != 0 : cond == 0;
	if (!*taken)
		return;
	m->target = (uint16_t)((m->pc + (uint32_t)((int32_t)insn >> 14)) & PC_MASK);
	if (insn & 0x20)
		m->pc = m->target;	/* annul: no delay slot */
	else
		m->branching = true;
}

/* Assignment with its parameter and its method. *param becomes NULL when it is used up. */
static enum mme_status assign(struct mme *m, uint32_t insn, uint32_t val, const struct mme_ops *ops,
			      void *opaque, const uint32_t **param)
{
	enum assign op = (insn >> 4) & 7;
	bool fetch = op == FETCH || op == FETCH_SEND || op == FETCH_MADDR ||
		     op == MOVE_MADDR_FETCH_SEND;
	bool send = op == FETCH_SEND || op == MOVE_SEND || op == MOVE_MADDR_FETCH_SEND ||
		    op == MOVE_MADDR_SEND;
	bool maddr = op == MOVE_MADDR || op == FETCH_MADDR || op == MOVE_MADDR_FETCH_SEND ||
		     op == MOVE_MADDR_SEND;
	bool moves = !fetch || op == MOVE_MADDR_FETCH_SEND;
	uint16_t addr = maddr ? val & 0xfff : m->maddr;
	uint16_t incr = maddr ? (val >> 12) & 0x3f : m->incr;
	uint32_t what = val;

	if (fetch && !*param)
		return MME_WANT_PARAM;
	if (op == MOVE_MADDR_FETCH_SEND)
		what = **param;
	else if (op == MOVE_MADDR_SEND)
		what = incr;
	if (send) {
		if (!ops->send(opaque, (uint32_t)addr << 2, what))
			return MME_BUSY;
		addr = (addr + incr) & 0xfff;
	}
	m->maddr = addr;
	m->incr = incr;
	set_reg(m, (insn >> 8) & 7, moves ? val : **param);
	if (fetch)
		*param = NULL;
	return MME_DONE;
}

/* After an instruction: where to go on. False: the macro has ended. */
static bool advance(struct mme *m, uint32_t insn, bool was_slot_of_exit, bool was_slot_of_branch,
		    bool taken)
{
	if (was_slot_of_exit) {
		m->running = false;
		return false;
	}
	if (was_slot_of_branch) {
		m->branching = false;
		m->pc = m->target;
	} else if (!(taken && (insn & 0x20))) {
		m->pc = (m->pc + 1) & PC_MASK;
	}
	if ((insn & 0x80) && !taken)
		m->exiting = true;
	return true;
}

static enum mme_status trap(struct mme *m, uint32_t why, uint32_t *out)
{
	*out = why;
	m->running = false;
	return MME_TRAP;
}

enum mme_status mme_run(struct mme *m, const struct mme_ops *ops, void *opaque,
			const uint32_t *param, bool *param_taken, uint32_t *why)
{
	bool had_param = param != NULL;
	enum mme_status st = MME_DONE;

	*param_taken = false;
	while (m->running) {
		bool slot_of_exit = m->exiting, slot_of_branch = m->branching;
		bool taken = false, carry = m->carry;
		uint32_t insn, val;

		m->pc &= PC_MASK;
		insn = m->code[m->pc];
		if (++m->steps > MAX_STEPS)
			return trap(m, MME_WATCHDOG, why);
		if ((insn & 7) == 7) {
			if (slot_of_branch || slot_of_exit)
				return trap(m, MME_DOUBLE_BRANCH, why);
			branch(m, insn, &taken);
		} else {
			if (!evaluate(m, insn, ops, opaque, &carry, &val))
				return trap(m, MME_ILLEGAL_OPCODE, why);
			st = assign(m, insn, val, ops, opaque, &param);
			if (st != MME_DONE) {
				m->steps--;
				break;
			}
			m->carry = carry;
		}
		if (!advance(m, insn, slot_of_exit, slot_of_branch, taken))
			break;
	}
	*param_taken = had_param && !param;
	if (st == MME_DONE && had_param && param)
		return trap(m, MME_TOO_MANY_PARAMS, why);
	return st;
}
