import type { BookOrder, BookView } from '../book/book-view.ts';
import {
  type Amount,
  add,
  isLess,
  isMore,
  isNegative,
  maximum,
  minimum,
  multiply,
  negate,
  ONE,
  subtract,
  ZERO,
} from '../money/amount.ts';
import type { Known, Snapshot } from '../venue/observation.ts';
import type { AssetId } from '../venue/venue.ts';
import { RECONCILIATION_DEFAULTS } from './defaults.ts';
import { fillDeltas } from './fill-movement.ts';

export type InFlightKind =
  | 'orderOfUnknownOutcome'
  | 'liveOrder'
  | 'youngFill'
  | 'transferInTransit'
  | 'transferOfUnknownOutcome';

/** What is under way and may make venue and book differ for a while without anything being wrong. */
export interface InFlightMovement {
  readonly kind: InFlightKind;
  /** Client order id, the venue's fill id or transfer id. */
  readonly reference: string;
  /** The order it belongs to; null for a transfer. */
  readonly clientOrderId: string | null;
  /**
   * When it stops being an excuse. Null for a live order, whose excuse lasts one quiet window from the
   * difference's first sight. An order or a transfer of unknown outcome is an excuse for ever: past this it is overdue.
   */
  readonly deadlineAtMs: number | null;
  /** What venue minus book may be because of it; null is without bound. */
  readonly ranges: readonly InFlightRange[];
}

export interface InFlightRange {
  readonly asset: AssetId;
  readonly least: Amount | null;
  readonly most: Amount | null;
}

export type InFlight = readonly InFlightMovement[];

/** What one asset's differences may be because of everything that is under way. */
export interface InFlightReach {
  readonly least: Amount | null;
  readonly most: Amount | null;
  readonly references: readonly string[];
  /** The latest deadline; null when a live order or an order of unknown outcome is among them. */
  readonly deadlineAtMs: number | null;
  readonly awaitsOutcome: boolean;
  readonly isOverdue: boolean;
}

export function isWithinReach(delta: Amount, reach: InFlightReach): boolean {
  if (reach.least !== null && isLess(delta, reach.least)) return false;
  return reach.most === null || !isMore(delta, reach.most);
}

/** Adds up, per asset, what everything under way at this moment may account for. Expired excuses do not count. */
export function reachByAsset(inFlight: InFlight, atMs: number): ReadonlyMap<AssetId, InFlightReach> {
  const reaches = new Map<AssetId, InFlightReach>();
  for (const movement of inFlight) {
    const isUnknown =
      movement.kind === 'orderOfUnknownOutcome' || movement.kind === 'transferOfUnknownOutcome';
    const isPast = movement.deadlineAtMs !== null && movement.deadlineAtMs < atMs;
    if (isPast && !isUnknown) continue;
    for (const range of movement.ranges) {
      const reach = reaches.get(range.asset) ?? NOTHING;
      const endsAtMs = isUnknown ? null : movement.deadlineAtMs;
      reaches.set(range.asset, {
        least: sumOrNull(reach.least, range.least),
        most: sumOrNull(reach.most, range.most),
        references: [...reach.references, movement.reference].sort(),
        deadlineAtMs: reach === NOTHING ? endsAtMs : latest(reach.deadlineAtMs, endsAtMs),
        awaitsOutcome: reach.awaitsOutcome || isUnknown,
        isOverdue: reach.isOverdue || (isUnknown && isPast),
      });
    }
  }
  return reaches;
}

/** An order that may be filled, wholly or in part, without the book knowing yet. */
export function inFlightOrder(
  order: BookOrder,
  kind: 'orderOfUnknownOutcome' | 'liveOrder',
  deadlineAtMs: number | null,
): InFlightMovement {
  const remaining = subtract(order.quantity, order.filledQuantity);
  const base: InFlightRange =
    order.side === 'buy'
      ? { asset: order.base, least: ZERO, most: remaining }
      : { asset: order.base, least: negate(remaining), most: ZERO };
  return {
    kind,
    reference: order.clientOrderId,
    clientOrderId: order.clientOrderId,
    deadlineAtMs,
    ranges: [base, quoteRange(order, remaining)],
  };
}

/** Fills younger than the quiet window that one side knows and the other does not yet. */
export function youngFills(
  { value, certificate }: Known<Snapshot>,
  book: BookView,
  quietWindowMs: number,
): InFlight {
  const sinceMs = certificate.observedAtMs - quietWindowMs;
  const atVenue = value.fills
    .filter(({ id, atMs }) => atMs > sinceMs && !book.recentVenueIds.has(id))
    .map((fill) => inFlightFill({ ...fill, deltas: fillDeltas(fill) }, 'book', fill.atMs + quietWindowMs));
  const listed = new Set(value.fills.map(({ id }) => id));
  const inBook = [...book.recentFills]
    .filter(([id, { atMs }]) => atMs > sinceMs && !listed.has(id))
    .map(([id, fill]) =>
      inFlightFill({ id, clientOrderId: null, ...fill }, 'venue', fill.atMs + quietWindowMs),
    );
  return [...atVenue, ...inBook];
}

/** A fill that one side may know before the other does. */
export function inFlightFill(
  fill: {
    readonly id: string;
    readonly clientOrderId: string | null;
    readonly deltas: readonly { readonly asset: AssetId; readonly amount: Amount }[];
  },
  lackedBy: 'book' | 'venue',
  deadlineAtMs: number,
): InFlightMovement {
  return {
    kind: 'youngFill',
    reference: fill.id,
    clientOrderId: fill.clientOrderId,
    deadlineAtMs,
    ranges: fill.deltas.map(({ asset, amount }) =>
      hull(asset, lackedBy === 'book' ? amount : negate(amount)),
    ),
  };
}

/** A transfer that the book has in transit: it may still stand at the one venue, or already at the other. */
export function inFlightTransfer(transfer: {
  readonly transferId: string;
  readonly asset: AssetId;
  readonly amount: Amount;
  readonly deadlineAtMs: number;
}): InFlightMovement {
  return {
    kind: 'transferInTransit',
    reference: transfer.transferId,
    clientOrderId: null,
    deadlineAtMs: transfer.deadlineAtMs,
    ranges: [hull(transfer.asset, transfer.amount)],
  };
}

const NOTHING: InFlightReach = {
  least: ZERO,
  most: ZERO,
  references: [],
  deadlineAtMs: null,
  awaitsOutcome: false,
  isOverdue: false,
};

/** A buy costs at most its limit and the fee; a sell may bring more than its limit, so it has no upper bound. */
function quoteRange(order: BookOrder, remaining: Amount): InFlightRange {
  const withFee = add(ONE, RECONCILIATION_DEFAULTS.feeAllowance);
  if (order.side === 'sell') return { asset: order.quote, least: ZERO, most: null };
  if (order.limitPrice === null) return { asset: order.quote, least: null, most: ZERO };
  const cost = multiply(multiply(remaining, order.limitPrice), withFee);
  return { asset: order.quote, least: negate(cost), most: ZERO };
}

function hull(asset: AssetId, effect: Amount): InFlightRange {
  return isNegative(effect)
    ? { asset, least: minimum(effect, ZERO), most: ZERO }
    : { asset, least: ZERO, most: maximum(effect, ZERO) };
}

const sumOrNull = (a: Amount | null, b: Amount | null): Amount | null =>
  a === null || b === null ? null : add(a, b);

const latest = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? null : Math.max(a, b);
