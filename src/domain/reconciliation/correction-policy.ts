// Who applies a correction.
//
// Invariants, each held by a property test of the same name:
// 1. Nothing is applied by itself unless every condition of the policy holds.
// 2. Widening a cap never turns an application into a proposal.

import { type Amount, isMore, minimum, multiply } from '../money/amount.ts';
import type { AssetId } from '../venue/venue.ts';
import type { Correction } from './correction.ts';
import { RECONCILIATION_DEFAULTS } from './defaults.ts';

export interface CorrectionPolicy {
  /** Report only; a person approves; or apply what is proven and small. */
  readonly mode: 'observe' | 'propose' | 'auto';
  readonly valueMaxUsd: Amount;
  /** A fraction of the portfolio's value. */
  readonly navShareMax: Amount;
  readonly perAssetAndDayMax: number;
}

export const DEFAULT_CORRECTION_POLICY: CorrectionPolicy = {
  mode: 'propose',
  valueMaxUsd: RECONCILIATION_DEFAULTS.autoValueMaxUsd,
  navShareMax: RECONCILIATION_DEFAULTS.autoNavShareMax,
  perAssetAndDayMax: RECONCILIATION_DEFAULTS.autoPerAssetAndDayMax,
};

export interface CorrectionContext {
  readonly navUsd: Amount | null;
  readonly quietWindowMs: number;
  /** How many sources can be read of the venue: two of them have to agree where there are two. */
  readonly sources: number;
  /** How many corrections were applied by themselves within a day, by asset. */
  readonly appliedToday: ReadonlyMap<AssetId, number>;
  /** What corrections rest on that a person has reversed lately. */
  readonly reversedEvidence: ReadonlySet<string>;
  /** Assets that an order of unknown outcome may move. */
  readonly assetsAwaitingOutcome: ReadonlySet<AssetId>;
}

export interface CorrectionDecision {
  readonly decision: 'apply' | 'propose' | 'observe';
  /** Why, in a sentence; with `propose` the first condition that does not hold. */
  readonly reason: string;
}

export function decideCorrection(
  correction: Correction,
  policy: CorrectionPolicy,
  context: CorrectionContext,
): CorrectionDecision {
  if (policy.mode === 'observe') return { decision: 'observe', reason: 'the policy is to report only' };
  if (policy.mode === 'propose')
    return { decision: 'propose', reason: 'the policy is that a person approves' };
  const obstacle = whyNotApplied(correction, policy, context);
  return obstacle === null
    ? { decision: 'apply', reason: 'one explanation, confirmed by two reads, within the limits' }
    : { decision: 'propose', reason: obstacle };
}

const SOURCES_NEEDED = 2;

function whyNotApplied(
  correction: Correction,
  policy: CorrectionPolicy,
  context: CorrectionContext,
): string | null {
  const { verdict, valueUsd, readsApartMs, bookVersions } = correction;
  if (verdict !== 'unique') return `the explanation is ${verdict}, not unique`;
  if (correction.hasHypothesis) return 'only the figures speak for it, no record does';
  if (correction.isPartial) return 'a difference that shares events with these stays unexplained';
  if (correction.isOscillating) return 'the difference comes and goes';
  if (readsApartMs < context.quietWindowMs) {
    return `the reads are ${readsApartMs} ms apart, at least ${context.quietWindowMs} ms are needed`;
  }
  const sourcesNeeded = Math.min(SOURCES_NEEDED, context.sources);
  if (correction.sources < sourcesNeeded)
    return `${correction.sources} of the venue's sources has shown it, ${sourcesNeeded} are needed`;
  const reversed = correction.evidence.find((each) => context.reversedEvidence.has(each));
  if (reversed !== undefined) return `a person has reversed a correction that rests on ${reversed}`;
  const assets = bookVersions.map(({ asset }) => asset);
  const awaiting = assets.find((asset) => context.assetsAwaitingOutcome.has(asset));
  if (awaiting !== undefined) return `an order of unknown outcome may move ${awaiting}`;
  const often = assets.find((asset) => (context.appliedToday.get(asset) ?? 0) >= policy.perAssetAndDayMax);
  if (often !== undefined) return `${often} was corrected ${policy.perAssetAndDayMax} times today`;
  if (valueUsd === null) return 'an asset has no price, so that its value is unknown';
  if (context.navUsd === null) return "the portfolio's value is unknown";
  const valueMaxUsd = minimum(policy.valueMaxUsd, multiply(context.navUsd, policy.navShareMax));
  if (isMore(valueUsd, valueMaxUsd))
    return `it moves ${valueUsd} USD, at most ${valueMaxUsd} USD are applied unasked`;
  return null;
}
