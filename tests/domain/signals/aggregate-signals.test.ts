import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { aggregateSignals } from '../../../src/domain/signals/aggregate-signals.ts';
import {
  type AggregationRules,
  DEFAULT_AGGREGATION,
  rulesOfSource,
} from '../../../src/domain/signals/aggregation-rules.ts';
import { rankScores } from '../../../src/domain/signals/rank-scores.ts';
import type { Signal } from '../../../src/domain/signals/signal.ts';
import {
  aggregate,
  aggregates,
  anyRules,
  anySignals,
  HOUR_MS,
  hourly,
  NOW_MS,
  SEED,
  signal,
  sourceRules,
} from './signal-fixtures.ts';

const long = (strength: number, confidence = 1) => ({ strength, confidence });
const short = (strength: number, confidence = 1) => ({ direction: 'short' as const, strength, confidence });

describe('the view of several sources', () => {
  it.each<[string, readonly Signal[], Partial<AggregationRules>, object]>([
    [
      'one source is its own view',
      [signal('a', long(0.6, 0.5))],
      {},
      { direction: 'long', strength: 0.6, confidence: 0.5 },
    ],
    [
      'weighted, sources count equally where nothing is said of them',
      [signal('a', long(0.9, 0.6)), signal('b', long(0.5, 0.8))],
      {},
      { direction: 'long', strength: 0.7, confidence: 0.7 },
    ],
    [
      'weighted, a source of three times the weight counts three times',
      [signal('a', long(0.8)), signal('b', short(0.4))],
      { sources: { a: sourceRules({ weight: 3 }) } },
      { direction: 'long', strength: 0.5, confidence: 1 },
    ],
    [
      'by confidence, the sure one counts more',
      [signal('a', long(0.8, 0.9)), signal('b', short(0.8, 0.3))],
      { method: 'confidence' },
      { direction: 'long', strength: 0.4, confidence: 0.75 },
    ],
    [
      'by majority, two of three decide, as strong as those two',
      [signal('a', long(0.2)), signal('b', long(0.6)), signal('c', short(1))],
      { method: 'majority' },
      { direction: 'long', strength: 0.4, confidence: 1 },
    ],
    [
      'by majority, neutral votes count',
      [signal('a', { direction: 'neutral' }), signal('b', { direction: 'neutral' }), signal('c', short(1))],
      { method: 'majority' },
      { direction: 'neutral', strength: 0, confidence: 1 },
    ],
    [
      'a neutral signal draws towards neutral',
      [signal('a', long(0.8)), signal('b', { direction: 'neutral', strength: 1 })],
      {},
      { direction: 'long', strength: 0.4, confidence: 1 },
    ],
    [
      'what is a half-life old weighs half, and is half as sure',
      [signal('a', { ...long(0.9), atMs: NOW_MS - HOUR_MS }), signal('b', short(0.15))],
      { halfLifeMs: HOUR_MS },
      // Weights of 1/3 and 2/3: 0.3 long, 0.1 short; confidence 1/3·1/2 + 2/3, of whole millionths.
      { direction: 'long', strength: 0.2, confidence: 0.833334 },
    ],
    [
      'a track record of 75 hits and 25 misses weighs as 1 + 0.5·100/150',
      [signal('a', long(1)), signal('b', { direction: 'neutral' })],
      { sources: { a: sourceRules({ trackRecord: { kind: 'hits', hits: 75, misses: 25 } }) } },
      { direction: 'long', strength: 0.571429, confidence: 1 },
    ],
    [
      'a cap of one gives the rest to the other, who has none',
      [signal('a', long(1)), signal('b', { direction: 'neutral' })],
      { sources: { a: sourceRules({ weight: 9, shareMaxPpm: 400_000 }) } },
      { direction: 'long', strength: 0.4, confidence: 1 },
    ],
    [
      'caps of all leave the rest to nobody, which is neutral',
      [signal('a', long(0.5)), signal('b', long(0.5))],
      { shareMaxPpm: 250_000 },
      { direction: 'long', strength: 0.25, confidence: 1 },
    ],
  ])('%s', (_, signals, rules, view) => {
    expect(aggregate(signals, rules).view).toEqual({ state: 'view', ...view });
  });

  it('by rank, the places of each source count, however loud it is', () => {
    const of = (source: string, values: Readonly<Record<string, number>>) =>
      Object.entries(values).map(([asset, value]) =>
        signal(source, { asset, direction: value < 0 ? 'short' : 'long', strength: Math.abs(value) }),
      );
    const signals = [
      ...of('quiet', { BTC: 0.03, ETH: 0.02, SOL: 0.01 }),
      ...of('loud', { BTC: 0.9, ETH: -0.9, SOL: 0.1 }),
      signal('lone', { asset: 'BTC', ...short(1) }),
    ];
    const found = aggregates(signals, { method: 'rank', conflictMax: 1 });
    expect(found.map(({ asset, view }) => [asset, view])).toEqual([
      ['BTC', { state: 'view', direction: 'long', strength: 1, confidence: 1 }],
      ['ETH', { state: 'view', direction: 'short', strength: 0.5, confidence: 1 }],
      ['SOL', { state: 'view', direction: 'short', strength: 0.5, confidence: 1 }],
    ]);
    expect(found[0]?.ignored).toMatchObject([{ source: 'lone', code: 'unranked' }]);
  });

  it.each<[string, readonly Signal[], Partial<AggregationRules>, string, number | null]>([
    [
      'fewSources',
      [signal('a'), signal('b', { expiresAtMs: NOW_MS, atMs: 1 })],
      { sourcesMin: 2 },
      'expected signals of 2 sources, found 1',
      0,
    ],
    ['noSignals', [signal('a', { expiresAtMs: NOW_MS, atMs: 1 })], {}, 'no signal counts', null],
    [
      'conflict',
      [signal('a', long(0.5)), signal('b', short(0.5))],
      {},
      'long 0.25 against short 0.25: a conflict of 1, above 0.8',
      1,
    ],
    [
      'conflict',
      [signal('a', long(0.9)), signal('b', short(0.3))],
      { conflictMax: 0.49 },
      'a conflict of 0.5, above 0.49',
      0.5,
    ],
    [
      'noMajority',
      [signal('a'), signal('b', { direction: 'neutral' })],
      { method: 'majority' },
      'more than half',
      0,
    ],
  ])('is none, with the code %s', (code, signals, rules, reason, conflict) => {
    const found = aggregate(signals, rules);
    expect(found.view).toEqual({ state: 'none', code, reason: expect.stringContaining(reason) });
    expect(found.conflict).toBe(conflict);
  });

  it('has no majority by what rounding gave to one side, and no conflict beyond its limit by it', () => {
    const six = ['a', 'b', 'c', 'd', 'e', 'f'].map((source, index) =>
      signal(source, index < 3 ? long(1) : short(1)),
    );
    const rules = { method: 'majority', conflictMax: 1 } as const;
    expect(aggregate(six, rules).view).toMatchObject({ state: 'none', code: 'noMajority' });
    // Nine against six is a conflict of 0.8, the limit; six of fifteen equal parts are 400 002 ppm.
    const fifteen = [...'abcdefghijklmno'].map((source, index) =>
      signal(source, index < 6 ? short(1) : long(1)),
    );
    expect(aggregate(fifteen).view).toMatchObject({ state: 'view', direction: 'long' });
  });

  it('is of no strength where both directions weigh the same and conflict is allowed', () => {
    const found = aggregate([signal('a', long(0.5)), signal('b', short(0.5))], { conflictMax: 1 });
    expect(found).toMatchObject({ conflict: 1, view: { direction: 'neutral', strength: 0 } });
  });

  it('says which signals counted, with which weight, and which did not, and why', () => {
    const found = aggregate(
      [
        signal('a', { atMs: NOW_MS - HOUR_MS }),
        ...hourly('a', [0.1, 0.2], { hoursAgo: 2 }),
        signal('late', { atMs: NOW_MS - 2 * HOUR_MS, expiresAtMs: NOW_MS - HOUR_MS }),
        signal('early', { atMs: NOW_MS + 1 }),
        signal('wrong', {}),
      ],
      {
        halfLifeMs: HOUR_MS,
        priorObservations: 0,
        sources: { wrong: sourceRules({ trackRecord: { kind: 'hits', hits: 0, misses: 9 } }) },
      },
    );
    expect(found.counted).toEqual([
      {
        signal: signal('a', { atMs: NOW_MS - HOUR_MS }),
        weightPpm: 1_000_000,
        undampedPpm: 1_000_000,
        score: 1,
        factors: { source: 1, decay: 0.5, trackRecord: 1, confidence: 1 },
        dampings: [],
      },
    ]);
    expect(found.ignored.map(({ source, code, reason }) => [source, code, reason])).toEqual([
      ['early', 'silent', 'silent: it has said nothing yet'],
      ['late', 'expired', 'expired 1 h ago'],
      ['wrong', 'weightless', 'its weight is zero: weight 1, decay 1, track record 0, confidence 1'],
      ['a', 'replaced', 'a newer one takes the place of 2'],
      ['early', 'future', '1 of a time that has not come'],
    ]);
  });

  it('names an expected source that never spoke', () => {
    const outcome = aggregateSignals([], DEFAULT_AGGREGATION, {
      asOfMs: NOW_MS,
      expected: [{ source: 'desk', asset: 'BTC' }],
    });
    expect(outcome).toMatchObject({
      aggregates: [
        { asset: 'BTC', conflict: null, counted: [], ignored: [{ source: 'desk', code: 'silent' }] },
      ],
    });
  });

  it.each<[string, readonly Signal[], Partial<AggregationRules>, string]>([
    ['two signals of one time', [signal('a'), signal('a', { strength: 0.5 })], {}, 'signals[1]'],
    ['a strength above 1', [signal('a', { strength: 2 })], {}, 'signals[0].strength'],
    ['a confidence that is none', [signal('a', { confidence: Number.NaN })], {}, 'signals[0].confidence'],
    ['an end before its time', [signal('a', { expiresAtMs: NOW_MS })], {}, 'signals[0].expiresAtMs'],
    ['a method that is none', [], { method: 'magic' as 'rank' }, 'aggregation.method'],
    ['a half-life of nothing', [], { halfLifeMs: 0 }, 'aggregation.halfLifeMs'],
    ['no source at least', [], { sourcesMin: 0 }, 'aggregation.sourcesMin'],
    ['a conflict above 1', [], { conflictMax: 1.1 }, 'aggregation.conflictMax'],
    ['a share above all', [], { shareMaxPpm: 1_000_001 }, 'aggregation.shareMaxPpm'],
    [
      'a weight of nothing',
      [],
      { sources: { a: sourceRules({ weight: 0 }) } },
      'aggregation.sources.a.weight',
    ],
    [
      'a correlation above 1',
      [],
      {
        sources: {
          a: sourceRules({ trackRecord: { kind: 'correlation', correlation: 2, observations: 1 } }),
        },
      },
      'aggregation.sources.a.trackRecord.correlation',
    ],
    ['a limit of cash', [], { limits: { CASH: {} } }, 'aggregation.limits.CASH'],
    [
      'a limit below its floor',
      [],
      { limits: { BTC: { lowerPpm: 2, upperPpm: 1 } } },
      'aggregation.limits.BTC.upperPpm',
    ],
    [
      'floors above all',
      [],
      { limits: { A: { lowerPpm: 600_000 }, B: { lowerPpm: 600_000 } } },
      'aggregation.limits',
    ],
  ])('is refused with %s', (_, signals, rules, path) => {
    const outcome = aggregateSignals(signals, { ...DEFAULT_AGGREGATION, ...rules }, { asOfMs: NOW_MS });
    expect(outcome).toMatchObject({ state: 'refused', problem: { path } });
  });
});

describe('places', () => {
  it('run from 1 to -1, and equal values share theirs', () => {
    expect(rankScores([0.1, 0.9, 0.5])).toEqual([-1, 1, 0]);
    expect(rankScores([1, 1, 0])).toEqual([0.5, 0.5, -1]);
    expect(rankScores([3, 3])).toEqual([0, 0]);
    expect(rankScores([3])).toBeNull();
  });
});

describe('aggregation', () => {
  const holds = (check: (signals: readonly Signal[], rules: AggregationRules) => void) =>
    fc.assert(fc.property(anySignals, anyRules, check), { seed: SEED });

  it('the order of signals does not matter, and a signal that is told twice changes nothing', () => {
    holds((signals, rules) => {
      const found = aggregates(signals, rules);
      expect(aggregates(signals.toReversed(), rules)).toEqual(found);
      expect(aggregates([...signals, ...signals.map((each) => ({ ...each }))], rules)).toEqual(found);
    });
  });

  it('an expired signal never counts, and only the newest of a source on an asset does', () => {
    holds((signals, rules) => {
      for (const { asset, counted } of aggregates(signals, rules)) {
        for (const { signal: one } of counted) {
          expect(one.expiresAtMs).toBeGreaterThan(NOW_MS);
          const newer = signals.filter(
            ({ source, asset: of, atMs }) =>
              source === one.source && of === asset && atMs > one.atMs && atMs <= NOW_MS,
          );
          expect(newer).toEqual([]);
        }
      }
      const over = signal('over', { atMs: NOW_MS - 2, expiresAtMs: NOW_MS - 1 });
      const found = aggregates([signal('a', { asset: 'BTC', atMs: NOW_MS - 1 }), ...signals], rules);
      const more = aggregates([over, signal('a', { asset: 'BTC', atMs: NOW_MS - 1 }), ...signals], rules);
      expect(more.map(({ view, counted }) => [view, counted])).toEqual(
        found.map(({ view, counted }) => [view, counted]),
      );
    });
  });

  it("no source weighs more than its cap, and weights sum to 1 000 000 with what is nobody's", () => {
    holds((signals, rules) => {
      for (const { counted, unassignedPpm } of aggregates(signals, rules)) {
        for (const { signal: one, weightPpm } of counted)
          expect(weightPpm).toBeLessThanOrEqual(rulesOfSource(rules, one.source).shareMaxPpm);
        const total = counted.reduce((sum, { weightPpm }) => sum + weightPpm, unassignedPpm);
        expect(total).toBe(1_000_000);
        expect(unassignedPpm).toBeGreaterThanOrEqual(0);
      }
    });
  });

  it('what damping takes from a source goes to nobody: no other gains by it', () => {
    holds((signals, rules) => {
      const never = { silentIntervals: 1e9, extremeDeviations: 1e9, saturatedFactor: 1 };
      const undamped = aggregates(signals, { ...rules, ...never });
      for (const [index, { counted }] of aggregates(signals, rules).entries()) {
        const before = undamped[index]?.counted ?? [];
        for (const [place, one] of counted.entries()) {
          expect(one.weightPpm).toBeLessThanOrEqual(before[place]!.weightPpm);
          expect(one.undampedPpm).toBe(before[place]!.weightPpm);
          for (const { factor } of one.dampings)
            expect(one.weightPpm).toBeLessThanOrEqual(one.undampedPpm * factor);
          if (one.dampings.length === 0) expect(one.weightPpm).toBe(before[place]!.weightPpm);
        }
      }
    });
  });

  it('a view is within its range, and the sum of weight times score', () => {
    holds((signals, rules) => {
      for (const { view, counted, conflict } of aggregates(signals, rules)) {
        if (conflict !== null) expect(conflict >= 0 && conflict <= 1).toBe(true);
        if (view.state === 'none') continue;
        expect(view.strength >= 0 && view.strength <= 1 && view.confidence >= 0 && view.confidence <= 1).toBe(
          true,
        );
        expect(conflict).toBeLessThanOrEqual(rules.conflictMax + 0.0001);
        if (rules.method === 'majority') continue;
        const net = counted.reduce((sum, { weightPpm, score }) => sum + weightPpm * score, 0) / 1e6;
        expect(view.strength).toBeCloseTo(Math.abs(net), 5);
        if (view.strength > 0) expect(view.direction).toBe(net > 0 ? 'long' : 'short');
      }
    });
  });
});
