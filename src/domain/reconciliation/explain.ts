// What accounts for the differences at a venue, exactly.
//
// Invariants, each held by a property test of the same name:
// 1. The events of an explanation sum to its differences to the last digit, or there is no explanation.
// 2. What cannot be explained does not spoil what is independent of it.
// 3. Every minimal explanation that exists is found, or the verdict says that the search was ended.
// 4. The order in which candidates and discrepancies come does not matter.
//
// Minimal means: nothing can be left out of it. One event that fits does not rule out two others that fit together,
// nor does a record rule out a supposition: the verdict is then ambiguous. The one with fewer suppositions and fewer
// events is only listed first.

import { sha256Hex } from '../hash.ts';
import { type Amount, add, subtract, sum, ZERO } from '../money/amount.ts';
import type { AssetId, VenueId } from '../venue/venue.ts';
import { byEvidenceTimeId, type Candidate, keyOfDelta } from './candidate.ts';
import type { Difference } from './compare.ts';
import { RECONCILIATION_DEFAULTS } from './defaults.ts';
import type { Discrepancy, ExplanationVerdict } from './discrepancy.ts';
import { findExactSubsets } from './exact-solver.ts';

/** What accounts for some discrepancies together. */
export interface Explanation {
  readonly id: string;
  readonly venue: VenueId;
  /** Sorted. */
  readonly discrepancyIds: readonly string[];
  readonly assets: readonly AssetId[];
  readonly verdict: ExplanationVerdict;
  /** The causes of the events in one word each, joined by " + "; null without events. */
  readonly cause: string | null;
  /** The first of the alternatives; empty where there is none. */
  readonly events: readonly Candidate[];
  /** All minimal explanations that were found, at most as many as are listed for a person. */
  readonly alternatives: readonly (readonly Candidate[])[];
  /** The events are booked by another explanation, as with an order whose fills the totals show too. */
  readonly isInformational: boolean;
  /** A difference that shares events with these was set aside to find it: for a person to judge. */
  readonly isPartial: boolean;
  readonly nodes: number;
  /** Without an explanation: what the venue has on record of these assets and the book lacks or has otherwise. */
  readonly leads: readonly Candidate[];
}

export interface ExplainInput {
  readonly venue: VenueId;
  /** Confirmed ones of this venue. */
  readonly discrepancies: readonly Discrepancy[];
  /** Every difference of the comparison: an event must also fit the assets whose difference is too small to matter. */
  readonly differences: readonly Difference[];
  readonly candidates: readonly Candidate[];
  readonly candidatesMax?: number;
  readonly nodesMax?: number;
}

/** Explains discrepancies, one explanation for each group that has to be explained together. Sorted by assets. */
export function explainDiscrepancies(input: ExplainInput): readonly Explanation[] {
  const own = input.discrepancies.filter(({ venue }) => venue === input.venue);
  const wanted = own.filter(({ bucket }) => bucket === 'total' || bucket === 'hold');
  const candidates = [...new Map(input.candidates.map((candidate) => [candidate.id, candidate])).values()];
  const targets = targetsOf(input.differences, wanted);
  const explained = components(wanted, candidates, targets).flatMap((part) =>
    explainPart(part, targets, input),
  );
  const orders = own
    .filter(({ bucket }) => bucket === 'order')
    .map((order) => explainOrder(order, candidates));
  // Nothing that is held differs: whatever moved the entry price, it cancels out.
  const entries = own.filter(({ bucket }) => bucket === 'entryPrice').map(withoutEvents);
  return [...explained, ...orders, ...entries].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
}

/** A group of discrepancies and the candidates that connect them. */
interface Component {
  readonly discrepancies: readonly Discrepancy[];
  readonly candidates: readonly Candidate[];
}

type Targets = ReadonlyMap<string, Amount>;

const keyOf = keyOfDelta;

function targetsOf(differences: readonly Difference[], wanted: readonly Discrepancy[]): Targets {
  const amounts = differences.filter(({ bucket }) => bucket === 'total' || bucket === 'hold');
  const all = [...amounts, ...wanted];
  return new Map(all.map((difference) => [keyOf(difference), difference.delta]));
}

function explainPart(part: Component, targets: Targets, input: ExplainInput): readonly Explanation[] {
  const whole = solve(part, targets, input);
  if (whole.verdict !== 'none' || part.discrepancies.length < 2) return [whole];
  // One asset without an explanation ties up all that share an event with it: set each aside in turn.
  const ways = part.discrepancies.map((aside) => withoutOne(part, aside, targets, input));
  const [way, ...others] = ways.filter((way) => way.slice(1).every(({ verdict }) => verdict === 'unique'));
  return way !== undefined && others.length === 0 ? way : [whole];
}

function withoutOne(
  part: Component,
  aside: Discrepancy,
  targets: Targets,
  input: ExplainInput,
): readonly Explanation[] {
  const key = keyOf(aside);
  const rest = part.candidates.filter(({ deltas }) => deltas.every((delta) => keyOf(delta) !== key));
  const remaining = part.discrepancies.filter((discrepancy) => discrepancy !== aside);
  return [
    solve({ discrepancies: [aside], candidates: [] }, targets, input),
    ...components(remaining, rest, targets).map((component) => ({
      ...solve(component, targets, input),
      isPartial: true,
    })),
  ];
}

function solve(part: Component, targets: Targets, input: ExplainInput): Explanation {
  const candidatesMax = input.candidatesMax ?? RECONCILIATION_DEFAULTS.candidatesMax;
  const candidates = [...part.candidates].sort(byEvidenceTimeId).slice(0, candidatesMax);
  const wasCut = candidates.length < part.candidates.length;
  const wantedKeys = part.discrepancies.map(keyOf);
  const touched = candidates.flatMap(({ deltas }) => deltas.map(keyOf));
  const keys = [...new Set([...wantedKeys, ...touched])].sort();
  const search = (target: readonly Amount[]) =>
    findExactSubsets({
      target,
      events: candidates.map((candidate) => ({
        amounts: keys.map((key) => candidate.deltas.find((delta) => keyOf(delta) === key)?.amount ?? ZERO),
        isCertain: candidate.evidenceKind === 'venueRecord',
      })),
      nodesMax: input.nodesMax ?? RECONCILIATION_DEFAULTS.searchNodesMax,
      solutionsMax: RECONCILIATION_DEFAULTS.solutionsListedMax,
    });
  let result = search(keys.map((key) => targets.get(key) ?? ZERO));
  const hasSmall = keys.some((key) => !wantedKeys.includes(key) && (targets.get(key) ?? ZERO) !== ZERO);
  const isPartial = result.solutions.length === 0 && result.isExhaustive && hasSmall;
  if (isPartial) {
    // What is too small to matter may be older than the event, and stays as it is.
    result = search(keys.map((key) => (wantedKeys.includes(key) ? (targets.get(key) ?? ZERO) : ZERO)));
  }
  const found = result.solutions.map((solution) => solution.flatMap((index) => candidates[index] ?? []));
  const isExhaustive = result.isExhaustive && !wasCut;
  const alternatives = found.length > 0 || isExhaustive ? found : allRecords(part, targets);
  return explanation(part.discrepancies, alternatives, verdictOf(alternatives.length, isExhaustive), {
    isInformational: false,
    isPartial,
    nodes: result.nodes,
    leads: alternatives.length > 0 ? [] : leadsAmong(candidates),
  });
}

/**
 * Everything that the venue has on record, where that accounts for all: after an outage there may be more missed fills
 * than any search can choose among. Nobody has shown that it is the only explanation.
 */
function allRecords({ discrepancies, candidates }: Component, targets: Targets): readonly Candidate[][] {
  const records = candidates.filter(({ evidenceKind }) => evidenceKind === 'venueRecord');
  const total = new Map<string, Amount>();
  for (const delta of records.flatMap(({ deltas }) => deltas))
    total.set(keyOf(delta), add(total.get(keyOf(delta)) ?? ZERO, delta.amount));
  const keys = [...discrepancies.map(keyOf), ...total.keys()];
  const fits = keys.every((key) => (total.get(key) ?? ZERO) === (targets.get(key) ?? ZERO));
  return fits ? [records] : [];
}

const leadsAmong = (candidates: readonly Candidate[]): readonly Candidate[] =>
  candidates
    .filter(({ evidenceKind }) => evidenceKind === 'venueRecord')
    .slice(0, RECONCILIATION_DEFAULTS.solutionsListedMax);

/** Several are ambiguous even if there may be more; one is unique, and none is none, only when nothing was left out. */
function verdictOf(found: number, isExhaustive: boolean): ExplanationVerdict {
  if (found > 1) return 'ambiguous';
  if (!isExhaustive) return 'limitReached';
  return found === 1 ? 'unique' : 'none';
}

const withoutEvents = (discrepancy: Discrepancy): Explanation =>
  explanation([discrepancy], [], 'none', UNSEARCHED);

const UNSEARCHED = { isInformational: true, isPartial: false, nodes: 0, leads: [] } as const;

/** What an order lacks at one side is explained by fills of it that the book lacks, if they add up. */
function explainOrder(order: Discrepancy, candidates: readonly Candidate[]): Explanation {
  const fills = candidates.filter(
    ({ cause, movement }) =>
      cause === 'missedFill' && movement.fill !== null && movement.fill.orderId === order.subject,
  );
  const filled = sum(
    fills.flatMap(({ movement }) => (movement.fill === null ? [] : [movement.fill.quantity])),
  );
  const isExplained = fills.length > 0 && subtract(order.bookAmount, order.venueAmount) === filled;
  return explanation([order], isExplained ? [fills] : [], isExplained ? 'unique' : 'none', UNSEARCHED);
}

function explanation(
  discrepancies: readonly Discrepancy[],
  alternatives: readonly (readonly Candidate[])[],
  verdict: ExplanationVerdict,
  more: Pick<Explanation, 'isInformational' | 'isPartial' | 'nodes' | 'leads'>,
): Explanation {
  const discrepancyIds = discrepancies.map(({ id }) => id).sort();
  const [events = []] = alternatives;
  const causes = [...new Set(events.map(({ cause }) => cause))].sort();
  return {
    id: sha256Hex(
      [verdict, ...discrepancyIds, ...alternatives.flatMap((a) => ['', ...a.map(({ id }) => id)])].join('\n'),
    ),
    venue: discrepancies[0]?.venue ?? '',
    discrepancyIds,
    assets: [...new Set(discrepancies.map(({ asset }) => asset))].sort(),
    verdict,
    cause: causes.length === 0 ? null : causes.join(' + '),
    events,
    alternatives,
    ...more,
  };
}

/** Groups that share no event. Events that could only ever spoil an asset which agrees are dropped first. */
function components(
  discrepancies: readonly Discrepancy[],
  candidates: readonly Candidate[],
  targets: Targets,
): readonly Component[] {
  const useful = withoutSpoilers(candidates, targets);
  const group = new Map<string, string>();
  const find = (key: string): string => {
    const parent = group.get(key) ?? key;
    if (parent === key) return key;
    const root = find(parent);
    group.set(key, root);
    return root;
  };
  for (const { deltas } of useful) {
    const [first, ...others] = deltas.map(keyOf);
    for (const other of others) if (first !== undefined) group.set(find(other), find(first));
  }
  const parts = new Map<string, { discrepancies: Discrepancy[]; candidates: Candidate[] }>();
  for (const discrepancy of discrepancies) {
    const root = find(keyOf(discrepancy));
    const part = parts.get(root) ?? { discrepancies: [], candidates: [] };
    part.discrepancies.push(discrepancy);
    parts.set(root, part);
  }
  for (const candidate of useful) {
    const [delta] = candidate.deltas;
    if (delta !== undefined) parts.get(find(keyOf(delta)))?.candidates.push(candidate);
  }
  return [...parts.values()];
}

function withoutSpoilers(candidates: readonly Candidate[], targets: Targets): readonly Candidate[] {
  const touching = new Map<string, number>();
  for (const { deltas } of candidates) {
    for (const delta of deltas) touching.set(keyOf(delta), (touching.get(keyOf(delta)) ?? 0) + 1);
  }
  const isSpoiler = (key: string) => touching.get(key) === 1 && (targets.get(key) ?? ZERO) === ZERO;
  const kept = candidates.filter(({ deltas }) => !deltas.some((delta) => isSpoiler(keyOf(delta))));
  return kept.length === candidates.length ? kept : withoutSpoilers(kept, targets);
}

const sortKey = ({ assets, id }: Explanation): string => `${assets.join(',')}\n${id}`;
