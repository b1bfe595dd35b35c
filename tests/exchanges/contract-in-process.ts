import {
  type InProcessFault,
  openInProcessExchange,
} from '../../src/exchanges/simulated/in-process-exchange.ts';
import { systemClock } from '../../src/platform/clock.ts';
import type { Trouble } from '../support/trouble.ts';
import { type AdapterUnderTest, COMMANDS, type Command, type Method, type Read, rowsOf } from './contract.ts';
import { depositInto, instructionOf, spotVenue, takenBy, truthOf } from './contract-venue.ts';

/** Without a wire there are no bodies: the troubles that it knows are those of the engine's own faults. */
function faultOf(trouble: Trouble, method: Method): InProcessFault | null {
  if (method === 'readKeyRights' || method === 'readTradeKeyRights') return null;
  if (trouble === 'hang') return { kind: 'hang', method };
  if (isCommand(method)) {
    if (trouble === 'reset' || trouble === 'serverError') return { kind: 'requestLost', method };
    return trouble === 'lostAnswer' ? { kind: 'answerLost', method } : null;
  }
  const read = { kind: 'unknown', method: method satisfies Read } as const;
  if (trouble === 'rateLimited') return { ...read, reason: 'rateLimited', retryAfterMs: 1_000 };
  if (trouble === 'rateLimitedFor7s') return { ...read, reason: 'rateLimited', retryAfterMs: 7_000 };
  if (trouble === 'reset' || trouble === 'serverError') return { ...read, reason: 'unreachable' };
  return trouble === 'refused' ? { ...read, reason: 'refused' } : null;
}

const isCommand = (method: Method): method is Command => COMMANDS.some((one) => one === method);

export const inProcessUnderTest: AdapterUnderTest = {
  adapter: 'simulated',
  asks: new Set([
    'observe',
    'readActivity',
    'readMarkets',
    'prepareOrder',
    'findOrder',
    'submitOrder',
    'cancelOrder',
  ]),
  rateLimitedOrder: 'rejected',
  tellsTime: true,
  namesAccount: false,
  lists: [
    { of: 'balances', read: 'observe', counts: [0, 1, 2, 100] },
    { of: 'deposits', read: 'readActivity', counts: [0, 1, 2, 100] },
  ],
  async open(setting) {
    const venue = spotVenue('simulated', rowsOf(setting, 'balances'));
    depositInto(venue, 'USD', rowsOf(setting, 'deposits') ?? 0);
    const exchange = openInProcessExchange({
      venue,
      kind: 'coinbase',
      now: () => systemClock.now() - setting.skewMs,
    });
    return {
      exchange,
      markets: ['BTC-USD'],
      assets: ['USD', 'BTC'],
      secrets: [],
      truth: () => truthOf(venue),
      knows: (trouble, method) => faultOf(trouble, method) !== null,
      meet(trouble, method) {
        const fault = trouble === null ? null : faultOf(trouble, method);
        if (fault !== null) exchange.inject(fault);
      },
      asked: () => null,
      held: () => exchange.parked(),
      overran: () => null,
      instruct: (serial) => instructionOf('simulated', serial),
      taken: takenBy(venue),
      close: () => exchange.close(),
    };
  },
};
