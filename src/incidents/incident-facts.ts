import type { Cause, ExternalAccount, Transaction } from '../domain/book/transaction.ts';
import { type Amount, amount, multiply, negate, round } from '../domain/money/amount.ts';
import type { Activity, AssetId, Fill } from '../domain/venue/venue.ts';
import type { Draw } from './draw.ts';
import { decimalsOf, INCIDENT_PRICES, type MarketModel, SOL, type VenueModel } from './incident-venues.ts';
import { type Effect, effectOfAmounts, effectOfFill, type IncidentWorld } from './incident-world.ts';

/** Something that happens at a venue, with the record that the venue keeps of it. */
export interface Fact {
  readonly id: string;
  readonly atMs: number;
  readonly effect: Effect;
  readonly fill: Fill | null;
  readonly activity: Activity | null;
  /** As what the bot would report it. */
  readonly bookedAs: { readonly cause: Cause; readonly account: ExternalAccount };
}

export interface FactDraw {
  readonly draw: Draw;
  /** Names that were never given before. */
  readonly name: (kind: string) => string;
  readonly atMs: () => number;
}

/** A trade of some 20 to 5 000 USD: a fill, or where trades are activity a swap. */
export function drawTrade(model: VenueModel, facts: FactDraw, on?: MarketModel): Fact {
  const { draw } = facts;
  const market = on ?? draw.pick(model.markets);
  const quantity = drawQuantity(market.base, draw, { leastUsd: 20, mostUsd: 5_000 });
  const price = drawPrice(market, draw);
  const quoteAmount = multiply(quantity, price);
  const isFeeOnChain = model.tradesAreActivity;
  const fee = isFeeOnChain
    ? amount(`0.0000${draw.whole(50_001, 99_999)}`)
    : round(multiply(quoteAmount, market.feeRate), 8);
  const fill: Fill = {
    id: facts.name('fill'),
    orderId: facts.name('order'),
    clientOrderId: null,
    market: market.market,
    base: market.base,
    quote: market.quote,
    side: draw.pick(['buy', 'sell']),
    quantity,
    price,
    quoteAmount,
    fee: { asset: market.feeAsset, amount: fee },
    atMs: facts.atMs(),
  };
  return model.tradesAreActivity ? asSwap(fill) : factOfFill(fill);
}

export const factOfFill = (fill: Fill): Fact => ({
  id: fill.id,
  atMs: fill.atMs,
  effect: effectOfFill(fill),
  fill,
  activity: null,
  bookedAs: { cause: 'fill', account: 'trade' },
});

function asSwap(fill: Fill): Fact {
  const fact = factOfFill(fill);
  return { ...fact, fill: null, activity: activityOf('swap', fact) };
}

/** Money that comes or goes besides trades, in one asset or, for a conversion, in two. */
export function drawMovement(kind: Activity['kind'], model: VenueModel, facts: FactDraw, of?: AssetId): Fact {
  const { draw } = facts;
  const asset =
    of ??
    (kind === 'funding'
      ? model.collateral
      : kind === 'fee' && model.kind === 'solana'
        ? SOL
        : draw.pick(model.assets));
  const size = drawQuantity(
    asset,
    draw,
    kind === 'fee' || kind === 'funding' ? SMALL : { leastUsd: 15, mostUsd: 3_000 },
  );
  const isOut =
    kind === 'withdrawal' ||
    kind === 'fee' ||
    ((kind === 'funding' || kind === 'transfer') && draw.chance(0.5));
  const moved = isOut ? negate(size) : size;
  const effect =
    kind === 'conversion'
      ? effectOfAmounts([
          ['USDC', negate(size)],
          ['USD', size],
        ])
      : effectOfAmounts([[asset, moved]]);
  return factOfMovement(kind, { id: facts.name(kind), atMs: facts.atMs(), effect });
}

const SMALL = { leastUsd: 0.05, mostUsd: 40 };

export function factOfMovement(
  kind: Activity['kind'],
  of: { readonly id: string; readonly atMs: number; readonly effect: Effect },
): Fact {
  return {
    ...of,
    fill: null,
    activity: activityOf(kind, of),
    bookedAs: BOOKED_AS[kind],
  };
}

/** It happens, and the venue keeps its record. The book hears of it by `bookFact`, or not at all. */
export function happenOnRecord(world: IncidentWorld, model: VenueModel, fact: Fact): void {
  world.happen(model.venue, fact.effect);
  if (fact.fill !== null) world.recordFill(model.venue, fact.fill);
  if (fact.activity !== null) world.recordActivity(model.venue, fact.activity);
}

/** The bot reports the fact, possibly under other ids or with other amounts. */
export function bookFact(
  world: IncidentWorld,
  model: VenueModel,
  fact: Fact,
  otherwise: {
    readonly eventId?: string;
    readonly venueIds?: readonly string[];
    readonly effect?: Effect;
  } = {},
): Transaction {
  return world.bookEffect(model.venue, {
    eventId: otherwise.eventId ?? `event:${fact.id}`,
    cause: fact.bookedAs.cause,
    account: fact.bookedAs.account,
    atMs: fact.atMs,
    venueIds: otherwise.venueIds ?? [fact.id],
    effect: otherwise.effect ?? fact.effect,
  });
}

export function drawQuantity(
  asset: AssetId,
  draw: Draw,
  between: { readonly leastUsd: number; readonly mostUsd: number },
): Amount {
  const price = Number(INCIDENT_PRICES.get(asset) ?? '1');
  return draw.amount(between.leastUsd / price, between.mostUsd / price, decimalsOf(asset));
}

function drawPrice(market: MarketModel, draw: Draw): Amount {
  const base = Number(INCIDENT_PRICES.get(market.base) ?? '1');
  const decimals = base < 1 ? 9 : 2;
  return draw.amount(base * 0.95, base * 1.05, decimals);
}

const activityOf = (
  kind: Activity['kind'],
  { id, atMs, effect }: { readonly id: string; readonly atMs: number; readonly effect: Effect },
): Activity => ({
  id,
  kind,
  deltas: [...effect]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([asset, moved]) => ({ asset, amount: moved })),
  atMs,
});

/** The bot has no message for what is not in its hands; where it knows of it, it books it as money that came or went. */
const BOOKED_AS: Readonly<Record<Activity['kind'], Fact['bookedAs']>> = {
  deposit: { cause: 'deposit', account: 'transfer' },
  withdrawal: { cause: 'withdrawal', account: 'transfer' },
  transfer: { cause: 'deposit', account: 'transfer' },
  funding: { cause: 'funding', account: 'funding' },
  fee: { cause: 'withdrawal', account: 'fee' },
  reward: { cause: 'deposit', account: 'reward' },
  conversion: { cause: 'fill', account: 'trade' },
  swap: { cause: 'fill', account: 'trade' },
};
