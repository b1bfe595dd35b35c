import { certify, type Observation, type Snapshot } from '../../domain/venue/observation.ts';
import type { VenueId } from '../../domain/venue/venue.ts';
import type { ChainState } from './chain-state.ts';
import { balancesOf, positionsOf } from './consolidate-subaccounts.ts';
import type { DydxIndexer } from './dydx-indexer.ts';
import type { FillRow, OrderRow, SubaccountRow } from './dydx-rows.ts';
import type { DydxScope } from './dydx-scope.ts';
import { equityMismatch } from './equity-identity.ts';
import type { HeightMark } from './height-mark.ts';
import { assertNotBehind, readChainStatus, sourcesOf } from './indexer-lag.ts';
import { type IndexerSession, openIndexerSession, orUnknown, readFailed } from './indexer-session.ts';
import { fillOf, newestFillId, readFills, readNewestFillId } from './read-fills.ts';
import { readHeightIfServed } from './read-height.ts';
import { openOrderOf, readOpenOrders, readOrderPage } from './read-orders.ts';
import { readSettled } from './read-settled.ts';
import { type ParentsMark, readSubaccounts } from './read-subaccounts.ts';
import type { SubaccountGroup } from './subaccount-group.ts';
import { watermarkOf } from './subaccount-watermark.ts';
import type { Validator } from './validator-status.ts';
import { valuationsOf } from './valuations.ts';

/** Rounds of reading before a venue that keeps moving is `incoherent`. */
export const ROUNDS_MAX = 3;

export interface DydxReads {
  readonly venue: VenueId;
  readonly scope: DydxScope;
  readonly indexer: DydxIndexer;
  readonly validator: Validator;
  /** Tells unsettled funding apart from collateral; null leaves it in, as the indexer does. */
  readonly chainState: ChainState | null;
  readonly heightMark: HeightMark;
  readonly parentsMark: ParentsMark;
  readonly now: () => number;
}

/**
 * Balances, net positions, open orders and fills, read between two looks at the subaccounts.
 *
 * Both looks must agree, and the newest fill with them; otherwise it is read again, three times at most. Heights of
 * the indexer may not fall, within a snapshot or since an earlier one: another replica answered, and it is behind. Nor
 * may they lie behind the chain's, where a validator tells it.
 */
export async function observeDydx(
  reads: DydxReads,
  fillsSinceMs: number | null,
  signal: AbortSignal,
): Promise<Observation<Snapshot>> {
  return untilCoherent(() => observeOnce(reads, fillsSinceMs, signal));
}

/** Reads again while the venue moves, a limited number of times. */
export async function untilCoherent<T>(read: () => Promise<Observation<T>>): Promise<Observation<T>> {
  let outcome = await orUnknown(read);
  for (let round = 1; round < ROUNDS_MAX; round += 1) {
    if (outcome.state === 'known' || outcome.reason !== 'incoherent') return outcome;
    outcome = await orUnknown(read);
  }
  return outcome;
}

async function observeOnce(
  reads: DydxReads,
  fillsSinceMs: number | null,
  signal: AbortSignal,
): Promise<Observation<Snapshot>> {
  const { venue, scope, indexer, validator, chainState, heightMark, parentsMark, now } = reads;
  const session = openIndexerSession(indexer, signal);
  const height = await readHeightIfServed(session);
  const chain = await readChainStatus(session, validator, signal);
  const before = await readSubaccounts(session, scope, parentsMark);
  const lists: GroupLists[] = [];
  for (const group of before.groups) lists.push(await readLists(session, group, fillsSinceMs));
  const after = await readSubaccounts(session, scope, parentsMark);
  const newestAfter: string[] = [];
  for (const group of before.groups) newestAfter.push(await readNewestFillId(session, group));

  for (const subaccount of after.rows) {
    const mismatch = equityMismatch(subaccount);
    if (mismatch !== null) throw readFailed('suspectSource', mismatch);
  }
  const newestBefore = lists.map((one) => one.newestFillId);
  const watermarkBefore = watermarkOf(before.rows, newestBefore, height);
  const watermarkAfter = watermarkOf(after.rows, newestAfter, height);
  heightMark.advance(watermarkBefore, watermarkAfter);
  assertNotBehind(chain, watermarkBefore);

  // The indexer reports collateral with unsettled funding in it and does not say how much of it that is.
  const { rows, accrued } =
    chainState === null
      ? { rows: after.rows, accrued: [] }
      : await readSettled(session, chainState, { rows: after.rows, indexerHeight: height }, signal);
  const snapshot: Snapshot = {
    balances: balancesOf(rows),
    positions: positionsOf(after.rows),
    openOrders: sortById(lists.flatMap((one) => one.orders).map(openOrderOf)),
    fills: sortById(lists.flatMap((one) => one.fills)),
    accrued,
    ...factsOf(after.rows),
  };
  return certify(snapshot, {
    venue,
    kind: 'dydx',
    scope: after.fingerprint,
    complete: true,
    observedAtMs: now(),
    // A chain's height is its clock: the indexer's time is that of a block and not of its machine.
    clockSkewMs: null,
    watermarkBefore,
    watermarkAfter,
    pages: session.pages,
    sources: sourcesOf(indexer, validator, session),
  });
}

function factsOf(subaccounts: readonly SubaccountRow[]): Pick<Snapshot, 'facts'> {
  const facts = valuationsOf(subaccounts);
  return facts.length === 0 ? {} : { facts };
}

interface GroupLists {
  readonly orders: readonly OrderRow[];
  readonly fills: Snapshot['fills'];
  readonly newestFillId: string;
}

async function readLists(
  session: IndexerSession,
  group: SubaccountGroup,
  fillsSinceMs: number | null,
): Promise<GroupLists> {
  const sinceMs = fillsSinceMs ?? Number.NEGATIVE_INFINITY;
  const list = await readFills(session, group, (row) => row.createdAt < sinceMs);
  const wanted = list.rows.filter((row) => row.createdAt >= sinceMs);
  const orders = await readOpenOrders(session, group);
  const clientIds = await readClientIds(session, group, wanted, orders);
  return {
    orders,
    fills: wanted.map((row) => fillOf(row, clientIds.get(row.orderId ?? '') ?? null)),
    newestFillId: newestFillId(list.newest),
  };
}

/** A fill names its order only by the venue's id. One look at the latest orders tells the client ids of most. */
async function readClientIds(
  session: IndexerSession,
  group: SubaccountGroup,
  fills: readonly FillRow[],
  openOrders: readonly OrderRow[],
): Promise<ReadonlyMap<string, string>> {
  const known = new Map(openOrders.map((order) => [order.id, order.clientId]));
  const isMissing = fills.some((fill) => typeof fill.orderId === 'string' && !known.has(fill.orderId));
  if (!isMissing) return known;
  for (const order of await readOrderPage(session, { group })) known.set(order.id, order.clientId);
  return known;
}

const sortById = <T extends { readonly id: string }>(rows: readonly T[]): readonly T[] =>
  [...rows].sort((a, b) => (a.id < b.id ? -1 : 1));
