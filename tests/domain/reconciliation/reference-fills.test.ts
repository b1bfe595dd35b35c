import { expect } from '@jest/globals';
import { type Amount, amount, multiply, negate, subtract, ZERO } from '../../../src/domain/money/amount.ts';
import { accepted, filled, ORDER, submitted } from '../../support/book-harness.ts';
import { fillOf } from '../../support/reconciliation-fixtures.ts';
import { reported } from '../../support/reference-orders.ts';
import { amountOf, describeTopic, type Fields, type Scenario } from '../../support/reference-scenarios.ts';
import { HAPPENED_AT_MS, VenueBesideBook } from '../../support/venue-beside-book.ts';

const atMs = HAPPENED_AT_MS;

/** A book with one accepted order of the size, beside a venue with cash that the book knows of. */
function beside(quantity: Amount): VenueBesideBook {
  const compared = new VenueBesideBook();
  compared.hold('USD', '1000000');
  compared.hold('USDT', '1000000');
  compared.open();
  compared.hear(submitted({ quantity, atMs }), accepted({ hold: null, atMs }));
  return compared;
}

/** An execution of that order on the venue's record. */
const executed = (id: string, quantity: Amount, price: Amount, fee?: { asset: string; amount: Amount }) => {
  const { market, base, quote, side, clientOrderId } = ORDER;
  return fillOf({
    id,
    orderId: 'venue-order-1',
    clientOrderId,
    market,
    base,
    quote,
    side,
    quantity,
    price,
    quoteAmount: multiply(quantity, price),
    fee: fee ?? { asset: quote, amount: ZERO },
    atMs,
  });
};

/** The bot reports a fill of an order that has filled something before. */
function reports({ input }: Scenario) {
  const [order, fill] = [input.order as Fields, input.fill as Fields];
  const compared = beside(amountOf(order.qty));
  const [known] = (order.trade_ids ?? []) as readonly string[];
  if (known !== undefined)
    compared.hear(reported(executed(known, amountOf(order.filled), amountOf(fill.px))));
  const before = compared.order(ORDER.clientOrderId)?.filledQuantity;
  expect(before).toBe(amountOf(order.filled));
  const event = filled({
    eventId: 'reported',
    fillId: String(fill.id),
    quantity: amountOf(fill.qty),
    price: amountOf(fill.px ?? '1'),
    fee: { asset: 'USD', amount: ZERO },
    atMs,
  });
  const [decision] = compared.hear(event);
  const after = compared.order(ORDER.clientOrderId)?.filledQuantity;
  return { kind: decision?.kind, isApplied: after !== before, after };
}

describeTopic('fills', {
  // Filled, and nobody says at what: the difference stays, and no price is made up for it.
  'inferred_fill.no_price_anywhere': ({ input, expected }) => {
    const order = input.order as Fields;
    const compared = beside(amountOf(order.qty));
    compared.hold('BTC', amountOf((input.report as Fields).filled));
    const { explanations, corrections, orders } = compared.look();
    expect(orders).toMatchObject([{ class: 'orderMismatch' }]);
    expect(explanations.map(({ verdict, events }) => [verdict, events])).toEqual([
      ['none', []],
      ['none', []],
    ]);
    expect(corrections[0] ?? null).toBe(expected.fill);
  },
  'inferred_fill.zero_qty': ({ input, expected }) => {
    const compared = beside(amount('1'));
    const nothing = executed('nothing', amountOf(input.qty), amount('100'));
    compared.fill(nothing);
    expect(compared.look().corrections[0] ?? null).toBe(expected.fill);
    expect(compared.hear(reported(nothing))).toMatchObject([{ kind: 'rejected', place: 'quantity' }]);
  },
  'inferred_fill.incremental_qty': ({ input, expected }) => {
    const [local, report] = [input.local as Fields, input.report as Fields];
    const price = amountOf(report.avg_px);
    const [paid = '', asset = ''] = String(input.commission).split(' ');
    const known = executed('known', amountOf(local.filled), price);
    const rest = subtract(amountOf(report.filled), amountOf(local.filled));
    const compared = beside(amountOf(local.qty));
    compared.hear(reported(known));
    compared.fill(known, executed('missed', rest, price, { asset, amount: amount(paid) }));
    const looked = compared.look();
    expect(looked.corrections).toMatchObject([
      { cause: 'missedFill', fills: [{ quantity: amountOf(expected.qty) }] },
    ]);
    const fees = looked.corrections[0]?.parts[0]?.movements.filter(({ from }) => from === 'fee');
    expect(fees).toMatchObject([{ asset, amount: negate(amount(paid)) }]);
    compared.correct(looked);
    expect(compared.order(ORDER.clientOrderId)).toMatchObject({
      status: 'filled',
      quantity: amountOf(report.filled),
    });
  },
  // Also what is inferred again after a restart is the same: a correction's id and its events' follow from what they say.
  'inferred_fill.deterministic_id': ({ input }) => {
    const inferred = Array.from({ length: Number(input.repeat) }, () => {
      const compared = beside(amount('1'));
      compared.fill(executed('missed', amount('1'), amount('100')));
      const { corrections } = compared.look();
      compared.correct({ corrections });
      return [corrections, compared.harness.transactions.map(({ id, eventId }) => [id, eventId])];
    });
    expect(new Set(inferred.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(inferred[0]?.[0]).toHaveLength(1);
  },

  'fill_report.success': (scenario) => {
    const { kind, isApplied, after } = reports(scenario);
    expect([kind, isApplied]).toEqual(['posted', scenario.expected.applied]);
    expect(after).toBe(amountOf((scenario.input.fill as Fields).qty));
  },
  'fill_report.duplicate': (scenario) => {
    const { kind, isApplied } = reports(scenario);
    expect([kind, isApplied]).toEqual(['duplicate', scenario.expected.applied]);
  },
  'fill_report.overfill_rejected': (scenario) => {
    const { kind, isApplied } = reports(scenario);
    expect([kind, isApplied]).toEqual(['rejected', scenario.expected.applied]);
  },
  'fill_report.same_id_different_data_keeps_local': ({ input, expected }) => {
    const [local, venue] = [input.local_fill as Fields, input.venue_fill as Fields];
    const [fee = '', asset = ''] = String(venue.commission).split(' ');
    const quantity = amountOf(local.qty);
    const mine = executed(String(local.id), quantity, amountOf(local.px));
    const theirs = executed(String(venue.id), quantity, amountOf(venue.px), { asset, amount: amount(fee) });
    const compared = beside(quantity);
    compared.hear(reported(mine));
    const [decision] = compared.hear({ ...reported(theirs), eventId: 'told otherwise' });
    expect(decision).toMatchObject({ kind: 'conflict', place: 'venueId' });
    const fills = compared.harness.transactions.filter(({ cause }) => cause === 'fill');
    expect(fills).toHaveLength(Number(expected.n_fills));
    const paid = multiply(quantity, amountOf(expected.px));
    expect(fills[0]?.postings).toContainEqual({ external: 'trade', asset: 'USD', amount: paid });
    compared.fill(theirs);
    const flagged = compared.look().explanations.some(({ cause }) => cause === 'fillBookedWrongly');
    expect(flagged).toBe(expected.flag_discrepancy);
  },
});
