/**
 * The rules of the cash theorem, each to be broken by itself, to show that the fuzz would find it: P1 submits without
 * reserving; P2 sends orders without a limit; P3 releases on an unknown outcome; P4 counts what sells shall bring; P5
 * reckons with a single fill; P6 does not reserve for funding.
 */
export const CASH_BREAKS = ['P1', 'P2', 'P3', 'P4', 'P5', 'P6'] as const;
export type CashBreak = (typeof CASH_BREAKS)[number];
