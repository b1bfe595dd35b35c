import { type Amount, add, isZero, negate, ZERO } from '../../domain/money/amount.ts';
import { certify, type Observation } from '../../domain/venue/observation.ts';
import type { Activity } from '../../domain/venue/venue.ts';
import type { ActivityRequest } from '../exchange.ts';
import type { FundingRow, SubaccountRow, TransferRow } from './dydx-rows.ts';
import { fundingPaymentsBody, transfersBody } from './dydx-rows.ts';
import type { DydxScope } from './dydx-scope.ts';
import { assertNotBehind, readChainStatus, sourcesOf } from './indexer-lag.ts';
import { type IndexerSession, openIndexerSession, readFailed } from './indexer-session.ts';
import { type DydxReads, untilCoherent } from './observe-dydx.ts';
import { COLLATERAL } from './read-fills.ts';
import { readHeightIfServed } from './read-height.ts';
import { PAGE_ROWS, readPages } from './read-pages.ts';
import { assertMember, readSubaccounts } from './read-subaccounts.ts';
import { watermarkOf } from './subaccount-watermark.ts';

/**
 * Transfers and funding payments of the scope and its children since a time, read between two looks at the subaccounts.
 *
 * The indexer lists a payment when it falls due. Where unsettled funding is told apart, one that the chain has not settled
 * by then is marked as such.
 */
export async function readDydxActivity(
  reads: DydxReads,
  request: ActivityRequest,
  signal: AbortSignal,
): Promise<Observation<readonly Activity[]>> {
  return untilCoherent(() => readOnce(reads, request, signal));
}

async function readOnce(
  reads: DydxReads,
  request: ActivityRequest,
  signal: AbortSignal,
): Promise<Observation<readonly Activity[]>> {
  const { venue, scope, indexer, validator, chainState, heightMark, parentsMark, now } = reads;
  const session = openIndexerSession(indexer, signal);
  const height = await readHeightIfServed(session);
  const chain = await readChainStatus(session, validator, signal);
  const before = await readSubaccounts(session, scope, parentsMark);
  const activities = new Map<string, Activity>();
  const payments: FundingRow[] = [];
  const numbers = before.rows.map((row) => row.subaccountNumber);
  const own = { address: scope.address, subaccountNumbers: numbers };
  for (const subaccountNumber of numbers) {
    const subaccount = { address: scope.address, subaccountNumber };
    for (const row of await readTransfers(session, subaccount, request.sinceMs)) {
      const activity = activityOfTransfer(row, own, subaccountNumber);
      // A transfer between two subaccounts of the scope is in both lists and changes nothing.
      if (activity !== null) activities.set(activity.id, activity);
    }
    payments.push(...(await readFundingPayments(session, subaccount, request.sinceMs)));
  }
  const after = await readSubaccounts(session, scope, parentsMark);
  for (const row of payments) {
    const isUnsettled = chainState !== null && isPaymentUnsettled(row, after.rows);
    const activity: Activity = isUnsettled
      ? { ...activityOfFunding(row), isUnsettled }
      : activityOfFunding(row);
    if (activities.has(activity.id))
      throw readFailed('malformed', `GET /v4/fundingPayments: ${activity.id} twice`);
    activities.set(activity.id, activity);
  }
  const watermarkBefore = watermarkOf(before.rows, [], height);
  const watermarkAfter = watermarkOf(after.rows, [], height);
  heightMark.advance(watermarkBefore, watermarkAfter);
  assertNotBehind(chain, watermarkBefore);
  const wanted = [...activities.values()]
    .filter((one) => one.atMs >= request.sinceMs)
    .filter((one) => one.deltas.some(({ asset }) => request.assets.includes(asset)))
    .sort((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1));
  return certify<readonly Activity[]>(wanted, {
    venue,
    kind: 'dydx',
    scope: after.fingerprint,
    complete: true,
    observedAtMs: now(),
    clockSkewMs: null,
    watermarkBefore,
    watermarkAfter,
    pages: session.pages,
    sources: sourcesOf(indexer, validator, session),
  });
}

interface Subaccount {
  readonly address: string;
  readonly subaccountNumber: number;
}

const TRANSFERS = 'GET /v4/transfers';
const FUNDING = 'GET /v4/fundingPayments';

async function readTransfers(
  session: IndexerSession,
  { address, subaccountNumber }: Subaccount,
  sinceMs: number,
): Promise<readonly TransferRow[]> {
  const list = await readPages<TransferRow>({
    endpoint: TRANSFERS,
    fetch: async ({ beforeOrAtHeight, page }) => {
      const body = await session.read({
        endpoint: TRANSFERS,
        schema: transfersBody,
        call: (client) =>
          client.account.getSubaccountTransfers(
            address,
            subaccountNumber,
            PAGE_ROWS,
            beforeOrAtHeight,
            undefined,
            page,
          ),
        rowsOf: ({ transfers }) => transfers.length,
      });
      return { ...body, rows: body.transfers };
    },
    idOf: (row) => row.id,
    heightOf: (row) => row.createdAtHeight,
    isTooOld: (row) => row.createdAt < sinceMs,
    hasHeightCursor: true,
  });
  return list.rows;
}

async function readFundingPayments(
  session: IndexerSession,
  { address, subaccountNumber }: Subaccount,
  sinceMs: number,
): Promise<readonly FundingRow[]> {
  const list = await readPages<FundingRow>({
    endpoint: FUNDING,
    fetch: async ({ page }) => {
      const body = await session.read({
        endpoint: FUNDING,
        schema: fundingPaymentsBody,
        call: (client) =>
          client.account.getSubaccountFundingPayments(
            address,
            subaccountNumber,
            PAGE_ROWS,
            undefined,
            new Date(Math.max(0, sinceMs)).toISOString(),
            page,
          ),
        rowsOf: ({ fundingPayments }) => fundingPayments.length,
      });
      return { ...body, rows: body.fundingPayments };
    },
    idOf: fundingId,
    heightOf: (row) => row.createdAtHeight,
    isTooOld: (row) => row.createdAt < sinceMs,
    hasHeightCursor: false,
  });
  for (const row of list.rows) assertMember(FUNDING, Number(row.subaccountNumber), [subaccountNumber]);
  return list.rows;
}

const KINDS = {
  DEPOSIT: 'deposit',
  WITHDRAWAL: 'withdrawal',
  TRANSFER_IN: 'transfer',
  TRANSFER_OUT: 'transfer',
} as const;

/**
 * What a transfer changed for the whole scope; null where it stayed inside.
 *
 * A party without a subaccount number is the wallet outside the subaccounts. Throws where the row's type and its
 * parties tell different stories, or where neither party is the subaccount that was asked.
 */
export function activityOfTransfer(row: TransferRow, scope: DydxScope, asked: number): Activity | null {
  const isAsked = (party: TransferRow['sender']) =>
    party.address === scope.address && party.subaccountNumber === asked;
  const isOwn = (party: TransferRow['sender']) =>
    party.address === scope.address &&
    typeof party.subaccountNumber === 'number' &&
    scope.subaccountNumbers.includes(party.subaccountNumber);
  const isIn = row.type === 'DEPOSIT' || row.type === 'TRANSFER_IN';
  if (!isAsked(row.sender) && !isAsked(row.recipient)) {
    throw readFailed('wrongScope', `${TRANSFERS}: transfer ${row.id} is not of ${scope.address}/${asked}`);
  }
  if (!isAsked(isIn ? row.recipient : row.sender)) {
    const from = `${row.sender.address}/${row.sender.subaccountNumber ?? 'wallet'}`;
    const to = `${row.recipient.address}/${row.recipient.subaccountNumber ?? 'wallet'}`;
    throw readFailed(
      'malformed',
      `${TRANSFERS}: ${row.type} ${row.id} of ${asked} goes from ${from} to ${to}`,
    );
  }
  const received: Amount = isOwn(row.recipient) ? row.size : ZERO;
  const delta = add(received, isOwn(row.sender) ? negate(row.size) : ZERO);
  if (isZero(delta)) return null;
  return {
    id: row.id,
    kind: KINDS[row.type],
    deltas: [{ asset: row.symbol, amount: delta }],
    atMs: row.createdAt,
  };
}

/** A payment is signed as it changed the collateral: the indexer computes it as -(net size) × (change of the index). */
export function activityOfFunding(row: FundingRow): Activity {
  return {
    id: fundingId(row),
    kind: 'funding',
    deltas: [{ asset: COLLATERAL, amount: row.payment }],
    atMs: row.createdAt,
  };
}

/**
 * Whether the chain has still to settle a payment: it settles all of a subaccount's whenever something moves there. A
 * tick comes at the end of its block, so that what moved in the same block has not settled it.
 *
 * The indexer does not see the last: it counts such a payment as settled until the subaccount moves again. Throws where
 * the indexer does not say when something last moved.
 */
export function isPaymentUnsettled(row: FundingRow, subaccounts: readonly SubaccountRow[]): boolean {
  const subaccount = subaccounts.find((one) => one.subaccountNumber === Number(row.subaccountNumber));
  if (subaccount === undefined || Object.keys(subaccount.openPerpetualPositions).length === 0) return false;
  const { subaccountNumber: number, updatedAtHeight } = subaccount;
  if (updatedAtHeight === undefined) {
    throw readFailed(
      'incomplete',
      `subaccount ${number}: expected the height of its last change, found none`,
    );
  }
  return row.createdAtHeight >= updatedAtHeight;
}

/** The indexer gives payments no id; a subaccount has one per market and height. */
const fundingId = (row: FundingRow): string =>
  `funding:${row.subaccountNumber}:${row.ticker}:${row.createdAtHeight}`;
