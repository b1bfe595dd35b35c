// A venue's side for `trueup diff`: what `trueup snapshot --json` prints, or the short form of a book.

import * as z from 'zod';
import { add, isNegative, isZero, multiply } from '../domain/money/amount.ts';
import type { PageProof, Snapshot } from '../domain/venue/observation.ts';
import {
  type AssetId,
  type Fill,
  type Position,
  perpetualAsset,
  type VenueId,
  type VenueKind,
} from '../domain/venue/venue.ts';
import { spotProduct } from '../exchanges/coinbase/spot-product.ts';
import {
  ACCOUNT_SHAPE,
  accountOf,
  bareAccount,
  isLongForm,
  ORDER_SHAPE,
  type StatedAccount,
  type StatedBalance,
  tellSameOrders,
} from './diff-account.ts';
import { decimal, either, isObject, object, ROWS_MAX, time } from './file-terms.ts';
import { listOf, oneOf, text } from './schema-terms.ts';

export type StatedSnapshot = KnownSnapshot | UnknownSnapshot;

export interface KnownSnapshot {
  readonly state: 'known';
  readonly account: StatedAccount;
  /** Null where the file does not say: then it is younger than everything in the other files. */
  readonly observedAtMs: number | null;
  readonly fills: readonly Fill[];
  /** With their entry prices; each stands in the account as well. Empty for the short form, which has none. */
  readonly positions: readonly Position[];
  /** Owed and not settled, on top of what is held; empty where the file does not say. */
  readonly accrued: Snapshot['accrued'];
  /** What the venue was read with; null for the short form. */
  readonly certificate: {
    readonly kind: VenueKind;
    readonly scope: string;
    readonly pages: readonly Omit<PageProof, 'endpoint'>[];
  } | null;
}

export interface UnknownSnapshot {
  readonly state: 'unknown';
  readonly venue: VenueId;
  readonly reason: string;
  readonly detail: string;
}

const KINDS = [
  'coinbase',
  'coinbase-wallet',
  'dydx',
  'solana',
  'statement',
] as const satisfies readonly VenueKind[];

const venue = ACCOUNT_SHAPE.venue.unwrap();
const list = <T extends z.ZodType>(member: T, members: string) =>
  listOf(member, { members, min: 0, max: ROWS_MAX });
const isTrue = () => z.literal(true, { error: 'true' });

const unknownDocument = object({
  venue,
  kind: oneOf(KINDS),
  state: z.literal('unknown'),
  reason: text('a reason'),
  detail: z.string({ error: 'text' }),
}).transform(({ kind: _kind, ...rest }): UnknownSnapshot => rest);

const written = object({
  venue,
  kind: oneOf(KINDS),
  state: z.literal('known', { error: '"known" or "unknown"' }),
  observedAtMs: time(),
  certificate: object({
    complete: isTrue(),
    coherent: isTrue(),
    scope: text('the scope of an account'),
    pages: list(object({ rows: z.int({ error: 'a whole number' }), sha256: text('a digest') }), 'pages'),
  }),
  balances: list(
    object({
      asset: text('the name of an asset'),
      symbol: text('a short name').optional(),
      total: decimal(),
      available: decimal(),
      hold: decimal(),
    }),
    'balances',
  ),
  positions: list(
    object({
      market: text('the name of a market'),
      side: oneOf(['long', 'short']),
      size: decimal(),
      entryPrice: decimal(),
    }),
    'positions',
  ),
  openOrders: list(
    object({ id: text('an id'), clientOrderId: text('an id').nullable(), ...ORDER_SHAPE }),
    'open orders',
  ),
  fills: list(
    object({
      id: text('an id'),
      // A liquidation has no order.
      orderId: z.string({ error: 'an id' }),
      market: text('the name of a market'),
      side: oneOf(['buy', 'sell']),
      quantity: decimal(),
      price: decimal(),
      fee: object({ asset: text('the name of an asset'), amount: decimal() }),
      atMs: time(),
    }),
    'fills',
  ),
  accrued: list(object({ asset: text('the name of an asset'), amount: decimal() }), 'accruals').optional(),
  // Not compared: a book has no such thing.
  valuations: list(
    object({
      account: text('the name of an account'),
      asset: text('the name of an asset'),
      equity: decimal(),
      freeCollateral: decimal().nullable(),
    }),
    'valuations',
  ).optional(),
});
type Written = z.infer<typeof written>;

const knownDocument = written.transform((document, context): KnownSnapshot => {
  const tell = (path: readonly PropertyKey[], message: string) =>
    context.addIssue({ code: 'custom', path: [...path], message });
  const openOrders = document.openOrders.map((order) => ({ ...order, limitPrice: order.limitPrice ?? null }));
  tellSameOrders(openOrders, context);
  return {
    state: 'known',
    account: {
      venue: document.venue,
      balances: balancesOf(document, tell),
      saysPositions: true,
      openOrders,
    },
    observedAtMs: document.observedAtMs,
    fills: fillsOf(document, tell),
    positions: document.positions,
    accrued: accruedOf(document, tell),
    certificate: { kind: document.kind, ...document.certificate },
  };
});

type Tell = (path: readonly PropertyKey[], expected: string) => void;

function balancesOf(document: Written, tell: Tell): ReadonlyMap<AssetId, StatedBalance> {
  const balances = new Map<AssetId, StatedBalance>();
  for (const [index, { asset, total, available, hold }] of document.balances.entries()) {
    if (balances.has(asset)) tell(['balances', index, 'asset'], 'an asset that stands once');
    const parts = add(available, hold);
    if (parts !== total)
      tell(['balances', index, 'total'], `what is available and held together, "${parts}"`);
    balances.set(asset, { total, hold });
  }
  for (const [index, { market, side, size }] of document.positions.entries()) {
    const asset = perpetualAsset(market);
    if (balances.has(asset)) tell(['positions', index, 'market'], 'a market that stands once');
    if (!isZero(size) && isNegative(size) !== (side === 'short'))
      tell(['positions', index, 'size'], `the signed size of a ${side} position`);
    balances.set(asset, { total: size, hold: null });
  }
  return balances;
}

function accruedOf({ accrued = [] }: Written, tell: Tell): Snapshot['accrued'] {
  for (const [index, { asset }] of accrued.entries()) {
    const isSecond = accrued.findIndex((one) => one.asset === asset) < index;
    if (isSecond) tell(['accrued', index, 'asset'], 'an asset that stands once');
  }
  return accrued;
}

function fillsOf({ kind, fills }: Written, tell: Tell): readonly Fill[] {
  const seen = new Set<string>();
  return fills.flatMap((fill, index): Fill[] => {
    if (seen.has(fill.id)) tell(['fills', index, 'id'], 'an id that stands once');
    seen.add(fill.id);
    const assets = tradedAssets(kind, fill);
    if (assets === null) tell(['fills', index, 'market'], 'a market whose two assets are known');
    if (assets === null) return [];
    const quoteAmount = multiply(fill.quantity, fill.price);
    return [{ ...fill, ...assets, clientOrderId: null, quoteAmount }];
  });
}

/** The document names a fill's market alone. A contract is settled in what its fee is taken in. */
function tradedAssets(
  kind: VenueKind,
  { market, fee }: Written['fills'][number],
): { readonly base: AssetId; readonly quote: AssetId } | null {
  return kind === 'dydx' ? { base: perpetualAsset(market), quote: fee.asset } : spotProduct(market);
}

const shortForm = either(
  isLongForm,
  object({ ...ACCOUNT_SHAPE, observedAt: time().optional() }).transform((stated, context) => ({
    account: accountOf(stated, context),
    observedAtMs: stated.observedAt ?? null,
  })),
  // An object with nothing in it is what a broken pipe leaves behind: who means it writes "balances": {}.
  bareAccount()
    .refine(({ balances }) => balances.size > 0, { error: 'at least one asset, or "balances"' })
    .transform((account) => ({ account, observedAtMs: null })),
).transform(
  ({ account, observedAtMs }): KnownSnapshot => ({
    state: 'known',
    account,
    observedAtMs,
    fills: [],
    positions: [],
    accrued: [],
    certificate: null,
  }),
);

const hasState = (value: unknown): value is { readonly state: unknown } =>
  isObject(value) && Object.hasOwn(value, 'state');

export const snapshotSchema = either<StatedSnapshot, StatedSnapshot>(
  hasState,
  either<StatedSnapshot, StatedSnapshot>(
    (value) => hasState(value) && value.state === 'unknown',
    unknownDocument,
    knownDocument,
  ),
  shortForm,
);
