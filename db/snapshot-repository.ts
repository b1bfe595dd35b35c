import type { Kysely } from 'kysely';
import { canonicalJson } from '../src/domain/canonical-json.ts';
import type { Certificate, Known, Snapshot } from '../src/domain/venue/observation.ts';
import type { VenueId } from '../src/domain/venue/venue.ts';
import { type StoredSnapshotText, snapshotIdOf } from '../src/domain/venue/verify-snapshot.ts';
import type { Database, SnapshotTable } from './tables.ts';

export interface StoredSnapshot {
  /** SHA-256 of certificate and content. */
  readonly id: string;
  readonly observation: Known<Snapshot>;
}

/** Keeps a certified snapshot, once. Only what is known can be kept. */
export async function saveSnapshot(
  db: Kysely<Database>,
  { value, certificate }: Known<Snapshot>,
): Promise<string> {
  const row = {
    venue: certificate.venue,
    observed_at_ms: certificate.observedAtMs,
    certificate: canonicalJson(certificate),
    body: canonicalJson(value),
  };
  const id = snapshotIdOf(row);
  const known = await db.selectFrom('snapshot').select('id').where('id', '=', id).executeTakeFirst();
  if (!known)
    await db
      .insertInto('snapshot')
      .values({ id, ...row })
      .execute();
  return id;
}

export async function findSnapshot(db: Kysely<Database>, id: string): Promise<StoredSnapshot | null> {
  const row = await db.selectFrom('snapshot').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? null : snapshotFromRow(row);
}

/** The newest snapshots of a venue, newest first. */
export async function readNewestSnapshots(
  db: Kysely<Database>,
  venue: VenueId,
  limit: number,
): Promise<readonly StoredSnapshot[]> {
  const rows = await db
    .selectFrom('snapshot')
    .selectAll()
    .where('venue', '=', venue)
    .orderBy('observed_at_ms', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(snapshotFromRow);
}

/** Snapshots as they are kept, to be verified: by id, after one or from the first, at most `limit`. */
export async function readSnapshotTexts(
  db: Kysely<Database>,
  page: { readonly afterId: string | null; readonly limit: number },
): Promise<readonly StoredSnapshotText[]> {
  const rows = await db
    .selectFrom('snapshot')
    .selectAll()
    .where('id', '>', page.afterId ?? '')
    .orderBy('id')
    .limit(page.limit)
    .execute();
  return rows.map(({ id, venue, observed_at_ms: observedAtMs, certificate, body }) => ({
    id,
    venue,
    observedAtMs,
    certificate,
    body,
  }));
}

function snapshotFromRow({ id, certificate, body }: SnapshotTable): StoredSnapshot {
  return {
    id,
    observation: {
      state: 'known',
      value: JSON.parse(body) as Snapshot,
      certificate: JSON.parse(certificate) as Certificate,
    },
  };
}
