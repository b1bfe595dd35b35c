import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DEFAULT_AGGREGATION } from '../../../src/domain/signals/aggregation-rules.ts';
import type { Signal } from '../../../src/domain/signals/signal.ts';
import { deriveSignals, type SignalRules } from '../../../src/domain/targets/derive-signals.ts';
import { anyRules, anySignals, HOUR_MS, hourly, NOW_MS, SEED, signal } from '../signals/signal-fixtures.ts';
import { targetsOf, totalOf } from './target-fixtures.ts';

const BASE = { BTC: 400_000, ETH: 200_000, SOL: 100_000, CASH: 300_000 };
const sources = ['BTC', 'ETH'].flatMap((asset) => ['a', 'b'].map((source) => ({ source, asset })));
const RULES: SignalRules = { sources, reach: 0.5, cashMinPpm: 0, aggregation: DEFAULT_AGGREGATION };
const derive = (signals: readonly Signal[], rules: SignalRules = RULES) =>
  deriveSignals(BASE, signals, { rules, nowMs: NOW_MS });

describe('targets from the views of several sources', () => {
  it('tilt by the view, within limits, and tell what counted', () => {
    const signals = [
      ...hourly('a', [0.5, 0.6], { confidence: 0.5 }),
      signal('b', { strength: 1, confidence: 0.5 }),
      signal('b', { asset: 'ETH', direction: 'short' }),
    ];
    const outcome = derive(signals);
    // BTC: 0.8 long at 0.5, so 400 000 · (1 + 0.5·0.4); ETH: short at all.
    expect(outcome).toMatchObject({
      targets: { BTC: 480_000, ETH: 100_000, SOL: 100_000, CASH: 320_000 },
      notes: ['a on ETH: not counted, silent: it has said nothing yet'],
      aggregates: [{ asset: 'BTC' }, { asset: 'ETH' }],
    });
    const limits = { BTC: { upperPpm: 450_000 }, ETH: { lowerPpm: 150_000 } };
    expect(targetsOf(derive(signals, { ...RULES, aggregation: { ...DEFAULT_AGGREGATION, limits } }))).toEqual(
      {
        BTC: 450_000,
        ETH: 150_000,
        SOL: 100_000,
        CASH: 300_000,
      },
    );
  });

  it('name what is damped', () => {
    expect(derive(hourly('a', [0.4, 0.5, 0.6, 0.5, 0.4], { hoursAgo: 6 }))).toMatchObject({
      notes: [
        'a on BTC: silent, damped to 50 %: silent for 6 h, usually heard every 1 h',
        'b on BTC: not counted, silent: it has said nothing yet',
        'ETH: no view, no signal counts; its weight is as configured',
        'a on ETH: not counted, silent: it has said nothing yet',
        'b on ETH: not counted, silent: it has said nothing yet',
      ],
    });
  });

  it('are refused with rules or signals that are wrong', () => {
    expect(derive([signal('a'), signal('a', { strength: 0.1 })])).toMatchObject({
      state: 'refused',
      problem: { path: 'signals[1]' },
    });
    expect(derive([], { ...RULES, aggregation: { ...DEFAULT_AGGREGATION, sourcesMin: 0 } })).toMatchObject({
      state: 'refused',
      problem: { path: 'aggregation.sourcesMin' },
    });
  });

  it('an asset of which there is no view has its configured weight within its limits, and the reason is told', () => {
    const anyLimit = fc.record({ upperPpm: fc.nat(1_000_000) }, { requiredKeys: [] });
    fc.assert(
      fc.property(
        anySignals,
        anyRules,
        fc.record({ BTC: anyLimit, ETH: anyLimit }),
        (signals, aggregation, limits) => {
          const outcome = derive(signals, { ...RULES, aggregation: { ...aggregation, limits } });
          if (outcome.state === 'refused') throw new Error(JSON.stringify(outcome.problem));
          const { targets, aggregates, notes } = outcome;
          expect(totalOf(targets)).toBe(1_000_000);
          for (const { asset, view } of aggregates ?? []) {
            const { upperPpm = 1_000_000 } = (limits as Record<string, { upperPpm?: number }>)[asset] ?? {};
            expect(targets[asset]!).toBeLessThanOrEqual(upperPpm);
            if (view.state === 'view') continue;
            expect(targets[asset]).toBe(Math.min(BASE[asset as 'BTC'], upperPpm));
            expect(notes.filter((note) => note.startsWith(`${asset}: no view, ${view.reason}`))).toHaveLength(
              1,
            );
          }
        },
      ),
      { seed: SEED },
    );
  });

  it('are those of one source where nothing is aggregated, to the millionth', () => {
    const one = [signal('a', { strength: 0.3, confidence: 0.7, atMs: NOW_MS - HOUR_MS })];
    const { aggregation: _, ...plain } = RULES;
    const only = { ...plain, sources: [{ source: 'a', asset: 'BTC' }] };
    expect(derive(one, only)).toEqual({
      state: 'derived',
      targets: targetsOf(derive(one, { ...RULES, ...only })),
      notes: [],
    });
  });
});
