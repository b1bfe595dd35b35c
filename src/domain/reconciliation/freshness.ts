// Whether a read is of the present.
//
// Invariants, each held by a test of the same name:
// 1. A venue's height never falls, and a fill that it has listed stays listed.
// 2. A read that lacks a fill which the book knows is old, until the fill itself is old: then it is the book's claim.

import type { BookView } from '../book/book-view.ts';
import { CLOCK_SKEW_MAX_MS, type Known, type Snapshot } from '../venue/observation.ts';
import type { VenueKind } from '../venue/venue.ts';
import { RECONCILIATION_DEFAULTS } from './defaults.ts';

/** Fills younger than this at the last read are asked for again, and have to come again. */
const FILLS_ASKED_AGAIN_MS = 1_800_000;

/** Chains tell swaps as activity, not as fills, and a file may list balances alone. */
const LISTS_FILLS: Readonly<Record<VenueKind, boolean>> = {
  coinbase: true,
  'coinbase-wallet': false,
  dydx: true,
  solana: false,
  statement: false,
};

/** Why a read is older than what is known already; null where it is not. */
export function whyStale(
  read: Known<Snapshot>,
  known: { readonly before: Known<Snapshot> | null; readonly book: BookView },
): string | null {
  return (
    (known.before && whyOlderThan(known.before, read)) ??
    (LISTS_FILLS[read.certificate.kind] ? whyBehindBook(known.book, read) : null) ??
    (read.certificate.kind === 'statement' ? whyBeforeBook(known.book, read) : null)
  );
}

function whyOlderThan(before: Known<Snapshot>, read: Known<Snapshot>): string | null {
  const [was, is] = [before.certificate.watermarkAfter.height, read.certificate.watermarkAfter.height];
  if (was !== null && is !== null && is < was) return `height ${is}, an earlier read saw ${was}`;
  const listed = new Set(read.value.fills.map(({ id }) => id));
  const missed = before.value.fills.find(
    ({ id, atMs }) => before.certificate.observedAtMs - atMs < FILLS_ASKED_AGAIN_MS && !listed.has(id),
  );
  return missed === undefined ? null : `the fill ${missed.id}, which an earlier read saw, is not listed`;
}

function whyBehindBook({ newestFillAtMs, newestFillIds }: BookView, { value, certificate }: Known<Snapshot>) {
  if (newestFillAtMs === null) return null;
  const ageMs = certificate.observedAtMs - newestFillAtMs;
  if (ageMs < 0 || ageMs > RECONCILIATION_DEFAULTS.replicaLagMaxMs) return null;
  // The bot may date a fill when it hears of it, a little after the venue does.
  const isListed = value.fills.some(
    ({ id, atMs }) => newestFillIds.includes(id) || atMs >= newestFillAtMs - CLOCK_SKEW_MAX_MS,
  );
  return isListed ? null : `the book knows of a fill ${ageMs} ms ago that the venue does not list yet`;
}

/** A file is of the time that stands for its height, whenever it is read: what happened since is not in it. */
function whyBeforeBook({ newestFillAtMs }: BookView, { certificate }: Known<Snapshot>): string | null {
  const statedAtMs = certificate.watermarkAfter.height;
  if (newestFillAtMs === null || statedAtMs === null || newestFillAtMs <= statedAtMs) return null;
  return `the book knows of a fill ${newestFillAtMs - statedAtMs} ms after the statement was drawn up`;
}
