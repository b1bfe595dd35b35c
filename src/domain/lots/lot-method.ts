/**
 * Which lots of a pool are disposed of: the oldest (`fifo`), the newest (`lifo`), the dearest (`hifo`), the cheapest
 * (`lofo`), those that the event names (`specific`), the oldest at the pool's average cost (`average`), or those on
 * which the tax per unit is least (`mintax`).
 */
export const LOT_METHODS = ['fifo', 'lifo', 'hifo', 'lofo', 'specific', 'average', 'mintax'] as const;
export type LotMethod = (typeof LOT_METHODS)[number];

/** Those that choose by themselves: `specific` names lots, which neither a plan nor a book does. */
export const PLANNED_METHODS = ['fifo', 'lifo', 'hifo', 'lofo', 'average', 'mintax'] as const;
export type PlannedMethod = (typeof PLANNED_METHODS)[number];
