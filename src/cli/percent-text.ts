import { type Amount, amount, multiply, round } from '../domain/money/amount.ts';

const HUNDRED = amount('100');

/** A share of one as people read it: "12.34 %". */
export const percentText = (share: Amount): string => `${round(multiply(share, HUNDRED), 2)} %`;
