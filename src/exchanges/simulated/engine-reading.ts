import { createHash } from 'node:crypto';
import { add, negate, subtract } from '../../domain/money/amount.ts';
import {
  certify,
  type Observation,
  type PageProof,
  type Snapshot,
  type Watermark,
} from '../../domain/venue/observation.ts';
import type { Activity, Fill, VenueKind } from '../../domain/venue/venue.ts';
import type { ActivityRequest, ObserveRequest } from '../exchange.ts';
import { netOf } from './simulated-accounts.ts';
import type { SimulatedVenue } from './simulated-venue.ts';

export interface EngineReader {
  readonly venue: SimulatedVenue;
  readonly kind: VenueKind;
  readonly now: () => number;
}

/** Everything held, read in one go: nothing can happen in between. */
export function snapshotOf(reader: EngineReader, request: ObserveRequest): Observation<Snapshot> {
  const { venue, kind } = reader;
  const watermarkBefore = watermarkOf(reader);
  const balances = venue.balances().map(({ asset, available, hold }) => ({
    asset,
    // On a chain an asset is named by its mint, and the engine knows no other name.
    symbol: kind === 'solana' ? null : asset,
    total: add(available, hold),
    available,
    hold,
  }));
  const openOrders = venue
    .orders()
    .filter(({ status }) => status === 'open')
    .map(({ id, clientOrderId, market, side, quantity, filledQuantity, limitPrice }) => ({
      id,
      clientOrderId,
      market,
      side,
      remaining: subtract(quantity, filledQuantity),
      limitPrice,
    }))
    .sort(byId);
  // A chain has no fills: there a swap is activity.
  const fills = kind === 'solana' ? [] : fillsSince(venue, request.fillsSinceMs ?? 0).sort(byId);
  const snapshot: Snapshot = { balances, positions: venue.positions(), openOrders, fills, accrued: [] };
  const pages = [
    pageOf('balances', balances),
    pageOf('positions', snapshot.positions),
    pageOf('orders', openOrders),
    pageOf('fills', fills),
  ];
  return certify(snapshot, {
    ...evidenceOf(reader, pages),
    watermarkBefore,
    watermarkAfter: watermarkOf(reader),
  });
}

/** Transfers, funding and, on a chain, swaps, newest first. */
export function activityOf(reader: EngineReader, request: ActivityRequest): Observation<readonly Activity[]> {
  const { venue, kind } = reader;
  const watermarkBefore = watermarkOf(reader);
  const quotes = new Map(venue.markets().map(({ market, quote }) => [market, quote]));
  const funding = venue.fundingPayments().map(
    ({ id, market, payment, atMs }): Activity => ({
      id,
      kind: 'funding',
      deltas: [{ asset: quotes.get(market) ?? market, amount: payment }],
      atMs,
    }),
  );
  const transfers = venue.transfers().map(({ height: _height, ...activity }): Activity => activity);
  const swaps = kind === 'solana' ? fillsSince(venue, 0).map(swapOf) : [];
  const activities = [...transfers, ...funding, ...swaps]
    .filter(({ atMs }) => atMs >= request.sinceMs)
    .filter(({ deltas }) => deltas.some(({ asset }) => request.assets.includes(asset)))
    .sort((a, b) => b.atMs - a.atMs || byId(a, b));
  const pages = [pageOf('activity', activities)];
  return certify(activities, {
    ...evidenceOf(reader, pages),
    watermarkBefore,
    watermarkAfter: watermarkOf(reader),
  });
}

function fillsSince(venue: SimulatedVenue, sinceMs: number): Fill[] {
  return venue
    .fills()
    .filter(({ atMs }) => atMs >= sinceMs)
    .map(({ height: _height, ...fill }) => fill);
}

function swapOf(fill: Fill): Activity {
  const bought = fill.side === 'buy';
  const deltas = netOf([
    { asset: fill.base, amount: bought ? fill.quantity : negate(fill.quantity) },
    { asset: fill.quote, amount: bought ? negate(fill.quoteAmount) : fill.quoteAmount },
    { asset: fill.fee.asset, amount: negate(fill.fee.amount) },
  ]);
  return { id: fill.id, kind: 'swap', deltas, atMs: fill.atMs };
}

function evidenceOf({ venue, kind, now }: EngineReader, pages: readonly PageProof[]) {
  const observedAtMs = now();
  return {
    venue: venue.venue,
    kind,
    scope: `${venue.venue}/account`,
    complete: true,
    observedAtMs,
    clockSkewMs: venue.now() - observedAtMs,
    pages,
    sources: ['in-process'],
  };
}

/** Equal exactly when nothing happened in between: everything that happens gets an id or changes an order. */
function watermarkOf({ venue, kind }: EngineReader): Watermark {
  const happened = [venue.orders(), venue.transfers(), venue.fundingPayments()];
  const hasHeight = kind === 'dydx' || kind === 'solana';
  return { activity: sha256(JSON.stringify(happened)), height: hasHeight ? venue.height() : null };
}

function pageOf(endpoint: string, rows: readonly unknown[]): PageProof {
  return { endpoint: `ENGINE ${endpoint}`, rows: rows.length, sha256: sha256(JSON.stringify(rows)) };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const byId = (a: { readonly id: string }, b: { readonly id: string }): number => (a.id < b.id ? -1 : 1);
