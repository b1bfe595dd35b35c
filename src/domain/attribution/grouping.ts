/** By what of a cell contributions are told. */
export const GROUPINGS = ['strategy', 'asset', 'venue'] as const;
export type Grouping = (typeof GROUPINGS)[number];
