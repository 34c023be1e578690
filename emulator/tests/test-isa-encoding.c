// SPDX-License-Identifier: MIT
/*
 * Encodings against Mesa's emitter: each word is put together here by the
 * positions that nv50_ir_emit_gm107.cpp gives (its numbers, in hexadecimal),
 * not by the table under test, and must be what the text assembles to and be
 * printed as that text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sm/isa.h"

/* emitInsn() without and with its emitPred(), here always PT but for P() */
#define OP(hi)		((uint64_t)(hi) << 32)
#define INSN(hi)	(OP(hi) | UINT64_C(7) << 16)
#define P(hi, p, not)	(OP(hi) | (uint64_t)(p) << 16 | (uint64_t)(not) << 19)
#define F(pos, len, v)	(((uint64_t)(v) & ((UINT64_C(1) << (len)) - 1)) << (pos))
#define GPR(pos, r)	F(pos, 8, r)
#define RZ		255
#define PRED(pos, p)	F(pos, 3, p)
#define PT		7
#define BIT(pos)	F(pos, 1, 1)
/* emitCBUF(0x22, -1, 0x14, 16, 2, ...) and emitCBUF(0x24, reg, 0x14, 16, 0, ...) */
#define CB(slot, off)	(F(0x22, 5, slot) | F(0x14, 16, (off) >> 2))
#define CB0(slot, off)	(F(0x24, 5, slot) | F(0x14, 16, off))
/* emitIMMD(0x14, 19, ...): integers; the upper 20 bits of a float; of a double */
#define IMM19(v)	(F(0x14, 19, v) | F(0x38, 1, (uint32_t)(v) >> 19))
#define IMMF(bits)	IMM19((uint32_t)(bits) >> 12)
#define IMMD(bits)	IMM19((uint64_t)(bits) >> 44)
/* emitCond5(0, CC_TR) */
#define CC_TR		F(0x00, 4, 0xf)
/* emitCond4 and emitCond3 */
enum { FL, LT, EQ, LE, GT, NE, GE, TR3, LTU = 9, EQU, LEU, GTU, NEU, GEU, TR };

/* clang-format off */
static const struct {
	const char *text;
	uint64_t word;
} encodings[] = {
	/* emitEXIT, emitBRA, ...: targets are relative to the next instruction, which is at 0x48 */
	{ "EXIT ;", INSN(0xe3000000) | CC_TR },
	{ "@!P2 EXIT ;", P(0xe3000000, 2, 1) | CC_TR },
	{ "@P0 BRA 0x8 ;", P(0xe2400000, 0, 0) | CC_TR | F(0x14, 24, 0x8 - 0x48) },
	{ "BRA.U 0x108 ;", INSN(0xe2400000) | BIT(0x07) | CC_TR | F(0x14, 24, 0x108 - 0x48) },
	{ "BRA.LMT 0x108 ;", INSN(0xe2400000) | BIT(0x06) | CC_TR | F(0x14, 24, 0x108 - 0x48) },
	{ "JMP 0x12340 ;", INSN(0xe2100000) | CC_TR | F(0x14, 32, 0x12340) },
	{ "BRX c[0x3][R4+0x10] ;", INSN(0xe2500000) | CC_TR | CB0(3, 0x10) | GPR(0x08, 4) | BIT(0x05) },
	{ "CAL.NOINC 0x208 ;", OP(0xe2600000) | F(0x14, 24, 0x208 - 0x48) },
	{ "JCAL.NOINC 0x208 ;", OP(0xe2200000) | F(0x14, 32, 0x208) },
	{ "PRET.NOINC 0x208 ;", OP(0xe2700000) | F(0x14, 24, 0x208 - 0x48) },
	{ "RET ;", INSN(0xe3200000) | CC_TR },
	{ "SSY 0x60 ;", OP(0xe2900000) | F(0x14, 24, 0x60 - 0x48) },
	{ "SYNC ;", INSN(0xf0f80000) | CC_TR },
	{ "@P1 SYNC ;", P(0xf0f80000, 1, 0) | CC_TR },
	{ "PBK 0x60 ;", OP(0xe2a00000) | F(0x14, 24, 0x60 - 0x48) },
	{ "BRK ;", INSN(0xe3400000) | CC_TR },
	{ "PCNT 0x60 ;", OP(0xe2b00000) | F(0x14, 24, 0x60 - 0x48) },
	{ "CONT ;", INSN(0xe3500000) | CC_TR },
	{ "KIL ;", INSN(0xe3300000) | CC_TR },
	{ "SAM ;", OP(0xe3700000) },
	{ "RAM ;", OP(0xe3800000) },

	/* emitPSETP */
	{ "PSETP.OR.AND P1, PT, P2, !P3, PT ;", INSN(0x50900000) | F(0x18, 3, 1) | PRED(0x27, PT) |
		BIT(0x20) | PRED(0x1d, 3) | PRED(0x0c, 2) | PRED(0x03, 1) | PRED(0x00, PT) },
	{ "PSETP.XOR.AND P0, PT, !P0, P6, PT ;", INSN(0x50900000) | F(0x18, 3, 2) | PRED(0x27, PT) |
		PRED(0x1d, 6) | BIT(0x0f) | PRED(0x0c, 0) | PRED(0x03, 0) | PRED(0x00, PT) },

	/* emitMOV: lanes at 0x27, or 0x0c for 32 bits of immediate */
	{ "MOV R1, R2 ;", INSN(0x5c980000) | GPR(0x14, 2) | F(0x27, 4, 0xf) | GPR(0, 1) },
	{ "MOV R1, c[0x2][0x140] ;", INSN(0x4c980000) | CB(2, 0x140) | F(0x27, 4, 0xf) | GPR(0, 1) },
	{ "MOV32I R1, 0xdeadbeef ;", INSN(0x01000000) | F(0x14, 32, 0xdeadbeef) | F(0x0c, 4, 0xf) | GPR(0, 1) },
	/* to and from predicates */
	{ "ISETP.NE.AND P3, PT, RZ, R5, PT ;", INSN(0x5b6a0000) | GPR(0x08, RZ) | GPR(0x14, 5) |
		PRED(0x27, PT) | PRED(0x03, 3) | PRED(0, PT) | BIT(0x30) },
	{ "PSET.AND.AND R4, P2, PT, PT ;", INSN(0x50880000) | PRED(0x0c, 2) | PRED(0x1d, PT) |
		PRED(0x27, PT) | GPR(0, 4) },

	/* emitS2R, emitCS2R with the numbers of emitSYS */
	{ "S2R R0, SR_LANEID ;", INSN(0xf0c80000) | F(0x14, 8, 0x00) | GPR(0, 0) },
	{ "S2R R7, SR_TID.X ;", INSN(0xf0c80000) | F(0x14, 8, 0x21) | GPR(0, 7) },
	{ "S2R R7, SR_CTAID.Z ;", INSN(0xf0c80000) | F(0x14, 8, 0x27) | GPR(0, 7) },
	{ "S2R R7, SR_LTMASK ;", INSN(0xf0c80000) | F(0x14, 8, 0x39) | GPR(0, 7) },
	{ "CS2R R2, SR_CLOCKLO ;", INSN(0x50c80000) | F(0x14, 8, 0x50) | GPR(0, 2) },

	/* emitF2F: sizes as log2 of bytes at 0x08 (to) and 0x0a (from), rounding 0x27, integer 0x2a */
	{ "F2F.F64.F32 R2, R5 ;", INSN(0x5ca80000) | GPR(0x14, 5) | F(0x0a, 2, 2) | F(0x08, 2, 3) | GPR(0, 2) },
	{ "F2F.FTZ.F16.F32.SAT R2, -R5 ;", INSN(0x5ca80000) | GPR(0x14, 5) | BIT(0x32) | BIT(0x2d) |
		BIT(0x2c) | F(0x0a, 2, 2) | F(0x08, 2, 1) | GPR(0, 2) },
	{ "F2F.F32.F32.FLOOR R2, |R5| ;", INSN(0x5ca80000) | GPR(0x14, 5) | BIT(0x31) | F(0x27, 2, 1) |
		BIT(0x2a) | F(0x0a, 2, 2) | F(0x08, 2, 2) | GPR(0, 2) },
	{ "F2F.F32.F16 R2, R5.H1 ;", INSN(0x5ca80000) | GPR(0x14, 5) | BIT(0x29) | F(0x0a, 2, 1) |
		F(0x08, 2, 2) | GPR(0, 2) },
	/* emitF2I, emitI2F, emitI2I: signed at 0x0c (to) and 0x0d (from) */
	{ "F2I.S32.F32.TRUNC R2, R5 ;", INSN(0x5cb00000) | GPR(0x14, 5) | F(0x27, 2, 3) | BIT(0x0c) |
		F(0x0a, 2, 2) | F(0x08, 2, 2) | GPR(0, 2) },
	{ "F2I.FTZ.U64.F64.CEIL R2, c[0x0][0x10] ;", INSN(0x4cb00000) | CB(0, 0x10) | BIT(0x2c) |
		F(0x27, 2, 2) | F(0x0a, 2, 3) | F(0x08, 2, 3) | GPR(0, 2) },
	{ "I2F.F32.U32 R2, R5 ;", INSN(0x5cb80000) | GPR(0x14, 5) | F(0x0a, 2, 2) | F(0x08, 2, 2) | GPR(0, 2) },
	{ "I2F.F32.S8.RZ R2, R5.B3 ;", INSN(0x5cb80000) | GPR(0x14, 5) | F(0x29, 2, 3) | F(0x27, 2, 3) |
		BIT(0x0d) | F(0x0a, 2, 0) | F(0x08, 2, 2) | GPR(0, 2) },
	{ "I2F.F64.S64 R2, -R6 ;", INSN(0x5cb80000) | GPR(0x14, 6) | BIT(0x2d) | BIT(0x0d) |
		F(0x0a, 2, 3) | F(0x08, 2, 3) | GPR(0, 2) },
	{ "I2I.S32.S8 R2, R5.B1 ;", INSN(0x5ce00000) | GPR(0x14, 5) | F(0x29, 2, 1) | BIT(0x0d) |
		BIT(0x0c) | F(0x0a, 2, 0) | F(0x08, 2, 2) | GPR(0, 2) },
	{ "I2I.U8.S32.SAT R2, |R5| ;", INSN(0x5ce00000) | GPR(0x14, 5) | BIT(0x32) | BIT(0x31) |
		BIT(0x0d) | F(0x0a, 2, 2) | F(0x08, 2, 0) | GPR(0, 2) },

	/* emitSEL */
	{ "SEL R0, R1, R2, !P4 ;", INSN(0x5ca00000) | GPR(0x14, 2) | BIT(0x2a) | PRED(0x27, 4) | GPR(0x08, 1) },
	{ "SEL R0, R1, -0x2, P4 ;", INSN(0x38a00000) | IMM19(-2) | PRED(0x27, 4) | GPR(0x08, 1) },
	/* emitSHFL: type bit 0 for an immediate lane, bit 1 for an immediate mask */
	{ "SHFL.IDX PT, R0, R1, R2, R3 ;", INSN(0xef100000) | GPR(0x14, 2) | GPR(0x27, 3) | PRED(0x30, PT) |
		F(0x1e, 2, 0) | F(0x1c, 2, 0) | GPR(0x08, 1) },
	{ "SHFL.UP P1, R0, R1, 0x2, 0x1c03 ;", INSN(0xef100000) | F(0x14, 5, 2) | F(0x22, 13, 0x1c03) |
		PRED(0x30, 1) | F(0x1e, 2, 1) | F(0x1c, 2, 3) | GPR(0x08, 1) },
	{ "SHFL.BFLY PT, R0, R1, 0x10, R3 ;", INSN(0xef100000) | F(0x14, 5, 0x10) | GPR(0x27, 3) |
		PRED(0x30, PT) | F(0x1e, 2, 3) | F(0x1c, 2, 1) | GPR(0x08, 1) },

	/* emitDADD, emitDMUL, emitDFMA, emitDMNMX, emitDSET, emitDSETP */
	{ "DADD R2, -|R4|, R6 ;", INSN(0x5c700000) | GPR(0x14, 6) | BIT(0x30) | BIT(0x2e) | GPR(0x08, 4) | GPR(0, 2) },
	{ "DADD R2, R4, -|c[0x1][0x8]| ;", INSN(0x4c700000) | CB(1, 8) | BIT(0x31) | BIT(0x2d) | GPR(0x08, 4) | GPR(0, 2) },
	{ "DADD R2, R4, 0.5 ;", INSN(0x38700000) | IMMD(0x3fe0000000000000) | GPR(0x08, 4) | GPR(0, 2) },
	{ "DMUL.RM R2, R4, -R6 ;", INSN(0x5c800000) | GPR(0x14, 6) | BIT(0x30) | F(0x27, 2, 1) | GPR(0x08, 4) | GPR(0, 2) },
	{ "DFMA.RZ R2, R4, -R6, -R8 ;", INSN(0x5b700000) | GPR(0x14, 6) | GPR(0x27, 8) | F(0x32, 2, 3) |
		BIT(0x31) | BIT(0x30) | GPR(0x08, 4) | GPR(0, 2) },
	{ "DFMA R2, R4, R6, c[0x0][0x20] ;", INSN(0x53700000) | GPR(0x27, 6) | CB(0, 0x20) | GPR(0x08, 4) | GPR(0, 2) },
	{ "DFMA R2, R4, -2, R8 ;", INSN(0x36700000) | IMMD(0xc000000000000000) | GPR(0x27, 8) | GPR(0x08, 4) | GPR(0, 2) },
	{ "DMNMX R2, R4, R6, !PT ;", INSN(0x5c500000) | GPR(0x14, 6) | BIT(0x2a) | PRED(0x27, PT) | GPR(0x08, 4) | GPR(0, 2) },
	{ "DSET.BF.LT.AND R2, R4, R6, PT ;", INSN(0x59000000) | GPR(0x14, 6) | PRED(0x27, PT) | BIT(0x34) |
		F(0x30, 4, LT) | GPR(0x08, 4) | GPR(0, 2) },
	{ "DSETP.NEU.OR P1, P2, |R4|, -R6, P3 ;", INSN(0x5b800000) | GPR(0x14, 6) | F(0x2d, 2, 1) |
		PRED(0x27, 3) | F(0x30, 4, NEU) | GPR(0x08, 4) | BIT(0x07) | BIT(0x06) | PRED(0x03, 1) | PRED(0, 2) },

	/* emitFADD, with and without a long immediate */
	{ "FADD R0, R1, R2 ;", INSN(0x5c580000) | GPR(0x14, 2) | GPR(0x08, 1) },
	{ "FADD.FTZ.SAT R0, |R1|, -|R2| ;", INSN(0x5c580000) | GPR(0x14, 2) | BIT(0x32) | BIT(0x31) |
		BIT(0x2e) | BIT(0x2d) | BIT(0x2c) | GPR(0x08, 1) },
	{ "FADD R0, -R1, c[0x0][0x140] ;", INSN(0x4c580000) | CB(0, 0x140) | BIT(0x30) | GPR(0x08, 1) },
	{ "FADD R0, R1, -1.5 ;", INSN(0x38580000) | IMMF(0xbfc00000) | GPR(0x08, 1) },
	{ "FADD32I.FTZ R0, -|R1|, 0.100000001 ;", INSN(0x08000000) | BIT(0x38) | BIT(0x37) | BIT(0x36) |
		F(0x14, 32, 0x3dcccccd) | GPR(0x08, 1) },
	/* emitFMUL: emitFMZ is dnz << 1 | ftz; emitPDIV */
	{ "FMUL.FMZ.RP R0, R1, -R2 ;", INSN(0x5c680000) | GPR(0x14, 2) | BIT(0x30) | F(0x2c, 2, 2) |
		F(0x27, 2, 2) | GPR(0x08, 1) },
	{ "FMUL.D4 R0, R1, R2 ;", INSN(0x5c680000) | GPR(0x14, 2) | F(0x29, 3, 2) | GPR(0x08, 1) },
	{ "FMUL.M2.SAT R0, R1, c[0x1f][0xfffc] ;", INSN(0x4c680000) | CB(0x1f, 0xfffc) | BIT(0x32) |
		F(0x29, 3, 6) | GPR(0x08, 1) },
	{ "FMUL32I.FTZ.SAT R0, R1, -3.14159274 ;", INSN(0x1e000000) | BIT(0x37) | F(0x35, 2, 1) |
		F(0x14, 32, 0xc0490fdb) | GPR(0x08, 1) },
	/* emitFFMA */
	{ "FFMA.FTZ R0, R1, c[0x0][0x140], -R2 ;", INSN(0x49800000) | CB(0, 0x140) | GPR(0x27, 2) |
		F(0x35, 2, 1) | BIT(0x31) | GPR(0x08, 1) },
	{ "FFMA.RM.SAT R0, R1, -R2, R3 ;", INSN(0x59800000) | GPR(0x14, 2) | GPR(0x27, 3) | F(0x33, 2, 1) |
		BIT(0x32) | BIT(0x30) | GPR(0x08, 1) },
	{ "FFMA R0, R1, R2, c[0x0][0x10] ;", INSN(0x51800000) | GPR(0x27, 2) | CB(0, 0x10) | GPR(0x08, 1) },
	{ "FFMA R0, R1, 2, R3 ;", INSN(0x32800000) | IMMF(0x40000000) | GPR(0x27, 3) | GPR(0x08, 1) },
	{ "FFMA32I R5, R1, 0.100000001, -R5 ;", INSN(0x0c000000) | F(0x14, 32, 0x3dcccccd) | BIT(0x39) |
		GPR(0x08, 1) | GPR(0, 5) },
	/* emitMUFU */
	{ "MUFU.COS R0, R1 ;", INSN(0x50800000) | F(0x14, 4, 0) | GPR(0x08, 1) },
	{ "MUFU.EX2.SAT R0, -|R1| ;", INSN(0x50800000) | BIT(0x32) | BIT(0x30) | BIT(0x2e) | F(0x14, 4, 2) | GPR(0x08, 1) },
	{ "MUFU.RCP R0, R1 ;", INSN(0x50800000) | F(0x14, 4, 4) | GPR(0x08, 1) },
	{ "MUFU.RSQ64H R0, R1 ;", INSN(0x50800000) | F(0x14, 4, 7) | GPR(0x08, 1) },
	{ "MUFU.SQRT R0, R1 ;", INSN(0x50800000) | F(0x14, 4, 8) | GPR(0x08, 1) },
	/* emitFMNMX: OP_MAX is the inverted predicate */
	{ "FMNMX.FTZ R0, R1, R2, PT ;", INSN(0x5c600000) | GPR(0x14, 2) | PRED(0x27, PT) | BIT(0x2c) | GPR(0x08, 1) },
	{ "FMNMX R0, R1, -1, !PT ;", INSN(0x38600000) | IMMF(0xbf800000) | BIT(0x2a) | PRED(0x27, PT) | GPR(0x08, 1) },
	{ "RRO.SINCOS R0, -R1 ;", INSN(0x5c900000) | GPR(0x14, 1) | BIT(0x2d) },
	{ "RRO.EX2 R0, |R1| ;", INSN(0x5c900000) | GPR(0x14, 1) | BIT(0x31) | BIT(0x27) },
	/* emitFCMP, emitFSET, emitFSETP, emitFSWZADD */
	{ "FCMP.GE.FTZ R0, R1, R2, R3 ;", INSN(0x5ba00000) | GPR(0x14, 2) | GPR(0x27, 3) | F(0x30, 4, GE) |
		BIT(0x2f) | GPR(0x08, 1) },
	{ "FCMP.LT R0, R1, R2, c[0x0][0x0] ;", INSN(0x53a00000) | GPR(0x27, 2) | CB(0, 0) | F(0x30, 4, LT) | GPR(0x08, 1) },
	{ "FSET.BF.EQ.FTZ.XOR R0, -|R1|, -|R2|, !P2 ;", INSN(0x58000000) | GPR(0x14, 2) | F(0x2d, 2, 2) |
		PRED(0x27, 2) | BIT(0x2a) | BIT(0x37) | BIT(0x36) | BIT(0x35) | BIT(0x34) | F(0x30, 4, EQ) |
		BIT(0x2c) | BIT(0x2b) | GPR(0x08, 1) },
	{ "FSETP.GTU.FTZ.AND P1, PT, -|R1|, -|R2|, PT ;", INSN(0x5bb00000) | GPR(0x14, 2) | PRED(0x27, PT) |
		F(0x30, 4, GTU) | BIT(0x2f) | BIT(0x2c) | BIT(0x2b) | GPR(0x08, 1) | BIT(0x07) | BIT(0x06) |
		PRED(0x03, 1) | PRED(0, PT) },
	{ "FSETP.NE.AND P0, PT, R1, 0, PT ;", INSN(0x36b00000) | IMMF(0) | PRED(0x27, PT) | F(0x30, 4, NE) |
		GPR(0x08, 1) | PRED(0x03, 0) | PRED(0, PT) },
	{ "FSWZADD.FTZ.NDV R0, R1, R2, 0x99 ;", INSN(0x50f80000) | BIT(0x2c) | BIT(0x26) | F(0x1c, 8, 0x99) |
		GPR(0x14, 2) | GPR(0x08, 1) },

	/* emitLOP, emitNOT */
	{ "LOP.AND R0, R1, ~R2 ;", INSN(0x5c400000) | GPR(0x14, 2) | PRED(0x30, PT) | F(0x29, 2, 0) |
		BIT(0x28) | GPR(0x08, 1) },
	{ "LOP.XOR R0.CC, ~R1, 0xff ;", INSN(0x38400000) | IMM19(0xff) | PRED(0x30, PT) | BIT(0x2f) |
		F(0x29, 2, 2) | BIT(0x27) | GPR(0x08, 1) },
	{ "LOP32I.OR R0, R1, 0x80000000 ;", INSN(0x04000000) | F(0x35, 2, 1) | F(0x14, 32, 0x80000000) | GPR(0x08, 1) },
	{ "LOP.PASS_B R0, RZ, ~R2 ;", INSN(0x5c400700) | GPR(0x14, 2) | PRED(0x30, PT) | GPR(0x08, RZ) },
	/* emitIADD */
	{ "IADD R0.CC, R1, -R2 ;", INSN(0x5c100000) | GPR(0x14, 2) | BIT(0x30) | BIT(0x2f) | GPR(0x08, 1) },
	{ "IADD.SAT R0, -R1, c[0x0][0x4] ;", INSN(0x4c100000) | CB(0, 4) | BIT(0x32) | BIT(0x31) | GPR(0x08, 1) },
	{ "IADD.X R0, R1, RZ ;", INSN(0x5c100000) | GPR(0x14, RZ) | BIT(0x2b) | GPR(0x08, 1) },
	{ "IADD R0, R1, -0x80000 ;", INSN(0x38100000) | IMM19(-0x80000) | GPR(0x08, 1) },
	{ "IADD32I.X R0.CC, -R1, 0x12345678 ;", INSN(0x1c000000) | BIT(0x38) | BIT(0x35) | BIT(0x34) |
		F(0x14, 32, 0x12345678) | GPR(0x08, 1) },
	/* emitIMUL, emitIMAD, emitISCADD */
	{ "IMUL.U32.U32.HI R0, R1, R2 ;", INSN(0x5c380000) | GPR(0x14, 2) | BIT(0x27) | GPR(0x08, 1) },
	{ "IMUL R0, R1, 0x10 ;", INSN(0x38380000) | IMM19(0x10) | BIT(0x29) | BIT(0x28) | GPR(0x08, 1) },
	{ "IMAD.HI R0, R1, R2, R3 ;", INSN(0x5a000000) | GPR(0x14, 2) | GPR(0x27, 3) | BIT(0x36) | BIT(0x35) |
		BIT(0x30) | GPR(0x08, 1) },
	{ "IMAD.U32.U32.X R0.CC, R1, R2, c[0x0][0x8] ;", INSN(0x52000000) | GPR(0x27, 2) | CB(0, 8) |
		BIT(0x31) | BIT(0x2f) | GPR(0x08, 1) },
	{ "ISCADD R0, R1, -R2, 0x3 ;", INSN(0x5c180000) | GPR(0x14, 2) | BIT(0x30) | F(0x27, 5, 3) | GPR(0x08, 1) },
	{ "ISCADD R0.CC, -R1, c[0x0][0x140], 0x1f ;", INSN(0x4c180000) | CB(0, 0x140) | BIT(0x31) | BIT(0x2f) |
		F(0x27, 5, 31) | GPR(0x08, 1) },
	/* emitXMAD: psl and mrg at 0x24 or 0x37, cmode at 0x32, H1 of a 0x35, of b 0x23 or 0x34 */
	{ "XMAD R0, R1, R2, R3 ;", INSN(0x5b000000) | GPR(0x14, 2) | GPR(0x27, 3) | GPR(0x08, 1) },
	{ "XMAD.MRG R0, R1, R2.H1, RZ ;", INSN(0x5b000000) | GPR(0x14, 2) | GPR(0x27, RZ) | F(0x24, 2, 2) |
		BIT(0x23) | GPR(0x08, 1) },
	{ "XMAD.PSL.CBCC R0, R1.H1, R2.H1, R3 ;", INSN(0x5b000000) | GPR(0x14, 2) | GPR(0x27, 3) |
		F(0x24, 2, 1) | F(0x32, 3, 4) | BIT(0x35) | BIT(0x23) | GPR(0x08, 1) },
	{ "XMAD.PSL R0, R1, c[0x0][0x140].H1, R3 ;", INSN(0x4e000000) | CB(0, 0x140) | GPR(0x27, 3) |
		F(0x37, 2, 1) | BIT(0x34) | GPR(0x08, 1) },
	{ "XMAD.CHI.X R0, R1, R2, c[0x0][0x4] ;", INSN(0x51000000) | GPR(0x27, 2) | CB(0, 4) | F(0x32, 2, 2) |
		BIT(0x36) | GPR(0x08, 1) },
	{ "XMAD.S16.S16.CSFU R0.CC, R1, 0xffff, R3 ;", INSN(0x36000000) | F(0x14, 16, 0xffff) | GPR(0x27, 3) |
		F(0x32, 3, 3) | BIT(0x2f) | F(0x30, 2, 3) | GPR(0x08, 1) },
	/* emitIMNMX, emitICMP, emitISET, emitISETP: OP_MAX 0x2a, signed 0x30 */
	{ "IMNMX R0, R1, R2, !PT ;", INSN(0x5c200000) | GPR(0x14, 2) | BIT(0x30) | BIT(0x2a) | PRED(0x27, PT) | GPR(0x08, 1) },
	{ "IMNMX.U32.XLO R0.CC, R1, R2, PT ;", INSN(0x5c200000) | GPR(0x14, 2) | BIT(0x2f) | F(0x2b, 2, 1) |
		PRED(0x27, PT) | GPR(0x08, 1) },
	{ "ICMP.LE R0, R1, 0x1, R3 ;", INSN(0x36400000) | IMM19(1) | GPR(0x27, 3) | F(0x31, 3, LE) | BIT(0x30) | GPR(0x08, 1) },
	{ "ISET.BF.GT.U32.X.OR R0, R1, R2, !P1 ;", INSN(0x5b500000) | GPR(0x14, 2) | F(0x2d, 2, 1) |
		PRED(0x27, 1) | BIT(0x2a) | F(0x31, 3, GT) | BIT(0x2c) | BIT(0x2b) | GPR(0x08, 1) },
	{ "ISETP.GE.U32.AND P0, P1, R1, R2, PT ;", INSN(0x5b600000) | GPR(0x14, 2) | PRED(0x27, PT) |
		F(0x31, 3, GE) | GPR(0x08, 1) | PRED(0x03, 0) | PRED(0, 1) },
	{ "ISETP.T.X.AND P0, PT, R1, -0x1, PT ;", INSN(0x36600000) | IMM19(-1) | PRED(0x27, PT) |
		F(0x31, 3, TR3) | BIT(0x30) | BIT(0x2b) | GPR(0x08, 1) | PRED(0x03, 0) | PRED(0, PT) },
	/* emitSHL, emitSHR, emitSHF */
	{ "SHL R0, R1, 0x1f ;", INSN(0x38480000) | IMM19(31) | GPR(0x08, 1) },
	{ "SHL.W R0, R1, R2 ;", INSN(0x5c480000) | GPR(0x14, 2) | BIT(0x27) | GPR(0x08, 1) },
	{ "SHR R0, R1, R2 ;", INSN(0x5c280000) | GPR(0x14, 2) | BIT(0x30) | GPR(0x08, 1) },
	{ "SHR.U32.W.X R0.CC, R1, c[0x0][0x0] ;", INSN(0x4c280000) | CB(0, 0) | BIT(0x2f) | BIT(0x2c) | BIT(0x27) | GPR(0x08, 1) },
	{ "SHF.L.W.U64.HI R0, R1, R2, R3 ;", INSN(0x5bf80000) | GPR(0x14, 2) | BIT(0x32) | BIT(0x30) |
		GPR(0x27, 3) | F(0x25, 2, 2) | GPR(0x08, 1) },
	{ "SHF.R.S64 R0, R1, 0x20, R3 ;", INSN(0x38f80000) | IMM19(0x20) | GPR(0x27, 3) | F(0x25, 2, 3) | GPR(0x08, 1) },
	/* emitPOPC, emitBFI, emitBFE, emitFLO, emitPRMT */
	{ "POPC R0, ~R1 ;", INSN(0x5c080000) | GPR(0x14, 1) | BIT(0x28) },
	{ "BFI R0, R1, R2, R3 ;", INSN(0x5bf00000) | GPR(0x14, 2) | GPR(0x27, 3) | GPR(0x08, 1) },
	{ "BFI R0, R1, 0x808, R3 ;", INSN(0x36f00000) | IMM19(0x808) | GPR(0x27, 3) | GPR(0x08, 1) },
	{ "BFE.U32.BREV R0, R1, 0x2000 ;", INSN(0x38000000) | IMM19(0x2000) | BIT(0x28) | GPR(0x08, 1) },
	{ "BFE R0, R1, R2 ;", INSN(0x5c000000) | GPR(0x14, 2) | BIT(0x30) | GPR(0x08, 1) },
	{ "FLO.SH R0, ~R1 ;", INSN(0x5c300000) | GPR(0x14, 1) | BIT(0x30) | BIT(0x29) | BIT(0x28) },
	{ "PRMT R0, R1, 0x3210, R2 ;", INSN(0x36c00000) | IMM19(0x3210) | GPR(0x27, 2) | GPR(0x08, 1) },
	{ "PRMT.RC16 R0, R1, R2, R3 ;", INSN(0x5bc00000) | GPR(0x14, 2) | F(0x30, 3, 6) | GPR(0x27, 3) | GPR(0x08, 1) },

	/* emitLDC, emitLDL, ...: emitLDSTs 0 to 6 is U8 S8 U16 S16 32 64 128 */
	{ "LDC R0, c[0x1][R2+0x10] ;", INSN(0xef900000) | F(0x30, 3, 4) | CB0(1, 0x10) | GPR(0x08, 2) },
	{ "LDC.64.IS R0, c[0x1][0x20] ;", INSN(0xef900000) | F(0x30, 3, 5) | F(0x2c, 2, 2) | CB0(1, 0x20) | GPR(0x08, RZ) },
	{ "LDL.U8 R0, [R2+0x4] ;", INSN(0xef400000) | F(0x30, 3, 0) | F(0x14, 24, 4) | GPR(0x08, 2) },
	{ "LDS.128 R0, [R2+-0x10] ;", INSN(0xef480000) | F(0x30, 3, 6) | F(0x14, 24, -0x10) | GPR(0x08, 2) },
	{ "STL.CS.S16 [R2], R0 ;", INSN(0xef500000) | F(0x30, 3, 3) | F(0x2c, 2, 2) | GPR(0x08, 2) },
	{ "STS.64 [R2+0x8], R4 ;", INSN(0xef580000) | F(0x30, 3, 5) | F(0x14, 24, 8) | GPR(0x08, 2) | GPR(0, 4) },
	/* emitLD, emitST: predicate 0x3a, cache 0x38, size 0x35, 64-bit address 0x34 */
	{ "LD.E R0, [R2+0x7fffffff] ;", INSN(0x80000000) | PRED(0x3a, PT) | F(0x35, 3, 4) | BIT(0x34) |
		F(0x14, 32, 0x7fffffff) | GPR(0x08, 2) },
	{ "LD.E.CV.U16 R0, [R2+-0x4] ;", INSN(0x80000000) | PRED(0x3a, PT) | F(0x38, 2, 3) | F(0x35, 3, 2) |
		BIT(0x34) | F(0x14, 32, -4) | GPR(0x08, 2) },
	{ "ST.E.CG.128 [R2], R4 ;", INSN(0xa0000000) | PRED(0x3a, PT) | F(0x38, 2, 1) | F(0x35, 3, 6) |
		BIT(0x34) | GPR(0x08, 2) | GPR(0, 4) },
	{ "ST.U8 [R2+0x3], R4 ;", INSN(0xa0000000) | PRED(0x3a, PT) | F(0x35, 3, 0) | F(0x14, 32, 3) |
		GPR(0x08, 2) | GPR(0, 4) },
	/* emitATOM, emitATOMS, emitRED, emitCCTL, emitMEMBAR */
	{ "ATOM.E.ADD R0, [R2+0x4], R4 ;", INSN(0xed000000) | F(0x34, 4, 0) | F(0x31, 3, 0) | BIT(0x30) |
		GPR(0x14, 4) | F(0x1c, 20, 4) | GPR(0x08, 2) },
	{ "ATOM.E.ADD.F32.FTZ.RN R0, [R2], R4 ;", INSN(0xed000000) | F(0x34, 4, 0) | F(0x31, 3, 3) | BIT(0x30) |
		GPR(0x14, 4) | GPR(0x08, 2) },
	{ "ATOM.E.EXCH.U64 R0, [R2], R4 ;", INSN(0xed000000) | F(0x34, 4, 8) | F(0x31, 3, 2) | BIT(0x30) |
		GPR(0x14, 4) | GPR(0x08, 2) },
	{ "ATOM.E.MIN.S32 R0, [R2+-0x8], R4 ;", INSN(0xed000000) | F(0x34, 4, 1) | F(0x31, 3, 1) | BIT(0x30) |
		GPR(0x14, 4) | F(0x1c, 20, -8) | GPR(0x08, 2) },
	{ "ATOM.E.CAS R0, [R2], R4, R5 ;", INSN(0xee000000) | F(0x34, 4, 15) | F(0x31, 3, 0) | BIT(0x30) |
		GPR(0x14, 4) | GPR(0x08, 2) },
	{ "ATOM.E.CAS.64 R0, [R2], R4, R6 ;", INSN(0xee000000) | F(0x34, 4, 15) | F(0x31, 3, 1) | BIT(0x30) |
		GPR(0x14, 4) | GPR(0x08, 2) },
	{ "ATOMS.OR R0, [R2+0x10], R4 ;", INSN(0xec000000) | F(0x1c, 3, 0) | F(0x34, 4, 6) | GPR(0x14, 4) |
		F(0x1e, 22, 0x10 >> 2) | GPR(0x08, 2) },
	{ "ATOMS.MAX.S64 R0, [R2], R4 ;", INSN(0xec000000) | F(0x1c, 3, 3) | F(0x34, 4, 2) | GPR(0x14, 4) | GPR(0x08, 2) },
	{ "ATOMS.CAS R0, [R2], R4, R5 ;", INSN(0xee000000) | F(0x34, 1, 0) | F(0x34, 4, 4) | GPR(0x14, 4) | GPR(0x08, 2) },
	{ "ATOMS.CAS.64 R0, [R2], R4, R6 ;", INSN(0xee000000) | F(0x34, 1, 1) | F(0x34, 4, 4) | GPR(0x14, 4) | GPR(0x08, 2) },
	{ "RED.E.XOR [R2+0x4], R4 ;", INSN(0xebf80000) | BIT(0x30) | F(0x17, 3, 7) | F(0x14, 3, 0) |
		F(0x1c, 20, 4) | GPR(0x08, 2) | GPR(0, 4) },
	{ "RED.E.ADD.S64 [R2], R4 ;", INSN(0xebf80000) | BIT(0x30) | F(0x17, 3, 0) | F(0x14, 3, 5) |
		GPR(0x08, 2) | GPR(0, 4) },
	{ "CCTL.E.IV [R2+0x40] ;", INSN(0xef600000) | BIT(0x34) | F(0x16, 30, 0x40 >> 2) | GPR(0x08, 2) | F(0, 4, 5) },
	{ "MEMBAR.CTA ;", INSN(0xef980000) | F(0x08, 2, 0) },
	{ "MEMBAR.GL ;", INSN(0xef980000) | F(0x08, 2, 1) },
	{ "MEMBAR.SYS ;", INSN(0xef980000) | F(0x08, 2, 2) },

	/* emitTEX, emitTLD, emitTXD, emitTXQ, emitTEXS */
	{ "TEX R0, R4, R8, 0x12, 2D, 0xf ;", INSN(0xc0380000) | F(0x24, 13, 0x12) | F(0x1f, 4, 0xf) |
		F(0x1d, 2, 1) | GPR(0x14, 8) | GPR(0x08, 4) },
	{ "TEX.LL.AOFFI.DC.NODEP R0, R4, R8, 0x1, ARRAY_CUBE, 0x1 ;", INSN(0xc0380000) | F(0x37, 2, 3) |
		BIT(0x36) | F(0x24, 13, 1) | BIT(0x32) | BIT(0x31) | F(0x1f, 4, 1) | F(0x1d, 2, 3) | BIT(0x1c) |
		GPR(0x14, 8) | GPR(0x08, 4) },
	{ "TEX.B.LZ R0, R4, R8, 0x0, 3D, 0x7 ;", INSN(0xdeb80000) | F(0x25, 2, 1) | F(0x1f, 4, 7) |
		F(0x1d, 2, 2) | GPR(0x14, 8) | GPR(0x08, 4) },
	{ "TLD.LL.MS R0, R4, R8, 0x3, 2D, 0xf ;", INSN(0xdc380000) | F(0x24, 13, 3) | BIT(0x37) | BIT(0x32) |
		F(0x1f, 4, 0xf) | F(0x1d, 2, 1) | GPR(0x14, 8) | GPR(0x08, 4) },
	{ "TLD.B.LZ.AOFFI R0, R4, R8, 0x0, 1D, 0x1 ;", INSN(0xdd380000) | BIT(0x23) | F(0x1f, 4, 1) |
		F(0x1d, 2, 0) | GPR(0x14, 8) | GPR(0x08, 4) },
	{ "TLD4.A.PTP R0, R4, R8, 0x3, 2D, 0xf ;", INSN(0xc8380000) | F(0x38, 2, 3) | BIT(0x37) |
		F(0x24, 13, 3) | F(0x1f, 4, 0xf) | F(0x1d, 2, 1) | GPR(0x14, 8) | GPR(0x08, 4) },
	{ "TXD R0, R4, R8, 0x5, 2D, 0xf ;", INSN(0xde380000) | F(0x24, 13, 5) | F(0x1f, 4, 0xf) |
		F(0x1d, 2, 1) | GPR(0x14, 8) | GPR(0x08, 4) },
	{ "TXQ R0, R4, TEX_HEADER_DIMENSION, 0x5, 0xf ;", INSN(0xdf480000) | F(0x24, 13, 5) | F(0x1f, 4, 0xf) |
		F(0x16, 6, 1) | GPR(0x08, 4) },
	{ "TXQ.B R0, R4, TEX_HEADER_TEXTURE_TYPE, 0x0, 0x3 ;", INSN(0xdf500000) | F(0x1f, 4, 3) | F(0x16, 6, 2) |
		GPR(0x08, 4) },
	{ "TMML.LOD R0, R4, 0x5, 2D, 0x3 ;", INSN(0xdf580000) | F(0x24, 13, 5) | F(0x1f, 4, 3) | F(0x1d, 2, 1) |
		GPR(0x08, 4) | GPR(0x14, 0) },
	/* getTEXSMask, getTEXSTarget: mask 0xf is 4 with a second pair, 2D with level zero is 2 */
	{ "TEXS.LZ R2, R0, R4, R8, 0x5, 2D, RGBA ;", INSN(0xd8000000) | F(0x35, 4, 2) | F(0x32, 3, 4) |
		F(0x24, 13, 5) | GPR(0x1c, 2) | GPR(0x14, 8) | GPR(0x08, 4) },
	{ "TLDS.LL RZ, R0, R4, R8, 0x5, 2D, RG ;", INSN(0xda000000) | F(0x35, 4, 5) | F(0x32, 3, 4) |
		F(0x24, 13, 5) | GPR(0x1c, RZ) | GPR(0x14, 8) | GPR(0x08, 4) },

	/* emitSULDx, emitSUSTx, emitSUREDx: formatted or raw (0x34), handle 0x27 */
	{ "SULD.P.2D.IGN R0, [R4], R8 ;", INSN(0xeb000000) | F(0x14, 4, 0xf) | F(0x20, 4, 6) | GPR(0x08, 4) | GPR(0x27, 8) },
	{ "SULD.D.1D_BUFFER.CV.64.IGN R0, [R4], R8 ;", INSN(0xeb000000) | BIT(0x34) | F(0x14, 3, 5) |
		F(0x20, 4, 2) | F(0x18, 2, 3) | GPR(0x08, 4) | GPR(0x27, 8) },
	{ "SUST.P.3D.CG.IGN [R4], R0, R8 ;", INSN(0xeb200000) | F(0x20, 4, 10) | F(0x18, 2, 1) | F(0x14, 4, 0xf) |
		GPR(0x08, 4) | GPR(0x27, 8) },
	{ "SUATOM.P.2D.ADD.S32.IGN R0, [R4], R6, R8 ;", INSN(0xea600000) | F(0x20, 4, 6) | F(0x24, 3, 1) |
		F(0x1d, 4, 0) | GPR(0x14, 6) | GPR(0x08, 4) | GPR(0x27, 8) },
	{ "SUATOM.P.1D.CAS.IGN R0, [R4], R6, R8 ;", INSN(0xeac00000) | F(0x20, 4, 0) | F(0x24, 3, 0) |
		GPR(0x14, 6) | GPR(0x08, 4) | GPR(0x27, 8) },

	/* emitDEPBAR, emitNOP, emitBAR, emitVOTE */
	{ "DEPBAR.LE SB5, 0x2, {1} ;", INSN(0xf0f00000) | BIT(0x1d) | F(0x1a, 3, 5) | F(0x14, 6, 2) | F(0, 6, 2) },
	{ "NOP CC.F ;", INSN(0x50b00000) },
	{ "BAR.SYNC 0x0 ;", INSN(0xf0a80000) | F(0x20, 8, 0x80) | F(0x08, 8, 0) | BIT(0x2b) | F(0x14, 12, 0) |
		BIT(0x2c) | F(0x27, 3, 7) },
	{ "BAR.ARV 0x1, 0x1 ;", INSN(0xf0a80000) | F(0x20, 8, 0x81) | F(0x08, 8, 1) | BIT(0x2b) | F(0x14, 12, 1) |
		BIT(0x2c) | F(0x27, 3, 7) },
	{ "BAR.RED.POPC 0x0, P2 ;", INSN(0xf0a80000) | F(0x20, 8, 0x02) | BIT(0x2b) | BIT(0x2c) | PRED(0x27, 2) },
	{ "BAR.RED.AND R4, R5, !P2 ;", INSN(0xf0a80000) | F(0x20, 8, 0x0a) | GPR(0x08, 4) | GPR(0x14, 5) |
		BIT(0x2a) | PRED(0x27, 2) },
	{ "VOTE.ALL RZ, P1, P2 ;", INSN(0x50d80000) | F(0x30, 2, 0) | GPR(0, RZ) | PRED(0x2d, 1) | PRED(0x27, 2) },
	{ "VOTE.ANY R0, PT, !P2 ;", INSN(0x50d80000) | F(0x30, 2, 1) | GPR(0, 0) | PRED(0x2d, PT) | BIT(0x2a) | PRED(0x27, 2) },

	/* graphics, so that they are refused by name: emitALD, emitAST, emitAL2P, emitIPA, emitPIXLD, emitOUT */
	{ "ALD.64 R0, a[0x70], RZ ;", INSN(0xefd80000) | F(0x2f, 2, 1) | GPR(0x27, RZ) | F(20, 10, 0x70) | GPR(0x08, RZ) },
	{ "AST.P a[R2+0x10], R0, RZ ;", INSN(0xeff00000) | F(0x2f, 2, 0) | GPR(0x27, RZ) | BIT(0x1f) | F(20, 10, 0x10) | GPR(0x08, 2) },
	{ "AL2P R0, R2, 0x40 ;", INSN(0xefa00000) | PRED(0x2c, PT) | F(0x14, 11, 0x40) | GPR(0x08, 2) },
	{ "IPA R0, a[0x80], R3, RZ ;", INSN(0xe0000000) | F(0x36, 2, 1) | F(0x2f, 3, 7) | F(0x1c, 10, 0x80) |
		GPR(0x08, RZ) | GPR(0x14, 3) | GPR(0x27, RZ) },
	{ "PIXLD.MY_INDEX R0, PT, [RZ] ;", INSN(0xefe80000) | PRED(0x2d, PT) | F(0x1f, 3, 5) | GPR(0x08, RZ) },
	{ "OUT.EMIT R0, R1, RZ ;", INSN(0xfbe00000) | GPR(0x14, RZ) | F(0x27, 2, 1) | GPR(0x08, 1) },
	{ "ISBERD R0, [R1] ;", INSN(0xefd00000) | GPR(0x08, 1) },
};

/* clang-format on */

#define COUNT (sizeof(encodings) / sizeof(encodings[0]))
#define PC 0x40

static void test_disassembler(void **state)
{
	for (size_t i = 0; i < COUNT; i++) {
		struct sm_insn insn;
		char text[256];

		if (sm_decode(encodings[i].word, PC, &insn))
			fail_msg("%s: %016lx is no instruction", encodings[i].text,
				 (unsigned long)encodings[i].word);
		sm_disasm(&insn, text, sizeof(text));
		assert_string_equal(text, encodings[i].text);
	}
}

static void test_assembler(void **state)
{
	for (size_t i = 0; i < COUNT; i++) {
		struct sm_asm_error error;
		uint64_t word = 0;

		if (sm_assemble_insn(encodings[i].text, PC, &word, &error))
			fail_msg("%s: %s", encodings[i].text, error.text);
		if (word != encodings[i].word)
			fail_msg("%s: %016lx, not %016lx", encodings[i].text, (unsigned long)word,
				 (unsigned long)encodings[i].word);
	}
}

static struct sm_insn decode(uint64_t word)
{
	struct sm_insn insn;

	assert_int_equal(sm_decode(word, PC, &insn), 0);
	return insn;
}

/* the fields that the executor works from */
static void test_operands(void **state)
{
	struct sm_insn i = decode(P(0x49800000, 3, 1) | CB(2, 0x140) | GPR(0x27, RZ) | F(0x35, 2, 2) |
				  BIT(0x31) | BIT(0x30) | GPR(0x08, 1) | GPR(0, 9));

	assert_int_equal(i.op, SM_OP_FFMA);
	assert_int_equal(i.guard.idx, 3);
	assert_true(i.guard.neg);
	assert_int_equal(i.dst, 9);
	assert_int_equal(i.src[0].kind, SM_SRC_REG);
	assert_int_equal(i.src[0].reg, 1);
	assert_int_equal(i.src[1].kind, SM_SRC_CBUF);
	assert_int_equal(i.src[1].slot, 2);
	assert_int_equal(i.src[1].offset, 0x140);
	assert_int_equal(i.src[1].reg, SM_RZ);
	assert_true(i.src[1].neg);
	assert_int_equal(i.src[2].reg, SM_RZ);
	assert_true(i.src[2].neg);
	assert_int_equal(i.src[3].kind, SM_SRC_NONE);
	assert_int_equal(i.ftz, SM_FMZ);
	assert_int_equal(i.pdst[0], SM_PT);
	assert_false(i.cc);
}

static void test_c_third(void **state)
{
	struct sm_insn i = decode(INSN(0x51800000) | GPR(0x27, 2) | CB(0, 0x10) | GPR(0x08, 1));

	assert_int_equal(i.src[1].kind, SM_SRC_REG);
	assert_int_equal(i.src[1].reg, 2);
	assert_int_equal(i.src[2].kind, SM_SRC_CBUF);
	assert_int_equal(i.src[2].offset, 0x10);
}

static void test_immediates(void **state)
{
	struct sm_insn i;

	i = decode(INSN(0x38100000) | IMM19(-2));
	assert_true(i.src[1].imm == (uint64_t)-2);
	i = decode(INSN(0x38580000) | IMMF(0xbfc00000));
	assert_true(i.src[1].imm == 0xbfc00000);
	i = decode(INSN(0x38700000) | IMMD(0xc008000000000000));
	assert_true(i.src[1].imm == 0xc008000000000000);
	i = decode(INSN(0x01000000) | F(0x14, 32, 0xdeadbeef) | F(0x0c, 4, 0xf));
	assert_true(i.src[0].imm == 0xdeadbeef);
	assert_int_equal(i.lanes, 0xf);
	assert_int_equal(i.op, SM_OP_MOV);
	i = decode(INSN(0x36000000) | F(0x14, 16, 0xffff));
	assert_true(i.src[1].imm == 0xffff);
	/* from F64: the upper bits of a double, though F2F's others are a float's */
	i = decode(INSN(0x38a80000) | IMMD(0x3ff0000000000000) | F(0x0a, 2, 3) | F(0x08, 2, 2));
	assert_true(i.src[0].imm == 0x3ff0000000000000);
	i = decode(INSN(0x38a80000) | IMMF(0x3f800000) | F(0x0a, 2, 2) | F(0x08, 2, 3));
	assert_true(i.src[0].imm == 0x3f800000);
}

/* IADD: two sign bits mean plus one, not two negations */
static void test_plus_one(void **state)
{
	struct sm_insn i = decode(INSN(0x5c100000) | BIT(0x31) | BIT(0x30));

	assert_true(i.po);
	assert_false(i.src[0].neg);
	assert_false(i.src[1].neg);
	i = decode(INSN(0x5c100000) | BIT(0x31));
	assert_false(i.po);
	assert_true(i.src[0].neg);
	i = decode(OP(0x1d800000) | UINT64_C(7) << 16);
	assert_true(i.po);
}

static void test_memory(void **state)
{
	struct sm_insn i = decode(INSN(0xa0000000) | PRED(0x3a, PT) | F(0x38, 2, 1) | F(0x35, 3, 6) |
				  BIT(0x34) | F(0x14, 32, -16) | GPR(0x08, 2) | GPR(0, 4));

	assert_int_equal(i.op, SM_OP_ST);
	assert_true(i.e);
	assert_int_equal(i.dtype, SM_B128);
	assert_int_equal(i.cache, SM_ST_CG);
	assert_int_equal(i.src[0].reg, 2);
	assert_int_equal(i.offset, -16);
	assert_int_equal(i.src[1].reg, 4);
	assert_int_equal(i.dst, SM_RZ);

	i = decode(INSN(0xee000000) | F(0x34, 4, 15) | F(0x31, 3, 1) | BIT(0x30) | GPR(0x14, 4) | GPR(0x08, 2));
	assert_int_equal(i.op, SM_OP_ATOM);
	assert_int_equal(i.atom, SM_ATOM_CAS);
	assert_int_equal(i.dtype, SM_U64);
	assert_int_equal(i.src[1].reg, 4);
	assert_int_equal(i.src[2].reg, 6);
}

static void test_targets(void **state)
{
	assert_int_equal(decode(OP(0xe2900000) | F(0x14, 24, 0x60 - 0x48)).target, 0x60);
	assert_int_equal(decode(INSN(0xe2400000) | CC_TR | F(0x14, 24, -0x48)).target, 0);
	assert_int_equal(decode(INSN(0xe2400000) | CC_TR).cctest, SM_CC_T);
	assert_int_equal(decode(INSN(0xe2400000) | 0x14).cctest, SM_CC_HI);
	/* no guard: the bits at 16 are no predicate there */
	assert_int_equal(decode(OP(0xe2900000)).guard.idx, SM_PT);
}

static void test_conditions(void **state)
{
	/* integers have three bits, of which 7 is true */
	assert_int_equal(decode(INSN(0x5b600000) | F(0x31, 3, 7)).cmp, SM_CMP_T);
	assert_int_equal(decode(INSN(0x5bb00000) | F(0x30, 4, 7)).cmp, SM_CMP_NUM);
	assert_int_equal(decode(INSN(0x5bb00000) | F(0x30, 4, 15)).cmp, SM_CMP_T);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_disassembler),
		cmocka_unit_test(test_assembler),
		cmocka_unit_test(test_operands),
		cmocka_unit_test(test_c_third),
		cmocka_unit_test(test_immediates),
		cmocka_unit_test(test_plus_one),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_conditions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
