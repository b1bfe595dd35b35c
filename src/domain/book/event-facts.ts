import { canonicalJson } from '../canonical-json.ts';
import { sha256Hex } from '../hash.ts';
import type { AssetId, VenueId } from '../venue/venue.ts';
import type { BookEvent } from './book-event.ts';
import type { Cause } from './transaction.ts';

/** SHA-256 of everything a message says: the same id with another hash is a conflict. */
export const contentHashOf = (event: BookEvent): string => sha256Hex(canonicalJson(event));

/** The venue's own id of what the message reports; null where it names none. */
export function venueIdOf(event: BookEvent): string | null {
  switch (event.type) {
    case 'portfolio.fillReported':
      return event.fillId;
    case 'portfolio.depositReported':
    case 'portfolio.withdrawalReported':
    case 'portfolio.fundingReported':
      return event.activityId;
    case 'portfolio.transferSent':
    case 'portfolio.transferReceived':
      return event.transferId;
    default:
      return null;
  }
}

/** The order that a message is about; null for what is not about an order. */
export const clientOrderIdOf = (event: BookEvent): string | null =>
  'clientOrderId' in event ? event.clientOrderId : null;

export const transferIdOf = (event: BookEvent): string | null =>
  'transferId' in event ? event.transferId : null;

/** Every asset that a message names at its own venue, with the place where it names it. */
export function assetsOf(event: BookEvent): readonly { readonly place: string; readonly asset: AssetId }[] {
  const named: { place: string; asset: AssetId }[] = [];
  if ('base' in event)
    named.push({ place: 'base', asset: event.base }, { place: 'quote', asset: event.quote });
  if ('asset' in event) named.push({ place: 'asset', asset: event.asset });
  if ('fee' in event && event.fee !== null) named.push({ place: 'fee.asset', asset: event.fee.asset });
  if ('hold' in event && event.hold !== null) named.push({ place: 'hold.asset', asset: event.hold.asset });
  return named;
}

/** Every venue that a message names, with the place where it names it. */
export function venuesOf(event: BookEvent): readonly { readonly place: string; readonly venue: VenueId }[] {
  const named = [{ place: 'venue', venue: event.venue }];
  if ('toVenue' in event) named.push({ place: 'toVenue', venue: event.toVenue });
  if ('fromVenue' in event) named.push({ place: 'fromVenue', venue: event.fromVenue });
  return named;
}

export function causeOf(event: BookEvent): Cause {
  switch (event.type) {
    case 'portfolio.orderSubmitted':
    case 'portfolio.orderAccepted':
    case 'portfolio.orderCancelled':
      return 'order';
    case 'portfolio.fillReported':
      return 'fill';
    case 'portfolio.depositReported':
      return 'deposit';
    case 'portfolio.withdrawalReported':
      return 'withdrawal';
    case 'portfolio.transferSent':
    case 'portfolio.transferReceived':
      return 'transfer';
    case 'portfolio.fundingReported':
      return 'funding';
  }
}
