import { describe, expect, it } from '@jest/globals';
import { DEFAULT_VOLATILITY_REGIME } from '../../../src/domain/targets/cash-by-volatility.ts';
import { DEFAULT_ADAPTIVE_RULES } from '../../../src/domain/targets/derive-adaptive.ts';
import {
  deriveTargets,
  type MethodFacts,
  type TargetMethod,
} from '../../../src/domain/targets/derive-targets.ts';
import { shareOut } from '../../../src/domain/targets/share-out.ts';
import { wavy } from './target-fixtures.ts';

const BASE = { A: 500_000, B: 250_000, CASH: 250_000 };
const FREE = { bounds: {}, excess: 'refuse' } as const;
const FACTS: MethodFacts = {
  nowMs: 1_720_000_000_000,
  returns: { A: wavy(0.002, 0.01), B: wavy(-0.002, 0.03, 0.2) },
  signals: [],
  current: null,
  drawdown: null,
  volatility: null,
};
const drawdownRules = { drawdownMax: 0.25, exponent: 2, cashMinPpm: 50_000 };
const signalRules = { sources: [{ source: 'trend', asset: 'A' }], reach: 1, cashMinPpm: 0 };

describe('targets of a method', () => {
  it.each<[string, TargetMethod, Partial<MethodFacts>, Record<string, number>, readonly string[]]>([
    ['threshold: as configured', { kind: 'threshold' }, {}, BASE, []],
    ['calendar: as configured', { kind: 'calendar' }, {}, BASE, []],
    [
      // Half of the fall at which all is deployed, squared: a quarter of the 200000 above the floor, two to one.
      'drawdown_deploy: cash into a fall',
      { kind: 'drawdown_deploy', rules: drawdownRules },
      { drawdown: 0.125 },
      { A: 533_333, B: 266_667, CASH: 200_000 },
      [],
    ],
    [
      'drawdown_deploy: all but the floor at the deepest',
      { kind: 'drawdown_deploy', rules: drawdownRules },
      { drawdown: 0.6 },
      { A: 633_333, B: 316_667, CASH: 50_000 },
      [],
    ],
    [
      'drawdown_deploy: nothing where the fall is not known',
      { kind: 'drawdown_deploy', rules: drawdownRules },
      {},
      BASE,
      ['no cash is deployed: the drawdown is not known'],
    ],
    [
      'volatility_regime: a fifth less above the threshold',
      { kind: 'volatility_regime', rules: DEFAULT_VOLATILITY_REGIME },
      { volatility: 0.31 },
      { A: 400_000, B: 200_000, CASH: 400_000 },
      ['volatility of 0.31 is above 0.3: all but cash is reduced by 0.2'],
    ],
    [
      'volatility_regime: nothing at the threshold',
      { kind: 'volatility_regime', rules: DEFAULT_VOLATILITY_REGIME },
      { volatility: 0.3 },
      BASE,
      [],
    ],
    [
      'volatility_regime: nothing where it is not known',
      { kind: 'volatility_regime', rules: DEFAULT_VOLATILITY_REGIME },
      {},
      BASE,
      ['nothing is reduced: the volatility is not known'],
    ],
    [
      'signals: as configured while the source is silent',
      { kind: 'signals', rules: signalRules },
      {},
      BASE,
      ['trend on A: silent; its part of the weight is as configured'],
    ],
  ])('%s', (_, method, facts, targets, notes) => {
    expect(deriveTargets(BASE, { method, caps: FREE }, { ...FACTS, ...facts })).toEqual({
      state: 'derived',
      targets,
      uncapped: targets,
      notes,
      bound: [],
    });
  });

  it('risk_parity: equal risk, whatever the configured weights, and cash as configured', () => {
    const method = { kind: 'risk_parity' } as const;
    const outcome = deriveTargets(BASE, { method, caps: FREE }, FACTS);
    const other = deriveTargets({ A: 1, B: 749_999, CASH: 250_000 }, { method, caps: FREE }, FACTS);
    if (outcome.state === 'refused' || other.state === 'refused') throw new Error('expected targets');
    expect(other.targets).toEqual(outcome.targets);
    expect(outcome.targets.CASH).toBe(250_000);
    // Two assets: in inverse proportion to their deviations, some three to one.
    expect(outcome.targets.A! / outcome.targets.B!).toBeGreaterThan(2.8);
    expect(outcome.targets.A! + outcome.targets.B!).toBe(750_000);
  });

  it('risk_parity: says when it had to shrink', () => {
    const returns = { A: FACTS.returns.A!, B: FACTS.returns.A! };
    const outcome = deriveTargets(
      BASE,
      { method: { kind: 'risk_parity' }, caps: FREE },
      { ...FACTS, returns },
    );
    expect(outcome).toMatchObject({
      targets: { A: 375_000, B: 375_000, CASH: 250_000 },
      notes: ['the covariance is not positive definite, so its ledoitWolf estimate is used'],
    });
  });

  it('risk_parity: all cash stays cash', () => {
    const outcome = deriveTargets(
      { CASH: 1_000_000 },
      { method: { kind: 'risk_parity' }, caps: FREE },
      FACTS,
    );
    expect(outcome).toMatchObject({ targets: { CASH: 1_000_000 } });
  });

  it.each<TargetMethod>([
    { kind: 'adaptive', rules: DEFAULT_ADAPTIVE_RULES },
    { kind: 'adaptive', rules: 'legacyCompat' },
  ])('%j: more of what has paid for its risk', (method) => {
    const outcome = deriveTargets(BASE, { method, caps: FREE }, FACTS);
    if (outcome.state === 'refused') throw new Error('expected targets');
    expect(outcome.targets.A! / outcome.targets.B!).toBeGreaterThan(2);
  });

  it('are within their caps, whatever the method makes of them', () => {
    const caps = { bounds: { A: { upperPpm: 450_000 } }, excess: 'refuse' } as const;
    expect(deriveTargets(BASE, { method: { kind: 'threshold' }, caps }, FACTS)).toEqual({
      state: 'derived',
      targets: { A: 450_000, B: 275_000, CASH: 275_000 },
      uncapped: BASE,
      notes: [],
      bound: [{ group: 'A', reason: 'capped' }],
    });
  });

  it.each<[string, TargetMethod, Partial<MethodFacts>, string]>([
    ['returns that are not there', { kind: 'risk_parity' }, { returns: {} }, 'returns.A'],
    [
      'a stablecoin',
      { kind: 'risk_parity' },
      { returns: { ...FACTS.returns, B: Array(60).fill(0) } },
      'returns.B',
    ],
    [
      'a name that every object has',
      { kind: 'risk_parity' },
      { returns: Object.create(FACTS.returns) },
      'returns.A',
    ],
    [
      'a drawdown in percent',
      { kind: 'drawdown_deploy', rules: drawdownRules },
      { drawdown: 12 },
      'drawdown',
    ],
    [
      'a drawdown of nothing as the deepest',
      { kind: 'drawdown_deploy', rules: { ...drawdownRules, drawdownMax: 0 } },
      { drawdown: 0 },
      'method.drawdownMax',
    ],
    [
      'an exponent of zero',
      { kind: 'drawdown_deploy', rules: { ...drawdownRules, exponent: 0 } },
      { drawdown: 0 },
      'method.exponent',
    ],
    [
      'a volatility that is no number',
      { kind: 'volatility_regime', rules: DEFAULT_VOLATILITY_REGIME },
      { volatility: Number.NaN },
      'volatility',
    ],
    [
      'a reduction of more than all',
      { kind: 'volatility_regime', rules: { volatilityMax: 0.3, reduction: 2 } },
      {},
      'method.reduction',
    ],
  ])('refuse %s', (_, method, facts, path) => {
    expect(deriveTargets(BASE, { method, caps: FREE }, { ...FACTS, ...facts })).toMatchObject({
      state: 'refused',
      code: 'WRONG_INPUT',
      problem: { path },
    });
  });

  it('refuse weights and caps that are none', () => {
    const method = { kind: 'threshold' } as const;
    expect(deriveTargets({ A: 1 }, { method, caps: FREE }, FACTS)).toMatchObject({ code: 'WRONG_INPUT' });
    const caps = { ...FREE, bounds: { A: { lowerPpm: 900_000 }, B: { lowerPpm: 200_000 } } };
    expect(deriveTargets(BASE, { method, caps }, FACTS)).toMatchObject({ code: 'INFEASIBLE_TARGETS' });
  });
});

describe('a statistic becomes weights', () => {
  it.each([
    [[1, 2], 1_000_000, { A: 333_333, B: 666_667 }],
    [[0, 1e-300], 1_000_000, { A: 0, B: 1_000_000 }],
    [[0.5578, 0.4422], 800_000, { A: 446_240, B: 353_760 }],
    [[0, 0], 0, { A: 0, B: 0 }],
  ])('%j of %i', (values, total, expected) => {
    expect(
      shareOut(
        values.map((value, i) => ['AB'[i]!, value] as const),
        total,
      ),
    ).toEqual(expected);
  });

  it.each([[[Number.NaN, 1]], [[-1, 2]], [[Number.POSITIVE_INFINITY, 1]]])('never from %j', (values) => {
    expect(() =>
      shareOut(
        values.map((value, i) => ['AB'[i]!, value] as const),
        1,
      ),
    ).toThrow('a share is a number');
  });
});
