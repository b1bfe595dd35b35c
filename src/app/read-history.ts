import { findCorrection } from '../../db/correction-repository.ts';
import type { OpenDatabase } from '../../db/database.ts';
import { findDiscrepancy } from '../../db/discrepancy-repository.ts';
import { readAuditBackwards, readStatusChanges } from '../../db/history-repository.ts';
import { readVenueStates } from '../../db/venue-state-repository.ts';
import type { VenueId } from '../domain/venue/venue.ts';
import { HISTORY_KINDS, type HistoryEntry, historyEntryOf } from './history-entry.ts';

export interface HistoryRequest {
  /** Null: of every venue. */
  readonly venue: VenueId | null;
  /** Null: from the beginning. */
  readonly sinceMs: number | null;
  /** The newest are given. */
  readonly limit: number;
}

/** Entries of the audit log that are in memory at a time. */
const PAGE = 200;

/** What happened to the book, oldest first: the newest of it, from the database alone. */
export async function readHistory(
  db: OpenDatabase['db'],
  request: HistoryRequest,
): Promise<readonly HistoryEntry[]> {
  const all = [
    ...(await auditEntries(db, request)),
    ...(await statusEntries(db, request)),
    ...(await openingEntries(db)),
  ];
  return all
    .filter((entry) => isWanted(entry, request))
    .sort((a, b) => a.atMs - b.atMs || (a.sequence ?? Infinity) - (b.sequence ?? Infinity))
    .slice(-request.limit);
}

const isWanted = ({ atMs, venue }: HistoryEntry, request: HistoryRequest): boolean =>
  (request.sinceMs === null || atMs >= request.sinceMs) &&
  (request.venue === null || venue === null || venue === request.venue);

async function auditEntries(
  db: OpenDatabase['db'],
  request: HistoryRequest,
): Promise<readonly HistoryEntry[]> {
  const found: HistoryEntry[] = [];
  for (let beforeSequence = Number.MAX_SAFE_INTEGER; found.length < request.limit; ) {
    const page = await readAuditBackwards(db, {
      kinds: HISTORY_KINDS,
      beforeSequence,
      sinceMs: request.sinceMs,
      limit: PAGE,
    });
    for (const entry of page) {
      const told = await withVenue(db, historyEntryOf(entry));
      if (isWanted(told, request)) found.push(told);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) break;
    beforeSequence = last.sequence;
  }
  return found.slice(0, request.limit);
}

/** A decision names what it was on, and that has a venue. */
async function withVenue(db: OpenDatabase['db'], entry: HistoryEntry): Promise<HistoryEntry> {
  if (entry.kind !== 'decision' || entry.venue !== null || entry.id === null) return entry;
  const found = (await findCorrection(db, entry.id)) ?? (await findDiscrepancy(db, entry.id));
  return { ...entry, venue: found?.venue ?? null };
}

async function statusEntries(
  db: OpenDatabase['db'],
  request: HistoryRequest,
): Promise<readonly HistoryEntry[]> {
  const changes = await readStatusChanges(db, request);
  return changes.map(({ sequence, atMs, venue, status, before, unknownReason }) => {
    const to = unknownReason === null ? status : `${status} (${unknownReason})`;
    const text = before === null ? to : `from ${before} to ${to}`;
    return {
      atMs,
      kind: 'status',
      venue,
      asset: null,
      id: null,
      by: `reconciliation:${venue}`,
      text,
      sequence,
    };
  });
}

/** A venue that the bot's own messages opened has no entry that says so. */
async function openingEntries(db: OpenDatabase['db']): Promise<readonly HistoryEntry[]> {
  return (await readVenueStates(db)).flatMap(({ venue, opening }) =>
    opening.state === 'fromMessages'
      ? [
          {
            atMs: opening.atMs,
            kind: 'opening',
            venue,
            asset: null,
            id: null,
            by: 'bot',
            text: 'opened by messages of the bot',
            sequence: null,
          },
        ]
      : [],
  );
}
