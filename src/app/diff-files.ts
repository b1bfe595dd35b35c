import { correctionTransaction } from '../domain/book/correction-transaction.ts';
import type { Bucket, ExternalAccount, Posting } from '../domain/book/transaction.ts';
import type { Amount } from '../domain/money/amount.ts';
import type { Candidate } from '../domain/reconciliation/candidate.ts';
import type { Difference } from '../domain/reconciliation/compare.ts';
import type { Correction } from '../domain/reconciliation/correction.ts';
import type { Explanation } from '../domain/reconciliation/explain.ts';
import type { AssetId } from '../domain/venue/venue.ts';
import type { ConfigurationProblem } from './configuration-problem.ts';
import { compareFiles, type DiffComparison } from './diff-comparison.ts';
import { type DiffInput, type DiffPaths, readDiffInput } from './diff-input.ts';
import { type NotCompared, notComparedIn } from './diff-silence.ts';

export type DiffOutcome =
  | { readonly state: 'compared'; readonly document: DiffDocument }
  | { readonly state: 'unknown'; readonly document: UnknownDiffDocument }
  /** The files are not what they have to be. */
  | { readonly state: 'refused'; readonly problems: readonly ConfigurationProblem[] };

/** What `trueup diff --json` prints where there is an answer. Amounts are decimal text, exact to the last digit. */
export interface DiffDocument {
  readonly status: 'agreed' | 'different';
  /** Null where no file names it. */
  readonly venue: string | null;
  /** Null where the snapshot does not say. */
  readonly observedAtMs: number | null;
  readonly compared: number;
  readonly agreed: number;
  /** What only one of the files speaks of. */
  readonly notCompared: readonly NotCompared[];
  readonly differences: readonly DiffRow[];
  readonly explanations: readonly DiffExplanation[];
  /** What to post so that the book agrees; only where there is one explanation. */
  readonly corrections: readonly DiffCorrection[];
  /** The venue's records that were given; null without any. What they lack proves something from `completeSinceMs` on. */
  readonly activity: { readonly records: number; readonly completeSinceMs: number | null } | null;
}

/** And where there is none: unknown is neither agreement nor difference. */
export interface UnknownDiffDocument {
  readonly status: 'unknown';
  readonly reason: string;
  readonly detail: string;
}

export type DiffRow = Pick<
  Difference,
  'asset' | 'bucket' | 'subject' | 'class' | 'severity' | 'bookAmount' | 'venueAmount' | 'delta'
>;

export interface DiffExplanation extends Pick<Explanation, 'id' | 'verdict' | 'cause' | 'isPartial'> {
  readonly of: readonly Pick<Difference, 'asset' | 'bucket' | 'subject'>[];
  /** Other explanations book its events. */
  readonly isInformational: boolean;
  readonly alternatives: readonly (readonly DiffEvent[])[];
}

export interface DiffEvent
  extends Pick<Candidate, 'cause' | 'evidenceKind' | 'description' | 'evidence' | 'deltas' | 'atMs'> {}

export interface DiffCorrection
  extends Pick<Correction, 'id' | 'explanationId' | 'cause' | 'hasHypothesis' | 'isPartial'> {
  /** One for each event of its explanation. */
  readonly transactions: readonly {
    readonly venueId: string | null;
    /** When it happened, or when the snapshot showed it; null where no file says. */
    readonly atMs: number | null;
    readonly postings: readonly DiffPosting[];
  }[];
}

/** One side of what is to be posted at the venue of the files. The postings of a transaction sum to zero per asset. */
export type DiffPosting =
  | { readonly bucket: Bucket; readonly asset: AssetId; readonly amount: Amount }
  | { readonly external: ExternalAccount; readonly asset: AssetId; readonly amount: Amount };

/** What the core calls the venue of files that do not name it. */
const UNNAMED = 'venue';

/** Compares a book with a snapshot of one venue, both in files, and explains what differs. Reads nothing else. */
export function diffFiles(paths: DiffPaths): DiffOutcome {
  const reading = readDiffInput(paths);
  if (reading.state === 'refused') return reading;
  if (reading.state === 'unknown') {
    const { reason, detail } = reading;
    return { state: 'unknown', document: { status: 'unknown', reason, detail } };
  }
  return { state: 'compared', document: documentOf(reading.input) };
}

function documentOf(input: DiffInput): DiffDocument {
  const { book, snapshot, records } = input;
  const venue = snapshot.account.venue ?? book.account.venue;
  const found = compareFiles(input, venue ?? UNNAMED);
  const { comparison, explanations, corrections } = found;
  const { compared, agreed, differences } = comparison;
  return {
    status: differences.length === 0 ? 'agreed' : 'different',
    venue,
    observedAtMs: snapshot.observedAtMs,
    compared,
    agreed,
    notCompared: notComparedIn(input),
    differences: differences.map(rowOf),
    explanations: explanations.map((explanation) => explanationOf(explanation, found)),
    corrections: corrections.map((correction) => correctionOf(correction, input, found)),
    activity:
      records === null ? null : { records: records.records.length, completeSinceMs: records.completeSinceMs },
  };
}

const rowOf = (difference: Difference): DiffRow => {
  const { asset, bucket, subject, severity, bookAmount, venueAmount, delta } = difference;
  return { asset, bucket, subject, class: difference.class, severity, bookAmount, venueAmount, delta };
};

function explanationOf(explanation: Explanation, found: DiffComparison): DiffExplanation {
  const { id, verdict, cause, isPartial, isInformational, alternatives, discrepancyIds } = explanation;
  const names = new Map(found.bookTransactions.map((transaction) => [transaction.id, transaction.eventId]));
  return {
    id,
    verdict,
    cause,
    of: discrepancyIds
      .flatMap((one) => found.discrepancies.get(one) ?? [])
      .map(({ asset, bucket, subject }) => ({ asset, bucket, subject }))
      .sort((a, b) => (`${a.asset} ${a.bucket}` < `${b.asset} ${b.bucket}` ? -1 : 1)),
    isPartial,
    isInformational,
    alternatives: alternatives.map((events) => events.map((event) => eventOf(event, names))),
  };
}

/** A booking is evidence by its place in the book's file. */
function eventOf(event: Candidate, names: ReadonlyMap<string, string>): DiffEvent {
  const { cause, evidenceKind, description, deltas, atMs } = event;
  const evidence = event.evidence.map((id) => names.get(id) ?? id);
  return { cause, evidenceKind, description, evidence, deltas, atMs };
}

function correctionOf(
  correction: Correction,
  { snapshot }: DiffInput,
  found: DiffComparison,
): DiffCorrection {
  const { id, explanationId, cause, hasHypothesis, isPartial } = correction;
  const events = found.explanations.find((explanation) => explanation.id === explanationId)?.events ?? [];
  return {
    id,
    explanationId,
    cause,
    hasHypothesis,
    isPartial,
    transactions: correction.parts.map((part, index) => ({
      venueId: part.venueId,
      atMs: events[index]?.atMs ?? snapshot.observedAtMs,
      postings: correctionTransaction(part).postings.map(postingOf),
    })),
  };
}

function postingOf(posting: Posting): DiffPosting {
  const { asset, amount } = posting;
  return 'external' in posting
    ? { external: posting.external, asset, amount }
    : { bucket: posting.bucket, asset, amount };
}
