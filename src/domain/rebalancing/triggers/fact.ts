/** What a decision is made from, or why it is not there. Nothing that is unknown is taken to be zero. */
export type Fact<T> =
  | { readonly state: 'known'; readonly value: T }
  | { readonly state: 'unknown'; readonly reason: string };

export const known = <T>(value: T): Fact<T> => ({ state: 'known', value });
export const unknown = (reason: string): { readonly state: 'unknown'; readonly reason: string } => ({
  state: 'unknown',
  reason,
});
