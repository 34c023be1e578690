// SPDX-License-Identifier: MIT
/*
 * The instruction table: every encoding of sm_61 that is known here, each
 * with its fields in the order in which they are printed. See isa-table.h.
 *
 * Sources: what Mesa's nv50_ir_emit_gm107.cpp emits, and envytools' envydis
 * gm107.c for the rest. Where those two differ, or are known to be wrong, the
 * row says so.
 *
 * The first row that matches wins, so narrow rows stand before wide ones.
 */
#include "isa-table.h"

#define MEMBER(m) \
	.off = offsetof(struct sm_insn, m), .size = sizeof(((struct sm_insn *)0)->m)

/* names of values */
#define NAMES(id, ...)									\
	static const struct sm_name id##_list[] = { __VA_ARGS__ };			\
	static const struct sm_names id = {						\
		sizeof(id##_list) / sizeof(id##_list[0]), id##_list			\
	}
#define FLAG_NAMES(id, text)	NAMES(id, { 0, 0, NULL }, { 1, 1, text })
#define OFF_NAMES(id, text)	NAMES(id, { 0, 1, text }, { 1, 0, NULL })

FLAG_NAMES(n_x, "X");
FLAG_NAMES(n_hi, "HI");
FLAG_NAMES(n_sat, "SAT");
NAMES(n_po, { 0, 0, NULL }, { 1, 0, NULL }, { 2, 0, NULL }, { 3, 1, "PO" });
FLAG_NAMES(n_w, "W");
FLAG_NAMES(n_brev, "BREV");
FLAG_NAMES(n_sh, "SH");
FLAG_NAMES(n_bf, "BF");
FLAG_NAMES(n_psl, "PSL");
FLAG_NAMES(n_mrg, "MRG");
FLAG_NAMES(n_h_and, "H_AND");
FLAG_NAMES(n_sd, "SD");
OFF_NAMES(n_ud, "UD");
FLAG_NAMES(n_mx, "MX");
FLAG_NAMES(n_e, "E");
FLAG_NAMES(n_u, "U");
FLAG_NAMES(n_lmt, "LMT");
OFF_NAMES(n_noinc, "NOINC");
OFF_NAMES(n_en, "EN");
FLAG_NAMES(n_keeprefcount, "KEEPREFCOUNT");
FLAG_NAMES(n_trig, "TRIG");
FLAG_NAMES(n_wait, "WAIT");
FLAG_NAMES(n_ndv, "NDV");
FLAG_NAMES(n_nodep, "NODEP");
FLAG_NAMES(n_aoffi, "AOFFI");
FLAG_NAMES(n_dc, "DC");
FLAG_NAMES(n_ms, "MS");
FLAG_NAMES(n_cl, "CL");
FLAG_NAMES(n_lc, "LC");
FLAG_NAMES(n_ba, "BA");
FLAG_NAMES(n_f16, "F16");
OFF_NAMES(n_f16_off, "F16");
FLAG_NAMES(n_attr_o, "O");
FLAG_NAMES(n_attr_p, "P");
FLAG_NAMES(n_skew, "SKEW");
NAMES(n_ftz, { 0, SM_NO_FTZ, NULL }, { 1, SM_FTZ, "FTZ" });
NAMES(n_fmz, { 0, SM_NO_FTZ, NULL }, { 1, SM_FTZ, "FTZ" }, { 2, SM_FMZ, "FMZ" });
NAMES(n_rnd, { 0, SM_RN, NULL }, { 1, SM_RM, "RM" }, { 2, SM_RP, "RP" },
	{ 3, SM_RZ_ROUND, "RZ" });
NAMES(n_int_rnd, { 0, SM_RN, NULL }, { 1, SM_RM, "FLOOR" }, { 2, SM_RP, "CEIL" },
	{ 3, SM_RZ_ROUND, "TRUNC" });
NAMES(n_cmp, { 0, SM_CMP_F, "F" }, { 1, SM_CMP_LT, "LT" }, { 2, SM_CMP_EQ, "EQ" },
	{ 3, SM_CMP_LE, "LE" }, { 4, SM_CMP_GT, "GT" }, { 5, SM_CMP_NE, "NE" },
	{ 6, SM_CMP_GE, "GE" }, { 7, SM_CMP_NUM, "NUM" }, { 8, SM_CMP_NAN, "NAN" },
	{ 9, SM_CMP_LTU, "LTU" }, { 10, SM_CMP_EQU, "EQU" }, { 11, SM_CMP_LEU, "LEU" },
	{ 12, SM_CMP_GTU, "GTU" }, { 13, SM_CMP_NEU, "NEU" }, { 14, SM_CMP_GEU, "GEU" },
	{ 15, SM_CMP_T, "T" });
/* integers have three bits of it: 7 is always true */
NAMES(n_icmp, { 0, SM_CMP_F, "F" }, { 1, SM_CMP_LT, "LT" }, { 2, SM_CMP_EQ, "EQ" },
	{ 3, SM_CMP_LE, "LE" }, { 4, SM_CMP_GT, "GT" }, { 5, SM_CMP_NE, "NE" },
	{ 6, SM_CMP_GE, "GE" }, { 7, SM_CMP_T, "T" });
#define CC_NAMES									\
	{ 0, 0, "F" }, { 1, 1, "LT" }, { 2, 2, "EQ" }, { 3, 3, "LE" }, { 4, 4, "GT" },	\
	{ 5, 5, "NE" }, { 6, 6, "GE" }, { 7, 7, "NUM" }, { 8, 8, "NAN" },		\
	{ 9, 9, "LTU" }, { 10, 10, "EQU" }, { 11, 11, "LEU" }, { 12, 12, "GTU" },	\
	{ 13, 13, "NEU" }, { 14, 14, "GEU" }, { 16, SM_CC_OFF, "OFF" },			\
	{ 17, SM_CC_LO, "LO" }, { 18, SM_CC_SFF, "SFF" }, { 19, SM_CC_LS, "LS" },	\
	{ 20, SM_CC_HI, "HI" }, { 21, SM_CC_SFT, "SFT" }, { 22, SM_CC_HS, "HS" },	\
	{ 23, SM_CC_OFT, "OFT" }, { 24, SM_CC_CSM_TA, "CSM_TA" },			\
	{ 25, SM_CC_CSM_TR, "CSM_TR" }, { 26, SM_CC_CSM_MX, "CSM_MX" },			\
	{ 27, SM_CC_FCSM_TA, "FCSM_TA" }, { 28, SM_CC_FCSM_TR, "FCSM_TR" },		\
	{ 29, SM_CC_FCSM_MX, "FCSM_MX" }, { 30, SM_CC_RLE, "RLE" }, { 31, SM_CC_RGT, "RGT" }
NAMES(n_cc, CC_NAMES, { 15, SM_CC_T, "T" });
/* as an operand: "CC.LT", nothing where it is always true */
#define DOT_CC(n, v, t) { n, v, "CC." t }
NAMES(n_cctest, DOT_CC(0, 0, "F"), DOT_CC(1, 1, "LT"), DOT_CC(2, 2, "EQ"), DOT_CC(3, 3, "LE"),
	DOT_CC(4, 4, "GT"), DOT_CC(5, 5, "NE"), DOT_CC(6, 6, "GE"), DOT_CC(7, 7, "NUM"),
	DOT_CC(8, 8, "NAN"), DOT_CC(9, 9, "LTU"), DOT_CC(10, 10, "EQU"),
	DOT_CC(11, 11, "LEU"), DOT_CC(12, 12, "GTU"), DOT_CC(13, 13, "NEU"),
	DOT_CC(14, 14, "GEU"), { 15, SM_CC_T, NULL }, DOT_CC(16, SM_CC_OFF, "OFF"),
	DOT_CC(17, SM_CC_LO, "LO"), DOT_CC(18, SM_CC_SFF, "SFF"), DOT_CC(19, SM_CC_LS, "LS"),
	DOT_CC(20, SM_CC_HI, "HI"), DOT_CC(21, SM_CC_SFT, "SFT"), DOT_CC(22, SM_CC_HS, "HS"),
	DOT_CC(23, SM_CC_OFT, "OFT"), DOT_CC(24, SM_CC_CSM_TA, "CSM_TA"),
	DOT_CC(25, SM_CC_CSM_TR, "CSM_TR"), DOT_CC(26, SM_CC_CSM_MX, "CSM_MX"),
	DOT_CC(27, SM_CC_FCSM_TA, "FCSM_TA"), DOT_CC(28, SM_CC_FCSM_TR, "FCSM_TR"),
	DOT_CC(29, SM_CC_FCSM_MX, "FCSM_MX"), DOT_CC(30, SM_CC_RLE, "RLE"),
	DOT_CC(31, SM_CC_RGT, "RGT"));
NAMES(n_bop, { 0, SM_BOP_AND, "AND" }, { 1, SM_BOP_OR, "OR" }, { 2, SM_BOP_XOR, "XOR" });
NAMES(n_lop, { 0, SM_LOP_AND, "AND" }, { 1, SM_LOP_OR, "OR" }, { 2, SM_LOP_XOR, "XOR" },
	{ 3, SM_LOP_PASS_B, "PASS_B" });
NAMES(n_ptest, { 0, SM_PTEST_F, NULL }, { 1, SM_PTEST_T, "T" }, { 2, SM_PTEST_Z, "Z" },
	{ 3, SM_PTEST_NZ, "NZ" });
NAMES(n_mufu, { 0, SM_MUFU_COS, "COS" }, { 1, SM_MUFU_SIN, "SIN" }, { 2, SM_MUFU_EX2, "EX2" },
	{ 3, SM_MUFU_LG2, "LG2" }, { 4, SM_MUFU_RCP, "RCP" }, { 5, SM_MUFU_RSQ, "RSQ" },
	{ 6, SM_MUFU_RCP64H, "RCP64H" }, { 7, SM_MUFU_RSQ64H, "RSQ64H" },
	{ 8, SM_MUFU_SQRT, "SQRT" });
NAMES(n_scale, { 0, SM_SCALE_NONE, NULL }, { 1, SM_SCALE_D2, "D2" }, { 2, SM_SCALE_D4, "D4" },
	{ 3, SM_SCALE_D8, "D8" }, { 4, SM_SCALE_M8, "M8" }, { 5, SM_SCALE_M4, "M4" },
	{ 6, SM_SCALE_M2, "M2" });
NAMES(n_rro, { 0, SM_RRO_SINCOS, "SINCOS" }, { 1, SM_RRO_EX2, "EX2" });
NAMES(n_fchk, { 0, 0, "DIVIDE" });
/* bit 2 (of 39, 40, 42): round to an integer; else the mode of a narrowing */
NAMES(n_f2f, { 0, SM_F2F_NONE, NULL }, { 1, SM_F2F_PASS, "RM" }, { 2, SM_F2F_PASS, "RP" },
	{ 3, SM_F2F_PASS, "PASS" }, { 4, SM_F2F_ROUND, "ROUND" },
	{ 5, SM_F2F_FLOOR, "FLOOR" }, { 6, SM_F2F_CEIL, "CEIL" }, { 7, SM_F2F_TRUNC, "TRUNC" });
NAMES(n_float, { 1, SM_F16, "F16" }, { 2, SM_F32, "F32" }, { 3, SM_F64, "F64" });
/* what an immediate is the upper bits of follows from its type: one row for each */
NAMES(n_f32_only, { 2, SM_F32, "F32" });
NAMES(n_f64_only, { 3, SM_F64, "F64" });
/* bits 0 and 1 the size, bit 2 signed */
NAMES(n_int, { 0, SM_U8, "U8" }, { 1, SM_U16, "U16" }, { 2, SM_U32, "U32" }, { 3, SM_U64, "U64" },
	{ 4, SM_S8, "S8" }, { 5, SM_S16, "S16" }, { 6, SM_S32, "S32" }, { 7, SM_S64, "S64" });
NAMES(n_int32, { 0, SM_U8, "U8" }, { 1, SM_U16, "U16" }, { 2, SM_U32, "U32" }, { 4, SM_S8, "S8" },
	{ 5, SM_S16, "S16" }, { 6, SM_S32, "S32" });
NAMES(n_mul_types, { 0, 0, "U32.U32" }, { 1, 0, "S32.U32" }, { 2, 0, "U32.S32" }, { 3, 0, NULL });
NAMES(n_u32_s32, { 0, SM_U32, "U32" }, { 1, SM_S32, "S32" });
NAMES(n_u32, { 0, SM_U32, "U32" }, { 1, SM_S32, NULL });
NAMES(n_shf_type, { 0, SM_U32, NULL }, { 2, SM_U64, "U64" }, { 3, SM_S64, "S64" });
NAMES(n_shf, { 0, SM_SHF_LO, NULL }, { 1, SM_SHF_HI, "HI" }, { 2, SM_SHF_X, "X" },
	{ 3, SM_SHF_XHI, "XHI" });
NAMES(n_shr, { 0, SM_SHF_LO, NULL }, { 2, SM_SHF_X, "X" }, { 3, SM_SHF_XHI, "XHI" });
NAMES(n_imnmx, { 0, SM_IMNMX_NONE, NULL }, { 1, SM_IMNMX_XLO, "XLO" },
	{ 2, SM_IMNMX_XMED, "XMED" }, { 3, SM_IMNMX_XHI, "XHI" });
NAMES(n_iadd3, { 0, SM_IADD3_NONE, NULL }, { 1, SM_IADD3_RS, "RS" }, { 2, SM_IADD3_LS, "LS" });
NAMES(n_prmt, { 0, SM_PRMT_IDX, NULL }, { 1, SM_PRMT_F4E, "F4E" }, { 2, SM_PRMT_B4E, "B4E" },
	{ 3, SM_PRMT_RC8, "RC8" }, { 4, SM_PRMT_ECL, "ECL" }, { 5, SM_PRMT_ECR, "ECR" },
	{ 6, SM_PRMT_RC16, "RC16" });
NAMES(n_xmad_types, { 0, SM_U16, NULL }, { 1, SM_S16, "S16.U16" }, { 2, SM_U16, "U16.S16" },
	{ 3, SM_S16, "S16.S16" });
NAMES(n_u16_s16, { 0, SM_U16, NULL }, { 1, SM_S16, NULL });
NAMES(n_cmode, { 0, SM_XMAD_C, NULL }, { 1, SM_XMAD_CLO, "CLO" }, { 2, SM_XMAD_CHI, "CHI" },
	{ 3, SM_XMAD_CSFU, "CSFU" }, { 4, SM_XMAD_CBCC, "CBCC" });
NAMES(n_imadsp_a, { 0, SM_U32, "U32" }, { 1, SM_S32, "S32" }, { 2, SM_U24, "U24" },
	{ 3, SM_S24, "S24" }, { 4, SM_U16H0, "U16H0" }, { 5, SM_S16H0, "S16H0" },
	{ 6, SM_U16H1, "U16H1" }, { 7, SM_S16H1, "S16H1" });
NAMES(n_imadsp_b, { 0, SM_U24, "U24" }, { 1, SM_S24, "S24" }, { 2, SM_U16H0, "U16H0" },
	{ 3, SM_S16H0, "S16H0" });
/* the sign of c (bit 0) follows from those of a and b */
NAMES(n_imadsp_c, { 0, SM_U32, "U32" }, { 1, SM_U24, "U24" }, { 2, SM_U16H0, "U16H0" });
NAMES(n_idp_mode, { 0, SM_IDP_4A, "4A.U8" }, { 2, SM_IDP_4A, "4A.S8" },
	{ 1, SM_IDP_2A_LO, "2A.LO.U16" }, { 3, SM_IDP_2A_LO, "2A.LO.S16" },
	{ 5, SM_IDP_2A_HI, "2A.HI.U16" }, { 7, SM_IDP_2A_HI, "2A.HI.S16" });
NAMES(n_idp_type, { 0, SM_U8, NULL }, { 1, SM_U16, NULL }, { 2, SM_S8, NULL },
	{ 3, SM_S16, NULL }, { 5, SM_U16, NULL }, { 7, SM_S16, NULL });
NAMES(n_u8_s8, { 0, SM_U8, "U8" }, { 1, SM_S8, "S8" });
NAMES(n_video_imm, { 0, SM_U16, "U16" }, { 1, SM_S16, "S16" });
/* bits 28..30: byte 0 to 3, half 0 or 1, word; bit 3 signed */
NAMES(n_video_b, { 0, SM_U8, "U8" }, { 1, SM_U8, "U8" }, { 2, SM_U8, "U8" }, { 3, SM_U8, "U8" },
	{ 4, SM_U16, "U16" }, { 5, SM_U16, "U16" }, { 6, SM_U32, "U32" }, { 8, SM_S8, "S8" },
	{ 9, SM_S8, "S8" }, { 10, SM_S8, "S8" }, { 11, SM_S8, "S8" }, { 12, SM_S16, "S16" },
	{ 13, SM_S16, "S16" }, { 14, SM_S32, "S32" });
NAMES(n_video_mode, { 0, SM_V_MRG_16H, "MRG_16H" }, { 1, SM_V_MRG_16L, "MRG_16L" },
	{ 2, SM_V_MRG_8B0, "MRG_8B0" }, { 3, SM_V_MRG_8B2, "MRG_8B2" }, { 4, SM_V_ACC, "ACC" },
	{ 5, SM_V_MIN, "MIN" }, { 6, SM_V_MAX, "MAX" }, { 7, SM_V_NONE, NULL });
NAMES(n_v4_types, { 0, 0, "U8.U8" }, { 1, 1, "S8.U8" }, { 2, 2, "U8.S8" }, { 3, 3, NULL });
NAMES(n_vmad_shift, { 0, 0, NULL }, { 1, 7, "SHR_7" }, { 2, 15, "SHR_15" });
NAMES(n_vabsdiff4_acc, { 0, 0, NULL }, { 1, 1, "ACC" });
NAMES(n_vabsdiff4_mask, { 0, 0, "NONE" }, { 1, 1, "X" }, { 2, 2, "Y" }, { 3, 3, "XY" },
	{ 4, 4, "Z" }, { 5, 5, "XZ" }, { 6, 6, "YZ" }, { 7, 7, "XYZ" }, { 8, 8, "W" },
	{ 9, 9, "XW" }, { 10, 10, "YW" }, { 11, 11, "XYW" }, { 12, 12, "ZW" },
	{ 13, 13, "XZW" }, { 14, 14, "YZW" }, { 15, 15, "XYZW" });
NAMES(n_pr_cc, { 0, SM_P2R_PR, "PR" }, { 1, SM_P2R_CC, "CC" });
NAMES(n_dsel_byte, { 0, SM_SEL_NONE, NULL }, { 1, SM_SEL_B1, "B1" }, { 2, SM_SEL_B2, "B2" },
	{ 3, SM_SEL_B3, "B3" });
NAMES(n_shfl, { 0, SM_SHFL_IDX, "IDX" }, { 1, SM_SHFL_UP, "UP" }, { 2, SM_SHFL_DOWN, "DOWN" },
	{ 3, SM_SHFL_BFLY, "BFLY" });
NAMES(n_vote, { 0, SM_VOTE_ALL, "ALL" }, { 1, SM_VOTE_ANY, "ANY" }, { 2, SM_VOTE_EQ, "EQ" });
NAMES(n_vtg, { 0, 0, "R" }, { 1, 1, "A" }, { 2, 2, "RA" });
NAMES(n_bar, { 0x20, SM_BAR_SYNC, "SYNC" }, { 0x21, SM_BAR_ARV, "ARV" },
	{ 0x02, SM_BAR_RED_POPC, "RED.POPC" }, { 0x0a, SM_BAR_RED_AND, "RED.AND" },
	{ 0x12, SM_BAR_RED_OR, "RED.OR" }, { 0x03, SM_BAR_SCAN, "SCAN" });
NAMES(n_membar, { 0, SM_MEMBAR_CTA, "CTA" }, { 1, SM_MEMBAR_GL, "GL" },
	{ 2, SM_MEMBAR_SYS, "SYS" }, { 3, SM_MEMBAR_VC, "VC" });
NAMES(n_membar_iv, { 0, 0, NULL }, { 1, 1, "IVALLD" }, { 2, 2, "IVALLT" }, { 3, 3, "IVALLTD" });
NAMES(n_r2b, { 0, 0, NULL }, { 1, 1, "RESULT" }, { 2, 2, "WARP" });
NAMES(n_rtt, { 0, 0, NULL }, { 1, 1, "TERMINATE" }, { 2, 2, "FALLTHROUGH" },
	{ 3, 3, "PREEMPTED" });
NAMES(n_bpt, { 0, 0, "DRAIN_ILLEGAL" }, { 1, SM_BPT_CAL, "CAL" }, { 2, SM_BPT_PAUSE, "PAUSE" },
	{ 3, SM_BPT_TRAP, "TRAP" }, { 4, SM_BPT_INT, "INT" }, { 5, SM_BPT_DRAIN, "DRAIN" });

/* memory */
NAMES(n_mem, { 0, SM_U8, "U8" }, { 1, SM_S8, "S8" }, { 2, SM_U16, "U16" }, { 3, SM_S16, "S16" },
	{ 4, SM_B32, NULL }, { 5, SM_B64, "64" }, { 6, SM_B128, "128" });
NAMES(n_mem_u, { 0, SM_U8, "U8" }, { 1, SM_S8, "S8" }, { 2, SM_U16, "U16" }, { 3, SM_S16, "S16" },
	{ 4, SM_B32, NULL }, { 5, SM_B64, "64" }, { 6, SM_B128, "128" }, { 7, SM_B128, "U.128" });
NAMES(n_mem_const, { 0, SM_U8, "U8" }, { 1, SM_S8, "S8" }, { 2, SM_U16, "U16" },
	{ 3, SM_S16, "S16" }, { 4, SM_B32, NULL }, { 5, SM_B64, "64" });
NAMES(n_load, { 0, SM_LD_CA, NULL }, { 1, SM_LD_CG, "CG" }, { 2, SM_LD_CI, "CI" },
	{ 3, SM_LD_CV, "CV" });
NAMES(n_load_local, { 0, SM_LD_CA, NULL }, { 1, SM_LD_CG, "LU" }, { 2, SM_LD_CI, "CI" },
	{ 3, SM_LD_CV, "CV" });
NAMES(n_store, { 0, SM_ST_WB, NULL }, { 1, SM_ST_CG, "CG" }, { 2, SM_ST_CS, "CS" },
	{ 3, SM_ST_WT, "WT" });
NAMES(n_ldc, { 0, SM_LDC_NONE, NULL }, { 1, SM_LDC_IL, "IL" }, { 2, SM_LDC_IS, "IS" },
	{ 3, SM_LDC_ISL, "ISL" });
NAMES(n_atom, { 0, SM_ATOM_ADD, "ADD" }, { 1, SM_ATOM_MIN, "MIN" }, { 2, SM_ATOM_MAX, "MAX" },
	{ 3, SM_ATOM_INC, "INC" }, { 4, SM_ATOM_DEC, "DEC" }, { 5, SM_ATOM_AND, "AND" },
	{ 6, SM_ATOM_OR, "OR" }, { 7, SM_ATOM_XOR, "XOR" }, { 8, SM_ATOM_EXCH, "EXCH" },
	{ 10, SM_ATOM_SAFEADD, "SAFEADD" });
/* Mesa emits 4 for a 128-bit exchange; on sm_60 and later it is packed half */
NAMES(n_atom_type, { 0, SM_U32, NULL }, { 1, SM_S32, "S32" }, { 2, SM_U64, "U64" },
	{ 3, SM_F32, "F32.FTZ.RN" }, { 4, SM_F16X2, "F16x2.RN" }, { 5, SM_S64, "S64" });
NAMES(n_atoms_type, { 0, SM_U32, NULL }, { 1, SM_S32, "S32" }, { 2, SM_U64, "U64" },
	{ 3, SM_S64, "S64" });
NAMES(n_cas_type, { 0, SM_U32, NULL }, { 1, SM_U64, "64" });
NAMES(n_atoms_cas, { 0, SM_ATOM_CAST, "CAST" }, { 1, SM_ATOM_CAST_SPIN, "CAST.SPIN" },
	{ 2, SM_ATOM_CAS, "CAS" });
NAMES(n_cctl, { 0, SM_CCTL_QRY1, "QRY1" }, { 1, SM_CCTL_PF1, "PF1" },
	{ 2, SM_CCTL_PF1_5, "PF1.5" }, { 3, SM_CCTL_PF2, "PF2" }, { 4, SM_CCTL_WB, "WB" },
	{ 5, SM_CCTL_IV, "IV" }, { 6, SM_CCTL_IVALL, "IVALL" }, { 7, SM_CCTL_RS, "RS" },
	{ 8, SM_CCTL_WBALL, "WBALL" }, { 9, SM_CCTL_RSLB, "RSLB" });
NAMES(n_cctl_cache, { 0, 0, NULL }, { 1, 1, "U" }, { 2, 2, "C" }, { 3, 3, "I" }, { 4, 4, "CRS" });
NAMES(n_cctll_cache, { 0, 0, NULL });
NAMES(n_cctlt, { 0, 0, "IVALL" });
NAMES(n_cctlt_ivth, { 1, 1, "IVTH" });
NAMES(n_attr_size, { 0, SM_B32, NULL }, { 1, SM_B64, "64" }, { 2, SM_B96, "96" },
	{ 3, SM_B128, "128" });
NAMES(n_isberd, { 0, 0, NULL }, { 1, 1, "PATCH" }, { 2, 2, "PRIM" }, { 3, 3, "ATTR" });
NAMES(n_isberd_size, { 0, SM_U8, NULL }, { 1, SM_U16, "U16" }, { 2, SM_B32, "32" });
NAMES(n_pixld, { 0, 0, NULL }, { 1, 1, "COVMASK" }, { 2, 2, "COVERED" }, { 3, 3, "OFFSET" },
	{ 4, 4, "CENTROID_OFFSET" }, { 5, 5, "MY_INDEX" });
NAMES(n_ipa, { 0, 0, "PASS" }, { 1, 1, NULL }, { 2, 2, "CONSTANT" }, { 3, 3, "SC" });
NAMES(n_ipa_sample, { 0, 0, NULL }, { 1, 1, "CENTROID" }, { 2, 2, "OFFSET" });
NAMES(n_out, { 1, 1, "EMIT" }, { 2, 2, "CUT" }, { 3, 3, "EMIT_THEN_CUT" });

/* textures and surfaces; bit 0 of the dimension: array */
NAMES(n_dim, { 0, SM_DIM_1D, "1D" }, { 1, SM_DIM_1D, "ARRAY_1D" }, { 2, SM_DIM_2D, "2D" },
	{ 3, SM_DIM_2D, "ARRAY_2D" }, { 4, SM_DIM_3D, "3D" }, { 5, SM_DIM_3D, "ARRAY_3D" },
	{ 6, SM_DIM_CUBE, "CUBE" }, { 7, SM_DIM_CUBE, "ARRAY_CUBE" });
NAMES(n_lod, { 0, SM_LOD_AUTO, NULL }, { 1, SM_LOD_LZ, "LZ" }, { 2, SM_LOD_LB, "LB" },
	{ 3, SM_LOD_LL, "LL" }, { 6, SM_LOD_LBA, "LBA" }, { 7, SM_LOD_LLA, "LLA" });
NAMES(n_tld_lod, { 0, SM_LOD_LZ, "LZ" }, { 1, SM_LOD_LL, "LL" });
NAMES(n_comp, { 0, 0, "R" }, { 1, 1, "G" }, { 2, 2, "B" }, { 3, 3, "A" });
NAMES(n_offset, { 0, 0, NULL }, { 1, 1, "AOFFI" }, { 2, 2, "PTP" });
NAMES(n_txq, { 0x01, SM_TXQ_DIMENSION, "TEX_HEADER_DIMENSION" },
	{ 0x02, SM_TXQ_TEXTURE_TYPE, "TEX_HEADER_TEXTURE_TYPE" },
	{ 0x05, SM_TXQ_SAMPLER_POS, "TEX_HEADER_SAMPLER_POS" },
	{ 0x10, SM_TXQ_FILTER, "TEX_SAMPLER_FILTER" }, { 0x12, SM_TXQ_LOD, "TEX_SAMPLER_LOD" },
	{ 0x14, SM_TXQ_WRAP, "TEX_SAMPLER_WRAP" },
	{ 0x16, SM_TXQ_BORDER_COLOUR, "TEX_SAMPLER_BORDER_COLOR" });
NAMES(n_su_dim, { 0, SM_DIM_1D, "1D" }, { 1, SM_DIM_BUFFER, "1D_BUFFER" },
	{ 2, SM_DIM_1D_ARRAY, "1D_ARRAY" }, { 3, SM_DIM_2D, "2D" },
	{ 4, SM_DIM_2D_ARRAY, "2D_ARRAY" }, { 5, SM_DIM_3D, "3D" });
NAMES(n_su_mask, { 1, 1, "R" }, { 2, 2, "G" }, { 3, 3, "RG" }, { 4, 4, "B" }, { 5, 5, "RB" },
	{ 6, 6, "GB" }, { 7, 7, "RGB" }, { 8, 8, "A" }, { 9, 9, "RA" }, { 10, 10, "GA" },
	{ 11, 11, "RGA" }, { 12, 12, "BA" }, { 13, 13, "RBA" }, { 14, 14, "GBA" },
	{ 15, 15, NULL });
NAMES(n_su_type, { 0, SM_U8, "U8" }, { 1, SM_S8, "S8" }, { 2, SM_U16, "U16" }, { 3, SM_S16, "S16" },
	{ 4, SM_B32, NULL }, { 5, SM_B64, "64" }, { 6, SM_B128, "128" });
NAMES(n_clamp, { 0, SM_SU_IGN, "IGN" }, { 1, SM_SU_NEAR, NULL }, { 2, SM_SU_TRAP, "TRAP" });
NAMES(n_su_atom_type, { 0, SM_U32, NULL }, { 1, SM_S32, "S32" }, { 2, SM_U64, "U64" },
	{ 3, SM_F32, "F32.FTZ.RN" }, { 4, SM_F16X2, "F16x2.RN" }, { 5, SM_S64, "S64" },
	{ 6, SM_SD32, "SD32" }, { 7, SM_SD64, "SD64" });

static const struct sm_name texs_one_list[] = {
	{ 0, 0x1, "R" }, { 1, 0x2, "G" }, { 2, 0x4, "B" }, { 3, 0x8, "A" }, { 4, 0x3, "RG" },
	{ 5, 0x9, "RA" }, { 6, 0xa, "GA" }, { 7, 0xc, "BA" },
};
static const struct sm_name texs_two_list[] = {
	{ 0, 0x7, "RGB" }, { 1, 0xb, "RGA" }, { 2, 0xd, "RBA" }, { 3, 0xe, "GBA" },
	{ 4, 0xf, "RGBA" },
};
const struct sm_names sm_texs_components_one = { 8, texs_one_list };
const struct sm_names sm_texs_components_two = { 5, texs_two_list };

/* parts of registers */
NAMES(sel_byte, { 0, SM_SEL_NONE, NULL }, { 1, SM_SEL_B1, "B1" }, { 2, SM_SEL_B2, "B2" },
	{ 3, SM_SEL_B3, "B3" });
NAMES(sel_half, { 0, SM_SEL_NONE, NULL }, { 1, SM_SEL_H1, "H1" });
NAMES(sel_iadd3, { 0, SM_SEL_NONE, NULL }, { 1, SM_SEL_H0, "H0" }, { 2, SM_SEL_H1, "H1" });
NAMES(sel_h2, { 0, SM_SEL_H1_H0, NULL }, { 1, SM_SEL_F32, "F32" }, { 2, SM_SEL_H0_H0, "H0_H0" },
	{ 3, SM_SEL_H1_H1, "H1_H1" });
NAMES(n_h2_dst, { 0, SM_SEL_H1_H0, NULL }, { 1, SM_SEL_F32, "F32" },
	{ 2, SM_SEL_MRG_H0, "MRG_H0" }, { 3, SM_SEL_MRG_H1, "MRG_H1" });
NAMES(sel_video_b, { 0, SM_SEL_B0, NULL }, { 1, SM_SEL_B1, "B1" }, { 2, SM_SEL_B2, "B2" },
	{ 3, SM_SEL_B3, "B3" }, { 4, SM_SEL_H0, NULL }, { 5, SM_SEL_H1, "H1" },
	{ 6, SM_SEL_NONE, NULL });
NAMES(sel_v4a, { 0, 0, "0000" }, { 1, 1, "1111" }, { 2, 2, "2222" }, { 3, 3, "3333" },
	{ 4, 4, NULL }, { 5, 5, "4321" }, { 6, 6, "5432" }, { 7, 7, "6543" }, { 8, 8, "3201" },
	{ 9, 9, "3012" }, { 10, 10, "0213" }, { 11, 11, "3120" }, { 12, 12, "1230" },
	{ 13, 13, "2310" });
NAMES(sel_v4b, { 0, 0, "4444" }, { 1, 1, "5555" }, { 2, 2, "6666" }, { 3, 3, "7777" },
	{ 4, 4, NULL }, { 5, 5, "6543" }, { 6, 6, "5432" }, { 7, 7, "4321" }, { 8, 8, "4567" },
	{ 9, 9, "6745" }, { 10, 10, "5476" });

/* The numbers are Mesa's (emitSYS) and envydis'. */
NAMES(n_sysreg,
	{ 0x00, 0, "SR_LANEID" }, { 0x01, 0, "SR_CLOCK" }, { 0x02, 0, "SR_VIRTCFG" },
	{ 0x03, 0, "SR_VIRTID" }, { 0x04, 0, "SR_PM0" }, { 0x05, 0, "SR_PM1" },
	{ 0x06, 0, "SR_PM2" }, { 0x07, 0, "SR_PM3" }, { 0x08, 0, "SR_PM4" },
	{ 0x09, 0, "SR_PM5" }, { 0x0a, 0, "SR_PM6" }, { 0x0b, 0, "SR_PM7" },
	{ 0x0f, 0, "SR_ORDERING_TICKET" }, { 0x10, 0, "SR_PRIM_TYPE" },
	{ 0x11, 0, "SR_INVOCATION_ID" }, { 0x12, 0, "SR_Y_DIRECTION" },
	{ 0x13, 0, "SR_THREAD_KILL" }, { 0x14, 0, "SR_SHADER_TYPE" },
	{ 0x15, 0, "SR_DIRECTCBEWRITEADDRESSLOW" }, { 0x16, 0, "SR_DIRECTCBEWRITEADDRESSHIGH" },
	{ 0x17, 0, "SR_DIRECTCBEWRITEENABLED" }, { 0x18, 0, "SR_MACHINE_ID_0" },
	{ 0x19, 0, "SR_MACHINE_ID_1" }, { 0x1a, 0, "SR_MACHINE_ID_2" },
	{ 0x1b, 0, "SR_MACHINE_ID_3" }, { 0x1c, 0, "SR_AFFINITY" },
	{ 0x1d, 0, "SR_INVOCATION_INFO" }, { 0x1e, 0, "SR_WSCALEFACTOR_XY" },
	{ 0x1f, 0, "SR_WSCALEFACTOR_Z" }, { 0x20, 0, "SR_TID" }, { 0x21, 0, "SR_TID.X" },
	{ 0x22, 0, "SR_TID.Y" }, { 0x23, 0, "SR_TID.Z" }, { 0x24, 0, "SR_CTA_PARAM" },
	{ 0x25, 0, "SR_CTAID.X" }, { 0x26, 0, "SR_CTAID.Y" }, { 0x27, 0, "SR_CTAID.Z" },
	{ 0x28, 0, "SR_NTID" }, { 0x29, 0, "SR_CirQueueIncrMinusOne" }, { 0x2a, 0, "SR_NLATC" },
	{ 0x2c, 0, "SR_SM_SPA_VERSION" }, { 0x2d, 0, "SR_MULTIPASSSHADERINFO" },
	{ 0x2e, 0, "SR_LWINHI" }, { 0x2f, 0, "SR_SWINHI" }, { 0x30, 0, "SR_SWINLO" },
	{ 0x31, 0, "SR_SWINSZ" }, { 0x32, 0, "SR_SMEMSZ" }, { 0x33, 0, "SR_SMEMBANKS" },
	{ 0x34, 0, "SR_LWINLO" }, { 0x35, 0, "SR_LWINSZ" }, { 0x36, 0, "SR_LMEMLOSZ" },
	{ 0x37, 0, "SR_LMEMHIOFF" }, { 0x38, 0, "SR_EQMASK" }, { 0x39, 0, "SR_LTMASK" },
	{ 0x3a, 0, "SR_LEMASK" }, { 0x3b, 0, "SR_GTMASK" }, { 0x3c, 0, "SR_GEMASK" },
	{ 0x3d, 0, "SR_REGALLOC" }, { 0x3e, 0, "SR_BARRIERALLOC" },
	{ 0x40, 0, "SR_GLOBALERRORSTATUS" }, { 0x42, 0, "SR_WARPERRORSTATUS" },
	{ 0x43, 0, "SR_WARPERRORSTATUSCLEAR" }, { 0x48, 0, "SR_PM_HI0" },
	{ 0x49, 0, "SR_PM_HI1" }, { 0x4a, 0, "SR_PM_HI2" }, { 0x4b, 0, "SR_PM_HI3" },
	{ 0x4c, 0, "SR_PM_HI4" }, { 0x4d, 0, "SR_PM_HI5" }, { 0x4e, 0, "SR_PM_HI6" },
	{ 0x4f, 0, "SR_PM_HI7" }, { 0x50, 0, "SR_CLOCKLO" }, { 0x51, 0, "SR_CLOCKHI" },
	{ 0x52, 0, "SR_GLOBALTIMERLO" }, { 0x53, 0, "SR_GLOBALTIMERHI" },
	{ 0x60, 0, "SR_HWTASKID" }, { 0x61, 0, "SR_CIRCULARQUEUEENTRYINDEX" },
	{ 0x62, 0, "SR_CIRCULARQUEUEENTRYADDRESSLOW" },
	{ 0x63, 0, "SR_CIRCULARQUEUEENTRYADDRESSHIGH" });

/* fields: modifiers */
#define MOD(m, tab, p, l) \
	{ .kind = SM_FK_MOD, MEMBER(m), .names = &tab, .pos = p, .len = l }
#define MOD2(m, tab, p, l, p2, l2) \
	{ .kind = SM_FK_MOD, MEMBER(m), .names = &tab, .pos = p, .len = l, .pos2 = p2, .len2 = l2 }
#define ALSO(m, tab, p, l) \
	{ .kind = SM_FK_ALSO, MEMBER(m), .names = &tab, .pos = p, .len = l }
#define ALSO2(m, tab, p, l, p2, l2) \
	{ .kind = SM_FK_ALSO, MEMBER(m), .names = &tab, .pos = p, .len = l, .pos2 = p2, .len2 = l2 }
#define ALSO_RAW(m, p, l)	{ .kind = SM_FK_ALSO, MEMBER(m), .pos = p, .len = l }
#define SET(m, v)		{ .kind = SM_FK_SET, MEMBER(m), .n = v }
#define LITMOD(t)		{ .kind = SM_FK_LITMOD, .text = t }
#define FLAG(m, p)		MOD(m, n_##m, p, 1)
#define FTZ(p)			MOD(ftz, n_ftz, p, 1)
#define FMZ(p)			MOD(ftz, n_fmz, p, 2)
#define RND(p)			MOD(rnd, n_rnd, p, 2)
#define CMP(p)			MOD(cmp, n_cmp, p, 4)
#define ICMP(p)			MOD(cmp, n_icmp, p, 3)
#define BOP(p)			MOD(bop, n_bop, p, 2)
#define U32(p)			MOD(dtype, n_u32, p, 1)

/* fields: operands */
#define D			{ .kind = SM_FK_DST, .pos = 0, .len = 8 }
#define DCC(c)			{ .kind = SM_FK_DST, .pos = 0, .len = 8, .cc = c }
#define D2			{ .kind = SM_FK_DST2, .pos = 28, .len = 8 }
#define PD(k, p)		{ .kind = SM_FK_PDST, .n = k, .pos = p, .len = 3 }
#define PDOPT(k, p)		{ .kind = SM_FK_PDST, .n = k, .pos = p, .len = 3, .flags = SM_FF_OPT }
#define PS(k, p, ng)		{ .kind = SM_FK_PSRC, .n = k, .pos = p, .len = 3, .neg = ng }
#define PSOPT(k, p, ng) \
	{ .kind = SM_FK_PSRC, .n = k, .pos = p, .len = 3, .neg = ng, .flags = SM_FF_OPT }
#define REG(k, p, ...)		{ .kind = SM_FK_REG, .n = k, .pos = p, .len = 8, __VA_ARGS__ }
#define CBUF(k, ...) \
	{ .kind = SM_FK_CBUF, .n = k, .pos = 20, .len = 14, .pos2 = 34, .len2 = 5, __VA_ARGS__ }
#define CBUFB(k) \
	{ .kind = SM_FK_CBUFB, .n = k, .pos = 20, .len = 16, .pos2 = 36, .len2 = 5 }
#define CBUFX(k) \
	{ .kind = SM_FK_CBUFX, .n = k, .pos = 20, .len = 16, .pos2 = 36, .len2 = 5 }
#define IMM(k, p, l, ...)	{ .kind = SM_FK_IMM, .n = k, .pos = p, .len = l, __VA_ARGS__ }
/* the 20-bit immediates have their sign in bit 56 */
#define IMM20(k, fl, ...) \
	{ .kind = SM_FK_IMM, .n = k, .pos = 20, .len = 19, .pos2 = 56, .len2 = 1, .flags = fl, \
	  __VA_ARGS__ }
#define MEM(l, ...) \
	{ .kind = SM_FK_MEM, .n = 0, .pos = __VA_ARGS__, .len = l, .flags = SM_FF_SIGNED }
#define ATTR(p, l, fl)		{ .kind = SM_FK_ATTR, .n = 0, .pos = p, .len = l, .flags = fl }
#define NUM(m, p, l)		{ .kind = SM_FK_NUM, MEMBER(m), .pos = p, .len = l }
#define NUMOPT(m, p, l, dflt) \
	{ .kind = SM_FK_NUM, MEMBER(m), .pos = p, .len = l, .n = dflt, .flags = SM_FF_OPT }
#define ENUM(m, tab, p, l) \
	{ .kind = SM_FK_ENUM, MEMBER(m), .names = &tab, .pos = p, .len = l }
#define LIT(t)			{ .kind = SM_FK_LIT, .text = t }
#define CCTEST(p) \
	{ .kind = SM_FK_ENUM, MEMBER(cctest), .names = &n_cctest, .pos = p, .len = 5, \
	  .flags = SM_FF_OPT }

/*
 * Operand B comes in forms: register at 20, c[][] at 20 and 34, immediate at
 * 20 and 56; where C is c[][], B is the register at 39. A form's modifiers
 * are given as further arguments.
 */
#define A(...)			REG(0, 8, __VA_ARGS__)
#define B_REG(...)		REG(1, 20, __VA_ARGS__)
#define B_CBUF(...)		CBUF(1, __VA_ARGS__)
#define B_R39(...)		REG(1, 39, __VA_ARGS__)
#define B_INT(...)		IMM20(1, SM_FF_SIGNED, __VA_ARGS__)
/* zero-extended: NVIDIA's disassembler says so for IADD3 and R2P */
#define B_UINT(...)		IMM20(1, 0, __VA_ARGS__)
#define B_FLOAT(...)		IMM20(1, SM_FF_FLOAT, __VA_ARGS__)
#define B_DOUBLE(...)		IMM20(1, SM_FF_DOUBLE, __VA_ARGS__)
#define C_REG(...)		REG(2, 39, __VA_ARGS__)
#define C_CBUF(...)		CBUF(2, __VA_ARGS__)
/* single-source instructions have it in B's place */
#define S_REG(...)		REG(0, 20, __VA_ARGS__)
#define S_CBUF(...)		CBUF(0, __VA_ARGS__)
#define S_INT(...)		IMM20(0, SM_FF_SIGNED, __VA_ARGS__)
#define S_FLOAT(...)		IMM20(0, SM_FF_FLOAT, __VA_ARGS__)
#define S_DOUBLE(...)		IMM20(0, SM_FF_DOUBLE, __VA_ARGS__)

#define NEGABS(ng, ab)		.neg = ng, .abs = ab
/* both of a pair of sign bits: plus one, and neither is negated (known from NVIDIA's tools) */
#define NEGPO(ng, other)	.neg = ng, .po = other
#define PO(p, p2)		MOD2(po, n_po, p, 1, p2, 1)
#define SEL(tab, p, l)		.names = &tab, .selpos = p, .sellen = l

#define ROWF(o, nm, fl, hi, mhi, ...)						\
	{ .op = SM_OP_##o, .name = nm, .flags = fl, .match = (uint64_t)(hi) << 48,	\
	  .mask = (uint64_t)(mhi) << 48,							\
	  .fields = (const struct sm_field[]){ __VA_ARGS__, { .kind = SM_FK_END } } }
/* the upper 16 bits of match and mask */
#define ROW(o, nm, hi, mhi, ...)	ROWF(o, nm, 0, hi, mhi, __VA_ARGS__)
/* all 64 of them */
#define ROW64(o, nm, fl, m, mm, ...)						\
	{ .op = SM_OP_##o, .name = nm, .flags = fl, .match = (m),		\
	  .mask = (mm),								\
	  .fields = (const struct sm_field[]){ __VA_ARGS__, { .kind = SM_FK_END } } }
/* register, c[][], immediate */
#define ROWS3(o, nm, r, c, i, mhi, F, I)					\
	ROW(o, nm, r, mhi, F(B_REG)),						\
	ROW(o, nm, c, mhi, F(B_CBUF)),						\
	ROW(o, nm, i, mhi & 0xfeff, F(I))
#define ROWS3S(o, nm, r, c, i, mhi, F, I)					\
	ROW(o, nm, r, mhi, F(S_REG)),						\
	ROW(o, nm, c, mhi, F(S_CBUF)),						\
	ROW(o, nm, i, mhi & 0xfeff, F(I))
/* register, c[][], c[][] as third, immediate */
#define ROWS4(o, nm, r, c, rc, i, mhi, F, I)					\
	ROW(o, nm, r, mhi, F(B_REG, C_REG)),					\
	ROW(o, nm, c, mhi, F(B_CBUF, C_REG)),					\
	ROW(o, nm, rc, mhi, F(B_R39, C_CBUF)),					\
	ROW(o, nm, i, mhi & 0xfeff, F(I, C_REG))

/* float */
#define F_FADD(B)	FTZ(44), RND(39), FLAG(sat, 50), DCC(47), A(NEGABS(48, 46)), B(NEGABS(45, 49))
#define F_FMUL(B) \
	FMZ(44), MOD(mode, n_scale, 41, 3), RND(39), FLAG(sat, 50), DCC(47), A(), B(NEGABS(48, 0))
#define F_FFMA(B, C) \
	FMZ(53), RND(51), FLAG(sat, 50), DCC(47), A(), B(NEGABS(48, 0)), C(NEGABS(49, 0))
#define F_FMNMX(B) \
	FTZ(44), DCC(47), A(NEGABS(48, 46)), B(NEGABS(45, 49)), PS(0, 39, 42)
#define F_FSET(B) \
	FLAG(bf, 52), CMP(48), FTZ(55), BOP(45), DCC(47), A(NEGABS(43, 54)), B(NEGABS(53, 44)), \
	PS(0, 39, 42)
#define F_FSETP(B) \
	CMP(48), FTZ(47), BOP(45), PD(0, 3), PD(1, 0), A(NEGABS(43, 7)), B(NEGABS(6, 44)), \
	PS(0, 39, 42)
#define F_FCMP(B, C)	CMP(48), FTZ(47), D, A(), B(), C()
#define F_FCHK(B) \
	MOD(mode, n_fchk, 39, 6), PD(0, 3), A(NEGABS(48, 46)), B(NEGABS(45, 49))
#define F_RRO(S)	MOD(mode, n_rro, 39, 1), D, S(NEGABS(45, 49))

/* double */
#define F_DADD(B)	RND(39), DCC(47), A(NEGABS(48, 46)), B(NEGABS(45, 49))
#define F_DMUL(B)	RND(39), DCC(47), A(), B(NEGABS(48, 0))
#define F_DFMA(B, C)	RND(50), DCC(47), A(), B(NEGABS(48, 0)), C(NEGABS(49, 0))
#define F_DMNMX(B)	DCC(47), A(NEGABS(48, 46)), B(NEGABS(45, 49)), PS(0, 39, 42)
#define F_DSET(B) \
	FLAG(bf, 52), CMP(48), BOP(45), DCC(47), A(NEGABS(43, 54)), B(NEGABS(53, 44)), PS(0, 39, 42)
#define F_DSETP(B) \
	CMP(48), BOP(45), PD(0, 3), PD(1, 0), A(NEGABS(43, 7)), B(NEGABS(6, 44)), PS(0, 39, 42)

/* half; the immediate is two numbers of ten bits each */
#define H_A(...)	REG(0, 8, SEL(sel_h2, 47, 2), __VA_ARGS__)
#define H_B		REG(1, 20, SEL(sel_h2, 28, 2), NEGABS(31, 30))
#define H_IMM		{ .kind = SM_FK_HALF2, .n = 1, .pos = 20, .len = 9, .pos2 = 30, .len2 = 9, \
			  .neg = 29, .abs = 56 }
#define H_IMM32		{ .kind = SM_FK_HALF2, .n = 1, .pos = 20, .len = 16, .pos2 = 36, .len2 = 16 }
#define H_D		MOD(dsel, n_h2_dst, 49, 2)

/* integer */
#define F_IADD(B) \
	PO(48, 49), FLAG(sat, 50), FLAG(x, 43), DCC(47), A(NEGPO(49, 48)), B(NEGPO(48, 49))
#define F_IADD3(B)	FLAG(x, 48), DCC(47), A(NEGABS(51, 0)), B(NEGABS(50, 0)), C_REG(NEGABS(49, 0))
#define F_ISCADD(B) \
	PO(48, 49), DCC(47), A(NEGPO(49, 48)), B(NEGPO(48, 49)), NUM(shift, 39, 5)
#define MUL_TYPES(a, b) \
	MOD2(mode, n_mul_types, a, 1, b, 1), ALSO(dtype, n_u32_s32, a, 1), ALSO(stype, n_u32_s32, b, 1)
#define F_IMUL(B)	MUL_TYPES(40, 41), FLAG(hi, 39), DCC(47), A(), B()
/*
 * Mesa has the two sign bits the other way round (it never sets them);
 * NVIDIA's disassembler and envydis don't agree with it, or leave them out.
 */
#define F_IMAD(B, C) \
	MUL_TYPES(48, 53), FLAG(hi, 54), PO(51, 52), FLAG(sat, 50), FLAG(x, 49), DCC(47), \
	A(), B(NEGPO(52, 51)), C(NEGPO(51, 52))
#define F_IMADSP(B, C) \
	MOD(mode, n_imadsp_a, 48, 3), MOD(stype, n_imadsp_b, 53, 2), MOD(dtype, n_imadsp_c, 51, 2), \
	DCC(47), A(), B(), C()
#define F_IMNMX(B)	U32(48), MOD(mode, n_imnmx, 43, 2), DCC(47), A(), B(), PS(0, 39, 42)
#define F_ISET(B) \
	FLAG(bf, 44), ICMP(49), U32(48), FLAG(x, 43), BOP(45), DCC(47), A(), B(), PS(0, 39, 42)
#define F_ISETP(B) \
	ICMP(49), U32(48), FLAG(x, 43), BOP(45), PD(0, 3), PD(1, 0), A(), B(), PS(0, 39, 42)
#define F_ICMP(B, C)	ICMP(49), U32(48), D, A(), B(), C()
#define F_LOP(B) \
	MOD(lop, n_lop, 41, 2), FLAG(x, 43), MOD(ptest, n_ptest, 44, 2), PDOPT(0, 48), DCC(47), \
	A(.inv = 39), B(.inv = 40)
#define F_SHL(B)	FLAG(w, 39), FLAG(x, 43), DCC(47), A(), B()
#define F_SHR(B) \
	U32(48), FLAG(w, 39), MOD(mode, n_shr, 43, 2), ALSO_RAW(x, 44, 1), FLAG(brev, 40), DCC(47), \
	A(), B()
#define F_SHF(...) \
	FLAG(w, 50), MOD(dtype, n_shf_type, 37, 2), MOD(mode, n_shf, 48, 2), ALSO_RAW(hi, 48, 1), \
	ALSO_RAW(x, 49, 1), DCC(47), A(), \
	__VA_ARGS__, C_REG()
#define F_BFE(B)	U32(48), FLAG(brev, 40), DCC(47), A(), B()
#define F_BFI(B, C)	DCC(47), A(), B(), C()
#define F_FLO(S)	U32(48), FLAG(sh, 41), DCC(47), S(.inv = 40)
#define F_POPC(S)	D, S(.inv = 40)
#define F_PRMT(B, C)	MOD(mode, n_prmt, 48, 4), D, A(), B(), C()
#define F_LEA(B) \
	FLAG(x, 46), PDOPT(0, 48), DCC(47), A(NEGABS(45, 0)), B(), NUMOPT(shift, 39, 5, 0)
#define IDP_MODS \
	MOD(mode, n_idp_mode, 48, 3), ALSO(dtype, n_idp_type, 48, 3), MOD(stype, n_u8_s8, 47, 1)
#define XMAD_TYPES \
	MOD(lop, n_xmad_types, 48, 2), ALSO(dtype, n_u16_s16, 48, 1), ALSO(stype, n_u16_s16, 49, 1)
#define XMAD_A		A(SEL(sel_half, 53, 1))

/*
 * Video. Operand B is an immediate where bit 50 is clear. What the fields
 * mean is from envydis; nothing that emits them is known here.
 */
#define V_A		REG(0, 8, SEL(sel_video_b, 36, 3))
#define V_IMM(...)	IMM(1, 20, 16, __VA_ARGS__)
#define V_REG(...)	REG(1, 20, SEL(sel_video_b, 28, 3), __VA_ARGS__)
#define V_TYPE_A	MOD2(stype, n_video_b, 36, 3, 48, 1)
#define V_TYPE_IMM	MOD(dtype, n_video_imm, 49, 1)
#define V_TYPE_B	MOD2(dtype, n_video_b, 28, 3, 49, 1)
#define V_MODE		MOD(mode, n_video_mode, 51, 3)
#define V_ROWS(o, nm, hi, mhi, PRE, POST)						\
	ROW(o, nm, hi, mhi | 4, PRE(V_TYPE_IMM), POST(V_IMM)),				\
	ROW(o, nm, hi | 4, mhi | 4, PRE(V_TYPE_B), POST(V_REG))
#define V_SHIFT_ROWS(o, nm, hi)								\
	ROW(o, nm, hi, 0xff04, F_VSHIFT(LITMOD("U16")), V_DST(V_IMM)),			\
	ROW(o, nm, hi | 4, 0xff04, F_VSHIFT(MOD(dtype, n_video_b, 28, 3)), V_DST(V_REG))
#define V_DST(B)	DCC(47), V_A, B(), C_REG()
#define F_VADD(T)	FLAG(ud, 54), V_TYPE_A, T, PO(56, 57), FLAG(sat, 55), V_MODE
#define V_DST_NEG(B) \
	DCC(47), REG(0, 8, SEL(sel_video_b, 36, 3), NEGPO(57, 56)), B(NEGPO(56, 57)), C_REG()
#define F_VABSDIFF(T)	FLAG(sd, 54), V_TYPE_A, T, FLAG(sat, 55), V_MODE
#define F_VMNMX(T)	FLAG(ud, 54), V_TYPE_A, T, MOD(lop, n_mx, 56, 1), FLAG(sat, 55), V_MODE
#define F_VMAD(T)	V_TYPE_A, T, PO(53, 54), MOD(shift, n_vmad_shift, 51, 2), FLAG(sat, 55)
#define V_DST_MAD(B) \
	DCC(47), REG(0, 8, SEL(sel_video_b, 36, 3), NEGPO(54, 53)), B(), C_REG(NEGPO(53, 54))
#define F_VSET(T)	MOD(cmp, n_icmp, 54, 3), V_TYPE_A, T, V_MODE
#define F_VSETP(T)	MOD2(cmp, n_icmp, 43, 2, 47, 1), V_TYPE_A, T, BOP(45)
#define V_DST_SETP(B)	PD(0, 3), PD(1, 0), V_A, B(), PS(0, 39, 42)
#define F_VSHIFT(T)	FLAG(ud, 54), V_TYPE_A, T, FLAG(w, 49), FLAG(sat, 55), V_MODE

/* conversions */
#define F_F2F_MODS(types) \
	FTZ(44), MOD(dtype, n_float, 8, 2), MOD(stype, types, 10, 2), \
	MOD2(mode, n_f2f, 39, 2, 42, 1), ALSO_RAW(rnd, 39, 2), FLAG(sat, 50), DCC(47)
#define F_F2F(S)	F_F2F_MODS(n_float), S(NEGABS(45, 49), SEL(sel_half, 41, 1))
#define F_F2F_I(t, S)	F_F2F_MODS(t), S(NEGABS(45, 49))
#define F_F2I_MODS(types) \
	FTZ(44), MOD2(dtype, n_int, 8, 2, 12, 1), MOD(stype, types, 10, 2), \
	MOD(rnd, n_int_rnd, 39, 2), DCC(47)
#define F_F2I(S)	F_F2I_MODS(n_float), S(NEGABS(45, 49), SEL(sel_half, 41, 1))
#define F_F2I_I(t, S)	F_F2I_MODS(t), S(NEGABS(45, 49))
#define F_I2F_MODS \
	MOD(dtype, n_float, 8, 2), MOD2(stype, n_int, 10, 2, 13, 1), RND(39), DCC(47)
#define F_I2F(S)	F_I2F_MODS, S(NEGABS(45, 49), SEL(sel_byte, 41, 2))

#define F_I2I_MODS \
	MOD2(dtype, n_int32, 8, 2, 12, 1), MOD2(stype, n_int32, 10, 2, 13, 1), FLAG(sat, 50), DCC(47)
#define F_I2I(S)	F_I2I_MODS, S(NEGABS(45, 49), SEL(sel_byte, 41, 2))

/* movement */
#define F_MOV(S)	D, S(), NUMOPT(lanes, 39, 4, 0xf)
#define F_SEL(B)	D, A(), B(), PS(0, 39, 42)
#define F_R2P(B)	ENUM(mode, n_pr_cc, 40, 1), A(SEL(sel_byte, 41, 2)), B()
#define F_P2R(B)	MOD(dsel, n_dsel_byte, 41, 2), D, ENUM(mode, n_pr_cc, 40, 1), A(), B()
#define SHFL_ROW(bits, b, c) \
	ROW64(SHFL, "SHFL", 0, 0xef10000000000000 | bits, 0xfff8000030000000, \
	      MOD(mode, n_shfl, 30, 2), PD(0, 48), D, A(), b, c)

/* memory */
#define SYSREG		{ .kind = SM_FK_SYSREG, MEMBER(sysreg), .names = &n_sysreg, .pos = 20, .len = 8 }

/* texture */
#define TEX_TAIL	ENUM(dim, n_dim, 28, 3), ALSO_RAW(array, 28, 1), NUM(mask, 31, 4)
#define TID		NUM(tid, 36, 13)
#define TEX_B		LITMOD("B"), SET(bindless, 1)
#define NO_TID		LIT("0x0")
#define NODEP		FLAG(nodep, 49)
#define TEXS_TAIL(d)	D2, D, A(), B_REG(), TID, LIT(d), \
			{ .kind = SM_FK_TEXMASK, MEMBER(mask), .pos = 50, .len = 3 }
/* TEXS and TLDS: bits 53..56 choose one of the combinations that exist */
#define TEXS(o, hi, code, d, dimv, arr, lodv, ...)					\
	ROW64(o, #o, 0, (uint64_t)(hi) << 48 | (uint64_t)(code) << 53, 0xf7e0000000000000,	\
	      MOD(f16, n_f16_off, 59, 1), SET(lod, lodv), SET(dim, dimv), SET(array, arr),	\
	      __VA_ARGS__, TEXS_TAIL(d))

/* surfaces: handle in a register, or (bit 51) a number */
#define SU_ADDR		{ .kind = SM_FK_MEM, .n = 0, .len = 0 }
#define SU_DIM		MOD(dim, n_su_dim, 33, 3)
#define SU_CLAMP	MOD(clamp, n_clamp, 49, 2)
#define SU_P		LITMOD("P"), SET(raw, 0)
#define SU_D		LITMOD("D"), SET(raw, 1)
#define SU_ROWS(o, hi, P, DD, POST)							\
	ROW(o, #o, hi, 0xfff8, SU_P, P, POST, REG(2, 39, .neg = 0), SET(bindless, 1)),	\
	ROW(o, #o, hi | 8, 0xfff8, SU_P, P, POST, TID),					\
	ROW(o, #o, hi | 0x10, 0xfff8, SU_D, DD, POST, REG(2, 39, .neg = 0), SET(bindless, 1)), \
	ROW(o, #o, hi | 0x18, 0xfff8, SU_D, DD, POST, TID)

/* flow: with a guard, an unguarded one has flags SM_ROW_NO_GUARD */
#define REL		{ .kind = SM_FK_REL, .pos = 20, .len = 24 }
#define ABS		{ .kind = SM_FK_ABS, .pos = 20, .len = 32 }
#define FLOW(o, hi, ...) \
	ROW(o, #o, hi, 0xfff0, __VA_ARGS__)
#define PUSH_ROWS(o, hi, ...)								\
	ROW64(o, #o, SM_ROW_NO_GUARD, (uint64_t)(hi) << 48, 0xfff0000000000020,		\
	      __VA_ARGS__ REL),								\
	ROW64(o, #o, SM_ROW_NO_GUARD, (uint64_t)(hi) << 48 | 0x20, 0xfff0000000000020,	\
	      __VA_ARGS__ CBUFB(0))

#define BAR_ROW(bits, b, c) \
	ROW64(BAR, "BAR", 0, 0xf0a8000000000000 | bits, 0xfff8180000000000, \
	      MOD2(mode, n_bar, 32, 5, 39, 1), b, c, PSOPT(0, 39, 42))

/* clang-format off */
const struct sm_row sm_rows[] = {
	/* float */
	ROWS3(FADD, "FADD", 0x5c58, 0x4c58, 0x3858, 0xfff8, F_FADD, B_FLOAT),
	ROWS3(FMUL, "FMUL", 0x5c68, 0x4c68, 0x3868, 0xfff8, F_FMUL, B_FLOAT),
	ROWS4(FFMA, "FFMA", 0x5980, 0x4980, 0x5180, 0x3280, 0xff80, F_FFMA, B_FLOAT),
	ROWS3(FMNMX, "FMNMX", 0x5c60, 0x4c60, 0x3860, 0xfff8, F_FMNMX, B_FLOAT),
	ROWS3(FSET, "FSET", 0x5800, 0x4800, 0x3000, 0xff00, F_FSET, B_FLOAT),
	ROWS3(FSETP, "FSETP", 0x5bb0, 0x4bb0, 0x36b0, 0xfff0, F_FSETP, B_FLOAT),
	ROWS4(FCMP, "FCMP", 0x5ba0, 0x4ba0, 0x53a0, 0x36a0, 0xfff0, F_FCMP, B_FLOAT),
	ROWS3(FCHK, "FCHK", 0x5c88, 0x4c88, 0x3888, 0xfff8, F_FCHK, B_FLOAT),
	ROW(FSWZADD, "FSWZADD", 0x50f8, 0xfff8, FTZ(44), RND(39), FLAG(ndv, 38), DCC(47), A(),
	    B_REG(), NUM(value, 28, 8)),
	ROW(MUFU, "MUFU", 0x5080, 0xfff8, MOD(mode, n_mufu, 20, 4), FLAG(sat, 50), D,
	    A(NEGABS(48, 46))),
	ROWS3S(RRO, "RRO", 0x5c90, 0x4c90, 0x3890, 0xfff8, F_RRO, S_FLOAT),
	ROW(FADD, "FADD32I", 0x0800, 0xfc00, FTZ(55), DCC(52), A(NEGABS(56, 54)),
	    IMM(1, 20, 32, .flags = SM_FF_FLOAT, NEGABS(53, 57))),
	ROW(FMUL, "FMUL32I", 0x1e00, 0xff00, FMZ(53), FLAG(sat, 55), DCC(52), A(),
	    IMM(1, 20, 32, .flags = SM_FF_FLOAT)),
	/* C is the destination register */
	ROW(FFMA, "FFMA32I", 0x0c00, 0xfc00, FMZ(53), FLAG(sat, 55), DCC(52), A(NEGABS(56, 0)),
	    IMM(1, 20, 32, .flags = SM_FF_FLOAT), REG(2, 0, NEGABS(57, 0))),

	/* double */
	ROWS3(DADD, "DADD", 0x5c70, 0x4c70, 0x3870, 0xfff8, F_DADD, B_DOUBLE),
	ROWS3(DMUL, "DMUL", 0x5c80, 0x4c80, 0x3880, 0xfff8, F_DMUL, B_DOUBLE),
	ROWS4(DFMA, "DFMA", 0x5b70, 0x4b70, 0x5370, 0x3670, 0xfff0, F_DFMA, B_DOUBLE),
	ROWS3(DMNMX, "DMNMX", 0x5c50, 0x4c50, 0x3850, 0xfff8, F_DMNMX, B_DOUBLE),
	ROWS3(DSET, "DSET", 0x5900, 0x4900, 0x3200, 0xff80, F_DSET, B_DOUBLE),
	ROWS3(DSETP, "DSETP", 0x5b80, 0x4b80, 0x3680, 0xfff0, F_DSETP, B_DOUBLE),

	/* half */
	ROW(HADD2, "HADD2", 0x5d10, 0xfff8, H_D, FTZ(39), FLAG(sat, 32), D, H_A(NEGABS(43, 44)), H_B),
	ROW(HADD2, "HADD2", 0x7a80, 0xfe80, H_D, FTZ(39), FLAG(sat, 52), D, H_A(NEGABS(43, 44)),
	    B_CBUF(NEGABS(56, 54))),
	ROW(HADD2, "HADD2", 0x7a00, 0xfe80, H_D, FTZ(39), FLAG(sat, 52), D, H_A(NEGABS(43, 44)), H_IMM),
	ROW(HADD2, "HADD2_32I", 0x2c00, 0xfe00, FTZ(55), FLAG(sat, 52), SET(dsel, SM_SEL_H1_H0), D,
	    REG(0, 8, SEL(sel_h2, 53, 2), NEGABS(56, 0)), H_IMM32),
	ROW(HMUL2, "HMUL2", 0x5d08, 0xfff8, H_D, FMZ(39), FLAG(sat, 32), D, H_A(NEGABS(0, 44)), H_B),
	ROW(HMUL2, "HMUL2", 0x7880, 0xfe80, H_D, FMZ(39), FLAG(sat, 52), D, H_A(NEGABS(0, 44)),
	    B_CBUF(NEGABS(43, 54))),
	ROW(HMUL2, "HMUL2", 0x7800, 0xfe80, H_D, FMZ(39), FLAG(sat, 52), D, H_A(NEGABS(43, 44)), H_IMM),
	ROW(HMUL2, "HMUL2_32I", 0x2a00, 0xfe00, FMZ(55), FLAG(sat, 52), SET(dsel, SM_SEL_H1_H0), D,
	    REG(0, 8, SEL(sel_h2, 53, 2)), H_IMM32),
	ROW(HFMA2, "HFMA2", 0x5d00, 0xfff8, H_D, FMZ(37), FLAG(sat, 32), D, H_A(.neg = 0),
	    REG(1, 20, SEL(sel_h2, 28, 2), NEGABS(31, 0)),
	    REG(2, 39, SEL(sel_h2, 35, 2), NEGABS(30, 0))),
	ROW(HFMA2, "HFMA2", 0x7080, 0xf880, H_D, FMZ(57), FLAG(sat, 52), D, H_A(.neg = 0),
	    B_CBUF(NEGABS(56, 0)), REG(2, 39, SEL(sel_h2, 53, 2), NEGABS(51, 0))),
	ROW(HFMA2, "HFMA2", 0x7000, 0xf880, H_D, FMZ(57), FLAG(sat, 52), D, H_A(.neg = 0), H_IMM,
	    REG(2, 39, SEL(sel_h2, 53, 2), NEGABS(51, 0))),
	ROW(HFMA2, "HFMA2", 0x6080, 0xf880, H_D, FMZ(57), FLAG(sat, 52), D, H_A(.neg = 0),
	    REG(1, 39, SEL(sel_h2, 53, 2), NEGABS(56, 0)), C_CBUF(NEGABS(51, 0))),
	ROW(HFMA2, "HFMA2_32I", 0x2800, 0xfe00, FMZ(55), SET(dsel, SM_SEL_H1_H0), D,
	    REG(0, 8, SEL(sel_h2, 53, 2)), H_IMM32, REG(2, 0, NEGABS(52, 0))),
	ROW(HSET2, "HSET2", 0x5d18, 0xfff8, FLAG(bf, 49), CMP(35), FTZ(50), BOP(45), D,
	    H_A(NEGABS(43, 44)), H_B, PS(0, 39, 42)),
	ROW(HSET2, "HSET2", 0x7c80, 0xfe80, FLAG(bf, 53), CMP(49), FTZ(54), BOP(45), D,
	    H_A(NEGABS(43, 44)), B_CBUF(NEGABS(56, 0)), PS(0, 39, 42)),
	ROW(HSET2, "HSET2", 0x7c00, 0xfe80, FLAG(bf, 53), CMP(49), FTZ(54), BOP(45), D,
	    H_A(NEGABS(43, 44)), H_IMM, PS(0, 39, 42)),
	ROW(HSETP2, "HSETP2", 0x5d20, 0xfff8, CMP(35), FLAG(h_and, 49), FTZ(6), BOP(45), PD(0, 3),
	    PD(1, 0), H_A(NEGABS(43, 44)), H_B, PS(0, 39, 42)),
	ROW(HSETP2, "HSETP2", 0x7e80, 0xfe80, CMP(49), FLAG(h_and, 53), FTZ(6), BOP(45), PD(0, 3),
	    PD(1, 0), H_A(NEGABS(43, 44)), B_CBUF(NEGABS(56, 54)), PS(0, 39, 42)),
	ROW(HSETP2, "HSETP2", 0x7e00, 0xfe80, CMP(49), FLAG(h_and, 53), FTZ(6), BOP(45), PD(0, 3),
	    PD(1, 0), H_A(NEGABS(43, 44)), H_IMM, PS(0, 39, 42)),

	/* integer */
	ROWS3(IADD, "IADD", 0x5c10, 0x4c10, 0x3810, 0xfff8, F_IADD, B_INT),
	ROW(IADD3, "IADD3", 0x5cc0, 0xfff0, MOD(mode, n_iadd3, 37, 2), FLAG(x, 48), DCC(47),
	    A(NEGABS(51, 0), SEL(sel_iadd3, 35, 2)), B_REG(NEGABS(50, 0), SEL(sel_iadd3, 33, 2)),
	    C_REG(NEGABS(49, 0), SEL(sel_iadd3, 31, 2))),
	ROW(IADD3, "IADD3", 0x4cc0, 0xfff0, F_IADD3(B_CBUF)),
	ROW(IADD3, "IADD3", 0x38c0, 0xfef0, F_IADD3(B_UINT)),
	ROWS3(ISCADD, "ISCADD", 0x5c18, 0x4c18, 0x3818, 0xfff8, F_ISCADD, B_INT),
	ROWS3(IMUL, "IMUL", 0x5c38, 0x4c38, 0x3838, 0xfff8, F_IMUL, B_INT),
	ROWS4(IMAD, "IMAD", 0x5a00, 0x4a00, 0x5200, 0x3400, 0xff80, F_IMAD, B_INT),
	ROWS4(IMADSP, "IMADSP", 0x5a80, 0x4a80, 0x5280, 0x3480, 0xff80, F_IMADSP, B_INT),
	ROW(XMAD, "XMAD", 0x5b00, 0xffc0, XMAD_TYPES, FLAG(psl, 36),
	    MOD(mode, n_cmode, 50, 3), FLAG(mrg, 37), FLAG(x, 38), DCC(47), XMAD_A, B_REG(SEL(sel_half, 35, 1)),
	    C_REG()),
	ROW(XMAD, "XMAD", 0x4e00, 0xfe00, XMAD_TYPES, FLAG(psl, 55),
	    MOD(mode, n_cmode, 50, 2), FLAG(mrg, 56), FLAG(x, 54), DCC(47), XMAD_A, B_CBUF(SEL(sel_half, 52, 1)),
	    C_REG()),
	ROW(XMAD, "XMAD", 0x5100, 0xff80, XMAD_TYPES, MOD(mode, n_cmode, 50, 2), FLAG(x, 54),
	    DCC(47), XMAD_A, B_R39(SEL(sel_half, 52, 1)), C_CBUF()),
	ROW(XMAD, "XMAD", 0x3600, 0xfec0, XMAD_TYPES, FLAG(psl, 36),
	    MOD(mode, n_cmode, 50, 3), FLAG(mrg, 37), FLAG(x, 38), DCC(47), XMAD_A, IMM(1, 20, 16), C_REG()),
	ROW(LEA_HI, "LEA.HI", 0x5bd8, 0xfff8, FLAG(x, 38), PDOPT(0, 48), DCC(47), A(NEGABS(37, 0)),
	    B_REG(), C_REG(), NUMOPT(shift, 28, 5, 0)),
	ROW(LEA_HI, "LEA.HI", 0x1800, 0xfc00, FLAG(x, 57), PDOPT(0, 48), DCC(47), A(NEGABS(56, 0)),
	    B_CBUF(), C_REG(), NUMOPT(shift, 51, 5, 0)),
	ROWS3(LEA, "LEA", 0x5bd0, 0x4bd0, 0x36d0, 0xfff8, F_LEA, B_INT),
	ROWS3(IMNMX, "IMNMX", 0x5c20, 0x4c20, 0x3820, 0xfff8, F_IMNMX, B_INT),
	ROWS3(ISET, "ISET", 0x5b50, 0x4b50, 0x3650, 0xfff0, F_ISET, B_INT),
	ROWS3(ISETP, "ISETP", 0x5b60, 0x4b60, 0x3660, 0xfff0, F_ISETP, B_INT),
	ROWS4(ICMP, "ICMP", 0x5b40, 0x4b40, 0x5340, 0x3640, 0xfff0, F_ICMP, B_INT),
	ROW(IDP, "IDP", 0x53f8, 0xfff8, IDP_MODS, D, A(), B_REG(), C_REG()),
	ROW(IDP, "IDP", 0x53d8, 0xfff8, IDP_MODS, D, A(), B_CBUF(), C_REG()),
	ROWS3(LOP, "LOP", 0x5c40, 0x4c40, 0x3840, 0xfff8, F_LOP, B_INT),
	ROW(LOP3, "LOP3.LUT", 0x5be0, 0xfff8, FLAG(x, 38), MOD(ptest, n_ptest, 36, 2), PDOPT(0, 48),
	    DCC(47), A(), B_REG(), C_REG(), NUM(lut, 28, 8)),
	ROW(LOP3, "LOP3.LUT", 0x0200, 0xfe00, FLAG(x, 56), DCC(47), A(), B_CBUF(), C_REG(),
	    NUM(lut, 48, 8)),
	ROW(LOP3, "LOP3.LUT", 0x3c00, 0xfc00, FLAG(x, 57), DCC(47), A(), B_INT(), C_REG(),
	    NUM(lut, 48, 8)),
	ROWS3(SHL, "SHL", 0x5c48, 0x4c48, 0x3848, 0xfff8, F_SHL, B_INT),
	ROWS3(SHR, "SHR", 0x5c28, 0x4c28, 0x3828, 0xfff8, F_SHR, B_INT),
	ROW(SHF_L, "SHF.L", 0x5bf8, 0xfff8, F_SHF(B_REG())),
	ROW(SHF_L, "SHF.L", 0x36f8, 0xfef8, F_SHF(IMM(1, 20, 6))),
	ROW(SHF_R, "SHF.R", 0x5cf8, 0xfff8, F_SHF(B_REG())),
	ROW(SHF_R, "SHF.R", 0x38f8, 0xfef8, F_SHF(IMM(1, 20, 6))),
	ROWS3(BFE, "BFE", 0x5c00, 0x4c00, 0x3800, 0xfff8, F_BFE, B_INT),
	ROWS4(BFI, "BFI", 0x5bf0, 0x4bf0, 0x53f0, 0x36f0, 0xfff8, F_BFI, B_INT),
	ROWS3S(FLO, "FLO", 0x5c30, 0x4c30, 0x3830, 0xfff8, F_FLO, S_INT),
	ROWS3S(POPC, "POPC", 0x5c08, 0x4c08, 0x3808, 0xfff8, F_POPC, S_INT),
	ROWS4(PRMT, "PRMT", 0x5bc0, 0x4bc0, 0x53c0, 0x36c0, 0xfff0, F_PRMT, B_INT),
	ROW(MOV, "MOV32I", 0x0100, 0xfff0, D, IMM(0, 20, 32), NUMOPT(lanes, 12, 4, 0xf)),
	ROW(LOP, "LOP32I", 0x0400, 0xfc00, MOD(lop, n_lop, 53, 2), FLAG(x, 57), DCC(52), A(.inv = 55),
	    IMM(1, 20, 32, .inv = 56)),
	ROW(IADD, "IADD32I", 0x1d80, 0xff80, LITMOD("PO"), SET(po, 1), FLAG(sat, 54), FLAG(x, 53),
	    DCC(52), A(), IMM(1, 20, 32, .flags = SM_FF_SIGNED)),
	ROW(IADD, "IADD32I", 0x1c00, 0xfe80, FLAG(sat, 54), FLAG(x, 53), DCC(52), A(NEGABS(56, 0)),
	    IMM(1, 20, 32, .flags = SM_FF_SIGNED)),
	ROW(IMUL, "IMUL32I", 0x1f00, 0xff00, MUL_TYPES(54, 55), FLAG(hi, 53), DCC(52), A(), IMM(1, 20, 32, .flags = SM_FF_SIGNED)),
	ROW(IMAD, "IMAD32I", 0x1000, 0xfc00, MUL_TYPES(54, 57), FLAG(hi, 53), PO(55, 56), DCC(52),
	    A(), IMM(1, 20, 32, .flags = SM_FF_SIGNED, NEGPO(56, 55)), REG(2, 0, NEGPO(55, 56))),
	ROW(ISCADD, "ISCADD32I", 0x1400, 0xfc00, DCC(52), A(), IMM(1, 20, 32, .flags = SM_FF_SIGNED),
	    NUM(shift, 53, 5)),

	/* video */
	V_ROWS(VADD, "VADD", 0x2000, 0xfc00, F_VADD, V_DST_NEG),
	V_ROWS(VABSDIFF, "VABSDIFF", 0x5400, 0xff00, F_VABSDIFF, V_DST),
	V_ROWS(VMNMX, "VMNMX", 0x3a00, 0xfe00, F_VMNMX, V_DST),
	V_ROWS(VMAD, "VMAD", 0x5f00, 0xff00, F_VMAD, V_DST_MAD),
	V_ROWS(VSET, "VSET", 0x4000, 0xfe00, F_VSET, V_DST),
	V_ROWS(VSETP, "VSETP", 0x50f0, 0xfff8, F_VSETP, V_DST_SETP),
	V_SHIFT_ROWS(VSHL, "VSHL", 0x5700),
	V_SHIFT_ROWS(VSHR, "VSHR", 0x5600),
	ROW(VABSDIFF4, "VABSDIFF4", 0x5000, 0xff80, FLAG(sd, 38), MOD(lop, n_v4_types, 48, 2), FLAG(sat, 50), MOD(mode, n_vabsdiff4_acc, 53, 2),
	    MOD2(mask, n_vabsdiff4_mask, 51, 2, 36, 2), DCC(47), REG(0, 8, SEL(sel_v4a, 32, 4)),
	    REG(1, 20, SEL(sel_v4b, 28, 4)), C_REG()),

	/* conversions */
	ROW(F2F, "F2F", 0x5ca8, 0xfff8, F_F2F(S_REG)),
	ROW(F2F, "F2F", 0x4ca8, 0xfff8, F_F2F(S_CBUF)),
	ROW(F2F, "F2F", 0x38a8, 0xfef8, F_F2F_I(n_f32_only, S_FLOAT)),
	ROW(F2F, "F2F", 0x38a8, 0xfef8, F_F2F_I(n_f64_only, S_DOUBLE)),
	ROW(F2I, "F2I", 0x5cb0, 0xfff8, F_F2I(S_REG)),
	ROW(F2I, "F2I", 0x4cb0, 0xfff8, F_F2I(S_CBUF)),
	ROW(F2I, "F2I", 0x38b0, 0xfef8, F_F2I_I(n_f32_only, S_FLOAT)),
	ROW(F2I, "F2I", 0x38b0, 0xfef8, F_F2I_I(n_f64_only, S_DOUBLE)),
	ROW(I2F, "I2F", 0x5cb8, 0xfff8, F_I2F(S_REG)),
	ROW(I2F, "I2F", 0x4cb8, 0xfff8, F_I2F(S_CBUF)),
	ROW(I2F, "I2F", 0x38b8, 0xfef8, F_I2F(S_INT)),
	ROW(I2I, "I2I", 0x5ce0, 0xfff8, F_I2I(S_REG)),
	ROW(I2I, "I2I", 0x4ce0, 0xfff8, F_I2I(S_CBUF)),
	ROW(I2I, "I2I", 0x38e0, 0xfef8, F_I2I(S_INT)),

	/* movement, predicates */
	ROWS3S(MOV, "MOV", 0x5c98, 0x4c98, 0x3898, 0xfff8, F_MOV, S_INT),
	ROWS3(SEL, "SEL", 0x5ca0, 0x4ca0, 0x38a0, 0xfff8, F_SEL, B_INT),
	ROW(S2R, "S2R", 0xf0c8, 0xfff8, D, SYSREG),
	ROW(CS2R, "CS2R", 0x50c8, 0xfff8, D, SYSREG),
	SHFL_ROW(0x00000000, REG(1, 20, .neg = 0), REG(2, 39, .neg = 0)),
	SHFL_ROW(0x10000000, IMM(1, 20, 5), REG(2, 39, .neg = 0)),
	SHFL_ROW(0x20000000, REG(1, 20, .neg = 0), IMM(2, 34, 13)),
	SHFL_ROW(0x30000000, IMM(1, 20, 5), IMM(2, 34, 13)),
	ROW(PSET, "PSET", 0x5088, 0xfff8, FLAG(bf, 44), MOD(bop, n_bop, 24, 2), MOD(bop2, n_bop, 45, 2),
	    DCC(47), PS(0, 12, 15), PS(1, 29, 32), PS(2, 39, 42)),
	ROW(PSETP, "PSETP", 0x5090, 0xfff8, MOD(bop, n_bop, 24, 2), MOD(bop2, n_bop, 45, 2), PD(0, 3),
	    PD(1, 0), PS(0, 12, 15), PS(1, 29, 32), PS(2, 39, 42)),
	ROW(CSET, "CSET", 0x5098, 0xfff8, FLAG(bf, 44), MOD(cctest, n_cc, 8, 5), BOP(45), DCC(47), LIT("CC"),
	    PS(0, 39, 42)),
	ROW(CSETP, "CSETP", 0x50a0, 0xfff8, MOD(cctest, n_cc, 8, 5), BOP(45), PD(0, 3), PD(1, 0),
	    LIT("CC"), PS(0, 39, 42)),
	ROWS3(R2P, "R2P", 0x5cf0, 0x4cf0, 0x38f0, 0xfff8, F_R2P, B_UINT),
	ROWS3(P2R, "P2R", 0x5ce8, 0x4ce8, 0x38e8, 0xfff8, F_P2R, B_INT),
	ROW64(B2R, "B2R", 0, 0xf0b8000000000000, 0xfff8000300000000, D, NUM(value, 8, 8)),
	ROW(R2B, "R2B", 0xf0c0, 0xfff8, MOD(mode, n_r2b, 32, 2), NUM(value, 28, 4), S_REG()),
	ROW(LEPC, "LEPC", 0x50d0, 0xfff8, D),
	ROWF(GETCRSPTR, "GETCRSPTR", SM_ROW_NO_GUARD, 0xe2c0, 0xfff0, D),
	ROWF(GETLMEMBASE, "GETLMEMBASE", SM_ROW_NO_GUARD, 0xe2d0, 0xfff0, D),
	ROWF(SETCRSPTR, "SETCRSPTR", SM_ROW_NO_GUARD, 0xe2e0, 0xfff0, A()),
	ROWF(SETLMEMBASE, "SETLMEMBASE", SM_ROW_NO_GUARD, 0xe2f0, 0xfff0, A()),

	/* memory */
	ROW(LD, "LD", 0x8000, 0xe000, FLAG(e, 52), MOD(cache, n_load, 56, 2), MOD(dtype, n_mem, 53, 3),
	    D, MEM(32, 20), PSOPT(0, 58, 0)),
	ROW(ST, "ST", 0xa000, 0xe000, FLAG(e, 52), MOD(cache, n_store, 56, 2), MOD(dtype, n_mem, 53, 3),
	    MEM(32, 20), REG(1, 0, .neg = 0), PSOPT(0, 58, 0)),
	ROW(LDG, "LDG", 0xeed0, 0xfff8, FLAG(e, 45), MOD(cache, n_load, 46, 2),
	    MOD(dtype, n_mem_u, 48, 3), D, MEM(24, 20)),
	ROW(LDG, "LDG", 0xeec8, 0xfff8, FLAG(e, 45), MOD(cache, n_load, 46, 2),
	    MOD(dtype, n_mem_u, 48, 3),
	    { .kind = SM_FK_PDST, .n = 0, .pos = 41, .len = 3, .flags = SM_FF_INVERTED }, D, MEM(20, 20)),
	ROW(STG, "STG", 0xeed8, 0xfff8, FLAG(e, 45), MOD(cache, n_store, 46, 2),
	    MOD(dtype, n_mem, 48, 3), MEM(24, 20), REG(1, 0, .neg = 0)),
	ROW(LDL, "LDL", 0xef40, 0xfff8, MOD(cache, n_load_local, 44, 2), MOD(dtype, n_mem, 48, 3), D,
	    MEM(24, 20)),
	ROW(LDS, "LDS", 0xef48, 0xfff8, FLAG(u, 44), MOD(dtype, n_mem, 48, 3), D, MEM(24, 20)),
	ROW(STL, "STL", 0xef50, 0xfff8, MOD(cache, n_store, 44, 2), MOD(dtype, n_mem, 48, 3),
	    MEM(24, 20), REG(1, 0, .neg = 0)),
	ROW(STS, "STS", 0xef58, 0xfff8, MOD(dtype, n_mem, 48, 3), MEM(24, 20), REG(1, 0, .neg = 0)),
	ROW(LDC, "LDC", 0xef90, 0xfff8, MOD(dtype, n_mem_const, 48, 3), MOD(mode, n_ldc, 44, 2), D,
	    CBUFX(0)),
	ROW(ATOM, "ATOM", 0xeef0, 0xfffc, FLAG(e, 48), LITMOD("CAS"), SET(atom, SM_ATOM_CAS),
	    MOD(dtype, n_cas_type, 49, 1), D, MEM(20, 28), B_REG(), { .kind = SM_FK_NEXT, .n = 2 }),
	ROW(ATOM, "ATOM", 0xed00, 0xff00, FLAG(e, 48), MOD(atom, n_atom, 52, 4),
	    MOD(dtype, n_atom_type, 49, 3), D, MEM(20, 28), B_REG()),
	ROW64(ATOMS, "ATOMS", 0, 0xee00000000000000, 0xff80000030000000,
	      MOD(atom, n_atoms_cas, 53, 2), MOD(dtype, n_cas_type, 52, 1), D, MEM(22, 30, .shift = 2),
	      B_REG(), { .kind = SM_FK_NEXT, .n = 2 }),
	ROW(ATOMS, "ATOMS", 0xec00, 0xff00, MOD(atom, n_atom, 52, 4), MOD(dtype, n_atoms_type, 28, 2),
	    D, MEM(22, 30, .shift = 2), B_REG()),
	ROW(RED, "RED", 0xebf8, 0xfff8, FLAG(e, 48), MOD(atom, n_atom, 23, 3),
	    MOD(dtype, n_atom_type, 20, 3), MEM(20, 28), REG(1, 0, .neg = 0)),
	ROW(CCTL, "CCTL", 0xef60, 0xffe0, FLAG(e, 52), MOD(cache, n_cctl_cache, 4, 3),
	    MOD(mode, n_cctl, 0, 4), MEM(30, 22, .shift = 2)),
	ROW(CCTLL, "CCTLL", 0xef80, 0xfff0, MOD(cache, n_cctll_cache, 4, 3), MOD(mode, n_cctl, 0, 4),
	    MEM(22, 22, .shift = 2)),
	ROW(CCTLT, "CCTLT", 0xebf0, 0xfff8, MOD(mode, n_cctlt, 0, 2)),
	ROW(CCTLT, "CCTLT", 0xebf0, 0xfff8, MOD(mode, n_cctlt_ivth, 0, 2), NUM(tid, 36, 13)),
	ROW(MEMBAR, "MEMBAR", 0xef98, 0xfff8, MOD(mode, n_membar, 8, 2), MOD(cache, n_membar_iv, 0, 2)),

	/* texture */
	ROW(TEX, "TEX", 0xc038, 0xfc38, MOD(lod, n_lod, 55, 3), FLAG(aoffi, 54), FLAG(dc, 50), FLAG(ndv, 35),
	    NODEP, D, A(), B_REG(), TID, TEX_TAIL),
	ROW(TEX, "TEX", 0xdeb8, 0xfff8, TEX_B, MOD(lod, n_lod, 37, 3), MOD(cl, n_lc, 40, 1), FLAG(aoffi, 36), FLAG(dc, 50),
	    FLAG(ndv, 35), NODEP, D, A(), B_REG(), NO_TID, TEX_TAIL),
	ROW(TLD4, "TLD4", 0xc838, 0xfc38, MOD(comp, n_comp, 56, 2), MOD(mode, n_offset, 54, 2),
	    ALSO_RAW(aoffi, 54, 1), ALSO_RAW(ptp, 55, 1), FLAG(dc, 50), FLAG(ndv, 35), NODEP, D, A(),
	    B_REG(), TID, TEX_TAIL),
	ROW(TLD4, "TLD4", 0xdef8, 0xfff8, MOD(comp, n_comp, 38, 2), TEX_B, MOD(mode, n_offset, 36, 2),
	    ALSO_RAW(aoffi, 36, 1), ALSO_RAW(ptp, 37, 1), FLAG(dc, 50), FLAG(ndv, 35), NODEP, D, A(),
	    B_REG(), NO_TID, TEX_TAIL),
	ROW(TXD, "TXD", 0xde38, 0xfffc, FLAG(aoffi, 35), NODEP, D, A(), B_REG(), TID, TEX_TAIL),
	ROW(TXD, "TXD", 0xde78, 0xfffc, TEX_B, FLAG(aoffi, 35), NODEP, D, A(), B_REG(), NO_TID, TEX_TAIL),
	ROW(TLD, "TLD", 0xdc38, 0xff38, MOD(lod, n_tld_lod, 55, 1), FLAG(aoffi, 35), FLAG(ms, 50), FLAG(cl, 54),
	    NODEP, D, A(), B_REG(), TID, TEX_TAIL),
	ROW(TLD, "TLD", 0xdd38, 0xff38, TEX_B, MOD(lod, n_tld_lod, 55, 1), FLAG(aoffi, 35), FLAG(ms, 50),
	    FLAG(cl, 54), NODEP, D, A(), B_REG(), NO_TID, TEX_TAIL),
	ROW(TXQ, "TXQ", 0xdf48, 0xfff8, NODEP, D, A(), ENUM(mode, n_txq, 22, 6), TID, NUM(mask, 31, 4)),
	ROW(TXQ, "TXQ", 0xdf50, 0xfff8, TEX_B, NODEP, D, A(), ENUM(mode, n_txq, 22, 6), NO_TID,
	    NUM(mask, 31, 4)),
	ROW(TXA, "TXA", 0xdf40, 0xfff8, FLAG(ndv, 35), NODEP, D, A(), TID, NUM(mask, 31, 4)),
	ROW(TMML, "TMML", 0xdf58, 0xfff8, LITMOD("LOD"), FLAG(ndv, 35), NODEP, D, A(), TID, TEX_TAIL),
	ROW(TMML, "TMML", 0xdf60, 0xfff8, TEX_B, LITMOD("LOD"), FLAG(ndv, 35), NODEP, D, A(), B_REG(),
	    NO_TID, TEX_TAIL),
	ROW(TLD4S, "TLD4S", 0xdf00, 0xff40, FLAG(f16, 55), MOD(comp, n_comp, 52, 2), FLAG(aoffi, 51),
	    FLAG(dc, 50), NODEP, D2, D, A(), B_REG(), TID),
	TEXS(TEXS, 0xd000, 0x0, "1D", SM_DIM_1D, 0, SM_LOD_LZ, LITMOD("LZ"), NODEP),
	TEXS(TEXS, 0xd000, 0x1, "2D", SM_DIM_2D, 0, SM_LOD_AUTO, NODEP),
	TEXS(TEXS, 0xd000, 0x2, "2D", SM_DIM_2D, 0, SM_LOD_LZ, LITMOD("LZ"), NODEP),
	TEXS(TEXS, 0xd000, 0x3, "2D", SM_DIM_2D, 0, SM_LOD_LL, LITMOD("LL"), NODEP),
	TEXS(TEXS, 0xd000, 0x4, "2D", SM_DIM_2D, 0, SM_LOD_AUTO, LITMOD("DC"), SET(dc, 1), NODEP),
	TEXS(TEXS, 0xd000, 0x5, "2D", SM_DIM_2D, 0, SM_LOD_LL, LITMOD("LL.DC"), SET(dc, 1), NODEP),
	TEXS(TEXS, 0xd000, 0x6, "2D", SM_DIM_2D, 0, SM_LOD_LZ, LITMOD("LZ.DC"), SET(dc, 1), NODEP),
	TEXS(TEXS, 0xd000, 0x7, "ARRAY_2D", SM_DIM_2D, 1, SM_LOD_AUTO, NODEP),
	TEXS(TEXS, 0xd000, 0x8, "ARRAY_2D", SM_DIM_2D, 1, SM_LOD_LZ, LITMOD("LZ"), NODEP),
	TEXS(TEXS, 0xd000, 0x9, "ARRAY_2D", SM_DIM_2D, 1, SM_LOD_LZ, LITMOD("LZ.DC"), SET(dc, 1), NODEP),
	TEXS(TEXS, 0xd000, 0xa, "3D", SM_DIM_3D, 0, SM_LOD_AUTO, NODEP),
	TEXS(TEXS, 0xd000, 0xb, "3D", SM_DIM_3D, 0, SM_LOD_LZ, LITMOD("LZ"), NODEP),
	TEXS(TEXS, 0xd000, 0xc, "CUBE", SM_DIM_CUBE, 0, SM_LOD_AUTO, NODEP),
	TEXS(TEXS, 0xd000, 0xd, "CUBE", SM_DIM_CUBE, 0, SM_LOD_LL, LITMOD("LL"), NODEP),
	TEXS(TLDS, 0xd200, 0x0, "1D", SM_DIM_1D, 0, SM_LOD_LZ, LITMOD("LZ"), NODEP),
	TEXS(TLDS, 0xd200, 0x1, "1D", SM_DIM_1D, 0, SM_LOD_LL, LITMOD("LL"), NODEP),
	TEXS(TLDS, 0xd200, 0x2, "2D", SM_DIM_2D, 0, SM_LOD_LZ, LITMOD("LZ"), NODEP),
	TEXS(TLDS, 0xd200, 0x4, "2D", SM_DIM_2D, 0, SM_LOD_LZ, LITMOD("LZ.AOFFI"), SET(aoffi, 1), NODEP),
	TEXS(TLDS, 0xd200, 0x5, "2D", SM_DIM_2D, 0, SM_LOD_LL, LITMOD("LL"), NODEP),
	TEXS(TLDS, 0xd200, 0x6, "2D", SM_DIM_2D, 0, SM_LOD_LZ, LITMOD("LZ.MS"), SET(ms, 1), NODEP),
	TEXS(TLDS, 0xd200, 0x7, "3D", SM_DIM_3D, 0, SM_LOD_LZ, LITMOD("LZ"), NODEP),
	TEXS(TLDS, 0xd200, 0x8, "ARRAY_2D", SM_DIM_2D, 1, SM_LOD_LZ, LITMOD("LZ"), NODEP),
	TEXS(TLDS, 0xd200, 0xc, "2D", SM_DIM_2D, 0, SM_LOD_LL, LITMOD("LL.AOFFI"), SET(aoffi, 1), NODEP),
	ROWF(STP, "STP", SM_ROW_NO_GUARD, 0xeea0, 0xfff8, MOD(mode, n_wait, 31, 1), NUM(value, 20, 8)),

	/* surface */
#define SULD_P		SU_DIM, MOD(cache, n_load, 24, 2), MOD(mask, n_su_mask, 20, 4), SU_CLAMP
#define SULD_D		FLAG(ba, 23), SU_DIM, MOD(cache, n_load, 24, 2), MOD(dtype, n_su_type, 20, 3), SU_CLAMP
/* the predicate is stored inverted; nothing known emits it */
#define SU_PDST		{ .kind = SM_FK_PDST, .n = 0, .pos = 30, .len = 3, \
			  .flags = SM_FF_INVERTED | SM_FF_OPT }
#define SULD_POST	SU_PDST, D, SU_ADDR
	SU_ROWS(SULD, 0xeb00, SULD_P, SULD_D, SULD_POST),
#define SUST_P		SU_DIM, MOD(cache, n_store, 24, 2), MOD(mask, n_su_mask, 20, 4), SU_CLAMP
#define SUST_D		FLAG(ba, 23), SU_DIM, MOD(cache, n_store, 24, 2), MOD(dtype, n_su_type, 20, 3), SU_CLAMP
#define SUST_POST	SU_ADDR, REG(1, 0, .neg = 0)
	SU_ROWS(SUST, 0xeb20, SUST_P, SUST_D, SUST_POST),
#define SURED_P		SU_DIM, MOD(atom, n_atom, 24, 3), MOD(dtype, n_atom_type, 20, 3), SU_CLAMP
#define SURED_D		FLAG(ba, 23), SURED_P
	SU_ROWS(SURED, 0xeb40, SURED_P, SURED_D, SUST_POST),
	/*
	 * The type is at 36, over the number of the immediate handle, so only
	 * the form with the handle in a register is usable (Mesa uses it).
	 */
#define SUATOM(o, bits, dp, fl)								\
	ROW(SUATOM, "SUATOM", o | bits, 0xfff8, dp, fl, SU_ADDR, B_REG(), C_REG(), SET(bindless, 1))
#define SUATOM_OP	MOD(atom, n_atom, 29, 4), MOD(dtype, n_su_atom_type, 36, 3), SU_CLAMP, D
#define SUATOM_CAS									\
	LITMOD("CAS"), SET(atom, SM_ATOM_CAS), MOD(dtype, n_su_atom_type, 36, 3), SU_CLAMP, SU_PDST, D
#define SUATOM_PDIM	SU_DIM
#define SUATOM_DDIM	FLAG(ba, 28), SU_DIM
#define COMMA		,
	SUATOM(0xea60, 0, SU_P, SUATOM_PDIM COMMA SUATOM_OP),
	SUATOM(0xea60, 0x10, SU_D, SUATOM_DDIM COMMA SUATOM_OP),
	SUATOM(0xeac0, 0, SU_P, SUATOM_PDIM COMMA SUATOM_CAS),
	SUATOM(0xeac0, 0x10, SU_D, SUATOM_DDIM COMMA SUATOM_CAS),
	ROW(SUATOM, "SUATOM", 0xea00, 0xffc0, SU_D, SUATOM_DDIM, MOD(atom, n_atom, 29, 4),
	    MOD(dtype, n_su_atom_type, 51, 3), SU_CLAMP, D, SU_ADDR, B_REG(), TID),
	ROW(SUATOM, "SUATOM", 0xea80, 0xffc0, SU_D, SUATOM_DDIM, LITMOD("CAS"), SET(atom, SM_ATOM_CAS),
	    MOD(dtype, n_su_atom_type, 51, 3), SU_CLAMP, SU_PDST, D, SU_ADDR, B_REG(), TID),

	/* flow */
	ROW64(BRA, "BRA", 0, 0xe240000000000000, 0xfff0000000000020, FLAG(u, 7), FLAG(lmt, 6), CCTEST(0), REL),
	ROW64(BRA, "BRA", 0, 0xe240000000000020, 0xfff0000000000020, FLAG(u, 7), FLAG(lmt, 6), CCTEST(0),
	      CBUFB(0)),
	ROW64(BRX, "BRX", 0, 0xe250000000000000, 0xfff0000000000020, FLAG(lmt, 6), CCTEST(0), A(),
	      { .kind = SM_FK_NUM, MEMBER(offset), .pos = 20, .len = 24,
		.flags = SM_FF_SIGNED | SM_FF_OPT | SM_FF_SPACE }),
	ROW64(BRX, "BRX", 0, 0xe250000000000020, 0xfff0000000000020, FLAG(lmt, 6), CCTEST(0), CBUFX(0)),
	ROW64(JMP, "JMP", 0, 0xe210000000000000, 0xfff0000000000020, FLAG(u, 7), FLAG(lmt, 6), CCTEST(0), ABS),
	ROW64(JMP, "JMP", 0, 0xe210000000000020, 0xfff0000000000020, FLAG(u, 7), FLAG(lmt, 6), CCTEST(0),
	      CBUFB(0)),
	ROW64(JMX, "JMX", 0, 0xe200000000000000, 0xfff0000000000020, FLAG(lmt, 6), CCTEST(0), A(),
	      { .kind = SM_FK_NUM, MEMBER(offset), .pos = 20, .len = 32,
		.flags = SM_FF_SIGNED | SM_FF_OPT | SM_FF_SPACE }),
	ROW64(JMX, "JMX", 0, 0xe200000000000020, 0xfff0000000000020, FLAG(lmt, 6), CCTEST(0), CBUFX(0)),
	PUSH_ROWS(CAL, 0xe260, FLAG(noinc, 6),),
	ROW64(JCAL, "JCAL", SM_ROW_NO_GUARD, 0xe220000000000000, 0xfff0000000000020, FLAG(noinc, 6), ABS),
	ROW64(JCAL, "JCAL", SM_ROW_NO_GUARD, 0xe220000000000020, 0xfff0000000000020, FLAG(noinc, 6), CBUFB(0)),
	PUSH_ROWS(PRET, 0xe270, FLAG(noinc, 6),),
	PUSH_ROWS(PLONGJMP, 0xe280, ),
	PUSH_ROWS(SSY, 0xe290, ),
	PUSH_ROWS(PBK, 0xe2a0, ),
	PUSH_ROWS(PCNT, 0xe2b0, ),
	ROWF(PEXIT, "PEXIT", SM_ROW_NO_GUARD, 0xe230, 0xfff0, REL),
	FLOW(EXIT, 0xe300, FLAG(keeprefcount, 5), CCTEST(0)),
	FLOW(LONGJMP, 0xe310, CCTEST(0)),
	FLOW(RET, 0xe320, CCTEST(0)),
	FLOW(KIL, 0xe330, CCTEST(0)),
	FLOW(BRK, 0xe340, CCTEST(0)),
	FLOW(CONT, 0xe350, CCTEST(0)),
	ROW(SYNC, "SYNC", 0xf0f8, 0xfff8, CCTEST(0)),
	ROWF(RTT, "RTT", SM_ROW_NO_GUARD, 0xe360, 0xfff0, MOD(mode, n_rtt, 0, 2)),
	ROWF(SAM, "SAM", SM_ROW_NO_GUARD, 0xe370, 0xfff0, SET(mode, 0)),
	ROWF(RAM, "RAM", SM_ROW_NO_GUARD, 0xe380, 0xfff0, SET(mode, 0)),
	ROWF(IDE, "IDE", SM_ROW_NO_GUARD, 0xe390, 0xfff0, MOD(mode, n_en, 5, 1), NUM(value, 20, 16)),
	ROWF(BPT, "BPT", SM_ROW_NO_GUARD, 0xe3a0, 0xfff0, MOD(mode, n_bpt, 6, 3), NUMOPT(value, 20, 20, 0)),
	ROW(NOP, "NOP", 0x50b0, 0xfff8, FLAG(trig, 13), CCTEST(8), NUMOPT(value, 20, 16, 0)),

	/* warp, scheduling */
	ROW(VOTE_VTG, "VOTE.VTG", 0x50e0, 0xfff8, MOD(mode, n_vtg, 48, 2), NUM(value, 20, 28)),
	ROW(VOTE, "VOTE", 0x50d8, 0xfff8, MOD(mode, n_vote, 48, 2), D, PD(0, 45), PS(0, 39, 42)),
	/* 43: the count is a number, 44: the barrier is. Mesa has them swapped, and sets both. */
	BAR_ROW(0x0000000000000000, REG(0, 8, .neg = 0), REG(1, 20, .neg = 0)),
	BAR_ROW(0x0000080000000000, REG(0, 8, .neg = 0), IMM(1, 20, 12, .flags = SM_FF_OPT)),
	BAR_ROW(0x0000100000000000, IMM(0, 8, 8), REG(1, 20, .neg = 0)),
	BAR_ROW(0x0000180000000000, IMM(0, 8, 8), IMM(1, 20, 12, .flags = SM_FF_OPT)),
	ROW64(DEPBAR, "DEPBAR", 0, 0xf0f0000020000000, 0xfff8000020000000, LITMOD("LE"), SET(le, 1),
	      { .kind = SM_FK_NUM, MEMBER(sb), .pos = 26, .len = 3, .text = "SB" }, NUM(count, 20, 6),
	      { .kind = SM_FK_SBSET, MEMBER(sbmask), .pos = 0, .len = 6, .flags = SM_FF_OPT }),
	ROW64(DEPBAR, "DEPBAR", 0, 0xf0f0000000000000, 0xfff8000020000000,
	      { .kind = SM_FK_SBSET, MEMBER(sbmask), .pos = 0, .len = 6, .flags = SM_FF_OPT }),

	/* graphics only */
	ROW(ALD, "ALD", 0xefd8, 0xfff8, MOD(u, n_attr_o, 32, 1), MOD(mode, n_attr_p, 31, 1),
	    MOD(dtype, n_attr_size, 47, 2), D, ATTR(20, 10, 0), C_REG()),
	ROW(AST, "AST", 0xeff0, 0xfff8, MOD(mode, n_attr_p, 31, 1), MOD(dtype, n_attr_size, 47, 2),
	    ATTR(20, 10, 0), REG(1, 0, .neg = 0), C_REG()),
	ROW(AL2P, "AL2P", 0xefa0, 0xfff8, MOD(u, n_attr_o, 32, 1), MOD(dtype, n_attr_size, 47, 2),
	    PDOPT(0, 44), D, A(),
	    { .kind = SM_FK_NUM, MEMBER(offset), .pos = 20, .len = 11,
	      .flags = SM_FF_SIGNED | SM_FF_OPT }),
	ROW(ISBERD, "ISBERD", 0xefd0, 0xfff8, MOD(u, n_attr_o, 32, 1), MOD(mode, n_isberd, 33, 2),
	    MOD(x, n_skew, 31, 1), MOD(dtype, n_isberd_size, 47, 2), D, SU_ADDR),
	ROW(PIXLD, "PIXLD", 0xefe8, 0xfff8, MOD(mode, n_pixld, 31, 3), D, PD(0, 45), MEM(8, 20)),
	ROW64(IPA, "IPA", 0, 0xe000004000000000, 0xff00004000000000, LITMOD("IDX"), MOD(mode, n_ipa, 54, 2),
	      MOD(lop, n_ipa_sample, 52, 2), FLAG(sat, 51), D, ATTR(28, 0, 0), REG(1, 20, .neg = 0), C_REG(),
	      PSOPT(0, 47, 50)),
	ROW64(IPA, "IPA", 0, 0xe00000000000ff00, 0xff0000400000ff00, MOD(mode, n_ipa, 54, 2),
	      MOD(lop, n_ipa_sample, 52, 2), FLAG(sat, 51), D, ATTR(28, 10, 0), REG(1, 20, .neg = 0),
	      C_REG(), PSOPT(0, 47, 50)),
	ROW(OUT, "OUT", 0xfbe0, 0xfff8, MOD(mode, n_out, 39, 2), D, A(), B_REG()),
	ROW(OUT, "OUT", 0xebe0, 0xfff8, MOD(mode, n_out, 39, 2), D, A(), B_CBUF()),
	ROW(OUT, "OUT", 0xf6e0, 0xfef8, MOD(mode, n_out, 39, 2), D, A(), B_INT()),
};

/* clang-format on */

const unsigned int sm_row_count = sizeof(sm_rows) / sizeof(sm_rows[0]);

const char *const sm_op_names[] = {
	"INVALID",
#define SM_OP_NAME(name) #name,
	SM_OPS(SM_OP_NAME)
#undef SM_OP_NAME
};
