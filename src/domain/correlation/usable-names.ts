import type { MeasuredCorrelation } from './analyse-correlation.ts';

export interface UsableNames {
  /** Indices of names, ascending, of which every pair has a correlation. */
  readonly used: readonly number[];
  readonly excluded: readonly { readonly name: string; readonly reason: string }[];
}

/**
 * The names that can be compared with each other: without those that do not vary, and then without the one that misses
 * most correlations with the rest, the last of equals, until none is missed.
 */
export function usableNames({ names, correlation, constant }: MeasuredCorrelation): UsableNames {
  let used = names.flatMap((name, i) => (constant.includes(name) ? [] : [i]));
  const excluded = new Map(constant.map((name) => [name, 'it does not vary']));
  for (;;) {
    const missed = used.map((i) => used.filter((j) => (correlation[i]?.[j] ?? null) === null));
    const worst = missed.reduce(
      (found, those, n) => (those.length > 0 && those.length >= (missed[found]?.length ?? 0) ? n : found),
      -1,
    );
    const dropped = used[worst];
    if (dropped === undefined) break;
    const others = (missed[worst] ?? []).map((j) => names[j] ?? '');
    const hasOwn = (correlation[dropped]?.[dropped] ?? null) !== null;
    excluded.set(
      names[dropped] ?? '',
      hasOwn
        ? `there are too few common returns of it and ${others.join(', ')}`
        : 'there are too few returns of it',
    );
    used = used.filter((i) => i !== dropped);
  }
  return {
    used,
    excluded: names.flatMap((name) => {
      const reason = excluded.get(name);
      return reason === undefined ? [] : [{ name, reason }];
    }),
  };
}
