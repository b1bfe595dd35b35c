import type {
  AttributedReturn,
  Attribution,
  AttributionChain,
  Contribution,
  PeriodAttribution,
} from '../domain/attribution/attribute-returns.ts';
import type { Grouping } from '../domain/attribution/grouping.ts';
import type { LinkedContributions } from '../domain/attribution/link-by-carino.ts';
import type { Parts } from '../domain/attribution/part.ts';
import type { PeriodGains } from '../domain/attribution/period-gains.ts';
import type { RebalanceCosts } from '../domain/attribution/rebalance-costs.ts';
import type { RebalancingPremium } from '../domain/attribution/rebalancing-premium.ts';
import type { Amount } from '../domain/money/amount.ts';
import type { TradingCost } from '../domain/rebalancing/history/order-cost.ts';
import type { Fact } from '../domain/rebalancing/triggers/fact.ts';

/** What `trueup attribution --json` prints: of money, or of weights and returns. */
export type AttributionDocument = MoneyAttributionDocument | ReturnsAttributionDocument;

/** A figure, or why there is none. */
export type Told<T> = T | { readonly unknown: string };

/** Returns and contributions are signed fractions, money is decimal text, times are ISO 8601 in UTC. */
export interface MoneyAttributionDocument {
  readonly grouping: Grouping;
  /** Of all periods; null where they are not one chain, or it cannot be linked, for the reason that stands beside. */
  readonly return: number | null;
  readonly reason: string | null;
  /** They sum to the return, as do the parts. Null as it is. */
  readonly contributions: readonly ContributionDocument[] | null;
  readonly parts: Parts<number> | null;
  readonly chains: readonly ChainDocument[];
  readonly undefinedPeriods: readonly {
    readonly from: string;
    readonly to: string;
    readonly base: Amount;
    readonly gain: Amount;
    readonly reason: string;
  }[];
  /** Null where the file tells of none. */
  readonly rebalancing: RebalancingDocument | null;
}

/** `total` is the sum of the others. */
export interface ContributionDocument extends Parts<number> {
  readonly name: string;
  readonly total: number;
}

export interface ChainDocument {
  readonly from: string;
  readonly to: string;
  readonly return: number | null;
  readonly reason: string | null;
  readonly contributions: readonly ContributionDocument[] | null;
  readonly parts: Parts<number> | null;
  readonly periods: readonly PeriodDocument[];
}

export interface PeriodDocument {
  readonly from: string;
  readonly to: string;
  readonly return: number;
  readonly contributions: readonly ContributionDocument[];
  readonly parts: Parts<number>;
  readonly base: Amount;
  readonly gain: Amount;
  /** In money; they sum to `gain` to the last digit. */
  readonly gains: readonly (Parts<Amount> & { readonly name: string })[];
  readonly untold: PeriodGains['untold'];
  readonly unpriced: readonly string[];
}

export interface RebalancingDocument {
  readonly rebalances: readonly {
    readonly id: string;
    readonly at: string;
    readonly premium: Told<PremiumDocument>;
    readonly expected: Told<CostDocument>;
    readonly realised: Told<CostDocument>;
    /** realised − expected. */
    readonly overrun: Told<Amount>;
    readonly realisedBps: Amount | null;
  }[];
  readonly cumulative: {
    readonly premium: Told<PremiumDocument>;
    readonly realised: CostDocument;
    readonly realisedBps: Amount | null;
    readonly counted: number;
    readonly compared: {
      readonly counted: number;
      readonly expected: CostDocument;
      readonly realised: CostDocument;
      readonly overrun: Amount;
    };
    readonly unknown: readonly { readonly id: string; readonly reason: string }[];
  };
}

export interface PremiumDocument {
  readonly from: string;
  readonly to: string;
  readonly actual: number;
  readonly hold: number;
  readonly premium: number;
}

/** Implementation shortfall, fees, both, and what was traded at the decision's mid. */
export interface CostDocument {
  readonly shortfall: Amount;
  readonly fees: Amount;
  readonly total: Amount;
  readonly turnover: Amount;
}

export interface ReturnsAttributionDocument {
  readonly return: number | null;
  readonly reason: string | null;
  readonly contributions: Readonly<Record<string, number>> | null;
  readonly periods: readonly {
    readonly return: number;
    readonly contributions: Readonly<Record<string, number>>;
  }[];
}

/** `rebalancing` is null where nothing is told of it. */
export function attributionDocument(
  attribution: Attribution,
  rebalancing: { readonly costs: RebalanceCosts; readonly premium: RebalancingPremium } | null,
): MoneyAttributionDocument {
  const { grouping, undefinedPeriods } = attribution;
  const chains = attribution.chains.map(chainDocument);
  const [first] = chains;
  const whole = chains.length === 1 && undefinedPeriods.length === 0 ? first : undefined;
  return {
    grouping,
    return: whole?.return ?? null,
    reason:
      whole === undefined
        ? `${chains.length} chains and ${undefinedPeriods.length} periods without a return: none is of the whole`
        : whole.reason,
    contributions: whole?.contributions ?? null,
    parts: whole?.parts ?? null,
    chains,
    undefinedPeriods: undefinedPeriods.map(({ fromMs, toMs, baseUsd: base, gainUsd: gain, reason }) => ({
      ...spanOf(fromMs, toMs),
      base,
      gain,
      reason,
    })),
    rebalancing: rebalancing === null ? null : rebalancingDocument(rebalancing.costs, rebalancing.premium),
  };
}

/** Of names and what they contributed to each period. */
export function linkedDocument(
  names: readonly string[],
  periods: readonly (readonly number[])[],
  returns: readonly number[],
  linked: LinkedContributions,
): ReturnsAttributionDocument {
  const named = (contributions: readonly number[]): Readonly<Record<string, number>> =>
    Object.fromEntries(names.map((name, index) => [name, contributions[index] ?? 0]));
  const isLinked = linked.state === 'linked';
  return {
    return: isLinked ? linked.return : null,
    reason: isLinked ? null : `period ${linked.period}: ${linked.reason}`,
    contributions: isLinked ? named(linked.contributions) : null,
    periods: periods.map((contributions, index) => ({
      return: returns[index] ?? 0,
      contributions: named(contributions),
    })),
  };
}

function chainDocument({ fromMs, toMs, periods, linked }: AttributionChain): ChainDocument {
  const span = spanOf(fromMs, toMs);
  const told = { periods: periods.map(periodDocument) };
  if (linked.state === 'refused')
    return { ...span, return: null, reason: linked.reason, contributions: null, parts: null, ...told };
  return { ...span, reason: null, ...returnDocument(linked), ...told };
}

const periodDocument = ({ fromMs, toMs, ...period }: PeriodAttribution): PeriodDocument => ({
  ...spanOf(fromMs, toMs),
  ...returnDocument(period),
  base: period.baseUsd,
  gain: period.gainUsd,
  gains: period.gains.map(({ name, parts }) => ({ name, ...parts })),
  untold: period.untold,
  unpriced: period.unpriced,
});

const returnDocument = ({ return: whole, contributions, parts }: AttributedReturn) => ({
  return: whole,
  contributions: contributions.map(contributionDocument),
  parts,
});

const contributionDocument = ({ name, parts, total }: Contribution): ContributionDocument => ({
  name,
  ...parts,
  total,
});

function rebalancingDocument(costs: RebalanceCosts, premium: RebalancingPremium): RebalancingDocument {
  const premiumOf = new Map(premium.rebalances.map((each) => [each.id, each.premium]));
  const { realised, realisedBps, counted, compared, unknown } = costs.cumulative;
  return {
    rebalances: costs.rebalances.map(({ id, atMs, ...cost }) => ({
      id,
      at: isoTime(atMs),
      premium: told(premiumOf.get(id) ?? { state: 'unknown', reason: 'it is not known' }, premiumDocument),
      expected: told(cost.expected, costDocument),
      realised: told(cost.realised, costDocument),
      overrun: told(cost.overrunUsd, (overrun) => overrun),
      realisedBps: cost.realisedBps,
    })),
    cumulative: {
      premium: told(premium.cumulative, premiumDocument),
      realised: costDocument(realised),
      realisedBps,
      counted,
      compared: {
        counted: compared.counted,
        expected: costDocument(compared.expected),
        realised: costDocument(compared.realised),
        overrun: compared.overrunUsd,
      },
      unknown,
    },
  };
}

const premiumDocument = ({
  fromMs,
  toMs,
  ...premium
}: {
  readonly fromMs: number;
  readonly toMs: number;
  readonly actual: number;
  readonly hold: number;
  readonly premium: number;
}): PremiumDocument => ({ ...spanOf(fromMs, toMs), ...premium });

const costDocument = ({ shortfallUsd, feesUsd, totalUsd, turnoverUsd }: TradingCost): CostDocument => ({
  shortfall: shortfallUsd,
  fees: feesUsd,
  total: totalUsd,
  turnover: turnoverUsd,
});

const told = <T, R>(fact: Fact<T>, tell: (value: T) => R): Told<R> =>
  fact.state === 'unknown' ? { unknown: fact.reason } : tell(fact.value);

const spanOf = (fromMs: number, toMs: number) => ({ from: isoTime(fromMs), to: isoTime(toMs) });
const isoTime = (atMs: number): string => new Date(atMs).toISOString();
