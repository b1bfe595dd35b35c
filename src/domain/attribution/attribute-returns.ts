// Whose return it was: by strategy, asset or venue and by part, of each period and of periods in a chain.
//
// Invariants, each held by a property test of the same words:
// 1. Contributions sum to the return of their period, and linked ones to that of their chain, within 1e-12.
// 2. Every grouping tells the same return, and the same of each part.
// 3. A period without a base, or one that lost everything, ends its chain; nothing is ever told as NaN.

import { type Amount, isPositive, isZero, toNumber } from '../money/amount.ts';
import type { AssetId } from '../venue/venue.ts';
import type { AttributionPeriod } from './attribution-period.ts';
import { type GroupGains, groupGains } from './group-gains.ts';
import type { Grouping } from './grouping.ts';
import { type LinkedContributions, linkByCarino } from './link-by-carino.ts';
import { neumaierSum } from './neumaier-sum.ts';
import { PARTS, type Part, type Parts } from './part.ts';
import { type PeriodGains, periodGains } from './period-gains.ts';

/** Signed fractions: of the base of a period, or of the value that a chain began with. */
export interface Contribution {
  /** Of a strategy, an asset or a venue; empty for what is of no strategy. */
  readonly name: string;
  readonly parts: Parts<number>;
  /** Σ parts. */
  readonly total: number;
}

/** A return and whose it was. Both the totals of `contributions` and `parts` sum to it. */
export interface AttributedReturn {
  readonly return: number;
  readonly contributions: readonly Contribution[];
  readonly parts: Parts<number>;
}

export interface PeriodAttribution extends AttributedReturn {
  readonly fromMs: number;
  readonly toMs: number;
  /** Opening value and flows at the opening: what the return is of. */
  readonly baseUsd: Amount;
  /** Exactly Σ of all parts of `gains`. */
  readonly gainUsd: Amount;
  readonly gains: readonly GroupGains[];
  readonly untold: PeriodGains['untold'];
  /** See `AttributionPeriod`. */
  readonly unpriced: readonly AssetId[];
}

/** Periods that follow each other and have a return each. */
export interface AttributionChain {
  readonly fromMs: number;
  readonly toMs: number;
  readonly periods: readonly PeriodAttribution[];
  /** Over all of them, or why there is no such thing. */
  readonly linked:
    | ({ readonly state: 'linked' } & AttributedReturn)
    | { readonly state: 'refused'; readonly reason: string };
}

/** A period that has no return, because there was nothing to earn it. A new chain begins after it. */
export interface UndefinedPeriod {
  readonly fromMs: number;
  readonly toMs: number;
  readonly baseUsd: Amount;
  readonly gainUsd: Amount;
  readonly reason: string;
}

export interface Attribution {
  readonly grouping: Grouping;
  readonly chains: readonly AttributionChain[];
  readonly undefinedPeriods: readonly UndefinedPeriod[];
}

/**
 * Attributes the returns of periods with which `findPeriodsProblem` finds nothing wrong: c = gain / (opening + flows at the opening), linked
 * by Cariño's coefficients. `cash` are the assets whose own gains are the part `cash`. A period whose base is not above
 * zero has no return and begins the chain anew; one that loses everything or more ends its chain, which is not linked.
 */
export function attributeReturns(
  periods: readonly AttributionPeriod[],
  { grouping, cash }: { readonly grouping: Grouping; readonly cash: readonly AssetId[] },
): Attribution {
  const cashAssets = new Set(cash);
  const undefinedPeriods: UndefinedPeriod[] = [];
  const chains: PeriodAttribution[][] = [];
  let open: PeriodAttribution[] | null = null;
  for (const period of periods) {
    const { fromMs, toMs, unpriced } = period;
    const gains = periodGains(period, cashAssets);
    const { baseUsd, gainUsd } = gains;
    if (!isPositive(baseUsd)) {
      undefinedPeriods.push({ fromMs, toMs, baseUsd, gainUsd, reason: whyUndefined(baseUsd, gainUsd) });
      open = null;
      continue;
    }
    const attributed = attributePeriod(gains, grouping);
    if (open === null) {
      open = [];
      chains.push(open);
    }
    open.push({ fromMs, toMs, ...attributed, unpriced });
    if (attributed.return <= -1) open = null;
  }
  return { grouping, chains: chains.map(linkChain), undefinedPeriods };
}

function attributePeriod(
  { cells, gainUsd, baseUsd, untold }: PeriodGains,
  grouping: Grouping,
): Omit<PeriodAttribution, 'fromMs' | 'toMs' | 'unpriced'> {
  const gains = groupGains(cells, grouping);
  const base = toNumber(baseUsd);
  const contributions = gains.map(({ name, parts }) =>
    contributionOf(
      name,
      PARTS.map((part) => toNumber(parts[part]) / base),
    ),
  );
  return {
    return: toNumber(gainUsd) / base,
    contributions,
    parts: totalsOf(contributions),
    baseUsd,
    gainUsd,
    gains,
    untold,
  };
}

/** Every part of every name is linked on its own: whatever is summed of them sums. */
function linkChain(periods: readonly PeriodAttribution[]): AttributionChain {
  const [first, last] = [periods[0], periods.at(-1)];
  const span = { fromMs: first?.fromMs ?? 0, toMs: last?.toMs ?? 0, periods };
  const names = [
    ...new Set(periods.flatMap(({ contributions }) => contributions.map(({ name }) => name))),
  ].sort();
  const linked = linkByCarino(periods.map((period) => partsInOrder(period, names)));
  if (linked.state === 'refused') return { ...span, linked: refusalOf(linked, periods) };
  const contributions = names.map((name, index) =>
    contributionOf(name, linked.contributions.slice(index * PARTS.length, (index + 1) * PARTS.length)),
  );
  return {
    ...span,
    linked: { state: 'linked', return: linked.return, contributions, parts: totalsOf(contributions) },
  };
}

function partsInOrder({ contributions }: PeriodAttribution, names: readonly string[]): readonly number[] {
  const byName = new Map(contributions.map((contribution) => [contribution.name, contribution]));
  return names.flatMap((name) => PARTS.map((part) => byName.get(name)?.parts[part] ?? 0));
}

function refusalOf(
  { period, reason }: Extract<LinkedContributions, { state: 'refused' }>,
  periods: readonly PeriodAttribution[],
): { readonly state: 'refused'; readonly reason: string } {
  const { fromMs = 0, toMs = 0 } = periods[period] ?? {};
  return { state: 'refused', reason: `${isoTime(fromMs)} to ${isoTime(toMs)}: ${reason}` };
}

function whyUndefined(baseUsd: Amount, gainUsd: Amount): string {
  if (isZero(baseUsd) && isZero(gainUsd)) return 'nothing was there to earn a return';
  return `the value at the opening with its flows is ${baseUsd}, which earns no return: a gain of ${gainUsd} is of nothing`;
}

/** `values` in the order of `PARTS`. */
function contributionOf(name: string, values: readonly number[]): Contribution {
  const parts = partsFrom((_, index) => values[index] ?? 0);
  return { name, parts, total: neumaierSum(values) };
}

const totalsOf = (contributions: readonly Contribution[]): Parts<number> =>
  partsFrom((part) => neumaierSum(contributions.map(({ parts }) => parts[part])));

const partsFrom = (shareOf: (part: Part, index: number) => number): Parts<number> =>
  Object.fromEntries(PARTS.map((part, index) => [part, shareOf(part, index)])) as Record<Part, number>;

const isoTime = (atMs: number): string => new Date(atMs).toISOString();
