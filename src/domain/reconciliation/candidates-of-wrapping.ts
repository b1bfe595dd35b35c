import { type Amount, add, negate, subtract, ZERO } from '../money/amount.ts';
import type { AssetId, VenueId } from '../venue/venue.ts';
import { type Candidate, makeCandidate } from './candidate.ts';
import type { WrappedPair } from './candidates-of-structure.ts';
import type { Difference } from './compare.ts';
import { findExactSubsets } from './exact-solver.ts';

/** A tenth of what an explanation may take: this only suggests amounts. */
const NODES_MAX = 20_000;
const SUGGESTED_MAX = 8;
/** Each doubles what is suggested. */
const SHAPES_MAX = 2;

/**
 * That some of a thing stands in its other shape, though no record says so. How much follows from the rest: whatever
 * explains the two shapes as one asset, the difference that it leaves between them is what may have changed its shape.
 */
export function wrappingCandidates(
  pair: WrappedPair,
  differences: readonly Difference[],
  others: readonly Candidate[],
): readonly Candidate[] {
  const deltas = new Map(
    differences.filter(({ bucket }) => bucket === 'total').map((d) => [d.asset, d.delta]),
  );
  const inNative = deltas.get(pair.native);
  const inWrapped = deltas.get(pair.wrapped);
  const venue = differences[0]?.venue;
  if (inNative === undefined || inWrapped === undefined || venue === undefined) return [];
  const suggested = leftBetween(pair, deltas, others);
  const amounts = suggested.length > 0 ? suggested : [inNative, negate(inWrapped)];
  return [...new Set(amounts)].filter((moved) => moved !== ZERO).map((moved) => mixed(pair, venue, moved));
}

function leftBetween(
  { native, wrapped }: WrappedPair,
  deltas: ReadonlyMap<AssetId, Amount>,
  others: readonly Candidate[],
): readonly Amount[] {
  const asOne = (asset: AssetId): AssetId => (asset === wrapped ? native : asset);
  const connected = connectedTo(
    native,
    others.map((candidate) => ({ candidate, effect: totalsOf(candidate, asOne) })),
  );
  const assets = [...new Set([native, ...connected.flatMap(({ effect }) => [...effect.keys()])])].sort();
  const together = sumByAsset([...deltas].map(([asset, delta]) => [asOne(asset), delta]));
  const { solutions } = findExactSubsets({
    target: assets.map((asset) => together.get(asset) ?? ZERO),
    events: connected.map(({ candidate, effect }) => ({
      amounts: assets.map((asset) => effect.get(asset) ?? ZERO),
      isCertain: candidate.evidenceKind === 'venueRecord',
    })),
    nodesMax: NODES_MAX,
    solutionsMax: SUGGESTED_MAX,
  });
  const inNative = (candidate: Candidate | undefined): Amount =>
    candidate === undefined ? ZERO : (totalsOf(candidate, String).get(native) ?? ZERO);
  const left = solutions.map((solution) =>
    solution.reduce(
      (rest, index) => subtract(rest, inNative(connected[index]?.candidate)),
      deltas.get(native) ?? ZERO,
    ),
  );
  // What only changes its shape explains nothing of the two together: it may be part of what is left, or not.
  const shapes = others.map(inNativeAlone).filter((moved) => moved !== null);
  let amounts = left;
  for (const moved of shapes.slice(0, SHAPES_MAX))
    amounts = amounts.concat(amounts.map((one) => subtract(one, moved)));
  return amounts;

  function inNativeAlone(candidate: Candidate): Amount | null {
    return totalsOf(candidate, asOne).size === 0 && inNative(candidate) !== ZERO ? inNative(candidate) : null;
  }
}

interface Merged {
  readonly candidate: Candidate;
  /** With both shapes as one asset. */
  readonly effect: ReadonlyMap<AssetId, Amount>;
}

/** Those that share an asset with the start, or with one that does. */
function connectedTo(start: AssetId, merged: readonly Merged[]): readonly Merged[] {
  const reached = new Set([start]);
  for (let before = 0; before < reached.size; ) {
    before = reached.size;
    for (const { effect } of merged) {
      if ([...effect.keys()].some((asset) => reached.has(asset)))
        for (const asset of effect.keys()) reached.add(asset);
    }
  }
  return merged.filter(({ effect }) => [...effect.keys()].some((asset) => reached.has(asset)));
}

const totalsOf = ({ deltas }: Candidate, as: (asset: AssetId) => AssetId): ReadonlyMap<AssetId, Amount> =>
  sumByAsset(
    deltas.filter(({ bucket }) => bucket === 'total').map(({ asset, amount }) => [as(asset), amount]),
  );

function sumByAsset(amounts: readonly (readonly [AssetId, Amount])[]): ReadonlyMap<AssetId, Amount> {
  const sums = new Map<AssetId, Amount>();
  for (const [asset, amount] of amounts) sums.set(asset, add(sums.get(asset) ?? ZERO, amount));
  for (const [asset, amount] of sums) if (amount === ZERO) sums.delete(asset);
  return sums;
}

function mixed({ native, wrapped }: WrappedPair, venue: VenueId, toNative: Amount): Candidate {
  const toWrapped = negate(toNative);
  return makeCandidate({
    venue,
    cause: 'wrappedNativeMixed',
    evidenceKind: 'hypothesis',
    description: `The book has ${toWrapped} of ${wrapped} the other way round: it is the same thing as ${native}.`,
    evidence: [],
    deltas: [
      { asset: native, bucket: 'total', amount: toNative },
      { asset: wrapped, bucket: 'total', amount: toWrapped },
    ],
    atMs: null,
    movement: {
      venueId: null,
      movements: [
        { venue, asset: native, bucket: 'available', amount: toNative, from: 'trade' },
        { venue, asset: wrapped, bucket: 'available', amount: toWrapped, from: 'trade' },
      ],
      fill: null,
    },
  });
}
