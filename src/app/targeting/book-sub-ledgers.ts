import type { OpenDatabase } from '../../../db/database.ts';
import {
  findPlanOfOrder,
  isSubLedgerEventBooked,
  readClaims,
  readSubLedgers,
  saveClaims,
  saveSubLedgerEvent,
} from '../../../db/sub-ledger-repository.ts';
import { assert } from '../../domain/assert.ts';
import type { FillReported, OrderSubmitted } from '../../domain/book/book-event.ts';
import { type Amount, isPositive, multiply, negate, subtract, ZERO } from '../../domain/money/amount.ts';
import { canSplit, finestStep, remainingAfter, splitFill } from '../../domain/strategies/split-amount.ts';
import { NOBODY } from '../../domain/strategies/strategy-deltas.ts';
import {
  applySubLedgerEvent,
  type SubLedgerEvent,
  type SubLedgers,
} from '../../domain/strategies/sub-ledgers.ts';

type Db = OpenDatabase['db'];

export const planClaim = (hash: string): string => `plan:${hash}`;
const orderClaim = ({
  venue,
  clientOrderId,
}: {
  readonly venue: string;
  readonly clientOrderId: string;
}): string => `order:${JSON.stringify([venue, clientOrderId])}`;

/** An order that the bot sent for one strategy: its fills are that strategy's. */
export async function claimForStrategy(db: Db, order: OrderSubmitted): Promise<void> {
  const { strategy, base, side, quantity } = order;
  if (strategy === undefined) return;
  const remaining = new Map([[strategy, side === 'buy' ? quantity : negate(quantity)]]);
  await saveClaims(db, { claim: orderClaim(order), asset: base }, remaining);
}

/**
 * Splits a fill among those whose order or plan it is of, once it is in the book; what nobody claims is of no strategy,
 * by being the rest. A fee in what is bought is taken from what it brought; one in what is sold, or in a third asset, is
 * nobody's, and so is a fill that its fee takes whole, or of more digits than can be split. Within the transaction that
 * `db` is.
 */
export async function bookStrategyFill(db: Db, fill: FillReported): Promise<void> {
  const claim = await claimOf(db, fill);
  if (claim === null) return;
  const { base, quote, eventId, atMs, side } = fill;
  const isBuy = side === 'buy';
  const filled = isBuy ? fill.quantity : negate(fill.quantity);
  const quantity = subtract(filled, feeIn(fill, base));
  if (isBuy && !isPositive(quantity)) return;
  const quoteAmount = fill.quoteAmount ?? multiply(fill.quantity, fill.price);
  const paid = subtract(isBuy ? negate(quoteAmount) : quoteAmount, feeIn(fill, quote));
  if (!canSplit([quantity, paid])) return;
  const remaining = await readClaims(db, { claim, asset: base });
  const step = finestStep([filled, quantity, ...remaining.values()]);
  const { shares } = splitFill(filled, remaining, step);
  const ofStrategies = new Map([...shares].filter(([id]) => id !== NOBODY));
  const event: SubLedgerEvent = {
    type: 'filled',
    id: eventId,
    asset: base,
    quantity,
    step,
    cashAsset: quote,
    cash: paid,
    cashStep: finestStep([paid]),
    remaining: ofStrategies,
  };
  const before = await ledgersBefore(db, [
    [base, quantity],
    [quote, paid],
  ]);
  await bookSubLedgerEvent(db, before, event, atMs);
  await saveClaims(db, { claim, asset: base }, remainingAfter(remaining, shares));
}

/** Books an event once, and keeps it with what strategies hold afterwards. */
export async function bookSubLedgerEvent(
  db: Db,
  before: SubLedgers,
  event: SubLedgerEvent,
  atMs: number,
): Promise<void> {
  if (await isSubLedgerEventBooked(db, event.id)) return;
  const outcome = applySubLedgerEvent(before, event);
  assert(outcome.state === 'booked', `a fill or a crossing is booked once: ${event.id} is ${outcome.state}`);
  await saveSubLedgerEvent(db, { id: event.id, atMs, body: plain(event) }, outcome.ledgers);
}

/** The bot's own order first; then the plan of one that we sent. Null where nobody claims anything of it. */
async function claimOf(db: Db, fill: FillReported): Promise<string | null> {
  const own = orderClaim(fill);
  if ((await readClaims(db, { claim: own, asset: fill.base })).size > 0) return own;
  const hash = await findPlanOfOrder(db, fill);
  if (hash === null) return null;
  const claim = planClaim(hash);
  return (await readClaims(db, { claim, asset: fill.base })).size > 0 ? claim : null;
}

const feeIn = ({ fee }: FillReported, asset: string): Amount => (fee.asset === asset ? fee.amount : ZERO);

/** As the ledgers were before what the book has already: the rest, which is nobody's, is that much less. */
async function ledgersBefore(
  db: Db,
  booked: readonly (readonly [asset: string, delta: Amount])[],
): Promise<SubLedgers> {
  const after = await readSubLedgers(
    db,
    booked.map(([asset]) => asset),
  );
  const holdings = new Map(after.holdings);
  const unassigned = new Map(after.unassigned);
  for (const [asset, delta] of booked) {
    holdings.set(asset, subtract(holdings.get(asset) ?? ZERO, delta));
    unassigned.set(asset, subtract(unassigned.get(asset) ?? ZERO, delta));
  }
  return { ...after, holdings, unassigned };
}

/** Maps as objects, for a row. */
const plain = (event: SubLedgerEvent): unknown =>
  Object.fromEntries(
    Object.entries(event).map(([key, value]) => [
      key,
      value instanceof Map ? Object.fromEntries(value) : value,
    ]),
  );

/** What is held of an asset by each party, nobody included. */
export const heldBy = ({ strategies, unassigned }: SubLedgers, asset: string): ReadonlyMap<string, Amount> =>
  new Map([
    ...[...strategies].flatMap(([id, own]) =>
      own.has(asset) ? [[id, own.get(asset) ?? ZERO] as const] : [],
    ),
    [NOBODY, unassigned.get(asset) ?? ZERO],
  ]);
