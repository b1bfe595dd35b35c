import { describe, expect, it } from '@jest/globals';
import { amount } from '../../../../src/domain/money/amount.ts';
import {
  DEFAULT_ABSOLUTE,
  DEFAULT_CASH_FLOW,
  DEFAULT_RELATIVE,
  DEFAULT_TOTAL,
} from '../../../../src/domain/rebalancing/triggers/default-triggers.ts';
import { known, unknown } from '../../../../src/domain/rebalancing/triggers/fact.ts';
import { judgeTrigger } from '../../../../src/domain/rebalancing/triggers/judge-trigger.ts';
import { findTriggerProblem, type Trigger } from '../../../../src/domain/rebalancing/triggers/trigger.ts';
import type { TriggerFacts } from '../../../../src/domain/rebalancing/triggers/trigger-decision.ts';
import { amounts, factsOf } from './trigger-fixtures.ts';

/** Facts with one asset at a weight, the rest in cash. */
const at = (weight: string, targetPpm = 500_000): Partial<TriggerFacts> => ({
  weights: known(amounts({ A: weight, CASH: (1 - Number(weight)).toFixed(6) })),
  targets: { A: targetPpm, CASH: 1_000_000 - targetPpm },
});

const trackingErrorOf = (annualMax: string): Trigger => ({
  kind: 'trackingError',
  annualMax: amount(annualMax),
});
const bands: Trigger = { kind: 'bands', halfWidths: amounts({ A: '0.07', CASH: '0.07' }) };

describe('a trigger', () => {
  it.each<[string, Trigger, Partial<TriggerFacts>, boolean, string]>([
    ['five points, at exactly five', DEFAULT_ABSOLUTE, at('0.55'), true, '0.05'],
    ['five points, below', DEFAULT_ABSOLUTE, at('0.549999'), false, '0.05'],
    ['a quarter, at exactly a quarter', DEFAULT_RELATIVE, at('0.125', 100_000), true, '0.025'],
    ['a quarter, below', DEFAULT_RELATIVE, at('0.124999', 100_000), false, '0.025'],
    ['5/25 of a small target', { kind: 'hybrid525' }, at('0.125', 100_000), true, '0.025'],
    ['5/25 of a large target', { kind: 'hybrid525' }, at('0.55'), true, '0.05'],
    ['5/25 where both are equal', { kind: 'hybrid525' }, at('0.249999', 200_000), false, '0.05'],
    ['a width of its own', bands, at('0.57'), true, '0.07'],
    ['a width of its own, below', bands, at('0.569999'), false, '0.07'],
    ['total drift', DEFAULT_TOTAL, at('0.55'), true, '0.05'],
    ['total drift, below', DEFAULT_TOTAL, at('0.549999'), false, '0.05'],
    ['tracking error', trackingErrorOf('0.06'), at('0.6'), true, '0.06'],
    ['tracking error, below', trackingErrorOf('0.060001'), at('0.6'), false, '0.060001'],
    ['a band wider than its target', DEFAULT_ABSOLUTE, at('0.003', 30_000), true, '0.027'],
    ['a flow of half a percent', DEFAULT_CASH_FLOW, { flowUsd: known(amount('50')) }, true, '50'],
    ['a smaller flow', DEFAULT_CASH_FLOW, { flowUsd: known(amount('-49.99')) }, false, '50'],
    ['no flow', DEFAULT_CASH_FLOW, {}, false, '50'],
    ['cash two points high', DEFAULT_CASH_FLOW, at('0.48'), true, '0.02'],
    ['nobody', { kind: 'manual' }, {}, false, '1'],
    ['somebody', { kind: 'manual' }, { askedBy: 'ann' }, true, '1'],
  ])('judges %s', (_, trigger, facts, hasFired, threshold) => {
    const found = judgeTrigger(trigger, factsOf(facts));
    expect(found).toMatchObject({ state: 'judged', kind: trigger.kind, hasFired, threshold });
  });

  it('fires on what is held without a target and on what is wanted and not there, whatever the width', () => {
    const wide: Trigger = { kind: 'absolute', halfWidth: amount('0.9') };
    const exit = { weights: known(amounts({ OLD: '0.01', CASH: '0.99' })), targets: { CASH: 1_000_000 } };
    const entry = { weights: known(amounts({ CASH: '1' })), targets: { NEW: 10_000, CASH: 990_000 } };
    expect(judgeTrigger(wide, factsOf(exit))).toMatchObject({ hasFired: true, group: 'OLD' });
    expect(judgeTrigger(wide, factsOf(entry))).toMatchObject({ hasFired: true, group: 'NEW' });
  });

  it('passes over dust, held or wanted', () => {
    const held = {
      weights: known(amounts({ OLD: '0.00009', CASH: '0.99991' })),
      targets: { CASH: 1_000_000 },
    };
    const wanted = { weights: known(amounts({ CASH: '1' })), targets: { NEW: 90, CASH: 999_910 } };
    for (const facts of [held, wanted])
      expect(judgeTrigger(DEFAULT_ABSOLUTE, factsOf(facts))).toMatchObject({ hasFired: false });
  });

  it.each([
    ['cash above its target', '0.47', 'buysOnly'],
    ['cash below its target', '0.53', 'sellsOnly'],
  ])('is answered by one side where %s', (_, weight, side) => {
    const found = judgeTrigger(DEFAULT_CASH_FLOW, factsOf(at(weight)));
    expect(found).toMatchObject({ hasFired: true, group: 'CASH', scope: { kind: 'flowFirst', side } });
  });

  it.each([
    ['came in', '60', 'buysOnly'],
    ['went out', '-60', 'sellsOnly'],
  ])('is answered by one side where money %s', (words, flow, side) => {
    const found = judgeTrigger(DEFAULT_CASH_FLOW, factsOf({ flowUsd: known(amount(flow)) }));
    expect(found).toMatchObject({
      scope: { kind: 'flowFirst', side },
      reason: expect.stringContaining(words),
    });
  });

  it('is answered by sells where money came in and cash is still below its target', () => {
    const found = judgeTrigger(DEFAULT_CASH_FLOW, factsOf({ ...at('0.51'), flowUsd: known(amount('60')) }));
    expect(found).toMatchObject({
      hasFired: true,
      group: null,
      scope: { kind: 'flowFirst', side: 'sellsOnly' },
    });
  });

  it('asks for what reduces where a limit is breached', () => {
    const breach = { limit: 'maxPositionPct', value: amount('0.45'), bound: amount('0.4'), group: 'A' };
    expect(judgeTrigger({ kind: 'risk' }, factsOf({ breaches: known([breach]) }))).toEqual({
      state: 'judged',
      kind: 'risk',
      hasFired: true,
      metric: '0.45',
      threshold: '0.4',
      group: 'A',
      scope: { kind: 'reduceOnly' },
      reason: 'maxPositionPct is 0.45, beyond 0.4',
    });
    expect(judgeTrigger({ kind: 'risk' }, factsOf())).toMatchObject({ hasFired: false });
  });

  it.each<[string, Trigger, Partial<TriggerFacts>]>([
    ['no price', DEFAULT_ABSOLUTE, { weights: unknown('no price of A') }],
    ['no price', DEFAULT_TOTAL, { weights: unknown('no price of A') }],
    ['no price', DEFAULT_CASH_FLOW, { weights: unknown('no price of A') }],
    ['no value', { kind: 'hybrid525' }, { navUsd: unknown('no value') }],
    ['nothing', DEFAULT_TOTAL, { navUsd: known(amount('0')) }],
    ['no covariance', trackingErrorOf('0.1'), { covariance: unknown('no covariance') }],
    ['no flows', DEFAULT_CASH_FLOW, { flowUsd: unknown('no flows') }],
    ['no limits', { kind: 'risk' }, { breaches: unknown('no limits') }],
  ])('is undecidable, not quiet, with %s for %j', (_, trigger, facts) => {
    expect(judgeTrigger(trigger, factsOf(facts))).toMatchObject({ state: 'undecidable', kind: trigger.kind });
  });

  it('says that cash is outside its band even where flows are unknown', () => {
    const facts = factsOf({ ...at('0.4'), flowUsd: unknown('no flows') });
    expect(judgeTrigger(DEFAULT_CASH_FLOW, facts)).toMatchObject({ hasFired: true, group: 'CASH' });
  });
});

describe('a list of triggers', () => {
  const schedule = { every: 'day', zone: 'Europe/Berlin', hour: 9, minute: 0 } as const;

  it.each<[string, readonly Trigger[], string]>([
    ['a kind twice', [DEFAULT_TOTAL, DEFAULT_TOTAL], 'triggers[1].kind'],
    ['a width of zero', [{ kind: 'absolute', halfWidth: amount('0') }], 'triggers[0].halfWidth'],
    ['a width below zero', [{ kind: 'bands', halfWidths: amounts({ A: '-1' }) }], 'triggers[0].halfWidths.A'],
    ['a flow below zero', [{ ...DEFAULT_CASH_FLOW, minFlowUsd: amount('-1') }], 'triggers[0].minFlowUsd'],
    [
      'a zone that is none',
      [{ kind: 'calendar', catchUp: true, force: true, schedule: { ...schedule, zone: 'Mars' } }],
      'triggers[0].schedule.zone',
    ],
    [
      'an hour that is none',
      [{ kind: 'calendar', catchUp: true, force: true, schedule: { ...schedule, hour: 24 } }],
      'triggers[0].schedule.hour',
    ],
    [
      'a calendar with no drift to ask for',
      [{ kind: 'calendar', catchUp: true, force: false, minDrift: amount('0'), schedule }],
      'triggers[0].minDrift',
    ],
  ])('is refused with %s', (_, triggers, path) => {
    expect(findTriggerProblem(triggers)).toMatchObject({ path });
  });

  it('is taken where nothing is wrong', () => {
    const calendar: Trigger = { kind: 'calendar', catchUp: true, force: true, schedule };
    expect(findTriggerProblem([DEFAULT_ABSOLUTE, DEFAULT_CASH_FLOW, calendar])).toBeNull();
  });
});
