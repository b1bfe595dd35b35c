import type { Transaction } from '../book/transaction.ts';
import { canonicalJson } from '../canonical-json.ts';
import { sha256Hex } from '../hash.ts';
import type { Known, Observation, Snapshot } from '../venue/observation.ts';
import type { Activity, AssetId, VenueKind } from '../venue/venue.ts';
import { type ActivityScope, candidatesFrom } from './candidates.ts';
import type { TransferUnderWay, WrappedPair } from './candidates-of-structure.ts';
import type { Comparison } from './compare.ts';
import { type Correction, proposeCorrection } from './correction.ts';
import type { Discrepancy } from './discrepancy.ts';
import { type Explanation, explainDiscrepancies } from './explain.ts';
import type { VenueStanding } from './venue-round.ts';

/** What was found to account for the confirmed differences of one round. */
export interface ExplainedRound {
  readonly explanations: readonly Explanation[];
  readonly corrections: readonly Correction[];
  /** Why the venue's activity could not be read; null where it could: without it absence proves nothing. */
  readonly activityUnknown: string | null;
  /** SHA-256 of all that the venue answered of its activity: what the causes rest on. */
  readonly activityHash: string;
  readonly basis: ActivityBasis;
}

/** What a venue said of its activity, and what it was asked for: its answer is complete for this and nothing else. */
export interface ActivityBasis {
  readonly activity: Observation<readonly Activity[]>;
  readonly scope: ActivityScope;
  readonly fillsSinceMs: number | null;
}

export interface ExplainRoundInput {
  readonly snapshot: Known<Snapshot>;
  readonly comparison: Comparison;
  /** As the comparison advanced them. */
  readonly discrepancies: readonly Discrepancy[];
  readonly standing: VenueStanding;
  readonly basis: ActivityBasis;
  readonly bookTransactions: readonly Transaction[];
  readonly openedAtMs: number | null;
  readonly transfersInTransit: readonly TransferUnderWay[];
  readonly wrappedPairs: readonly WrappedPair[];
  /** Assets of one group may arrive under another identity than they left. */
  readonly groupOf: (asset: AssetId) => string;
  /** The book's transactions that earlier corrections have set right. */
  readonly correctedTransactionIds: ReadonlySet<string>;
}

/** Their snapshots may have no fills: what was traded is among their activity, as far as they tell it. */
const TRADES_ARE_ACTIVITY: ReadonlySet<VenueKind> = new Set(['solana', 'coinbase-wallet', 'statement']);

/** Finds causes for what two reads have confirmed, and what to post for each. Decides nothing and applies nothing. */
export function explainRound(input: ExplainRoundInput): ExplainedRound {
  const { snapshot, comparison, standing, basis } = input;
  const { activity } = basis;
  const { book } = standing;
  const confirmed = input.discrepancies.filter(
    ({ state, lastSeenAtMs }) =>
      (state === 'confirmed' || state === 'unexplained' || state === 'explained') &&
      lastSeenAtMs === comparison.observedAtMs,
  );
  const candidates = candidatesFrom({
    venue: book.venue,
    fills: snapshot.value.fills,
    activity: activity.state === 'known' ? activity.value : null,
    recentVenueIds: book.recentVenueIds,
    recentSinceMs: book.recentSinceMs,
    openedAtMs: input.openedAtMs,
    fillsSinceMs: basis.fillsSinceMs,
    tradesAreActivity: TRADES_ARE_ACTIVITY.has(snapshot.certificate.kind),
    activityScope: basis.scope,
    bookTransactions: input.bookTransactions,
    differences: comparison.differences,
    holdings: book.holdings,
    accrued: snapshot.value.accrued,
    transfersInTransit: input.transfersInTransit,
    wrappedPairs: input.wrappedPairs,
    groupOf: input.groupOf,
    correctedTransactionIds: input.correctedTransactionIds,
    observedAtMs: comparison.observedAtMs,
  });
  const explanations = explainDiscrepancies({
    venue: book.venue,
    discrepancies: confirmed,
    differences: comparison.differences,
    candidates,
  });
  const bookVersions = new Map<AssetId, number>(book.holdings.map(({ asset, version }) => [asset, version]));
  const byId = new Map(confirmed.map((discrepancy) => [discrepancy.id, discrepancy]));
  const corrections = explanations.flatMap((explanation) => {
    const correction = proposeCorrection({
      discrepancies: explanation.discrepancyIds.flatMap((id) => byId.get(id) ?? []),
      explanation,
      certificate: snapshot.certificate,
      bookVersions,
      priceOf: standing.priceOf,
    });
    return correction === null ? [] : [correction];
  });
  return {
    explanations,
    corrections,
    activityUnknown: activity.state === 'known' ? null : activity.reason,
    activityHash: sha256Hex(canonicalJson(activity)),
    basis,
  };
}
