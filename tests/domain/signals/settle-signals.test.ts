import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DEFAULT_AGGREGATION } from '../../../src/domain/signals/aggregation-rules.ts';
import { settleSignals } from '../../../src/domain/signals/settle-signals.ts';
import type { Signal } from '../../../src/domain/signals/signal.ts';
import type { SignalRules } from '../../../src/domain/targets/derive-signals.ts';
import { anySignals, NOW_MS, SEED, signal } from './signal-fixtures.ts';

const sources = ['a', 'b', 'c', 'd'].flatMap((source) =>
  ['BTC', 'ETH', 'SOL'].map((asset) => ({ source, asset })),
);
const PLAIN: SignalRules = { sources, reach: 1, cashMinPpm: 0 };
const AGGREGATED: SignalRules = { ...PLAIN, aggregation: DEFAULT_AGGREGATION };
const settle = (signals: readonly Signal[], rules: SignalRules, known: readonly Signal[] = []) =>
  settleSignals(signals, { rules, known, nowMs: NOW_MS });
const [older, newer] = [signal('a', { atMs: NOW_MS - 2 }), signal('a', { atMs: NOW_MS - 1 })];

describe('signals that are reported together', () => {
  it('take each other’s place in the order in which they stand where nothing is aggregated', () => {
    const { outcomes, kept } = settle([newer, older, signal('x')], PLAIN);
    expect(outcomes.map(({ status }) => status)).toEqual(['kept', 'late', 'refused']);
    expect(kept).toEqual([newer]);
  });

  it('are taken by their time where they are aggregated, after those that are known', () => {
    const { outcomes, kept } = settle([newer, older, newer], AGGREGATED);
    expect(outcomes.map(({ status }) => status)).toEqual(['kept', 'kept', 'repeated']);
    expect(kept).toEqual([older, newer]);
    expect(settle([older], AGGREGATED, [newer]).outcomes).toMatchObject([{ status: 'late' }]);
    expect(settle([newer, { ...newer, strength: 0.1 }], AGGREGATED).outcomes).toMatchObject([
      { status: 'kept' },
      { status: 'refused' },
    ]);
  });

  it('end the same in whatever order a file has them, where they are aggregated', () => {
    fc.assert(
      fc.property(anySignals, (signals) => {
        const there = settle(signals, AGGREGATED);
        const back = settle(signals.toReversed(), AGGREGATED);
        expect(back.outcomes.toReversed()).toEqual(there.outcomes);
        expect(new Set(back.kept)).toEqual(new Set(there.kept));
      }),
      { seed: SEED },
    );
  });
});
