import { assert } from '../domain/assert.ts';
import { type Amount, toAtoms } from '../domain/money/amount.ts';

export interface EnumeratedEvent {
  readonly deltas: readonly { readonly key: string; readonly amount: Amount }[];
}

/** More would take too long to visit one by one: 2^22 subsets. */
export const ENUMERATED_MAX = 22;
/** Finer than any amount here. */
const DECIMALS = 40;

/**
 * All minimal exact explanations, by visiting every subset of the events. Shares nothing with the solver that it is
 * to check: every vector becomes one whole number, its digits wide enough that no dimension reaches into another.
 *
 * @returns masks of the events, ascending; none contains another. The one empty mask when there is nothing to explain.
 */
export function enumerateExplanations(
  target: ReadonlyMap<string, Amount>,
  events: readonly EnumeratedEvent[],
): readonly number[] {
  assert(
    events.length <= ENUMERATED_MAX,
    `at most ${ENUMERATED_MAX} events are enumerated: ${events.length}`,
  );
  const keys = [
    ...new Set([...target.keys(), ...events.flatMap(({ deltas }) => deltas.map(({ key }) => key))]),
  ];
  const vectors = events.map(({ deltas }) =>
    atomsOf(new Map(deltas.map(({ key, amount }) => [key, amount])), keys),
  );
  const wanted = atomsOf(target, keys);
  const width =
    2n * [wanted, ...vectors].flat().reduce((total, atoms) => total + (atoms < 0n ? -atoms : atoms), 1n);
  const packed = (atoms: readonly bigint[]): bigint =>
    atoms.reduce((number, part) => number * width + part, 0n);
  const steps = vectors.map(packed);
  const exact: number[] = [];
  // Each next subset differs from the last by one event: a Gray code.
  let open = packed(wanted);
  let mask = 0;
  for (let visited = 1; ; visited += 1) {
    if (open === 0n) exact.push(mask);
    if (visited === 2 ** events.length) break;
    const place = 31 - Math.clz32(visited & -visited);
    mask ^= 1 << place;
    const step = steps[place] ?? 0n;
    open = (mask >> place) & 1 ? open - step : open + step;
  }
  return exact
    .filter((one) => !exact.some((other) => other !== one && (one & other) === other))
    .sort((a, b) => a - b);
}

const atomsOf = (amounts: ReadonlyMap<string, Amount>, keys: readonly string[]): readonly bigint[] =>
  keys.map((key) => toAtoms(amounts.get(key) ?? ('0' as Amount), DECIMALS));
