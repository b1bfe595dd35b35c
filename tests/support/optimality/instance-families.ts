import { amount } from '../../../src/domain/money/amount.ts';
import type { PlanInput, PlanMarket, PlanVenue } from '../../../src/domain/rebalancing/plan-input.ts';
import { type Random, seededRandom } from '../../../src/platform/random.ts';

/** A kind of portfolio: ranges, both ends included, that an instance is drawn from. */
export interface Family {
  readonly name: string;
  readonly venues: readonly [number, number];
  readonly assets: readonly [number, number];
  readonly navUsd: readonly [number, number];
  /** What one step is worth. */
  readonly lotUsd: readonly [number, number];
  readonly minNotionalUsd: readonly [number, number];
}

/** The five families of REBALANCING.md §3d. */
export const FAMILIES: readonly Family[] = [
  {
    name: 'one venue, fine lots',
    venues: [1, 1],
    assets: [3, 12],
    navUsd: [5_000, 500_000],
    lotUsd: [0.01, 1],
    minNotionalUsd: [1, 10],
  },
  {
    name: 'one venue, small portfolio',
    venues: [1, 1],
    assets: [3, 12],
    navUsd: [200, 2_000],
    lotUsd: [0.01, 1],
    minNotionalUsd: [5, 20],
  },
  {
    name: 'one venue, coarse lots',
    venues: [1, 1],
    assets: [3, 12],
    navUsd: [5_000, 50_000],
    lotUsd: [20, 500],
    minNotionalUsd: [1, 10],
  },
  {
    name: 'several venues, fine lots',
    venues: [2, 3],
    assets: [3, 12],
    navUsd: [5_000, 500_000],
    lotUsd: [0.01, 1],
    minNotionalUsd: [1, 10],
  },
  {
    name: 'several venues, coarse lots',
    venues: [2, 3],
    assets: [3, 12],
    navUsd: [5_000, 50_000],
    lotUsd: [5, 200],
    minNotionalUsd: [1, 10],
  },
];

/** Share of the venues at which an asset trades, beside the one where it always does. */
const TRADED_SHARE = 0.6;
const HELD_SHARE = 0.7;

/** One portfolio of a family; the same number and seed give the same one. */
export function instanceOf(
  family: Family,
  at: { readonly seed: number; readonly number: number },
): PlanInput {
  const place = FAMILIES.findIndex(({ name }) => name === family.name);
  const random = seededRandom((at.seed * FAMILIES.length + place) * 2 ** 24 + at.number);
  const venueCount = wholeBetween(random, family.venues);
  const assets = Array.from({ length: wholeBetween(random, family.assets) }, (_, index) => `A${index}`);
  const nav = logBetween(random, family.navUsd);
  const home = assets.map(() => wholeBetween(random, [0, venueCount - 1]));
  const prices = assets.map(() => logBetween(random, [0.05, 60_000]));
  const weights = sharesOf(random, assets.length * venueCount + venueCount);
  const venues = Array.from({ length: venueCount }, (_, index): PlanVenue => {
    const trading = assets.flatMap((asset, which) =>
      home[which] === index || random.next() < TRADED_SHARE ? [{ asset, which }] : [],
    );
    const markets = trading.map(({ asset, which }) => marketOf(random, family, asset, prices[which] ?? 1));
    const held = trading.flatMap(({ asset, which }) => {
      if (random.next() >= HELD_SHARE) return [];
      const worth = nav * (weights[which * venueCount + index] ?? 0);
      return [[asset, decimal(worth / (prices[which] ?? 1), 8)] as const];
    });
    return {
      id: `v${index}`,
      cashAsset: 'USD',
      cash: decimal(nav * (weights[assets.length * venueCount + index] ?? 0), 2),
      minCash: amount('0'),
      takerFeeBps: decimal(between(random, [1, 80]), 1),
      holdings: Object.fromEntries(held),
      markets,
    };
  });
  const traded = assets.filter((asset) =>
    venues.some(({ markets }) => markets.some((m) => m.asset === asset)),
  );
  return {
    asOf: 0,
    reportingCurrency: 'USD',
    venues,
    groups: { USD: 'CASH', ...Object.fromEntries(traded.map((asset) => [asset, asset])) },
    targets: targetsOf(random, traded),
    limits: {},
    destination: 'target',
  };
}

function marketOf(random: Random, family: Family, asset: string, price: number): PlanMarket {
  const mid = price * between(random, [0.999, 1.001]);
  const half = (mid * between(random, [1, 20])) / 20_000;
  const step = decimal(logBetween(random, family.lotUsd) / mid, 10);
  return {
    asset,
    market: `${asset}-USD`,
    kind: 'spot',
    bid: decimal(mid - half, 8),
    ask: decimal(mid + half, 8),
    step,
    tick: amount('0.00000001'),
    minQuantity: step,
    minNotional: decimal(between(random, family.minNotionalUsd), 2),
  };
}

/** Whole millionths that sum to one, cash with them. */
function targetsOf(random: Random, assets: readonly string[]): PlanInput['targets'] {
  const shares = sharesOf(random, assets.length + 1).map((share) => Math.floor(share * 1_000_000));
  const named = Object.fromEntries(assets.map((asset, index) => [asset, shares[index] ?? 0]));
  const spent = Object.values(named).reduce((sum, ppm) => sum + ppm, 0);
  return { ...named, CASH: 1_000_000 - spent };
}

const between = (random: Random, [least, most]: readonly [number, number]): number =>
  least + random.next() * (most - least);

const wholeBetween = (random: Random, [least, most]: readonly [number, number]): number =>
  least + Math.floor(random.next() * (most - least + 1));

const logBetween = (random: Random, [least, most]: readonly [number, number]): number =>
  Math.exp(between(random, [Math.log(least), Math.log(most)]));

/** Shares that sum to one, drawn evenly over all such. */
function sharesOf(random: Random, count: number): readonly number[] {
  const drawn = Array.from({ length: count }, () => -Math.log(1 - random.next()));
  const sum = drawn.reduce((total, one) => total + one, 0);
  return drawn.map((one) => one / sum);
}

/** At least the smallest decimal that there is. */
function decimal(value: number, places: number) {
  const text = value.toFixed(places);
  return amount(Number(text) === 0 ? `0.${'0'.repeat(places - 1)}1` : text);
}
