import type { StoredCorrection } from '../../db/correction-repository.ts';
import type { OpenDatabase } from '../../db/database.ts';
import { findProposalReason } from '../../db/history-repository.ts';
import { findSnapshotOfReport } from '../../db/report-repository.ts';
import { correctionTransaction } from '../domain/book/correction-transaction.ts';
import type { Posting } from '../domain/book/transaction.ts';
import type { Correction } from '../domain/reconciliation/correction.ts';

/** A correction as a person reads it before deciding on it. */
export interface ExplainedCorrection
  extends Pick<
      StoredCorrection,
      'id' | 'state' | 'proposedAtMs' | 'expiresAtMs' | 'decidedAtMs' | 'decidedBy'
    >,
    Pick<
      Correction,
      | 'venue'
      | 'discrepancyIds'
      | 'verdict'
      | 'cause'
      | 'hasHypothesis'
      | 'isPartial'
      | 'valueUsd'
      | 'evidenceHash'
    > {
  readonly shortId: string;
  /** One for each event that it books. */
  readonly sentences: readonly string[];
  /** The other explanations that fit, sentence by sentence. */
  readonly alternatives: Correction['alternatives'];
  /** Why it was left to a person; null where it was not, or nobody wrote it down. */
  readonly reason: string | null;
  /** The venue's own ids of what it books. */
  readonly venueIds: readonly string[];
  /** The records of the venue and of the book that it rests on. */
  readonly evidence: readonly string[];
  /** What the venue showed in the round that proposed it; null where that round kept none. */
  readonly snapshotId: string | null;
  readonly postings: readonly Posting[];
}

export async function explainedCorrection(
  db: OpenDatabase['db'],
  stored: StoredCorrection,
  shortId: string,
): Promise<ExplainedCorrection> {
  const { id, state, proposedAtMs, expiresAtMs, decidedAtMs, decidedBy } = stored;
  const correction = stored.body as Correction;
  const { venue, discrepancyIds, verdict, cause, hasHypothesis, isPartial, valueUsd, evidenceHash } =
    correction;
  return {
    id,
    shortId,
    venue,
    state,
    discrepancyIds,
    verdict,
    cause,
    sentences: correction.descriptions,
    // What an earlier version kept has none.
    alternatives: correction.alternatives ?? [],
    hasHypothesis,
    isPartial,
    valueUsd,
    reason: await findProposalReason(db, id),
    proposedAtMs,
    expiresAtMs,
    decidedAtMs,
    decidedBy,
    venueIds: correction.parts.flatMap(({ venueId }) => (venueId === null ? [] : [venueId])),
    evidence: correction.evidence,
    evidenceHash,
    // A round's report and what it proposes are written in one transaction, at one time.
    snapshotId: await findSnapshotOfReport(db, { venue, atMs: proposedAtMs }),
    postings: correction.parts.flatMap((part) => correctionTransaction(part).postings),
  };
}
