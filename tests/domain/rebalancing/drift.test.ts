import { describe, expect, it } from '@jest/globals';
import { type Amount, amount } from '../../../src/domain/money/amount.ts';
import {
  isRebalanceDue,
  measureDrift,
  type Trigger,
  type TriggerHistory,
} from '../../../src/domain/rebalancing/drift.ts';

const weights = (record: Readonly<Record<string, string>>): Readonly<Record<string, Amount>> =>
  Object.fromEntries(Object.entries(record).map(([group, text]) => [group, amount(text)]));

const MINUTE_MS = 60_000;
const confirmed: TriggerHistory = {
  nowMs: 10 * MINUTE_MS,
  firedAtMs: [9 * MINUTE_MS],
  lastRebalanceAtMs: null,
};

describe('drift', () => {
  it('is ten percent in the published example of 30/20/30/20 against quarters', () => {
    const drift = measureDrift(weights({ A: '0.3', B: '0.2', C: '0.3', D: '0.2' }), {
      A: 250_000,
      B: 250_000,
      C: 250_000,
      D: 250_000,
    });
    expect(drift.total).toBe('0.1');
    expect(drift.groups.map((g) => g.deviation)).toEqual(['0.05', '-0.05', '0.05', '-0.05']);
  });

  it('counts a group that is held without a target, and one that is wanted but not held', () => {
    expect(measureDrift(weights({ OLD: '1' }), { NEW: 1_000_000 }).total).toBe('1');
  });
});

describe('a trigger', () => {
  const half = { A: 500_000, CASH: 500_000 };

  it.each<[string, Trigger, string, boolean]>([
    ['fires at exactly five points', { kind: 'absolute', halfWidth: amount('0.05') }, '0.55', true],
    ['does not fire just below', { kind: 'absolute', halfWidth: amount('0.05') }, '0.549999', false],
    ['fires at five points of a large target', { kind: 'hybrid525' }, '0.55', true],
    ['fires at total drift', { kind: 'total', threshold: amount('0.05') }, '0.55', true],
    ['does not fire below total drift', { kind: 'total', threshold: amount('0.05') }, '0.54', false],
  ])('%s', (_name, trigger, weight, hasFired) => {
    const now = { A: amount(weight), CASH: amount((1 - Number(weight)).toFixed(6)) };
    expect(isRebalanceDue(now, half, trigger, confirmed)).toMatchObject({ hasFired, isDue: hasFired });
  });

  it('fires at a quarter of a small target', () => {
    const targets = { A: 100_000, CASH: 900_000 };
    const at = (weight: string) =>
      isRebalanceDue(
        weights({ A: weight, CASH: (1 - Number(weight)).toFixed(6) }),
        targets,
        { kind: 'hybrid525' },
        confirmed,
      );
    expect(at('0.125')).toMatchObject({ hasFired: true, group: 'A', threshold: '0.025' });
    expect(at('0.1249')).toMatchObject({ hasFired: false });
  });

  it('fires on an exit, on an entry, and downwards for a band wider than the target', () => {
    const trigger: Trigger = { kind: 'absolute', halfWidth: amount('0.05') };
    const check = (now: Readonly<Record<string, string>>, targets: Readonly<Record<string, number>>) =>
      isRebalanceDue(weights(now), targets, trigger, confirmed).hasFired;
    expect(check({ OLD: '0.01', CASH: '0.99' }, { CASH: 1_000_000 })).toBe(true);
    expect(check({ CASH: '1' }, { NEW: 10_000, CASH: 990_000 })).toBe(true);
    expect(check({ A: '0.002', CASH: '0.998' }, { A: 30_000, CASH: 970_000 })).toBe(true);
  });

  it('waits for a second check a minute later, and for the interval since the last rebalance', () => {
    const now = weights({ A: '0.6', CASH: '0.4' });
    const due = (history: TriggerHistory) => isRebalanceDue(now, half, { kind: 'hybrid525' }, history);
    expect(due({ ...confirmed, firedAtMs: [] })).toMatchObject({ hasFired: true, isDue: false });
    expect(due({ ...confirmed, firedAtMs: [9.5 * MINUTE_MS] })).toMatchObject({ isDue: false });
    expect(due(confirmed).isDue).toBe(true);
    expect(due({ ...confirmed, lastRebalanceAtMs: 0 })).toMatchObject({ hasFired: true, isDue: false });
  });
});
