import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import { compare, isLess } from '../../../src/domain/money/amount.ts';
import {
  advanceDrawdown,
  drawdownOf,
  rearmDrawdown,
  startDrawdown,
} from '../../../src/domain/risk/drawdown-state.ts';
import { evaluateAtRuntime } from '../../../src/domain/risk/evaluate-at-runtime.ts';
import {
  killSwitchStops,
  NEVER_PULLED,
  passesKillSwitch,
  pullKillSwitch,
  rearmKillSwitch,
} from '../../../src/domain/risk/kill-switch.ts';
import { DEFAULT_RISK_LIMITS } from '../../../src/domain/risk/risk-limits.ts';
import { known, missing, type RiskState } from '../../../src/domain/risk/risk-state.ts';
import { a, stateOf, unitVenue } from './risk-fixtures.ts';

const QUARTER = a('0.25');
const ann = { by: 'person:ann', atMs: 9, reason: 'looked at it' };

describe('the kill switch', () => {
  const pulled = pullKillSwitch(NEVER_PULLED, { by: 'rebalancing', atMs: 5, reason: 'drawdown' });

  it('is pulled by anybody, and keeps who did it first and why', () => {
    expect(pulled).toMatchObject({
      state: 'turned',
      killSwitch: { isOn: true, by: 'rebalancing', reason: 'drawdown' },
    });
    if (pulled.state !== 'turned') return;
    expect(pullKillSwitch(pulled.killSwitch, ann)).toMatchObject({ state: 'unchanged' });
  });

  it('1. Only a person with a reason turns trading on again.', () => {
    const anyWho = fc.oneof(
      fc.constantFrom('person:ann', 'person:', 'person: ', 'rebalancing', 'Person:ann', 'a person:ann', ''),
      fc.string(),
      fc.string().map((name) => `person:${name}`),
    );
    fc.assert(
      fc.property(anyWho, fc.constantFrom('', ' ', 'checked'), (by, reason) => {
        const before = { isOn: true, by: 'x', atMs: 1, reason: 'y' };
        const outcome = rearmKillSwitch(before, { by, atMs: 2, reason });
        const isPerson = by.startsWith('person:') && by.slice(7).trimStart() === by.slice(7) && by.length > 7;
        expect(outcome.state).toBe(isPerson && reason === 'checked' ? 'turned' : 'refused');
        if (outcome.state === 'turned') expect(outcome.killSwitch.isOn).toBe(false);
      }),
      { numRuns: 300, seed: 1 },
    );
    expect(rearmKillSwitch(NEVER_PULLED, ann)).toMatchObject({ state: 'unchanged' });
  });

  it('2. While the switch is on, no order is sent; cancels and look-ups go on.', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.constantFrom('newOrder', 'cancel', 'lookUp'), (isOn, what) => {
        const killSwitch = { isOn, by: 'x', atMs: 1, reason: 'y' };
        expect(passesKillSwitch(killSwitch, what as 'cancel')).toBe(what !== 'newOrder' || !isOn);
        expect(killSwitchStops(killSwitch)).toEqual({ newOrders: isOn, cancelsOpenOrders: isOn });
      }),
    );
  });
});

describe('a drawdown', () => {
  const points = (...indices: readonly string[]) =>
    indices.reduce(
      (state, index, at) => advanceDrawdown(state, { index: a(index), atMs: at + 1 }, QUARTER),
      startDrawdown({ index: a('100'), atMs: 0 }),
    );

  test.each([
    [['120', '90.001'], null, '0.24999166666666666667'],
    [['120', '90'], { atMs: 2, drawdown: '0.25' }, '0.25'],
    [['120', '90', '130'], { atMs: 2, drawdown: '0.25' }, '0'],
    [['80', '75', '60'], { atMs: 2, drawdown: '0.25' }, '0.4'],
    [['0'], { atMs: 1, drawdown: '1' }, '1'],
  ])('over %j', (indices, halt, drawdown) => {
    expect(points(...indices).halt).toEqual(halt);
    expect(drawdownOf(points(...indices))).toBe(drawdown);
  });

  it('takes no point that is older than the last', () => {
    const state = points('120');
    expect(advanceDrawdown(state, { index: a('1'), atMs: 0 }, QUARTER)).toBe(state);
  });

  const anyIndices = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 20 });

  it('1. The high-water mark never falls but by a re-arm.', () => {
    fc.assert(
      fc.property(anyIndices, (indices) => {
        let state = startDrawdown({ index: a('100'), atMs: 0 });
        for (const [at, index] of indices.entries()) {
          const next = advanceDrawdown(state, { index: a(index), atMs: at + 1 }, QUARTER);
          expect(isLess(next.highWaterIndex, state.highWaterIndex)).toBe(false);
          expect(isLess(next.highWaterIndex, next.index)).toBe(false);
          state = next;
        }
        expect(Number(state.highWaterIndex)).toBe(Math.max(100, ...indices));
        const rearmed = rearmDrawdown(state, ann);
        if (rearmed.state === 'rearmed') expect(rearmed.drawdown.highWaterIndex).toBe(state.index);
      }),
      { numRuns: 200, seed: 2 },
    );
  });

  it("2. A halt ends by a person's re-arm and by nothing else.", () => {
    let halted = 0;
    fc.assert(
      fc.property(anyIndices, anyIndices, (before, after) => {
        const state = points(...before.map(String));
        const later = after.reduce(
          (kept, index, at) => advanceDrawdown(kept, { index: a(index), atMs: 100 + at }, QUARTER),
          state,
        );
        expect(rearmDrawdown(state, { ...ann, by: 'rebalancing' }).state).toBe('refused');
        if (state.halt === null) {
          expect(rearmDrawdown(state, ann).state).toBe('refused');
          return;
        }
        halted++;
        expect(later.halt).toEqual(state.halt);
        expect(rearmDrawdown(later, ann)).toMatchObject({ state: 'rearmed', drawdown: { halt: null } });
      }),
      { numRuns: 200, seed: 3 },
    );
    expect(halted).toBeGreaterThan(50);
    expect(compare(drawdownOf(points('50')), QUARTER)).toBe(1);
  });
});

describe('an execution under way', () => {
  const quiet = stateOf([unitVenue('v', 700, { A: 300 })]);
  const { priceDeviation: _, maxVenuePct: __, ...limits } = DEFAULT_RISK_LIMITS;

  test.each<[string, Partial<RiskState>, string, boolean]>([
    ['goes on', {}, 'goOn', false],
    [
      'goes on although its venue is not reconciled and another plan waits',
      { reconciliations: {}, plansInFlight: known(2) },
      'goOn',
      false,
    ],
    [
      'stops for the switch, and open orders are cancelled',
      { killSwitch: { isOn: true, by: 'x', atMs: 1, reason: 'r' } },
      'stop',
      true,
    ],
    [
      'stops for a drawdown',
      { drawdown: known({ index: a('0.7'), indexAtMs: 0, highWaterIndex: a('1'), halt: null }) },
      'stop',
      false,
    ],
    [
      'stops for the loss of a day',
      { day: known({ pnlUsd: a('-50'), startUsd: a('1000'), haltedAtMs: null }) },
      'stop',
      false,
    ],
    [
      'only reduces with leverage',
      {
        elsewhere: [
          { venue: 'w', asset: 'A', quantity: a('900') },
          { venue: 'w', asset: 'USD', quantity: a('-900') },
        ],
      },
      'reduceOnly',
      false,
    ],
    ['only reduces while the loss of the day is not known', { day: missing('x') }, 'reduceOnly', false],
    ['goes on beside a market with an old price', { nowMs: quiet.nowMs + 20_000 }, 'goOn', false],
  ])('%s', (_name, more, verdict, cancelsOpenOrders) => {
    expect(evaluateAtRuntime({ ...quiet, ...more }, limits)).toMatchObject({ verdict, cancelsOpenOrders });
  });
});
