import { type Kysely, sql } from 'kysely';
import type { FillReported, OrderSubmitted } from '../src/domain/book/book-event.ts';
import { multiply } from '../src/domain/money/amount.ts';
import type { TokenKnowledge } from '../src/domain/strategies/infer-tokens.ts';
import type { Database } from './tables.ts';

/** More orders than this are not looked at: the newest of them say what a strategy trades. */
const ORDERS_MAX = 100_000;

/**
 * Fills of orders that the bot has named a strategy with, by strategy: the group of the asset, and the exact quote as
 * its value. Only messages since `sinceMs`, by the bot's clock.
 */
export async function readStrategyFills(
  db: Kysely<Database>,
  { sinceMs, groupOf }: { readonly sinceMs: number; readonly groupOf: (asset: string) => string },
): Promise<ReadonlyMap<string, TokenKnowledge['fills']>> {
  const orders = await readEvents<OrderSubmitted>(db, 'portfolio.orderSubmitted', sinceMs, true);
  if (orders.length === 0) return new Map();
  const strategyOf = new Map(orders.map((order) => [keyOf(order), order.strategy ?? ''] as const));
  const fills = new Map<string, TokenKnowledge['fills'][number][]>();
  for (const fill of await readEvents<FillReported>(db, 'portfolio.fillReported', sinceMs, false)) {
    const strategy = strategyOf.get(keyOf(fill));
    if (strategy === undefined) continue;
    const value = fill.quoteAmount ?? multiply(fill.quantity, fill.price);
    const told = { asset: groupOf(fill.base), value, filledAtMs: fill.atMs };
    const known = fills.get(strategy);
    if (known === undefined) fills.set(strategy, [told]);
    else known.push(told);
  }
  return fills;
}

async function readEvents<T>(
  db: Kysely<Database>,
  type: string,
  sinceMs: number,
  isOfStrategy: boolean,
): Promise<readonly T[]> {
  let query = db
    .selectFrom('book_event')
    .select('body')
    .where('type', '=', type)
    .where('at_ms', '>=', sinceMs);
  if (isOfStrategy) query = query.where(sql`json_extract(body, '$.strategy')`, 'is not', null);
  const rows = await query.orderBy('sequence', 'desc').limit(ORDERS_MAX).execute();
  return rows.map(({ body }) => JSON.parse(body) as T);
}

const keyOf = ({
  venue,
  clientOrderId,
}: {
  readonly venue: string;
  readonly clientOrderId: string;
}): string => JSON.stringify([venue, clientOrderId]);
