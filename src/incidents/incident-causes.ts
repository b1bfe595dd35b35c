import { type Amount, amount, fromAtoms, multiply, negate, toAtoms } from '../domain/money/amount.ts';
import type { CandidateCause } from '../domain/reconciliation/candidate.ts';
import type { Activity } from '../domain/venue/venue.ts';
import { type CauseInput, type MakeCause, truth } from './cause-input.ts';
import { fundingSettled, holdNotBooked, wrappedWithoutRecord } from './causes-without-record.ts';
import type { TrueCause } from './incident.ts';
import {
  bookFact,
  drawMovement,
  drawQuantity,
  drawTrade,
  type Fact,
  factOfFill,
  factOfMovement,
  happenOnRecord,
} from './incident-facts.ts';
import { SOL, VENUE_MODELS, type VenueModel, WRAPPED_SOL } from './incident-venues.ts';
import { differenceOf, type Effect, effectOfAmounts, effectOfFill, negated } from './incident-world.ts';
import { placeRestingOrder } from './resting-order.ts';

/** Every way in which something goes wrong, with the kinds of venue where it can. */
export const CAUSE_MAKERS: readonly {
  readonly kinds: readonly VenueModel['kind'][];
  readonly make: MakeCause;
}[] = [
  { kinds: ['coinbase', 'dydx'], make: missedTrade('missedFill') },
  { kinds: ['coinbase'], make: missedFillOfRestingOrder },
  { kinds: ['solana'], make: missedTrade('swap') },
  { kinds: ['coinbase', 'dydx', 'solana'], make: missedMovement('deposit') },
  { kinds: ['coinbase', 'dydx', 'solana'], make: missedMovement('withdrawal') },
  { kinds: ['coinbase', 'dydx'], make: missedMovement('transfer') },
  { kinds: ['dydx'], make: missedMovement('funding') },
  { kinds: ['coinbase', 'solana'], make: missedMovement('reward') },
  { kinds: ['coinbase'], make: missedMovement('conversion') },
  { kinds: ['solana'], make: missedMovement('fee') },
  { kinds: ['coinbase', 'dydx', 'solana'], make: bookedTwice },
  { kinds: ['coinbase', 'dydx', 'solana'], make: tradeNotAtVenue },
  { kinds: ['coinbase', 'solana'], make: movementNotAtVenue },
  { kinds: ['coinbase'], make: feeInOtherAsset },
  { kinds: ['coinbase', 'dydx'], make: quoteBookedAsBase },
  { kinds: ['coinbase', 'dydx', 'solana'], make: decimalsShifted },
  { kinds: ['solana'], make: wrappedMixedOnRecord },
  { kinds: ['solana'], make: wrappedWithoutRecord },
  { kinds: ['coinbase', 'dydx', 'solana'], make: transferArrived },
  { kinds: ['coinbase'], make: holdNotBooked },
  { kinds: ['dydx'], make: fundingSettled },
];

function missedTrade(cause: CandidateCause): MakeCause {
  return ({ world, model, facts }) => {
    const fact = drawTrade(model, facts);
    happenOnRecord(world, model, fact);
    return truth(model, cause, fact.id, fact.effect);
  };
}

function missedMovement(kind: Activity['kind']): MakeCause {
  return ({ world, model, facts }) => {
    const fact = drawMovement(kind, model, facts);
    happenOnRecord(world, model, fact);
    return truth(model, kind, fact.id, fact.effect);
  };
}

/** The whole order is filled: the order, its hold and the totals differ at once. */
function missedFillOfRestingOrder({ world, model, facts }: CauseInput): TrueCause {
  const order = placeRestingOrder({ world, model, facts }, true);
  world.endOrder(model.venue, order.id);
  const fact = factOfFill({
    id: facts.name('fill'),
    orderId: order.id,
    clientOrderId: order.clientOrderId,
    market: order.market,
    base: order.base,
    quote: order.quote,
    side: order.side,
    quantity: order.quantity,
    price: order.price,
    quoteAmount: multiply(order.quantity, order.price),
    fee: { asset: order.quote, amount: facts.draw.amount(0.01, 30, 8) },
    atMs: facts.atMs(),
  });
  happenOnRecord(world, model, fact);
  return truth(model, 'missedFill', fact.id, fact.effect);
}

function bookedTwice({ world, model, facts }: CauseInput): TrueCause {
  const fact =
    facts.draw.chance(0.8) || model.kind === 'dydx'
      ? drawTrade(model, facts)
      : drawMovement(facts.draw.pick(['deposit', 'withdrawal']), model, facts);
  happenOnRecord(world, model, fact);
  bookFact(world, model, fact);
  const again = bookFact(world, model, fact, {
    eventId: facts.name('again'),
    venueIds: facts.draw.chance(0.5) ? [fact.id] : [facts.name('other')],
  });
  return truth(model, 'duplicateBooking', again.id, negated(fact.effect));
}

function tradeNotAtVenue({ world, model, facts }: CauseInput): TrueCause {
  const fact = drawTrade(model, facts);
  const booked = bookFact(world, model, fact);
  return truth(model, 'fillNotAtVenue', booked.id, negated(fact.effect));
}

function movementNotAtVenue({ world, model, facts }: CauseInput): TrueCause {
  const fact = drawMovement(facts.draw.pick(['deposit', 'withdrawal']), model, facts);
  const booked = bookFact(world, model, fact);
  return truth(model, 'activityNotAtVenue', booked.id, negated(fact.effect));
}

function feeInOtherAsset({ world, model, facts }: CauseInput): TrueCause {
  const market = facts.draw.pick(model.markets);
  const other = market.otherFeeAsset ?? model.collateral;
  const { fill } = drawTrade(model, facts, market);
  if (fill === null) throw new Error('fees are taken from fills');
  const real = factOfFill({
    ...fill,
    fee: { asset: other, amount: drawQuantity(other, facts.draw, { leastUsd: 0.2, mostUsd: 30 }) },
  });
  happenOnRecord(world, model, real);
  const booked = world.bookPostings({
    eventId: `event:${fill.id}`,
    cause: 'fill',
    venue: model.venue,
    atMs: fill.atMs,
    venueIds: [fill.id],
    postings: [...effectOfFill({ ...fill, fee: { ...fill.fee, amount: amount('0') } })]
      .flatMap(([asset, moved]) => against(model, asset, moved, 'trade'))
      .concat(against(model, fill.fee.asset, negate(fill.fee.amount), 'fee')),
  });
  return truth(model, 'feeInOtherAsset', booked.id, differenceOf(real.effect, effectOfFill(fill)));
}

const against = (model: VenueModel, asset: string, moved: Amount, external: 'trade' | 'fee') => [
  { venue: model.venue, bucket: 'available' as const, asset, amount: moved },
  { external, asset, amount: negate(moved) },
];

/** The venue tells a fill's size in quote, and the bot takes it for the base quantity. */
function quoteBookedAsBase({ world, model, facts }: CauseInput): TrueCause {
  const fact = drawTrade(model, facts);
  const { fill } = fact;
  if (fill === null) throw new Error('sizes are told where trades are fills');
  const quantity = fill.quoteAmount;
  // Some bots keep what the venue says was paid, others work it out from what they take for the size.
  const quoteAmount = facts.draw.chance(0.5) ? quantity : multiply(quantity, fill.price);
  const wrong = effectOfFill({ ...fill, quantity, quoteAmount });
  happenOnRecord(world, model, fact);
  const booked = bookFact(world, model, fact, { effect: wrong });
  return truth(model, 'quoteBookedAsBase', booked.id, differenceOf(fact.effect, wrong));
}

/** One asset of what happened is booked with its decimal point elsewhere. */
function decimalsShifted({ world, model, facts }: CauseInput): TrueCause {
  const fact =
    facts.draw.chance(0.5) || model.kind === 'dydx'
      ? drawTrade(model, facts)
      : drawMovement(facts.draw.pick(['deposit', 'withdrawal']), model, facts);
  const [asset] = facts.draw.pick([...fact.effect]);
  const shift = facts.draw.whole(1, 3);
  const wrong: Effect = new Map(
    [...fact.effect].map(([name, moved]) => [name, name === asset ? shifted(moved, shift) : moved]),
  );
  happenOnRecord(world, model, fact);
  const booked = bookFact(world, model, fact, { effect: wrong });
  return truth(model, 'decimalsShift', booked.id, differenceOf(fact.effect, wrong));
}

const shifted = (moved: Amount, decimals: number): Amount => fromAtoms(toAtoms(moved, 20), 20 + decimals);

/** What came wrapped is booked as native, or the other way round. */
function wrappedMixedOnRecord({ world, model, facts }: CauseInput): TrueCause {
  const isWrapped = facts.draw.chance(0.5);
  const fact = drawMovement('deposit', model, facts, isWrapped ? WRAPPED_SOL : SOL);
  const wrong = new Map([...fact.effect].map(([, moved]) => [isWrapped ? SOL : WRAPPED_SOL, moved] as const));
  happenOnRecord(world, model, fact);
  const booked = bookFact(world, model, fact, { effect: wrong });
  return truth(model, 'wrappedNativeMixed', booked.id, differenceOf(fact.effect, wrong));
}

/** Left another venue long ago, booked there, and has arrived here. */
function transferArrived({ world, model, facts, startTransfer }: CauseInput): TrueCause {
  const { draw } = facts;
  const from = draw.pick(VENUE_MODELS.filter(({ venue }) => venue !== model.venue));
  const asset = model.kind === 'solana' ? SOL : 'USDC';
  const sentAsset =
    model.kind === 'solana'
      ? from.kind === 'coinbase'
        ? 'SOL'
        : from.collateral
      : from.kind === 'solana'
        ? from.collateral
        : 'USDC';
  const moved = drawQuantity(asset, draw, { leastUsd: 15, mostUsd: 3_000 });
  const transferId = facts.name('transfer');
  const sentAtMs = facts.atMs();
  const sent = factOfMovement('withdrawal', {
    id: transferId,
    atMs: sentAtMs,
    effect: effectOfAmounts([[sentAsset, negate(moved)]]),
  });
  happenOnRecord(world, from, sent);
  world.bookPostings({
    eventId: `event:${transferId}`,
    cause: 'transfer',
    venue: from.venue,
    atMs: sentAtMs,
    venueIds: [transferId],
    postings: [
      { venue: from.venue, bucket: 'available', asset: sentAsset, amount: negate(moved) },
      { venue: from.venue, bucket: 'inTransit', asset: sentAsset, amount: moved },
    ],
  });
  startTransfer({
    transferId,
    fromVenue: from.venue,
    toVenue: model.venue,
    sentAsset,
    asset,
    amount: moved,
    sentAtMs,
  });
  const effect = effectOfAmounts([[asset, moved]]);
  if (draw.chance(0.7)) {
    const arrival: Fact = factOfMovement('deposit', {
      id: facts.name('arrival'),
      atMs: sentAtMs + 600_000,
      effect,
    });
    happenOnRecord(world, model, arrival);
  } else world.happen(model.venue, effect);
  return truth(model, 'transferInTransit', transferId, effect);
}
