import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Signal } from '../../../src/domain/signals/signal.ts';
import { deriveSignals, type SignalRules } from '../../../src/domain/targets/derive-signals.ts';
import { anyTargets, targetsOf, totalOf } from './target-fixtures.ts';

const SEED = 20_240_706;
const NOW_MS = 1_720_000_000_000;
const BASE = { A: 400_000, B: 200_000, C: 100_000, CASH: 300_000 };
const RULES: SignalRules = {
  sources: [
    { source: 'trend', asset: 'A' },
    { source: 'trend', asset: 'B' },
    { source: 'news', asset: 'B' },
  ],
  reach: 1,
  cashMinPpm: 0,
};
const signal = (source: string, asset: string, more: Partial<Signal> = {}): Signal => ({
  source,
  asset,
  direction: 'long',
  strength: 1,
  confidence: 1,
  atMs: NOW_MS - 60_000,
  expiresAtMs: NOW_MS + 60_000,
  ...more,
});
const derive = (signals: readonly Signal[], rules: Partial<SignalRules> = {}) =>
  deriveSignals(BASE, signals, { rules: { ...RULES, ...rules }, nowMs: NOW_MS });
const all = [signal('trend', 'A'), signal('trend', 'B'), signal('news', 'B')];

describe('targets from signals', () => {
  it.each([
    [
      'a short one of full conviction sells all, and cash has it',
      [
        signal('trend', 'A', { direction: 'short' }),
        ...all.slice(1).map((s) => ({ ...s, direction: 'neutral' as const })),
      ],
      {},
      { A: 0, B: 200_000, C: 100_000, CASH: 700_000 },
    ],
    [
      'conviction is strength times confidence, and two sources of one asset count half each',
      [
        signal('trend', 'A', { strength: 0.5, confidence: 0.5 }),
        signal('trend', 'B', { strength: 0.5 }),
        signal('news', 'B', { direction: 'short', confidence: 0.3 }),
      ],
      {},
      { A: 500_000, B: 220_000, C: 100_000, CASH: 180_000 },
    ],
    [
      'reach bounds how far a weight moves',
      all,
      { reach: 0.1 },
      { A: 440_000, B: 220_000, C: 100_000, CASH: 240_000 },
    ],
    [
      'additions shrink in proportion to what cash allows',
      all,
      { cashMinPpm: 150_000 },
      { A: 500_000, B: 250_000, C: 100_000, CASH: 150_000 },
    ],
    [
      'nothing is added where cash is below its floor, and nothing is sold to fill it',
      all,
      { cashMinPpm: 400_000 },
      { A: 400_000, B: 200_000, C: 100_000, CASH: 300_000 },
    ],
    [
      'what one short frees another long may use',
      [
        signal('trend', 'A'),
        signal('trend', 'B', { direction: 'short' }),
        signal('news', 'B', { direction: 'short' }),
      ],
      { cashMinPpm: 300_000 },
      { A: 600_000, B: 0, C: 100_000, CASH: 300_000 },
    ],
  ] as const)('%s', (_, signals, rules, expected) => {
    expect(derive(signals, rules)).toEqual({ state: 'derived', targets: expected, notes: [] });
  });

  it('name who is silent, expired or early, and give the weight back to what is configured', () => {
    const outcome = derive([
      signal('trend', 'A', { direction: 'short', expiresAtMs: NOW_MS }),
      signal('news', 'B', { direction: 'short', atMs: NOW_MS + 5 }),
    ]);
    expect(outcome).toEqual({
      state: 'derived',
      targets: BASE,
      notes: [
        'trend on A: expired 0 ms ago; its part of the weight is as configured',
        'trend on B: silent; its part of the weight is as configured',
        'news on B: its signal is of 5 ms from now; its part of the weight is as configured',
      ],
    });
  });

  it('count a silent source among those of its asset', () => {
    const outcome = derive([
      signal('trend', 'A', { direction: 'neutral' }),
      signal('news', 'B', { direction: 'short' }),
    ]);
    expect(targetsOf(outcome)).toEqual({ A: 400_000, B: 100_000, C: 100_000, CASH: 400_000 });
  });

  it.each<[string, readonly Signal[], Partial<SignalRules>, string]>([
    ['a signal that nobody is expected to give', [signal('news', 'A')], {}, 'signals[0]'],
    ['two signals of one source on one asset', [all[0]!, all[0]!], {}, 'signals[1]'],
    ['a strength above one', [signal('trend', 'A', { strength: 1.01 })], {}, 'signals[0].strength'],
    [
      'a confidence that is no number',
      [signal('trend', 'A', { confidence: Number.NaN })],
      {},
      'signals[0].confidence',
    ],
    [
      'a direction that is none',
      [signal('trend', 'A', { direction: 'up' as 'long' })],
      {},
      'signals[0].direction',
    ],
    [
      'an end before its beginning',
      [signal('trend', 'A', { expiresAtMs: NOW_MS - 60_000 })],
      {},
      'signals[0].expiresAtMs',
    ],
    ['a time that is none', [signal('trend', 'A', { atMs: 0.5 })], {}, 'signals[0].atMs'],
    ['a source for cash', [], { sources: [{ source: 'trend', asset: 'CASH' }] }, 'method.sources[0].asset'],
    [
      'a source for what has no target',
      [],
      { sources: [{ source: 'trend', asset: 'D' }] },
      'method.sources[0].asset',
    ],
    [
      'a source that is named twice',
      [],
      { sources: [RULES.sources[0]!, RULES.sources[0]!] },
      'method.sources[1]',
    ],
    ['a reach beyond all', [], { reach: 1.5 }, 'method.reach'],
    ['a floor that is no weight', [], { cashMinPpm: 0.1 }, 'method.cashMinPpm'],
  ])('refuse %s', (_, signals, rules, path) => {
    expect(derive(signals, rules)).toMatchObject({ state: 'refused', problem: { path } });
  });

  const anyFraction = fc.integer({ min: 0, max: 100 }).map((value) => value / 100);
  const anySignal = (asset: string) =>
    fc
      .record({
        direction: fc.constantFrom('long' as const, 'short' as const, 'neutral' as const),
        strength: anyFraction,
        confidence: anyFraction,
        expiresAtMs: fc.constantFrom(NOW_MS - 1, NOW_MS + 1),
        isSilent: fc.boolean(),
      })
      .map(({ isSilent, ...more }) => (isSilent ? null : signal('trend', asset, more)));
  const anySignals = fc.tuple(...[...'ABCDE'].map(anySignal));

  const holds = (
    check: (one: {
      base: Readonly<Record<string, number>>;
      signals: readonly (Signal | null)[];
      targets: Readonly<Record<string, number>>;
      notes: readonly string[];
      cashMinPpm: number;
    }) => void,
  ) =>
    fc.assert(
      fc.property(anyTargets, anySignals, fc.nat(300_000), (base, signals, cashMinPpm) => {
        const named = [...'ABCDE'].filter((asset) => base[asset]! > 0);
        const rules = { sources: named.map((asset) => ({ source: 'trend', asset })), reach: 1, cashMinPpm };
        const given = signals.filter((one) => one !== null && named.includes(one.asset)) as Signal[];
        const outcome = deriveSignals(base, given, { rules, nowMs: NOW_MS });
        if (outcome.state === 'refused') throw new Error(JSON.stringify(outcome.problem));
        check({ base, signals, targets: outcome.targets, notes: outcome.notes, cashMinPpm });
      }),
      { seed: SEED },
    );

  it('an asset of which no source says anything in force has its configured weight, to the millionth, and the source is named', () => {
    holds(({ base, signals, targets, notes }) => {
      for (const [index, asset] of [...'ABCDE'].entries()) {
        const one = signals[index];
        const isInForce = one !== null && one !== undefined && one.expiresAtMs > NOW_MS;
        if (isInForce || base[asset] === 0) continue;
        expect(targets[asset]).toBe(base[asset]);
        expect(notes.filter((note) => note.startsWith(`trend on ${asset}: `))).toHaveLength(1);
      }
    });
  });

  it('what a signal adds comes out of cash above its floor, so that nothing else is sold for it; what it takes goes to cash', () => {
    holds(({ base, signals, targets, cashMinPpm }) => {
      expect(totalOf(targets)).toBe(1_000_000);
      expect(targets.CASH).toBeGreaterThanOrEqual(Math.min(cashMinPpm, base.CASH!));
      for (const [index, asset] of [...'ABCDE'].entries()) {
        expect(targets[asset]!).toBeGreaterThanOrEqual(0);
        if (signals[index]?.direction !== 'short')
          expect(targets[asset]!).toBeGreaterThanOrEqual(base[asset]!);
        if (signals[index]?.direction !== 'long') expect(targets[asset]!).toBeLessThanOrEqual(base[asset]!);
      }
    });
  });
});
