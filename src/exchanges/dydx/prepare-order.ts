import {
  type Amount,
  amount,
  isDecimalText,
  isPositive,
  multiply,
  round,
} from '../../domain/money/amount.ts';
import type { OrderInstruction, PrepareOutcome } from '../../domain/venue/order.ts';
import type { DydxChain } from './dydx-chain.ts';
import type { DydxIndexer } from './dydx-indexer.ts';
import type { MarketRow } from './dydx-rows.ts';
import { type DydxScope, tradingSubaccountOf } from './dydx-scope.ts';
import { openIndexerSession, orUnknown } from './indexer-session.ts';
import { indexerOrderId } from './order-id.ts';
import { LONG_TERM, type OrderPayload, printPayload, SHORT_TERM } from './order-payload.ts';
import { readHeight } from './read-height.ts';
import { readMarketRows } from './read-markets.ts';
import { readOrder } from './read-orders.ts';
import { alone } from './subaccount-group.ts';

/**
 * Blocks that an immediate order may wait for its place in one. The chain takes at most 20 beyond its next block, and
 * the indexer that the height comes from is never ahead of the chain.
 */
export const SHORT_TERM_BLOCKS = 20;
/** Four weeks; the chain takes up to 95 days. */
const LONG_TERM_MS = 28 * 86_400_000;
const CLIENT_ID_MAX = 0xffff_ffff;
/** Exponent of the smallest unit of USDC. */
const QUOTE_RESOLUTION = -6;
/** The chain computes with signed 64-bit integers. */
const QUANTUMS_MAX = 9_223_372_036_854_775_807n;

/**
 * Checks an order against the market's rules and writes down everything that will be sent. Sends nothing.
 *
 * Whatever the SDK would round in silence is refused here: a size below or between steps, a price between ticks, a
 * client id beyond 32 bits. So is a client id that names an order already, such as one of a book that was lost: the chain
 * would replace that order, and look-ups could not tell the two apart. Sizes and prices go to the chain's units by exact arithmetic, never through a float.
 */
export async function prepareDydxOrder(
  venue: {
    readonly indexer: DydxIndexer;
    readonly scope: DydxScope;
    readonly chain: Pick<DydxChain, 'account'>;
  },
  instruction: OrderInstruction,
  signal: AbortSignal,
): Promise<PrepareOutcome> {
  const denial = denialOf(instruction);
  if (denial !== null) return { state: 'deniedLocally', reason: denial };
  return orUnknown<PrepareOutcome>(async () => {
    const session = openIndexerSession(venue.indexer, signal);
    const [market] = await readMarketRows(session, [instruction.market]);
    const height = await readHeight(session);
    if (market === undefined) return { state: 'deniedLocally', reason: `no market ${instruction.market}` };
    if (market.status !== 'ACTIVE') {
      return { state: 'deniedLocally', reason: `market ${market.ticker} is ${market.status}` };
    }
    const quantums = unitsOf(instruction.quantity, -market.atomicResolution, market.stepBaseQuantums);
    if (quantums === null || !isMultiple(instruction.quantity, market.stepSize)) {
      return {
        state: 'deniedLocally',
        reason: `quantity ${instruction.quantity} is no multiple of ${market.stepSize}`,
      };
    }
    const subticks = unitsOf(instruction.limitPrice, priceExponentOf(market), market.subticksPerTick);
    if (subticks === null || !isMultiple(instruction.limitPrice, market.tickSize)) {
      return {
        state: 'deniedLocally',
        reason: `price ${instruction.limitPrice} is no multiple of ${market.tickSize}`,
      };
    }
    const isShortTerm = instruction.timeInForce === 'immediateOrCancel';
    const account = isShortTerm ? null : await venue.chain.account(signal, 'trade');
    if (account?.state === 'unknown') return account;
    const payload: OrderPayload = {
      address: venue.scope.address,
      subaccountNumber: tradingSubaccountOf(venue.scope),
      clientId: Number(instruction.clientOrderId),
      clobPairId: Number(market.clobPairId),
      market: market.ticker,
      orderFlags: isShortTerm ? SHORT_TERM : LONG_TERM,
      side: instruction.side,
      quantums,
      subticks,
      goodTilBlock: isShortTerm ? height.height + SHORT_TERM_BLOCKS : 0,
      goodTilBlockTime: isShortTerm ? 0 : Math.floor((height.time + LONG_TERM_MS) / 1_000),
      reduceOnly: instruction.reduceOnly,
      ...(account && { account: { number: account.number, sequence: account.sequence } }),
      preparedAtHeight: height.height,
    };
    const reference = indexerOrderId(payload);
    const group = alone(payload.address, payload.subaccountNumber);
    if ((await readOrder(session, group, reference)) !== null) {
      const taken = `client order id ${payload.clientId} names an order in ${market.ticker} already`;
      return { state: 'deniedLocally', reason: `${taken}: ${reference}` };
    }
    return {
      state: 'prepared',
      order: {
        instruction,
        reference,
        payload: printPayload(payload),
        expiresAtHeight: isShortTerm ? payload.goodTilBlock : null,
      },
    };
  });
}

function denialOf(instruction: OrderInstruction): string | null {
  const { clientOrderId, quantity, limitPrice } = instruction;
  if (!/^(?:0|[1-9]\d{0,9})$/.test(clientOrderId) || Number(clientOrderId) > CLIENT_ID_MAX) {
    return `client order id ${clientOrderId.slice(0, 40)} is not a number between 0 and ${CLIENT_ID_MAX}`;
  }
  if (!isDecimalText(quantity) || !isPositive(amount(quantity)))
    return `quantity ${quantity} is not positive`;
  if (!isDecimalText(limitPrice) || !isPositive(amount(limitPrice)))
    return `price ${limitPrice} is not positive`;
  return null;
}

/** Subticks per dollar, as a power of ten. */
function priceExponentOf(market: MarketRow): number {
  return market.atomicResolution - market.quantumConversionExponent - QUOTE_RESOLUTION;
}

/** The value in the chain's integers; null where it is not a whole number of them, or of the market's smallest step. */
function unitsOf(value: Amount, exponent: number, smallest: number): string | null {
  const scaled = multiply(value, powerOfTen(exponent));
  if (round(scaled, 0, 'down') !== scaled) return null;
  const units = BigInt(scaled);
  return units > 0n && units <= QUANTUMS_MAX && units % BigInt(smallest) === 0n ? scaled : null;
}

function powerOfTen(exponent: number): Amount {
  return amount(exponent >= 0 ? `1${'0'.repeat(exponent)}` : `0.${'0'.repeat(-exponent - 1)}1`);
}

function isMultiple(value: Amount, step: Amount): boolean {
  const decimals = (text: string) => text.split('.')[1]?.length ?? 0;
  const scale = powerOfTen(Math.max(decimals(value), decimals(step)));
  return BigInt(multiply(value, scale)) % BigInt(multiply(step, scale)) === 0n;
}
