import { type Amount, absolute, add, isMore, ZERO } from '../money/amount.ts';
import { type AssetGroup, CASH } from '../rebalancing/targets.ts';
import { inPercent, percentOf } from './bounded.ts';
import { type Exposure, shareBase } from './exposure.ts';
import {
  breach,
  describeSubject,
  notKnown,
  PORTFOLIO,
  type RiskAction,
  type RiskEvaluation,
  type RiskLimitName,
  type RiskSubject,
  within,
} from './risk-evaluation.ts';
import type { RiskLimits } from './risk-limits.ts';
import type { RiskState } from './risk-state.ts';

/** maxPositionPct: |V_a| / N of each group but cash. A group of which something has no price is unknown. */
export function evaluatePositions(exposure: Exposure, { maxPositionPct }: RiskLimits): RiskEvaluation[] {
  if (maxPositionPct === undefined) return [];
  return positionGroups(exposure).map((group) => {
    const subject: RiskSubject = { kind: 'group', group };
    if (exposure.unpricedGroups.has(group))
      return notKnown('maxPositionPct', subject, { missing: `a price of ${group}`, action: 'clip' });
    const value = absolute(exposure.valueByGroup.get(group) ?? ZERO);
    return shareAtMost({
      limit: 'maxPositionPct',
      subject,
      value,
      percent: maxPositionPct,
      exposure,
      action: 'clip',
    });
  });
}

/** maxVenuePct: N_v / N. Of a venue where something has no price, what is known may be within and is unknown still. */
export function evaluateVenues(exposure: Exposure, { maxVenuePct }: RiskLimits): RiskEvaluation[] {
  if (maxVenuePct === undefined) return [];
  return [...exposure.valueByVenue.entries()].map(([venue, value]) => {
    const subject: RiskSubject = { kind: 'venue', venue };
    const unpriced = exposure.held.find((each) => each.venue === venue && each.valueUsd === null);
    const evaluation = shareAtMost({
      limit: 'maxVenuePct',
      subject,
      value,
      percent: maxVenuePct,
      exposure,
      action: 'noBuysAtVenue',
    });
    return unpriced === undefined || evaluation.state === 'breached'
      ? evaluation
      : notKnown('maxVenuePct', subject, {
          missing: `a price of ${unpriced.asset}`,
          action: 'noBuysAtVenue',
        });
  });
}

/** maxClusterPct: Σ|w| of each cluster, so that a short does not hide a long beside it. */
export function evaluateClusters(
  exposure: Exposure,
  state: Pick<RiskState, 'clusters'>,
  { maxClusterPct }: RiskLimits,
): RiskEvaluation[] {
  if (maxClusterPct === undefined) return [];
  if (state.clusters.state === 'unknown')
    return [notKnown('maxClusterPct', PORTFOLIO, { missing: state.clusters.missing, action: 'reduceOnly' })];
  const clusterOf = clustering(state.clusters.value);
  const values = new Map<string, Amount>();
  const unpriced = new Map<string, AssetGroup>();
  for (const group of positionGroups(exposure)) {
    const cluster = clusterOf(group);
    values.set(cluster, add(values.get(cluster) ?? ZERO, absolute(exposure.valueByGroup.get(group) ?? ZERO)));
    if (exposure.unpricedGroups.has(group)) unpriced.set(cluster, group);
  }
  return [...values.entries()].map(([cluster, value]) => {
    const subject: RiskSubject = { kind: 'cluster', cluster };
    const without = unpriced.get(cluster);
    if (without !== undefined)
      return notKnown('maxClusterPct', subject, { missing: `a price of ${without}`, action: 'clip' });
    return shareAtMost({
      limit: 'maxClusterPct',
      subject,
      value,
      percent: maxClusterPct,
      exposure,
      action: 'clip',
    });
  });
}

/** The cluster of a group: as given; one that is in none is alone, under its own name. */
export const clustering =
  (clusters: Readonly<Record<AssetGroup, string>>) =>
  (group: AssetGroup): string =>
    Object.hasOwn(clusters, group) ? (clusters[group] ?? group) : group;

/** Groups that are held, without cash, sorted. */
export const positionGroups = (exposure: Exposure): readonly AssetGroup[] =>
  [...new Set([...exposure.valueByGroup.keys(), ...exposure.unpricedGroups])]
    .filter((group) => group !== CASH)
    .sort();

interface Share {
  readonly limit: RiskLimitName;
  readonly subject: RiskSubject;
  readonly value: Amount;
  readonly percent: Amount;
  readonly exposure: Exposure;
  readonly action: RiskAction;
}

function shareAtMost({ limit, subject, value, percent, exposure, action }: Share): RiskEvaluation {
  const base = shareBase(exposure);
  if (base.state === 'unknown') return notKnown(limit, subject, { missing: base.missing, action });
  const measured = { value: inPercent(value, base.value), bound: percent };
  if (!isMore(value, percentOf(percent, base.value))) return within(limit, subject, measured);
  return breach(limit, subject, {
    ...measured,
    severity: 'warning',
    action,
    reason: `${describeSubject(subject)} is ${measured.value} % of the portfolio, at most ${percent} % may be`,
  });
}
