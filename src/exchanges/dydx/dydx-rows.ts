// Rows of the indexer, parsed once at the edge. Documented strings are strings, amounts are exact, and what the venue
// has added over the years (heights, subaccount numbers in rows, page counts) is optional: older answers lack it.

import * as z from 'zod';
import { type Amount, amount, isAmountText, isNegative } from '../../domain/money/amount.ts';
import { type Unknown, unknown } from '../../domain/venue/observation.ts';

const amountText = z
  .string()
  .refine(isAmountText, 'expected a decimal number in text')
  .transform((text): Amount => amount(text));
const positiveAmount = amountText.refine(
  (value) => value !== '0' && !value.startsWith('-'),
  'expected more than zero',
);
const unsignedAmount = amountText.refine((value) => !value.startsWith('-'), 'expected zero or more');
export const heightText = z
  .string()
  .regex(/^\d{1,15}$/, 'expected a height in text')
  .transform(Number);
/** Without halves of letters of two parts, which no URL can hold. */
const identifier = z
  .string()
  .min(1)
  .max(200)
  .regex(/^\P{Surrogate}*$/u, 'expected whole letters');
/** Such as "BTC-USD" or "BUFFI,UNISWAP_V3,0X4C…-USD"; it becomes part of a path, so nothing else is let through. */
const ticker = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9,._%-]{0,127}$/, 'expected a ticker');
export const isoTime = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z$/, 'expected a time in UTC')
  .refine((text) => Number.isSafeInteger(Date.parse(text)), 'expected a time in UTC')
  .transform((text) => Date.parse(text));
const subaccountNumber = z.int().min(0).max(128_000);
const uint32Text = z
  .string()
  .regex(/^\d{1,10}$/, 'expected a number of 32 bits in text')
  .refine((text) => Number(text) <= 0xffff_ffff, 'expected a number of 32 bits in text');
const positionSide = z.enum(['LONG', 'SHORT']);
const orderSide = z.enum(['BUY', 'SELL']);

/** Generations of the indexer differ in whether the size of a SHORT has a sign; that of a LONG never has. */
const isSizeOfSide = ({ side, size }: { readonly side: 'LONG' | 'SHORT'; readonly size: Amount }): boolean =>
  side === 'SHORT' || !isNegative(size);
const SIZE_OF_SIDE = { path: ['size'], error: 'expected no less than zero for a LONG' };

const assetPosition = z
  .object({
    symbol: identifier,
    side: positionSide,
    size: amountText,
    subaccountNumber: subaccountNumber.optional(),
  })
  .refine(isSizeOfSide, SIZE_OF_SIDE);

const perpetualPosition = z
  .object({
    market: ticker,
    status: z.literal('OPEN'),
    side: positionSide,
    size: amountText,
    entryPrice: unsignedAmount,
    unrealizedPnl: amountText.nullish(),
    subaccountNumber: subaccountNumber.optional(),
  })
  .refine(isSizeOfSide, SIZE_OF_SIDE);

/** Rows by name. Zod leaves out a row under the key `__proto__` without a word: such a body is refused. */
const byName = <T extends z.ZodType>(row: T) =>
  z
    .unknown()
    .refine(
      (value) => typeof value !== 'object' || value === null || !Object.hasOwn(value, '__proto__'),
      'expected names, found __proto__',
    )
    .pipe(z.record(z.string(), row));

export const subaccountRow = z.object({
  address: identifier,
  subaccountNumber,
  equity: amountText.nullish(),
  freeCollateral: amountText.nullish(),
  openPerpetualPositions: byName(perpetualPosition),
  assetPositions: byName(assetPosition),
  updatedAtHeight: heightText.optional(),
  latestProcessedBlockHeight: heightText.optional(),
});
export type SubaccountRow = z.output<typeof subaccountRow>;

export const subaccountBody = z.object({ subaccount: subaccountRow });
/** A parent with its children, itself among them. */
export const parentBody = z.object({
  subaccount: z.object({
    address: identifier,
    parentSubaccountNumber: subaccountNumber,
    equity: amountText.nullish(),
    childSubaccounts: z.array(subaccountRow),
  }),
});
/** Every subaccount of an address. */
export const addressBody = z.object({ subaccounts: z.array(subaccountRow) });

export const ORDER_STATUSES = [
  'OPEN',
  'FILLED',
  'CANCELED',
  'BEST_EFFORT_CANCELED',
  'UNTRIGGERED',
  'ERROR',
  'BEST_EFFORT_OPENED',
] as const;

export const orderRow = z.object({
  id: identifier,
  clientId: uint32Text,
  clobPairId: uint32Text,
  side: orderSide,
  size: positiveAmount,
  totalFilled: unsignedAmount.optional(),
  price: unsignedAmount,
  type: z.string().min(1).max(40),
  status: z.enum(ORDER_STATUSES),
  orderFlags: uint32Text,
  goodTilBlock: heightText.nullish(),
  goodTilBlockTime: isoTime.nullish(),
  ticker,
  subaccountNumber: subaccountNumber.optional(),
});
export type OrderRow = z.output<typeof orderRow>;
export const ordersBody = z.array(orderRow);

export const fillRow = z.object({
  id: identifier,
  side: orderSide,
  market: ticker,
  marketType: z.literal('PERPETUAL').optional(),
  type: z.string().min(1).max(40).optional(),
  price: unsignedAmount,
  size: positiveAmount,
  fee: amountText,
  createdAt: isoTime,
  createdAtHeight: heightText,
  // A liquidation or a deleveraging has no order.
  orderId: identifier.nullish(),
  subaccountNumber: subaccountNumber.optional(),
});
export type FillRow = z.output<typeof fillRow>;

const party = z.object({ address: identifier, subaccountNumber: subaccountNumber.nullish() });

export const transferRow = z.object({
  id: identifier,
  sender: party,
  recipient: party,
  size: positiveAmount,
  createdAt: isoTime,
  createdAtHeight: heightText,
  symbol: identifier,
  type: z.enum(['DEPOSIT', 'WITHDRAWAL', 'TRANSFER_IN', 'TRANSFER_OUT']),
});
export type TransferRow = z.output<typeof transferRow>;

export const fundingRow = z.object({
  createdAt: isoTime,
  createdAtHeight: heightText,
  ticker,
  payment: amountText,
  subaccountNumber: z.string().regex(/^\d{1,6}$/, 'expected a subaccount number in text'),
});
export type FundingRow = z.output<typeof fundingRow>;

/** What the indexer adds to a list when it is asked for a page. */
const pageCounts = {
  pageSize: z.int().min(0).optional(),
  totalResults: z.int().min(0).optional(),
  offset: z.int().min(0).optional(),
};
export const fillsBody = z.object({ fills: z.array(fillRow), ...pageCounts });
export const transfersBody = z.object({ transfers: z.array(transferRow), ...pageCounts });
export const fundingPaymentsBody = z.object({ fundingPayments: z.array(fundingRow), ...pageCounts });

export const heightBody = z.object({ height: heightText, time: isoTime });
export type HeightRow = z.output<typeof heightBody>;

export const marketRow = z.object({
  ticker,
  clobPairId: uint32Text,
  status: z.enum(['ACTIVE', 'PAUSED', 'CANCEL_ONLY', 'POST_ONLY', 'INITIALIZING', 'FINAL_SETTLEMENT']),
  // Null where the market has no oracle price yet.
  oraclePrice: unsignedAmount.nullish(),
  stepSize: positiveAmount,
  tickSize: positiveAmount,
  initialMarginFraction: unsignedAmount,
  // In USD.
  volume24H: unsignedAmount.nullish(),
  maintenanceMarginFraction: unsignedAmount.nullish(),
  openInterest: unsignedAmount.nullish(),
  // Null, or not there, where initial margin does not grow with open interest.
  openInterestLowerCap: unsignedAmount.nullish(),
  openInterestUpperCap: unsignedAmount.nullish(),
  // Above zero where one contract is a fraction of a token that is worth next to nothing.
  atomicResolution: z.int().min(-40).max(40),
  quantumConversionExponent: z.int().min(-40).max(40),
  stepBaseQuantums: z.int().min(1),
  subticksPerTick: z.int().min(1),
});
export type MarketRow = z.output<typeof marketRow>;
export const marketsBody = z.object({ markets: byName(marketRow) });

const priceLevel = z.object({ price: positiveAmount, size: unsignedAmount });
export const orderBookBody = z.object({ bids: z.array(priceLevel), asks: z.array(priceLevel) });

export type Parsed<T> = { readonly state: 'parsed'; readonly value: T } | Unknown;

/** Parses a whole body; one row that is not as documented makes the body `malformed`. */
export function parseBody<T>(endpoint: string, schema: z.ZodType<T>, body: unknown): Parsed<T> {
  const result = schema.safeParse(body);
  if (result.success) return { state: 'parsed', value: result.data };
  const [issue] = result.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? 'body' : issue.path.map(String).join('.');
  return unknown(
    'malformed',
    `${endpoint}: ${place.slice(0, 120)}: ${(issue?.message ?? 'invalid').slice(0, 200)}`,
  );
}
