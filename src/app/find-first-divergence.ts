import type { OpenDatabase } from '../../db/database.ts';
import { countSnapshots, readSnapshotAt, type StoredSnapshot } from '../../db/snapshot-repository.ts';
import { readAccountPostings } from '../../db/venue-transactions.ts';
import { type Amount, add, ZERO } from '../domain/money/amount.ts';
import type { ComparedBucket } from '../domain/reconciliation/compare.ts';
import { firstDivergence } from '../domain/reconciliation/first-divergence.ts';
import type { Snapshot } from '../domain/venue/observation.ts';
import { type AssetId, isPerpetualAsset, marketOfPerpetual, type VenueId } from '../domain/venue/venue.ts';

export interface FirstDivergence {
  /** The newest stored read before it that agrees; null where all of them differ. */
  readonly lastAgreed: DatedRead | null;
  readonly firstDiffered: DatedRead;
  /** How many of the stored reads were looked at. */
  readonly readsLookedAt: number;
}

export interface DatedRead {
  readonly snapshotId: string;
  readonly atMs: number;
  readonly bookAmount: Amount;
  readonly venueAmount: Amount;
}

/**
 * Bisects the stored reads of a venue for the first that differs from the book as it is known today, each from the book
 * as of its own time. Null where the newest agrees, and for what is no amount of an asset.
 */
export async function findFirstDivergence(
  { db }: Pick<OpenDatabase, 'db'>,
  of: { readonly venue: VenueId; readonly asset: AssetId; readonly bucket: ComparedBucket },
): Promise<FirstDivergence | null> {
  const { venue, asset, bucket } = of;
  if (bucket === 'order' || bucket === 'entryPrice') return null;
  const bookAt = bookOverTime(await readAccountPostings(db, { venue, asset }), bucket);
  const looked = new Map<number, DatedRead>();
  const look = async (index: number): Promise<boolean> => {
    const stored = await readSnapshotAt(db, venue, index);
    if (!stored) throw new Error(`${venue} has a snapshot ${index}`);
    const read = datedRead(stored, bookAt, asset, bucket);
    looked.set(index, read);
    return read.bookAmount !== read.venueAmount;
  };
  const search = firstDivergence(await countSnapshots(db, venue));
  let step = search.next();
  while (!step.done) step = search.next(await look(step.value));
  const found = step.value;
  const firstDiffered = found === null ? undefined : looked.get(found);
  if (found === null || firstDiffered === undefined) return null;
  return { lastAgreed: looked.get(found - 1) ?? null, firstDiffered, readsLookedAt: looked.size };
}

function datedRead(
  { id, observation: { value, certificate } }: StoredSnapshot,
  bookAt: (atMs: number) => Amount,
  asset: AssetId,
  bucket: 'total' | 'hold',
): DatedRead {
  const atMs = certificate.observedAtMs;
  return { snapshotId: id, atMs, bookAmount: bookAt(atMs), venueAmount: venueAmountOf(value, asset, bucket) };
}

function venueAmountOf({ balances, positions }: Snapshot, asset: AssetId, bucket: 'total' | 'hold'): Amount {
  if (isPerpetualAsset(asset))
    return positions.find(({ market }) => market === marketOfPerpetual(asset))?.size ?? ZERO;
  return balances.find((balance) => balance.asset === asset)?.[bucket] ?? ZERO;
}

/** What the book had at a moment, by what it knows today: sums of the postings up to then. */
function bookOverTime(
  postings: Awaited<ReturnType<typeof readAccountPostings>>,
  bucket: 'total' | 'hold',
): (atMs: number) => Amount {
  const counted = postings.filter((posting) =>
    bucket === 'hold'
      ? posting.bucket === 'hold'
      : posting.bucket === 'available' || posting.bucket === 'hold',
  );
  const times: number[] = [];
  const sums: Amount[] = [];
  for (const { atMs, amount } of counted) {
    times.push(atMs);
    sums.push(add(sums.at(-1) ?? ZERO, amount));
  }
  return (atMs) => {
    let low = 0;
    let high = times.length;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((times[middle] ?? 0) <= atMs) low = middle + 1;
      else high = middle;
    }
    return sums[low - 1] ?? ZERO;
  };
}
