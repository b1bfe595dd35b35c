import type { KeyRights } from '../../domain/venue/key-rights.ts';
import type { VenueId } from '../../domain/venue/venue.ts';
import { systemClock } from '../../platform/clock.ts';
import type { Exchange } from '../exchange.ts';
import type { Pace } from '../pace.ts';
import { type ApiKey, type CoinbaseCredentials, openApiKey } from './api-key.ts';
import { orUnknown, trouble } from './coinbase-trouble.ts';
import { findSpotOrder } from './find-order.ts';
import { readSpotMarkets } from './market-rows.ts';
import { type AccountOfVenue, observeAccount } from './observe-account.ts';
import { afterAnother, cancelSpotOrder, prepareSpotOrder, submitSpotOrder } from './order-commands.ts';
import { type KeyPermissions, readKeyPermissions } from './portfolios.ts';
import { readAccountActivity } from './read-activity.ts';
import { sentTimes } from './sent-times.ts';
import { signedRequests } from './signed-requests.ts';
import { tokenTime } from './token-time.ts';

export interface CoinbaseOptions {
  readonly venue: VenueId;
  readonly baseUrl: string;
  readonly credentials: CoinbaseCredentials;
  /** The key that orders are placed and cancelled with, of the same portfolio; `credentials` without one. */
  readonly tradeCredentials?: CoinbaseCredentials;
  /** The portfolio that the key must see and nothing else; without one, whatever it sees. */
  readonly scope: { readonly portfolio?: string };
  /** The service's clock. */
  readonly now: () => number;
  /** The machine's clock, which tokens are dated with once the venue's time has put it right. */
  readonly machineNow?: () => number;
  /** Stands before every request; nobody waits without it. */
  readonly pace?: Pace;
}

/** The spot account of one portfolio at Coinbase Advanced Trade. Throws where the credentials hold no usable key. */
export function openCoinbaseExchange(options: CoinbaseOptions): Exchange {
  const { venue, baseUrl, now } = options;
  const time = tokenTime(options.machineNow ?? systemClock.now);
  const paced = options.pace === undefined ? {} : { pace: options.pace };
  const wire = { baseUrl, now, tokenNow: time.now, ...paced };
  const requests = signedRequests({ ...wire, apiKey: openApiKey(options.credentials) });
  const { tradeCredentials } = options;
  const orderRequests =
    tradeCredentials === undefined
      ? requests
      : signedRequests({ ...wire, apiKey: openTradeKey(tradeCredentials) });
  const { portfolio = null } = options.scope;
  const account: AccountOfVenue = { venue, portfolio, requests, now, tokenTime: time };
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
      const { clientOrderId } = order.instruction;
      const mayBeThereBefore = sent.mayBeThere(clientOrderId);
      let mayBeThere = true;
      try {
        const attempt = await submitSpotOrder(orderRequests, order, signal);
        const outcome = mayBeThereBefore ? afterAnother(attempt) : attempt;
        mayBeThere = outcome.state === 'accepted' || outcome.state === 'outcomeUnknown';
        return outcome;
      } finally {
        sent.record(clientOrderId, { atMs: now(), mayBeThere });
      }
    },
    findOrder(order, signal) {
      const lastSentAtMs = sent.latest(order.instruction.clientOrderId);
      return orUnknown(() => findSpotOrder(account, { order, lastSentAtMs }, signal));
    },
    readKeyRights: (signal) => orUnknown(async () => rightsOf(await readKeyPermissions(requests, signal))),
    ...(orderRequests !== requests && {
      readTradeKeyRights: (signal) =>
        orUnknown(async () => {
          const read = await readKeyPermissions(requests, signal);
          const trade = await readKeyPermissions(orderRequests, signal);
          // Orders in one portfolio and reads of another: every order would look lost.
          if (read.portfolio !== null && read.portfolio === trade.portfolio) return rightsOf(trade);
          const expected = `a key for orders of the portfolio that is read, ${read.portfolio ?? 'none'}`;
          throw trouble('wrongScope', `expected ${expected}, found one of ${trade.portfolio ?? 'none'}`);
        }),
    }),
    cancelOrder: (_order, venueOrderId, signal) => cancelSpotOrder(orderRequests, venueOrderId, signal),
    close: async () => {},
  };
}

const rightsOf = ({ canTrade, canTransfer }: KeyPermissions): KeyRights => ({
  canTrade,
  canWithdraw: canTransfer,
});

function openTradeKey(credentials: CoinbaseCredentials): ApiKey {
  try {
    return openApiKey(credentials);
  } catch (error) {
    throw new Error(`tradeCredentials: ${error instanceof Error ? error.message : ''}`, { cause: error });
  }
}
