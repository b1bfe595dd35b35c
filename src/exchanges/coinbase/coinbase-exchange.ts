import type { VenueId } from '../../domain/venue/venue.ts';
import { systemClock } from '../../platform/clock.ts';
import type { Exchange } from '../exchange.ts';
import { type CoinbaseCredentials, openApiKey } from './api-key.ts';
import { orUnknown } from './coinbase-trouble.ts';
import { findSpotOrder } from './find-order.ts';
import { readSpotMarkets } from './market-rows.ts';
import { type AccountOfVenue, observeAccount } from './observe-account.ts';
import { cancelSpotOrder, prepareSpotOrder, submitSpotOrder } from './order-commands.ts';
import { readAccountActivity } from './read-activity.ts';
import { sentTimes } from './sent-times.ts';
import { signedRequests } from './signed-requests.ts';

export interface CoinbaseOptions {
  readonly venue: VenueId;
  readonly baseUrl: string;
  readonly credentials: CoinbaseCredentials;
  /** The portfolio that the key must see and nothing else; without one, whatever it sees. */
  readonly scope: { readonly portfolio?: string };
  /** The service's clock. */
  readonly now: () => number;
  /** The machine's clock, by which the venue judges tokens. */
  readonly machineNow?: () => number;
}

/** The spot account of one portfolio at Coinbase Advanced Trade. Throws where the credentials hold no usable key. */
export function openCoinbaseExchange(options: CoinbaseOptions): Exchange {
  const { venue, baseUrl, now } = options;
  const apiKey = openApiKey(options.credentials);
  const requests = signedRequests({
    baseUrl,
    apiKey,
    now,
    machineNow: options.machineNow ?? systemClock.now,
  });
  const account: AccountOfVenue = { venue, portfolio: options.scope.portfolio ?? null, requests, now };
  const sent = sentTimes(now());
  return {
    venue,
    kind: 'coinbase',
    clientOrderIds: 'text',
    observe: (request, signal) => observeAccount(account, request.fillsSinceMs, signal),
    readActivity: (request, signal) => readAccountActivity(account, request, signal),
    readMarkets: (markets, signal) => orUnknown(() => readSpotMarkets(requests, markets, signal)),
    prepareOrder: async (instruction) => prepareSpotOrder(instruction, now()),
    async submitOrder(order, signal) {
      try {
        return await submitSpotOrder(requests, order, signal);
      } finally {
        sent.record(order.instruction.clientOrderId, now());
      }
    },
    findOrder(order, signal) {
      const lastSentAtMs = sent.latest(order.instruction.clientOrderId);
      const startedAtMs = now();
      return orUnknown(() => findSpotOrder(requests, { order, lastSentAtMs, startedAtMs }, signal));
    },
    cancelOrder: (_order, venueOrderId, signal) => cancelSpotOrder(requests, venueOrderId, signal),
    close: async () => {},
  };
}
