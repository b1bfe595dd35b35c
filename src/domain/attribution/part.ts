/** Of what a gain is, in the order in which it is told. */
export const PARTS = ['price', 'fees', 'slippage', 'funding', 'cash'] as const;

/**
 * `price`: what holdings gained by their prices, trades counted at the mid price when they were decided.
 * `fees`: of trades and networks, negative when paid. `slippage`: fills against that mid, negative when it cost.
 * `funding`: of perpetuals, and rewards. `cash`: what is left of cash, such as its interest and its own price.
 */
export type Part = (typeof PARTS)[number];
export type Parts<T> = Readonly<Record<Part, T>>;
