import { describe, expect, it } from '@jest/globals';
import { advanceAlerts, DEFAULT_COOLDOWN_MS, NO_ALERTS } from '../../../src/domain/alerts/advance-alerts.ts';
import { lookAtLimits } from '../../../src/domain/alerts/look-at-limits.ts';
import { amount } from '../../../src/domain/money/amount.ts';
import {
  breach,
  notKnown,
  PORTFOLIO,
  type RiskEvaluation,
  type RiskLimitName,
  within,
} from '../../../src/domain/risk/risk-evaluation.ts';
import { DEFAULT_RISK_LIMITS, RISK_LIMIT_NAMES } from '../../../src/domain/risk/risk-limits.ts';

const FACTS = { limits: DEFAULT_RISK_LIMITS, isRequired: () => true, areGatesOpen: true, hasTargets: true };
const POLICY = { cooldownMs: DEFAULT_COOLDOWN_MS, quietHours: null };
type Of = Partial<Omit<Parameters<typeof lookAtLimits>[0], 'evaluations'>>;

/** The alerts that open, and are still open, after one look each. */
function openAfter(steps: readonly (readonly RiskEvaluation[] | null)[], of: Of = {}): readonly string[] {
  let state = NO_ALERTS;
  for (const [index, evaluations] of steps.entries()) {
    const looks = lookAtLimits({ ...FACTS, ...of, evaluations });
    state = advanceAlerts(state, { looks, occurrences: [] }, index * 1_000, POLICY).state;
  }
  return [...state.alerts.values()]
    .filter((alert) => alert.state === 'open')
    .map(({ code, about }) => (about === null ? code : `${code} ${about}`))
    .sort();
}

const broken = (
  limit: RiskLimitName,
  value: string,
  bound: string,
  severity: 'critical' | 'warning' = 'warning',
  subject: Parameters<typeof breach>[1] = PORTFOLIO,
) => breach(limit, subject, { value, bound, severity, action: 'tell', reason: `${value} of ${bound}` });
const fine = (limit: RiskLimitName, value: string, bound: string) =>
  within(limit, PORTFOLIO, { value, bound });
const unknown = (limit: RiskLimitName) => notKnown(limit, PORTFOLIO, { missing: 'it', action: 'tell' });

describe('a limit', () => {
  it.each<[string, readonly (readonly RiskEvaluation[] | null)[], readonly string[]]>([
    ['that is kept is no alert', [[fine('maxLeverage', '0.9', '1')]], []],
    ['that is broken is one', [[broken('maxLeverage', '1.2', '1', 'critical')]], ['leverage']],
    [
      'that is kept by little again stays one',
      [[broken('maxLeverage', '1.2', '1', 'critical')], [fine('maxLeverage', '0.9', '1')]],
      ['leverage'],
    ],
    [
      'that is kept by a fifth again is none any more',
      [[broken('maxLeverage', '1.2', '1', 'critical')], [fine('maxLeverage', '0.8', '1')]],
      [],
    ],
    [
      'of which less is worse stays one until there is a quarter more',
      [[broken('minimumBalanceUsd', '40', '50', 'critical')], [fine('minimumBalanceUsd', '62', '50')]],
      ['minimumBalance'],
    ],
    [
      'of which less is worse is over with a quarter more',
      [[broken('minimumBalanceUsd', '40', '50', 'critical')], [fine('minimumBalanceUsd', '62.5', '50')]],
      [],
    ],
    [
      'that cannot be evaluated stays as it was, and that is one of its own',
      [[broken('maxLeverage', '1.2', '1', 'critical')], [unknown('maxLeverage')]],
      ['leverage', 'limitUnknown maxLeverage'],
    ],
    [
      'is not judged before the venues are certified',
      [[broken('maxLeverage', '1.2', '1', 'critical')], null],
      ['leverage'],
    ],
    ['of falls warns first', [[broken('drawdownHalt', '0.16', '0.15')]], ['drawdownWarning']],
    [
      'of falls halts then, and both are open',
      [[broken('drawdownHalt', '0.16', '0.15')], [broken('drawdownHalt', '0.26', '0.25', 'critical')]],
      ['drawdownHalt', 'drawdownWarning'],
    ],
    [
      'of falls is over with the re-arm, whatever the index is',
      [[broken('drawdownHalt', '0.26', '0.25', 'critical')], [fine('drawdownHalt', '0', '0.15')]],
      [],
    ],
    [
      'of a peg has a warning and a halt',
      [[broken('stablecoinDepeg', '0.04', '0.03', 'critical', { kind: 'asset', asset: 'USDT' })]],
      ['depegHalt', 'depegWarning'],
    ],
    [
      'that two limits share is told apart by their names',
      [[broken('minCashPct', '5', '10'), broken('minCashUsd', '5', '10')]],
      ['cashLow minCashPct', 'cashLow minCashUsd'],
    ],
  ])('%s', (_, steps, expected) => {
    expect(openAfter(steps)).toEqual(expected);
  });

  it('that only plans are bound by is none where nothing is traded to targets', () => {
    const found = [broken('minCashUsd', '5', '10'), broken('maxLeverage', '2', '1', 'critical')];
    expect(openAfter([found], { hasTargets: false })).toEqual(['leverage']);
  });

  it('on what has no price says nothing while a gate is closed', () => {
    const found = [broken('frozenShare', '0.7', '0.05', 'critical')];
    expect(openAfter([found], { areGatesOpen: false })).toEqual([]);
    expect(openAfter([found])).toEqual(['frozenShare']);
  });

  it('that is a default and not measured yet is no alert', () => {
    expect(openAfter([[unknown('maxClusterPct')]], { isRequired: () => false })).toEqual([]);
    expect(openAfter([[unknown('maxClusterPct')]])).toEqual(['limitUnknown maxClusterPct']);
  });

  it('of the portfolio has an alert, each of them; those of single orders are told in the plan', () => {
    const silent = RISK_LIMIT_NAMES.filter(
      (limit) => openAfter([[broken(limit, String(amount('9')), '1', 'critical')]]).length === 0,
    );
    expect(silent).toEqual([
      'maxOrderUsd',
      'maxOrderPctADV',
      'maxSlippageBps',
      // Told as pricesStale, for a venue's prices at once.
      'priceStaleness',
      // Told as venueUncertified and as discrepancies.
      'reconcileGate',
      // A queue, and nobody's trouble.
      'concurrency',
    ]);
  });
});
