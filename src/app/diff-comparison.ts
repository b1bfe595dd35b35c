// The core on two files: the same comparison, candidates, explanations and corrections as the service makes.

import { assert } from '../domain/assert.ts';
import type { BookView } from '../domain/book/book-view.ts';
import type { Transaction } from '../domain/book/transaction.ts';
import { ZERO } from '../domain/money/amount.ts';
import { advanceDiscrepancies } from '../domain/reconciliation/advance-discrepancies.ts';
import { candidatesFrom } from '../domain/reconciliation/candidates.ts';
import { type Comparison, compareVenue } from '../domain/reconciliation/compare.ts';
import { type Correction, proposeCorrection } from '../domain/reconciliation/correction.ts';
import { RECONCILIATION_DEFAULTS } from '../domain/reconciliation/defaults.ts';
import type { Discrepancy } from '../domain/reconciliation/discrepancy.ts';
import { type Explanation, explainDiscrepancies } from '../domain/reconciliation/explain.ts';
import { defaultTolerances, type Tolerances } from '../domain/reconciliation/tolerance.ts';
import type { Known, Snapshot } from '../domain/venue/observation.ts';
import type { AssetId, VenueId } from '../domain/venue/venue.ts';
import { NATIVE_SOL, WRAPPED_SOL_MINT } from '../exchanges/solana/token-registry.ts';
import type { DiffInput } from './diff-input.ts';
import { bookedAs, bookOf, snapshotOf } from './diff-sides.ts';

export interface DiffComparison {
  readonly comparison: Comparison;
  /** By their ids. */
  readonly discrepancies: ReadonlyMap<string, Discrepancy>;
  readonly explanations: readonly Explanation[];
  /** Only where there is one explanation. */
  readonly corrections: readonly Correction[];
  /** What the book has booked, in the order of its file. */
  readonly bookTransactions: readonly Transaction[];
}

/** Every difference counts, down to the last digit. */
const NO_TOLERANCE: Tolerances = { ...defaultTolerances(), relative: ZERO, valueUsd: ZERO, dustUsd: ZERO };

const WRAPPED_PAIRS = [{ native: NATIVE_SOL, wrapped: WRAPPED_SOL_MINT }];

/** Compares a book with a snapshot and explains what differs. Two files are all there is: nothing is under way. */
export function compareFiles(input: DiffInput, venue: VenueId): DiffComparison {
  const bookTransactions = input.book.bookings.flatMap((booking, index) => bookedAs(booking, index, venue));
  const book = bookOf(input, venue);
  // The files say the same however often they are read, so the second read confirms the first.
  const observedAtMs = input.snapshot.observedAtMs ?? newestAtMs(input);
  const first = snapshotOf(input, venue, observedAtMs);
  const second = snapshotOf(input, venue, observedAtMs + RECONCILIATION_DEFAULTS.quietWindowMinMs);
  const comparison = compare(book, first);
  const discrepancies = confirm(comparison, compare(book, second));
  const explanations = explainDiscrepancies({
    venue,
    discrepancies,
    differences: comparison.differences,
    candidates: candidatesOf(input, { book, snapshot: first, comparison, bookTransactions }),
  });
  const corrections = explanations
    .filter(({ verdict }) => verdict === 'unique')
    .map((explanation) =>
      proposeCorrection({
        discrepancies,
        explanation,
        certificate: second.certificate,
        bookVersions: new Map(),
        priceOf: () => null,
      }),
    )
    .filter((correction) => correction !== null);
  const byId = new Map(discrepancies.map((discrepancy) => [discrepancy.id, discrepancy]));
  return { comparison, discrepancies: byId, explanations, corrections, bookTransactions };
}

const compare = (book: BookView, snapshot: Known<Snapshot>): Comparison =>
  compareVenue({
    book,
    snapshot,
    inFlight: [],
    tolerances: NO_TOLERANCE,
    priceOf: () => null,
    navUsd: null,
  });

function confirm(first: Comparison, second: Comparison): readonly Discrepancy[] {
  const context = { quietWindowMs: RECONCILIATION_DEFAULTS.quietWindowMinMs, confirmations: 2 };
  const seen = [first, second].reduce<readonly Discrepancy[]>(
    (before, read) =>
      advanceDiscrepancies(before, read, { ...context, nowMs: read.observedAtMs, previousReadAtMs: null })
        .discrepancies,
    [],
  );
  const confirmed = seen.filter(({ state }) => state === 'confirmed');
  assert(confirmed.length === first.differences.length, 'the second read confirms every difference');
  return confirmed;
}

function candidatesOf(
  { records }: DiffInput,
  of: {
    readonly book: BookView;
    readonly snapshot: Known<Snapshot>;
    readonly comparison: Comparison;
    readonly bookTransactions: readonly Transaction[];
  },
) {
  const { book, comparison, bookTransactions } = of;
  const sinceMs = records?.completeSinceMs ?? null;
  const assets = new Set<AssetId>(
    bookTransactions.flatMap(({ postings }) => postings.map(({ asset }) => asset)),
  );
  return candidatesFrom({
    venue: book.venue,
    fills: of.snapshot.value.fills,
    activity:
      records?.records.flatMap((record) => (record.kind === 'activity' ? [record.activity] : [])) ?? null,
    recentVenueIds: book.recentVenueIds,
    recentSinceMs: book.recentSinceMs,
    openedAtMs: null,
    // Later than everything that is looked at: nothing follows from a fill that is not listed.
    fillsSinceMs: sinceMs ?? comparison.observedAtMs + 1,
    ...(sinceMs === null ? {} : { activityScope: { sinceMs, assets } }),
    bookTransactions,
    differences: comparison.differences,
    holdings: book.holdings,
    accrued: of.snapshot.value.accrued,
    transfersInTransit: [],
    wrappedPairs: WRAPPED_PAIRS,
    observedAtMs: comparison.observedAtMs,
  });
}

/** Where no file says when the snapshot was taken, it is as young as the youngest thing that they name. */
function newestAtMs({ book, records }: DiffInput): number {
  const times = [
    ...book.bookings.map(({ atMs }) => atMs),
    ...(records?.records ?? []).map((record) =>
      record.kind === 'fill' ? record.fill.atMs : record.activity.atMs,
    ),
  ];
  return times.reduce((newest, atMs) => Math.max(newest, atMs), 0);
}
