/**
 * Which lots of a pool are disposed of: the oldest (`fifo`), the newest (`lifo`), the dearest (`hifo`), the cheapest
 * (`lofo`), those that the event names (`specific`), the oldest at the pool's average cost (`average`), or those on
 * which the tax per unit is least (`mintax`).
 */
export const LOT_METHODS = ['fifo', 'lifo', 'hifo', 'lofo', 'specific', 'average', 'mintax'] as const;
export type LotMethod = (typeof LOT_METHODS)[number];
