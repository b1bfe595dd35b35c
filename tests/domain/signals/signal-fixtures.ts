import fc from 'fast-check';
import type { Aggregate } from '../../../src/domain/signals/aggregate.ts';
import { aggregateSignals } from '../../../src/domain/signals/aggregate-signals.ts';
import {
  AGGREGATION_METHODS,
  type AggregationRules,
  DEFAULT_AGGREGATION,
  type SourceRules,
} from '../../../src/domain/signals/aggregation-rules.ts';
import type { Signal } from '../../../src/domain/signals/signal.ts';

export const SEED = 20_240_706;
export const NOW_MS = 1_720_000_000_000;
export const HOUR_MS = 3_600_000;

export const signal = (source: string, more: Partial<Signal> = {}): Signal => ({
  source,
  asset: 'BTC',
  direction: 'long',
  strength: 1,
  confidence: 1,
  atMs: NOW_MS,
  expiresAtMs: NOW_MS + HOUR_MS,
  ...more,
});

export const sourceRules = (more: Partial<SourceRules> = {}): SourceRules => ({
  weight: 1,
  shareMaxPpm: 1_000_000,
  trackRecord: null,
  ...more,
});

/** One signal an hour up to so many hours ago, of the given strengths, oldest first; they hold until they are replaced. */
export const hourly = (
  source: string,
  strengths: readonly number[],
  { hoursAgo = 0, ...more }: Partial<Signal> & { readonly hoursAgo?: number } = {},
): readonly Signal[] =>
  strengths.map((strength, index) => {
    const atMs = NOW_MS - (hoursAgo + strengths.length - 1 - index) * HOUR_MS;
    return signal(source, { strength, atMs, expiresAtMs: NOW_MS + HOUR_MS, ...more });
  });

export function aggregates(
  signals: readonly Signal[],
  rules: Partial<AggregationRules> = {},
): readonly Aggregate[] {
  const outcome = aggregateSignals(signals, { ...DEFAULT_AGGREGATION, ...rules }, { asOfMs: NOW_MS });
  if (outcome.state === 'refused') throw new Error(JSON.stringify(outcome.problem));
  return outcome.aggregates;
}

/** Of the one asset that there is. */
export function aggregate(signals: readonly Signal[], rules: Partial<AggregationRules> = {}): Aggregate {
  const [only, ...more] = aggregates(signals, rules);
  if (only === undefined || more.length > 0) throw new Error(`one asset, not ${more.length + 1}`);
  return only;
}

const anyFraction = fc.integer({ min: 0, max: 100 }).map((value) => value / 100);

/** Of a handful of sources and assets, over 20 hours before and 2 after now, some of them over. */
export const anySignals = fc
  .uniqueArray(
    fc.record({
      source: fc.constantFrom('a', 'b', 'c', 'd'),
      asset: fc.constantFrom('BTC', 'ETH', 'SOL'),
      direction: fc.constantFrom('long' as const, 'short' as const, 'neutral' as const),
      strength: fc.oneof(anyFraction, fc.constant(1)),
      confidence: anyFraction,
      atMs: fc.integer({ min: -20, max: 2 }).map((hours) => NOW_MS + hours * HOUR_MS),
      holdsHours: fc.integer({ min: 1, max: 30 }),
    }),
    {
      maxLength: 60,
      selector: ({ source, asset, atMs }) => `${source} ${asset} ${atMs}`,
    },
  )
  .map((all) =>
    all.map(
      ({ holdsHours, ...rest }): Signal => ({ ...rest, expiresAtMs: rest.atMs + holdsHours * HOUR_MS }),
    ),
  );

const anySourceRules = fc.record({
  weight: fc.double({ min: 0.01, max: 10, noNaN: true }),
  shareMaxPpm: fc.nat(1_000_000),
  trackRecord: fc.oneof(
    fc.constant(null),
    fc.record({ kind: fc.constant('hits' as const), hits: fc.nat(100), misses: fc.nat(100) }),
  ),
});

export const anyRules: fc.Arbitrary<AggregationRules> = fc
  .record({
    method: fc.constantFrom(...AGGREGATION_METHODS),
    halfLifeMs: fc.constantFrom(null, HOUR_MS, 24 * HOUR_MS),
    sourcesMin: fc.integer({ min: 1, max: 3 }),
    conflictMax: anyFraction,
    shareMaxPpm: fc.integer({ min: 100_000, max: 1_000_000 }),
    sources: fc.record({ a: anySourceRules, b: anySourceRules }, { requiredKeys: [] }),
    silentIntervals: fc.constantFrom(0.5, 3),
    extremeDeviations: fc.constantFrom(1, 3.5),
  })
  .map((some) => ({ ...DEFAULT_AGGREGATION, ...some }));
