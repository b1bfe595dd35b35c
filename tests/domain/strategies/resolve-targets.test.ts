import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CASH, WEIGHT_TOTAL_PPM } from '../../../src/domain/rebalancing/targets.ts';
import { confirmMapping, type TokenMapping } from '../../../src/domain/strategies/infer-tokens.ts';
import {
  type ResolvedTargets,
  resolveTargets,
  type TargetFacts,
} from '../../../src/domain/strategies/resolve-targets.ts';
import type { TargetBase, TargetedStrategy, Targeting } from '../../../src/domain/strategies/targeting.ts';
import { DEFAULT_ADAPTIVE_RULES } from '../../../src/domain/targets/derive-adaptive.ts';
import type { ProjectionRules } from '../../../src/domain/targets/project-weights.ts';
import { anyTargets, totalOf, wavy } from '../targets/target-fixtures.ts';

const SEED = 20_240_704;
const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2024, 6, 4, 12);
const FREE: ProjectionRules = { bounds: {}, excess: 'cash' };

const strategy = (
  id: string,
  weightPpm: number,
  mixPpm: TargetedStrategy['mixPpm'],
  more: Partial<TargetedStrategy> = {},
): TargetedStrategy => ({ id, weightPpm, mixPpm, registered: [], venues: null, ...more });

const TWO: TargetBase = {
  kind: 'strategies',
  strategies: [
    strategy('trend', 500_000, { BTC: 600_000, ETH: 400_000 }),
    strategy('carry', 300_000, { BTC: 500_000 }),
  ],
  cashPpm: 200_000,
  caps: FREE,
};

const targetingOf = (changes: Partial<Targeting> = {}): Targeting => ({
  base: TWO,
  method: { kind: 'threshold' },
  over: 'assets',
  caps: FREE,
  returnsAgeMaxMs: 3 * DAY_MS,
  unassigned: 'hold',
  symbols: { BTC: 'BTC', ETH: 'ETH' },
  ...changes,
});

const UNREAD = { state: 'unread', source: 'returns.csv', reason: 'it has not been read yet' } as const;
const READ = {
  state: 'read',
  source: 'returns.csv',
  returns: {
    BTC: wavy(0.001, 0.02),
    ETH: wavy(0.001, 0.04, 0.2),
    trend: wavy(0.001, 0.03),
    carry: wavy(0, 0.01, 0.3),
  },
  observations: 60,
  endsAtMs: NOW_MS - DAY_MS / 2,
} as const;

const factsOf = (changes: Partial<TargetFacts> = {}): TargetFacts => ({
  nowMs: NOW_MS,
  returns: UNREAD,
  signals: [],
  inForce: null,
  tokens: [],
  isLive: false,
  ...changes,
});

function recordOf(resolved: ResolvedTargets) {
  if (resolved.state === 'refused') throw new Error(JSON.stringify(resolved));
  return resolved.record;
}

const named = (strategyId: string, asset: string): TokenMapping => ({
  strategy: strategyId,
  asset,
  source: 'name',
  confidence: 0.6,
  evidence: `its name contains the word "${asset.toLowerCase()}"`,
  inferredAtMs: NOW_MS,
  confirmation: null,
});

describe('resolved targets', () => {
  it('are the product sums of strategies, each strategy with its part', () => {
    const record = recordOf(resolveTargets(targetingOf(), factsOf()));
    expect(record.targets).toEqual({ BTC: 450_000, ETH: 200_000, CASH: 350_000 });
    expect(record.allotments).toEqual([
      { strategy: 'trend', group: 'BTC', ppm: 300_000 },
      { strategy: 'carry', group: 'BTC', ppm: 150_000 },
      { strategy: 'carry', group: CASH, ppm: 150_000 },
      { strategy: null, group: CASH, ppm: 200_000 },
      { strategy: 'trend', group: 'ETH', ppm: 200_000 },
    ]);
    expect(record).toMatchObject({
      method: 'threshold',
      confidence: 1,
      sources: ['strategies of the configuration'],
      bound: [],
      notes: [],
    });
  });

  it('keep a cap without scaling up beyond it, of assets and of strategies', () => {
    const record = recordOf(
      resolveTargets(
        targetingOf({
          base: {
            ...TWO,
            caps: { bounds: { trend: { upperPpm: 400_000 }, CASH: { upperPpm: 200_000 } }, excess: 'cash' },
          },
          caps: { bounds: { BTC: { upperPpm: 300_000 } }, excess: 'cash' },
        }),
        factsOf(),
      ),
    );
    expect(record.targets.BTC).toBe(300_000);
    expect(record.bound).toMatchObject([
      { of: 'strategies', group: 'trend', reason: 'capped' },
      { of: 'assets', group: 'BTC', reason: 'capped' },
    ]);
    expect(totalOf(record.targets)).toBe(WEIGHT_TOTAL_PPM);
  });

  it('are refused where no weights meet the caps', () => {
    const resolved = resolveTargets(
      targetingOf({
        caps: {
          bounds: { BTC: { upperPpm: 1 }, ETH: { upperPpm: 1 }, CASH: { upperPpm: 1 } },
          excess: 'refuse',
        },
      }),
      factsOf(),
    );
    expect(resolved).toMatchObject({ state: 'refused', code: 'INFEASIBLE_TARGETS' });
  });

  it('have equal risk of assets, or of strategies, from returns', () => {
    const assets = recordOf(
      resolveTargets(targetingOf({ method: { kind: 'risk_parity' } }), factsOf({ returns: READ })),
    );
    expect(assets.targets.CASH).toBe(350_000);
    expect(assets.targets.BTC! / assets.targets.ETH!).toBeGreaterThan(1.8);
    expect(assets.sources).toEqual(['strategies of the configuration', 'returns.csv, 60 days to 2024-07-03']);
    const strategies = recordOf(
      resolveTargets(
        targetingOf({ method: { kind: 'risk_parity' }, over: 'strategies' }),
        factsOf({ returns: READ }),
      ),
    );
    const weightOf = (id: string) =>
      strategies.allotments.filter((each) => each.strategy === id).reduce((sum, { ppm }) => sum + ppm, 0);
    expect(weightOf('trend') + weightOf('carry')).toBe(800_000);
    // Their volatilities are as 3 to 1.
    expect(weightOf('carry') / weightOf('trend')).toBeGreaterThan(2);
  });

  it('of signals change nothing where the signal has expired, and say so', () => {
    const method = {
      kind: 'signals',
      rules: { sources: [{ source: 'desk', asset: 'BTC' }], reach: 0.5, cashMinPpm: 0 },
    } as const;
    const signal = {
      source: 'desk',
      asset: 'BTC',
      direction: 'short',
      strength: 1,
      confidence: 1,
      atMs: NOW_MS - 10_000,
    } as const;
    const at = (expiresAtMs: number) =>
      recordOf(resolveTargets(targetingOf({ method }), factsOf({ signals: [{ ...signal, expiresAtMs }] })));
    expect(at(NOW_MS + 1).targets).toEqual({ BTC: 225_000, ETH: 200_000, CASH: 575_000 });
    expect(at(NOW_MS).targets).toEqual({ BTC: 450_000, ETH: 200_000, CASH: 350_000 });
    expect(at(NOW_MS).notes).toEqual([
      'desk on BTC: expired 0 ms ago; its part of the weight is as configured',
    ]);
    const stranger = { ...signal, source: 'gone', expiresAtMs: NOW_MS + 1 };
    expect(
      recordOf(resolveTargets(targetingOf({ method }), factsOf({ signals: [stranger] }))).targets.BTC,
    ).toBe(450_000);
  });

  it('stay where adaptive ones were, by what was said before the caps', () => {
    const method = { kind: 'adaptive', rules: DEFAULT_ADAPTIVE_RULES } as const;
    const caps: ProjectionRules = { bounds: { BTC: { upperPpm: 200_000 } }, excess: 'cash' };
    const first = recordOf(resolveTargets(targetingOf({ method, caps }), factsOf({ returns: READ })));
    expect(first.targets.BTC).toBe(200_000);
    expect(first.uncapped.BTC).toBeGreaterThan(200_000);
    const again = recordOf(
      resolveTargets(targetingOf({ method, caps }), factsOf({ returns: READ, inForce: first.uncapped })),
    );
    expect(again.notes).toEqual([expect.stringContaining('targets stay')]);
    expect(again.targets).toEqual(first.targets);
  });

  it('of a strategy without a mix are equal parts of what it is known to trade', () => {
    const base: TargetBase = {
      ...TWO,
      strategies: [strategy('btcEth', 500_000, null), strategy('idle', 300_000, null)],
    };
    const tokens = [named('btcEth', 'ETH'), named('btcEth', 'BTC')];
    const record = recordOf(resolveTargets(targetingOf({ base }), factsOf({ tokens })));
    expect(record.targets).toEqual({ BTC: 250_000, ETH: 250_000, CASH: 500_000 });
    expect(record.confidence).toBe(0.6);
    expect(record.notes).toEqual([
      'btcEth: no mix is configured; equal parts of BTC, ETH',
      'btcEth: BTC because its name contains the word "btc"; not live until it is confirmed',
      'btcEth: ETH because its name contains the word "eth"; not live until it is confirmed',
      'idle: nothing is known of what it trades; its weight is cash',
    ]);
    const live = resolveTargets(targetingOf({ base }), factsOf({ tokens, isLive: true }));
    expect(live).toMatchObject({
      state: 'refused',
      code: 'TOKENS_UNCONFIRMED',
      problem: {
        path: 'strategies.btcEth',
        expected: expect.stringContaining('trueup targets confirm btcEth BTC'),
      },
    });
    const confirmed = tokens.map((each) => confirmMapping(each, { by: 'ann', atMs: NOW_MS }));
    const inForce = factsOf({ tokens: confirmed, isLive: true });
    expect(resolveTargets(targetingOf({ base }), inForce)).toMatchObject({
      state: 'refused',
      code: 'TOKENS_UNKNOWN',
      problem: { path: 'strategies.idle' },
    });
    const known = { ...base, strategies: base.strategies.slice(0, 1), cashPpm: 500_000 };
    expect(recordOf(resolveTargets(targetingOf({ base: known }), inForce)).targets.BTC).toBe(250_000);
  });

  it('say where a group may be traded, unless some strategy trades it everywhere', () => {
    const base: TargetBase = {
      ...TWO,
      strategies: [
        strategy('trend', 500_000, { BTC: 600_000, ETH: 400_000 }, { venues: ['dydx'] }),
        strategy('carry', 300_000, { BTC: 500_000 }, { venues: null }),
      ],
    };
    expect(recordOf(resolveTargets(targetingOf({ base }), factsOf())).venues).toEqual({ ETH: ['dydx'] });
  });

  it('2. What is needed and not known, too old or not confirmed is refused, and never stands as equal weights.', () => {
    const targeting = targetingOf({ method: { kind: 'risk_parity' } });
    const codeOf = (returns: TargetFacts['returns']) => {
      const resolved = resolveTargets(targeting, factsOf({ returns }));
      return resolved.state === 'refused'
        ? [resolved.code, resolved.problem.path, resolved.problem.found]
        : resolved;
    };
    expect(codeOf(UNREAD)).toEqual(['RETURNS_UNKNOWN', 'returns.csv', 'none: it has not been read yet']);
    expect(codeOf({ ...READ, endsAtMs: NOW_MS - 3 * DAY_MS - 1 })).toEqual([
      'RETURNS_TOO_OLD',
      'returns.csv',
      '3.01 days ago',
    ]);
    expect(codeOf({ ...READ, endsAtMs: NOW_MS + 1 })).toEqual([
      'RETURNS_UNKNOWN',
      'returns.csv',
      'a last day that ends in 1 hour',
    ]);
    expect(codeOf({ ...READ, endsAtMs: NOW_MS - 3 * DAY_MS })).toMatchObject({ state: 'resolved' });
    expect(codeOf({ ...READ, returns: { BTC: READ.returns.BTC } })).toEqual([
      'WRONG_INPUT',
      'returns.ETH',
      'none',
    ]);
    const short = { BTC: READ.returns.BTC.slice(0, 29), ETH: READ.returns.ETH.slice(0, 29) };
    expect(codeOf({ ...READ, returns: short })).toEqual(['WRONG_INPUT', 'returns.BTC', '29']);
  });

  const anyBase = fc
    .tuple(anyTargets, fc.array(anyTargets, { minLength: 5, maxLength: 5 }))
    .map(([weights, mixes]): TargetBase => {
      const strategies = ['A', 'B', 'C', 'D', 'E'].map((id, index) =>
        strategy(id, weights[id] ?? 0, mixes[index]!),
      );
      return { kind: 'strategies', strategies, cashPpm: weights[CASH] ?? 0, caps: FREE };
    });
  const anyCaps = fc.dictionary(fc.constantFrom('A', 'B', 'C'), fc.integer({ min: 1, max: 600_000 })).map(
    (caps): ProjectionRules => ({
      bounds: Object.fromEntries(Object.entries(caps).map(([id, upperPpm]) => [id, { upperPpm }])),
      excess: 'cash',
    }),
  );

  it('1. Targets sum to exactly 1 000 000, and what is allotted to strategies and to none sums to each of them.', () => {
    fc.assert(
      fc.property(anyBase, anyCaps, (base, caps) => {
        const { targets, allotments } = recordOf(resolveTargets(targetingOf({ base, caps }), factsOf()));
        expect(totalOf(targets)).toBe(WEIGHT_TOTAL_PPM);
        for (const [group, ppm] of Object.entries(targets)) {
          const parts = allotments.filter((each) => each.group === group);
          expect(parts.reduce((sum, each) => sum + each.ppm, 0)).toBe(ppm);
        }
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it('3. Equal facts give equal targets.', () => {
    fc.assert(
      fc.property(anyBase, anyCaps, (base, caps) => {
        const targeting = targetingOf({ base, caps });
        expect(resolveTargets(targeting, factsOf())).toEqual(
          resolveTargets(structuredClone(targeting), factsOf()),
        );
      }),
      { seed: SEED, numRuns: 50 },
    );
  });
});
