import { isZero } from '../domain/money/amount.ts';
import { CLOCK_SKEW_MAX_MS } from '../domain/venue/observation.ts';
import { type Fill, isPerpetualAsset } from '../domain/venue/venue.ts';
import type { ConfigurationProblem } from './configuration-problem.ts';
import type { StatedAccount } from './diff-account.ts';
import { bookSchema, type StatedBook } from './diff-book.ts';
import { recordId, recordsSchema, type StatedRecords } from './diff-records.ts';
import { type KnownSnapshot, snapshotSchema, type UnknownSnapshot } from './diff-snapshot.ts';
import { placeIn } from './file-terms.ts';
import { readCheckedFile } from './read-checked-file.ts';

export interface DiffPaths {
  readonly book: string;
  readonly snapshot: string;
  /** Null without one: then nothing follows from what the venue's records lack. */
  readonly activity: string | null;
}

/** What is compared: checked, exact, and each file fit for the others. */
export interface DiffInput {
  readonly book: StatedBook;
  readonly snapshot: KnownSnapshot;
  readonly records: StatedRecords | null;
}

export type DiffReading =
  | { readonly state: 'readable'; readonly input: DiffInput }
  | Pick<UnknownSnapshot, 'state' | 'reason' | 'detail'>
  | { readonly state: 'refused'; readonly problems: readonly ConfigurationProblem[] };

/** Reads and checks the files. Tells everything that is wrong with all of them, as far as it can be told. */
export function readDiffInput(paths: DiffPaths): DiffReading {
  const book = readCheckedFile(paths.book, bookSchema);
  const snapshot = readCheckedFile(paths.snapshot, snapshotSchema);
  const records = paths.activity === null ? null : readCheckedFile(paths.activity, recordsSchema);
  if (!book.ok || !snapshot.ok || records?.ok === false) {
    const problems = [book, snapshot, records].flatMap((read) => (read?.ok === false ? read.problems : []));
    return { state: 'refused', problems };
  }
  if (snapshot.value.state === 'unknown') {
    const { reason, detail } = snapshot.value;
    return { state: 'unknown', reason, detail };
  }
  const input: DiffInput = { book: book.value, snapshot: snapshot.value, records: records?.value ?? null };
  const problems = [
    ...venueProblems(input, paths),
    ...positionProblems(input, paths),
    ...recordProblems(input, paths),
  ];
  if (problems.length > 0) return { state: 'refused', problems };
  const stale = whyStale(input);
  return stale === null ? { state: 'readable', input } : { state: 'unknown', reason: 'stale', detail: stale };
}

function venueProblems({ book, snapshot }: DiffInput, paths: DiffPaths): readonly ConfigurationProblem[] {
  const expected = snapshot.account.venue;
  const found = book.account.venue;
  if (expected === null || found === null || expected === found) return [];
  return [
    {
      path: placeIn(paths.book, ['venue']),
      expected: `"${expected}", which ${paths.snapshot} is of`,
      found: `"${found}"`,
    },
  ];
}

/** A position is held like an asset: where one side has some, the other's silence does not mean that it has none. */
function positionProblems({ book, snapshot }: DiffInput, paths: DiffPaths): readonly ConfigurationProblem[] {
  const sides = [
    { path: paths.book, own: book.account, other: snapshot.account },
    { path: paths.snapshot, own: snapshot.account, other: book.account },
  ];
  return sides
    .filter(({ own, other }) => !own.saysPositions && positionsIn(own) === 0 && positionsIn(other) > 0)
    .map(({ path, other }) => ({
      path: placeIn(path, ['positions']),
      expected: `positions, {} for none, because the other file has ${positionsIn(other)}`,
      found: 'nothing',
    }));
}

const positionsIn = ({ balances }: StatedAccount): number =>
  [...balances].filter(([asset, { total }]) => isPerpetualAsset(asset) && !isZero(total)).length;

/** The snapshot may list a fill that the records have too; what it does not say of a fill, they may. */
function recordProblems(
  { snapshot, records }: DiffInput,
  { activity }: DiffPaths,
): readonly ConfigurationProblem[] {
  const listed = new Map(snapshot.fills.map((fill) => [fill.id, fill]));
  return (records?.records ?? []).flatMap((record): ConfigurationProblem[] => {
    const id = recordId(record);
    const fill = listed.get(id);
    if (fill === undefined || (record.kind === 'fill' && isSameFill(record.fill, fill))) return [];
    const expected = `the fill "${id}" as the snapshot lists it`;
    return [{ path: activity ?? '', expected, found: 'another record with that id' }];
  });
}

const isSameFill = (a: Fill, b: Fill): boolean =>
  a.market === b.market &&
  a.side === b.side &&
  a.quantity === b.quantity &&
  a.price === b.price &&
  a.fee.asset === b.fee.asset &&
  a.fee.amount === b.fee.amount;

/** A snapshot from before something that the book has booked says nothing of the book as it is. */
function whyStale({ book, snapshot: { observedAtMs } }: DiffInput): string | null {
  if (observedAtMs === null) return null;
  const younger = book.bookings.find(({ atMs }) => atMs > observedAtMs + CLOCK_SKEW_MAX_MS);
  if (younger === undefined) return null;
  const [booked, observed] = [younger.atMs, observedAtMs].map((atMs) => new Date(atMs).toISOString());
  return `the book has booked ${younger.id} of ${booked}, the snapshot is of ${observed}`;
}
