import { expect } from '@jest/globals';
import { viewOf } from '../../../src/domain/book/book-state.ts';
import { amount, multiply, negate } from '../../../src/domain/money/amount.ts';
import { judgeRound } from '../../../src/domain/reconciliation/venue-round.ts';
import { unknown } from '../../../src/domain/venue/observation.ts';
import { type Fill, type Position, perpetualAsset } from '../../../src/domain/venue/venue.ts';
import { filled, submitted } from '../../support/book-harness.ts';
import { VENUE } from '../../support/reconciliation-fixtures.ts';
import { crossingsOf, type ReferenceFill } from '../../support/reference-fills.ts';
import { adoptedOrder } from '../../support/reference-orders.ts';
import { amountOf, describeTopic, type Fields, type Scenario } from '../../support/reference-scenarios.ts';
import { HAPPENED_AT_MS, VenueBesideBook } from '../../support/venue-beside-book.ts';

interface VenuePosition {
  readonly side: 'LONG' | 'SHORT' | 'FLAT';
  readonly qty: string;
  readonly avg_px: string;
}

function positionOf(market: string, { side, qty, avg_px }: VenuePosition): readonly Position[] {
  if (side === 'FLAT') return [];
  const isLong = side === 'LONG';
  const size = isLong ? amount(qty) : negate(amount(qty));
  return [{ market, side: isLong ? 'long' : 'short', size, entryPrice: amount(avg_px) }];
}

function fillOf(market: string, fill: ReferenceFill, index: number): Fill {
  const [quantity, price] = [amount(fill.qty), amount(fill.px)];
  return {
    id: `${market} ${index}`,
    orderId: fill.order,
    // The reference has orders that both buy and sell: here an order has one side.
    clientOrderId: `${fill.order} ${fill.side}`,
    market,
    base: perpetualAsset(market),
    quote: 'USDC',
    side: fill.side === 'BUY' ? 'buy' : 'sell',
    quantity,
    price,
    quoteAmount: multiply(quantity, price),
    fee: { asset: 'USDC', amount: amount('0') },
    atMs: HAPPENED_AT_MS + fill.ts,
  };
}

/** What a bot that saw every fill has told the book. */
function heardAll(fills: readonly Fill[]): VenueBesideBook {
  const compared = new VenueBesideBook();
  for (const { id, clientOrderId, orderId: _orderId, quoteAmount: _quoteAmount, ...fill } of fills) {
    const fields = { eventId: id, fillId: id, clientOrderId: clientOrderId ?? '', quoteAmount: null };
    const [decision] = compared.hear(filled({ ...fill, ...fields }));
    expect(decision?.kind).toBe('postedAsExternal');
  }
  compared.hold('USDC', compared.held('USDC'));
  compared.fills = fills;
  return compared;
}

const fillsOf = ({ fills }: Fields, market = 'M'): readonly Fill[] =>
  (fills as readonly ReferenceFill[]).map((fill, index) => fillOf(market, fill, index));

/** A venue that opens with the position it shows: the fills before are contained in it, and nothing is made up. */
function opensWithWhatItShows({ input }: Scenario): void {
  const compared = new VenueBesideBook();
  compared.positions = positionOf('M', input.venue as VenuePosition);
  compared.fills = fillsOf(input);
  compared.open(HAPPENED_AT_MS + 10_000);
  const looked = compared.look();
  expect([looked.comparison.differences, compared.candidates()]).toEqual([[], []]);
  expect(compared.held(perpetualAsset('M'))).toBe(compared.positions[0]?.size ?? '0');
}

/** A book that heard every fill has the venue's position at the venue's entry price. */
function addsUpToTheVenue({ input }: Scenario): VenueBesideBook {
  const compared = heardAll(fillsOf(input));
  compared.positions = positionOf('M', input.venue as VenuePosition);
  expect(compared.look().comparison.differences).toEqual([]);
  const { entryPrices } = viewOf(compared.harness.book, VENUE, 0);
  expect(entryPrices.get(perpetualAsset('M'))).toBe(compared.positions[0]?.entryPrice);
  return compared;
}

/** What was before the position was last flat has no part in it, and is booked all the same. */
function forgetsEarlierLives(scenario: Scenario): VenueBesideBook {
  const { input, expected } = scenario;
  const fills = input.fills as readonly ReferenceFill[];
  const last = crossingsOf(fills).at(-1);
  if ('last_zero_crossing_ts' in expected) expect(last).toBe(expected.last_zero_crossing_ts);
  const kept = fills.filter(({ ts }) => ts > (last ?? Number.NEGATIVE_INFINITY));
  if ('kept_orders' in expected) expect(kept.map(({ order }) => order)).toEqual(expected.kept_orders);
  if ('kept_ts' in expected) expect(kept.map(({ ts }) => ts)).toEqual(expected.kept_ts);
  addsUpToTheVenue({ ...scenario, input: { ...input, fills: kept } });
  return addsUpToTheVenue(scenario);
}

/** An order that rests when the venue opens is one of the book's from then on, with what remains of it. */
function isAdopted({ input }: Scenario): void {
  const { order, before, after, booked } = adoptedOrder(input.report as Fields);
  expect(before).toMatchObject([{ class: 'orderMismatch', venueAmount: order.remaining }]);
  expect(after).toEqual([]);
  expect(booked).toMatchObject({ status: 'accepted', quantity: order.remaining, filledQuantity: '0' });
}

describeTopic('openings', {
  'partial_window.no_fills': opensWithWhatItShows,
  'partial_window.venue_flat': opensWithWhatItShows,
  'partial_window.complete_lifecycle': (scenario) => void addsUpToTheVenue(scenario),
  'partial_window.filter_to_current_lifecycle': (scenario) => void forgetsEarlierLives(scenario),
  'partial_window.flat_crossings': (scenario) => void forgetsEarlierLives(scenario),
  'partial_window.filter_keeps_working_orders': (scenario) => {
    const compared = forgetsEarlierLives(scenario);
    const { input, expected } = scenario;
    const [kept = ''] = expected.kept_orders as readonly string[];
    const [, sizes = ''] = String((input.orders as Fields)[kept]).split(' ');
    const [done, whole] = sizes.split('/').map(amount);
    const terms = { market: 'M', base: perpetualAsset('M'), quote: 'USDC', clientOrderId: `${kept} BUY` };
    compared.hear(submitted({ ...terms, quantity: amount(whole ?? '') }));
    expect(compared.order(`${kept} BUY`)).toMatchObject({ status: 'submitted', filledQuantity: done });
  },
  'partial_window.no_position_report': () => {
    const observation = unknown('unreachable', 'no position came');
    const standing = new VenueBesideBook().standing();
    const judged = judgeRound({ observation, standing, firstForOpening: null, suspect: null, settled: 0 });
    expect(judged).toEqual({ next: 'report', kind: 'unknown' });
  },
  'partial_window.multi_instrument_independent': ({ input, expected }) => {
    const instruments = Object.entries(input.instruments as Readonly<Record<string, Fields>>);
    const fills = instruments.flatMap(([market, fields]) => fillsOf(fields, market));
    const compared = heardAll(fills);
    compared.positions = instruments.flatMap(([market, { venue }]) =>
      positionOf(market, venue as VenuePosition),
    );
    expect(compared.look().comparison.differences).toEqual([]);
    expect(fills.map(({ orderId }) => orderId)).toEqual(expected.kept_orders);
  },

  'external_order.status_accepted': isAdopted,
  // An order that waits for its trigger is open as any other.
  'external_order.status_triggered': isAdopted,
  // What an order that nobody submitted has filled is booked all the same, as external.
  'external_order.status_filled': ({ input }) => {
    const report = input.report as Fields;
    const compared = new VenueBesideBook();
    const quantity = amountOf(report.filled);
    const [decision] = compared.hear(filled({ quantity, price: amountOf(report.avg_px) }));
    expect(decision).toMatchObject({ kind: 'postedAsExternal', order: { filledQuantity: quantity } });
    expect(compared.held('BTC')).toBe(quantity);
  },

  'startup_import.accepted': isAdopted,
  'startup_import.partial_with_trade': (scenario) => {
    isAdopted(scenario);
    const [trade] = scenario.input.fills as readonly { readonly qty: string; readonly px: string }[];
    const compared = new VenueBesideBook();
    compared.fill(
      fillOf('M', { side: 'BUY', qty: trade?.qty ?? '', px: trade?.px ?? '', ts: 0, order: 'V-1' }, 0),
    );
    compared.open(HAPPENED_AT_MS);
    expect([compared.look().comparison.differences, compared.candidates()]).toEqual([[], []]);
  },
});
