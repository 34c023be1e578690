/* SPDX-License-Identifier: MIT */
/*
 * The sm_61 instruction set: the decoded form of an instruction, and the
 * decoder, disassembler and assembler, which all work from one table
 * (isa-table.c).
 *
 * Code is made of 32-byte bundles: one control word, then three 64-bit
 * instructions. The control word holds 21 bits of scheduling information for
 * each of the three (stall count, yield, scoreboards, operand reuse).
 *
 * Sources of the encodings: Mesa's nv50_ir_emit_gm107.cpp and envytools'
 * envydis gm107.c; the control word's layout is documented by the maxas
 * project's "Control Codes" page.
 */
#ifndef SM_ISA_H
#define SM_ISA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SM_RZ		255	/* reads 0, writes are dropped */
#define SM_PT		7	/* reads true, writes are dropped */
#define SM_INSN_BYTES	8
#define SM_BUNDLE_BYTES	32
#define SM_MAX_SRC	4

/*
 * Every operation. Forms that differ only in where an operand comes from
 * (register, c[][], 19-bit or 32-bit immediate) share one: FADD32I decodes
 * as FADD, MOV32I as MOV, LOP32I as LOP.
 */
#define SM_OPS(X)							\
	/* float */							\
	X(FADD) X(FMUL) X(FFMA) X(FMNMX) X(FSET) X(FSETP) X(FCMP)	\
	X(FCHK) X(FSWZADD) X(MUFU) X(RRO)				\
	/* double */							\
	X(DADD) X(DMUL) X(DFMA) X(DMNMX) X(DSET) X(DSETP)		\
	/* half */							\
	X(HADD2) X(HMUL2) X(HFMA2) X(HSET2) X(HSETP2)			\
	/* integer */							\
	X(IADD) X(IADD3) X(ISCADD) X(IMUL) X(IMAD) X(IMADSP) X(XMAD)	\
	X(LEA) X(LEA_HI) X(IMNMX) X(ISET) X(ISETP) X(ICMP) X(IDP)	\
	X(LOP) X(LOP3) X(SHL) X(SHR) X(SHF_L) X(SHF_R) X(BFE) X(BFI)	\
	X(FLO) X(POPC) X(PRMT)						\
	/* video */							\
	X(VADD) X(VABSDIFF) X(VABSDIFF4) X(VMAD) X(VMNMX) X(VSET)	\
	X(VSETP) X(VSHL) X(VSHR)					\
	/* conversion */						\
	X(F2F) X(F2I) X(I2F) X(I2I)					\
	/* movement, predicates */					\
	X(MOV) X(SEL) X(S2R) X(CS2R) X(SHFL) X(PSET) X(PSETP) X(CSET)	\
	X(CSETP) X(P2R) X(R2P) X(B2R) X(R2B) X(LEPC) X(GETCRSPTR)	\
	X(GETLMEMBASE) X(SETCRSPTR) X(SETLMEMBASE)			\
	/* memory */							\
	X(LD) X(LDG) X(LDL) X(LDS) X(LDC) X(ST) X(STG) X(STL) X(STS)	\
	X(ATOM) X(ATOMS) X(RED) X(CCTL) X(CCTLL) X(CCTLT) X(MEMBAR)	\
	/* texture, surface */						\
	X(TEX) X(TEXS) X(TLD) X(TLDS) X(TLD4) X(TLD4S) X(TXD) X(TXQ)	\
	X(TXA) X(TMML) X(STP) X(SULD) X(SUST) X(SURED) X(SUATOM)	\
	/* flow */							\
	X(BRA) X(BRX) X(JMP) X(JMX) X(CAL) X(JCAL) X(RET) X(PRET)	\
	X(SSY) X(SYNC) X(PBK) X(BRK) X(PCNT) X(CONT) X(PEXIT) X(EXIT)	\
	X(PLONGJMP) X(LONGJMP) X(KIL) X(SAM) X(RAM) X(RTT) X(IDE)	\
	X(BPT) X(NOP)							\
	/* warp, scheduling */						\
	X(VOTE) X(VOTE_VTG) X(BAR) X(DEPBAR)				\
	/* graphics only */						\
	X(ALD) X(AST) X(AL2P) X(IPA) X(ISBERD) X(OUT) X(PIXLD)

enum sm_op {
	SM_OP_INVALID,
#define SM_OP_ENUM(name) SM_OP_##name,
	SM_OPS(SM_OP_ENUM)
#undef SM_OP_ENUM
	SM_OP_COUNT
};

/* data types, in fields dtype and stype */
enum sm_type {
	SM_TYPE_NONE,
	SM_U8, SM_S8, SM_U16, SM_S16, SM_U32, SM_S32, SM_U64, SM_S64,
	SM_B32, SM_B64, SM_B96, SM_B128,	/* loads and stores: no extension */
	SM_F16, SM_F32, SM_F64,
	SM_F16X2, SM_U128, SM_SD32, SM_SD64,	/* atomics, surfaces */
	SM_U24, SM_S24, SM_U16H0, SM_S16H0, SM_U16H1, SM_S16H1,	/* IMADSP, VMAD */
};

enum sm_round { SM_RN, SM_RM, SM_RP, SM_RZ_ROUND };
enum sm_ftz { SM_NO_FTZ, SM_FTZ, SM_FMZ };	/* FMZ: flush, and 0 * anything = 0 */

/* comparison: bit 0 less, bit 1 equal, bit 2 greater, bit 3 unordered */
enum sm_cmp {
	SM_CMP_F, SM_CMP_LT, SM_CMP_EQ, SM_CMP_LE, SM_CMP_GT, SM_CMP_NE, SM_CMP_GE,
	SM_CMP_NUM, SM_CMP_NAN, SM_CMP_LTU, SM_CMP_EQU, SM_CMP_LEU, SM_CMP_GTU,
	SM_CMP_NEU, SM_CMP_GEU, SM_CMP_T
};

/* condition-code tests of flow instructions, CSET and NOP: 0..15 are as sm_cmp */
enum sm_cctest {
	SM_CC_F, SM_CC_T = 15, SM_CC_OFF, SM_CC_LO, SM_CC_SFF, SM_CC_LS, SM_CC_HI,
	SM_CC_SFT, SM_CC_HS, SM_CC_OFT, SM_CC_CSM_TA, SM_CC_CSM_TR, SM_CC_CSM_MX,
	SM_CC_FCSM_TA, SM_CC_FCSM_TR, SM_CC_FCSM_MX, SM_CC_RLE, SM_CC_RGT
};

/* combination with the predicate operand (FSETP, PSETP, ...), also PSETP's first one */
enum sm_bop { SM_BOP_AND, SM_BOP_OR, SM_BOP_XOR };
enum sm_lop { SM_LOP_AND, SM_LOP_OR, SM_LOP_XOR, SM_LOP_PASS_B };

/* what LOP and LOP3 write into pdst[0]; always false, true, result == 0, result != 0 */
enum sm_ptest { SM_PTEST_F, SM_PTEST_T, SM_PTEST_Z, SM_PTEST_NZ };

enum sm_mufu {
	SM_MUFU_COS, SM_MUFU_SIN, SM_MUFU_EX2, SM_MUFU_LG2, SM_MUFU_RCP, SM_MUFU_RSQ,
	SM_MUFU_RCP64H, SM_MUFU_RSQ64H, SM_MUFU_SQRT
};

/* field mode, by operation */
enum {	/* FMUL: scale of the product */
	SM_SCALE_NONE, SM_SCALE_D2, SM_SCALE_D4, SM_SCALE_D8, SM_SCALE_M8, SM_SCALE_M4,
	SM_SCALE_M2
};
/*
 * F2F: where source and destination have the same type, whether to round to an
 * integer and how; where not, rnd holds (PASS and NONE do nothing then).
 */
enum {
	SM_F2F_NONE, SM_F2F_PASS, SM_F2F_ROUND, SM_F2F_FLOOR, SM_F2F_CEIL, SM_F2F_TRUNC
};
enum { SM_RRO_SINCOS, SM_RRO_EX2 };
enum {	/* XMAD: what is added; CBCC adds src1 << 16 to src2 */
	SM_XMAD_C, SM_XMAD_CLO, SM_XMAD_CHI, SM_XMAD_CSFU, SM_XMAD_CBCC
};
enum { SM_IMNMX_NONE, SM_IMNMX_XLO, SM_IMNMX_XMED, SM_IMNMX_XHI };
enum { SM_IADD3_NONE, SM_IADD3_RS, SM_IADD3_LS };
enum {	/* SHF: HI keeps the upper word; X: see .x */
	SM_SHF_LO, SM_SHF_HI, SM_SHF_X, SM_SHF_XHI	/* SHR has them too */
};
enum {
	SM_PRMT_IDX, SM_PRMT_F4E, SM_PRMT_B4E, SM_PRMT_RC8, SM_PRMT_ECL, SM_PRMT_ECR,
	SM_PRMT_RC16
};
enum { SM_IDP_4A, SM_IDP_2A_LO, SM_IDP_2A_HI };
enum { SM_SHFL_IDX, SM_SHFL_UP, SM_SHFL_DOWN, SM_SHFL_BFLY };
enum { SM_VOTE_ALL, SM_VOTE_ANY, SM_VOTE_EQ };
enum { SM_BAR_SYNC, SM_BAR_ARV, SM_BAR_RED_POPC, SM_BAR_RED_AND, SM_BAR_RED_OR, SM_BAR_SCAN };
enum { SM_MEMBAR_CTA, SM_MEMBAR_GL, SM_MEMBAR_SYS, SM_MEMBAR_VC };
enum { SM_LDC_NONE, SM_LDC_IL, SM_LDC_IS, SM_LDC_ISL };
enum { SM_P2R_PR, SM_P2R_CC };
enum { SM_BPT_DRAIN_ILLEGAL = 1, SM_BPT_CAL, SM_BPT_PAUSE, SM_BPT_TRAP, SM_BPT_INT, SM_BPT_DRAIN };
enum { SM_V_MRG_16H, SM_V_MRG_16L, SM_V_MRG_8B0, SM_V_MRG_8B2, SM_V_ACC, SM_V_MIN, SM_V_MAX,
	SM_V_NONE };
enum {	/* CCTL */
	SM_CCTL_QRY1, SM_CCTL_PF1, SM_CCTL_PF1_5, SM_CCTL_PF2, SM_CCTL_WB, SM_CCTL_IV,
	SM_CCTL_IVALL, SM_CCTL_RS, SM_CCTL_WBALL, SM_CCTL_RSLB
};

enum sm_atom {	/* field atom: ATOM, ATOMS, RED, SUATOM, SURED */
	SM_ATOM_ADD, SM_ATOM_MIN, SM_ATOM_MAX, SM_ATOM_INC, SM_ATOM_DEC, SM_ATOM_AND,
	SM_ATOM_OR, SM_ATOM_XOR, SM_ATOM_EXCH, SM_ATOM_SAFEADD, SM_ATOM_CAS, SM_ATOM_CAST,
	SM_ATOM_CAST_SPIN
};

/* field cache; by position as in the hardware, loads and stores have their own names */
enum { SM_LD_CA, SM_LD_CG, SM_LD_CI, SM_LD_CV };
enum { SM_ST_WB, SM_ST_CG, SM_ST_CS, SM_ST_WT };

/* textures and surfaces: field dim */
enum sm_dim {
	SM_DIM_1D, SM_DIM_2D, SM_DIM_3D, SM_DIM_CUBE, SM_DIM_BUFFER, SM_DIM_1D_ARRAY,
	SM_DIM_2D_ARRAY
};
/* field lod: the level of detail (LB: bias; LL: given; A: with clamp) */
enum { SM_LOD_AUTO, SM_LOD_LZ, SM_LOD_LB, SM_LOD_LL, SM_LOD_LBA, SM_LOD_LLA };
/* field clamp: surface access out of bounds */
enum { SM_SU_IGN, SM_SU_NEAR, SM_SU_TRAP };
/* TXQ, in field mode */
enum {
	SM_TXQ_DIMENSION, SM_TXQ_TEXTURE_TYPE, SM_TXQ_SAMPLER_POS, SM_TXQ_FILTER, SM_TXQ_LOD,
	SM_TXQ_WRAP, SM_TXQ_BORDER_COLOUR
};

/* S2R, CS2R: field sysreg, the hardware's numbers (envydis gm107.c, Mesa emitSYS) */
enum sm_sysreg {
	SM_SR_LANEID = 0x00, SM_SR_CLOCK = 0x01, SM_SR_VIRTCFG = 0x02, SM_SR_VIRTID = 0x03,
	SM_SR_ORDERING_TICKET = 0x0f, SM_SR_INVOCATION_ID = 0x11, SM_SR_THREAD_KILL = 0x13,
	SM_SR_TID = 0x20, SM_SR_TID_X, SM_SR_TID_Y, SM_SR_TID_Z,
	SM_SR_CTA_PARAM = 0x24, SM_SR_CTAID_X, SM_SR_CTAID_Y, SM_SR_CTAID_Z,
	SM_SR_NTID = 0x28, SM_SR_NLATC = 0x2a, SM_SR_SM_SPA_VERSION = 0x2c,
	SM_SR_LWINHI = 0x2e, SM_SR_SWINHI = 0x2f,
	SM_SR_SWINLO = 0x30, SM_SR_SWINSZ, SM_SR_SMEMSZ, SM_SR_SMEMBANKS,
	SM_SR_LWINLO = 0x34, SM_SR_LWINSZ, SM_SR_LMEMLOSZ, SM_SR_LMEMHIOFF,
	SM_SR_EQMASK = 0x38, SM_SR_LTMASK, SM_SR_LEMASK, SM_SR_GTMASK, SM_SR_GEMASK,
	SM_SR_REGALLOC = 0x3d, SM_SR_BARRIERALLOC = 0x3e,
	SM_SR_GLOBALERRORSTATUS = 0x40, SM_SR_WARPERRORSTATUS = 0x42,
	SM_SR_CLOCKLO = 0x50, SM_SR_CLOCKHI, SM_SR_GLOBALTIMERLO, SM_SR_GLOBALTIMERHI,
};

/* part of a register that an operand selects, in sm_src.sel */
enum sm_sel {
	SM_SEL_NONE,
	/* I2I, I2F, R2P, video; of a 16-bit source B2 is the upper half */
	SM_SEL_B0, SM_SEL_B1, SM_SEL_B2, SM_SEL_B3,
	/* XMAD, IADD3, video; F2F and F2I: with an F16 source only */
	SM_SEL_H0, SM_SEL_H1,
	SM_SEL_H1_H0, SM_SEL_F32, SM_SEL_H0_H0, SM_SEL_H1_H1,	/* half operands */
	SM_SEL_MRG_H0, SM_SEL_MRG_H1,			/* half results, in dsel */
};

enum sm_src_kind {
	SM_SRC_NONE,
	SM_SRC_REG,	/* reg (and the following ones for wider types) */
	SM_SRC_IMM,	/* imm, widened: to a float's or double's bits, or sign-extended to 64 */
	/*
	 * c[slot][offset], 0..0xffff; LDC and BRX add register reg, and have a
	 * signed offset (also where reg is RZ: the lower 16 bits count then)
	 */
	SM_SRC_CBUF,
};

/* one source; modifiers apply in the order sel, abs, neg (or inv) */
struct sm_src {
	uint8_t kind;		/* enum sm_src_kind */
	uint8_t reg;
	uint8_t slot;
	uint8_t sel;		/* enum sm_sel */
	bool neg;		/* FMUL, FFMA, IMAD: the product's one sign is src[1]'s */
	bool abs;
	bool inv;		/* bitwise not */
	int32_t offset;		/* bytes */
	uint64_t imm;
};

struct sm_pred {
	uint8_t idx;		/* SM_PT: true */
	bool neg;
};

/* the 21 scheduling bits of an instruction */
struct sm_sched {
	uint8_t stall;		/* cycles until the next issue, 0..15 */
	bool yield;		/* the hardware's bit: 0 hints at a switch of warps */
	uint8_t wr_bar;		/* scoreboard that its result releases, 7: none */
	uint8_t rd_bar;		/* scoreboard that its operand reads release, 7: none */
	uint8_t wait_mask;	/* scoreboards to wait for before issue */
	uint8_t reuse;		/* operand cache, bit n: source n */
};

struct sm_insn {
	uint64_t word;
	uint16_t op;		/* enum sm_op */
	uint16_t row;		/* index in the table, for sm_disasm */

	struct sm_pred guard;
	uint8_t dst;		/* first destination register, SM_RZ: none */
	uint8_t dst2;		/* TEXS, TLDS, TLD4S: where the second pair goes */
	uint8_t pdst[2];	/* predicate destinations, SM_PT: none */
	struct sm_src src[SM_MAX_SRC];	/* a, b, c in the assembler's order */
	struct sm_pred psrc[3];	/* predicate sources, SM_PT where absent */

	/*
	 * Types, enum sm_type. Loads, stores and atomics have theirs in dtype;
	 * IMUL, IMAD, XMAD and IDP that of a in dtype, that of b in stype.
	 */
	uint8_t dtype, stype;
	uint8_t dsel;		/* enum sm_sel: half-precision merge of the result */

	/* arithmetic modifiers */
	uint8_t rnd;		/* enum sm_round */
	uint8_t ftz;		/* enum sm_ftz */
	bool sat;
	bool cc;		/* writes the condition code */
	bool x;			/* takes the carry from the condition code */
	bool po;		/* IADD, ISCADD, IMAD: plus one */
	bool hi;		/* IMUL, IMAD: upper word of the product */
	bool w;			/* shifts: wrap the count instead of clamping it */
	bool brev;		/* SHR, BFE: reverse the bits of src[0] first */
	bool sh;		/* FLO: the shift amount instead of the bit's number */
	bool bf;		/* xSET: 1.0f instead of ~0 */
	bool psl, mrg;		/* XMAD: product << 16; lower half of src[1] into the upper */
	bool h_and;		/* HSETP2 */
	bool sd, ud;		/* VABSDIFF.SD; VSHL and others: unsigned destination */
	uint8_t cmp;		/* enum sm_cmp */
	uint8_t cctest;		/* enum sm_cctest */
	uint8_t bop, bop2;	/* enum sm_bop; PSETP, PSET: bop joins the first two */
	uint8_t lop;		/* enum sm_lop */
	uint8_t lut;		/* LOP3 */
	uint8_t ptest;		/* enum sm_ptest */
	uint8_t mode;		/* see the enums above */
	uint8_t lanes;		/* MOV: mask of bytes written */
	uint8_t shift;		/* ISCADD, LEA */

	/* memory */
	uint8_t cache;
	bool e;			/* 64-bit address in a register pair */
	bool u;			/* LDS.U, BRA.U, LDG.U.128 */
	uint8_t atom;		/* enum sm_atom */
	int32_t offset;		/* added to src[0], the address */

	/* flow */
	/*
	 * BRA, SSY, ...: the address itself, not the difference. It may be that
	 * of a control word (Mesa's SSY, PBK, CAL): execution goes on behind it.
	 */
	uint64_t target;
	bool lmt, noinc, keeprefcount, trig;

	/* warp, scheduling */
	uint8_t sysreg;		/* enum sm_sysreg */
	bool le;		/* DEPBAR */
	uint8_t sb;		/* DEPBAR: scoreboard */
	uint8_t count;		/* DEPBAR: pending at most */
	uint8_t sbmask;		/* DEPBAR: further scoreboards to wait for */
	uint32_t value;		/* BPT, NOP, IDE, FSWZADD, VOTE.VTG: the plain number */

	/* textures, surfaces */
	uint8_t dim;		/* enum sm_dim */
	bool array, ms, dc, ndv, nodep, aoffi, ptp, cl;
	bool bindless;		/* handle in a register instead of tid */
	bool f16;
	uint8_t lod;
	uint8_t comp;		/* TLD4: component */
	uint8_t mask;		/* components, bit 0: r */
	uint8_t clamp;
	bool raw;		/* SULD.D, SUST.D: bytes, not a formatted pixel */
	bool ba;		/* SUST.BA, SUATOM.BA: x in bytes */
	uint16_t tid;		/* texture or surface number */
};

/*
 * Decodes one instruction word at address pc. 0, or -EINVAL for a word that
 * is no instruction; insn->op is SM_OP_INVALID then.
 */
int sm_decode(uint64_t word, uint64_t pc, struct sm_insn *insn);

/* scheduling information of instruction n (0..2) of a bundle */
void sm_decode_sched(uint64_t control, unsigned int n, struct sm_sched *sched);
uint64_t sm_encode_sched(const struct sm_sched sched[3]);

/* "FADD" for SM_OP_FADD; never NULL */
const char *sm_op_name(unsigned int op);

/*
 * Writes the text of the instruction, without a trailing newline, like
 * "@!P0 FFMA.FTZ R0, R1, c[0x0][0x140], -R2 ;". Returns what snprintf would.
 */
int sm_disasm(const struct sm_insn *insn, char *buf, size_t size);

/*
 * Writes scheduling information as the assembler takes it, like
 * "[B01----:R-:W2:Y:S01:U----]": scoreboards waited for, the one for reads, the
 * one for the result, yield, stall, operands reused.
 */
int sm_disasm_sched(const struct sm_sched *sched, char *buf, size_t size);

struct sm_asm_error {
	unsigned int line;	/* from 1 */
	char text[120];
};

/*
 * Assembles src into out (n words of room), control words included. Returns
 * the number of words, a multiple of four, or -EINVAL with the error filled
 * in, or -ENOSPC. The code starts at address 0. Instructions without a
 * scheduling annotation get one that is always safe.
 */
long sm_assemble(const char *src, uint64_t *out, size_t n, struct sm_asm_error *error);

/* one instruction at address pc, no label, no annotation; 0 or -EINVAL */
int sm_assemble_insn(const char *text, uint64_t pc, uint64_t *word, struct sm_asm_error *error);

#endif
