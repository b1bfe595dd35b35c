import { expect } from '@jest/globals';
import { amount, subtract } from '../../../src/domain/money/amount.ts';
import { submitted } from '../../support/book-harness.ts';
import { MESSAGE_OF, type ReportedOrder, reportedOrders } from '../../support/reference-orders.ts';
import { amountOf, describeTopic, type Scenario } from '../../support/reference-scenarios.ts';
import type { VenueBesideBook } from '../../support/venue-beside-book.ts';

const ID = 'order-1';
const orderOf = ({ input }: Scenario) => input as unknown as ReportedOrder;
const compared = (scenario: Scenario) => reportedOrders(orderOf(scenario));

function agrees(scenario: Scenario): void {
  const { comparison, corrections } = compared(scenario).look();
  expect([comparison.differences, corrections]).toEqual([[], []]);
}

function differs(scenario: Scenario): void {
  const { local, report } = orderOf(scenario);
  const { orders } = compared(scenario).look();
  expect(orders).toMatchObject([
    { class: 'orderMismatch', delta: subtract(amountOf(report.qty), amountOf(local.qty)) },
  ]);
}

/**
 * An order that the venue no longer has is a difference; what ends it is what the bot reports of it, never that it is
 * missing. One that was sent and never acknowledged stays pending however long: it may be on either side of the door.
 */
function endsWhenTold(scenario: Scenario): void {
  const beside = compared(scenario);
  const isAcknowledged = orderOf(scenario).local.status !== 'SUBMITTED';
  const looked = beside.look();
  expect(looked.orders).toMatchObject([{ class: isAcknowledged ? 'orderMismatch' : 'pending' }]);
  expect(looked.discrepancies.map(({ state }) => state)).toEqual([
    isAcknowledged ? 'confirmed' : 'suspected',
  ]);
  expect(looked.corrections).toEqual([]);
  expect(beside.order(ID)?.status).toBe(isAcknowledged ? 'accepted' : 'submitted');
  for (const event of scenario.expected.events as readonly string[]) {
    const message = MESSAGE_OF[event];
    if (message === undefined) throw new Error(`expected a message for ${event}`);
    expect(beside.hear(message(ID))).toMatchObject([{ kind: 'posted' }]);
  }
  expect(beside.order(ID)).toMatchObject({ status: 'ended', filledQuantity: '0' });
  expect(beside.look().comparison.differences).toEqual([]);
}

/** A fill on the venue's record that the book lacks explains order and balances alike, and is counted once. */
function findsTheFill(scenario: Scenario): VenueBesideBook {
  const { local, report } = orderOf(scenario);
  const beside = compared(scenario);
  const looked = beside.look();
  const missed = subtract(amountOf(report.filled), amountOf(local.filled));
  expect(looked.explanations.map(({ verdict, cause }) => [verdict, cause])).toContainEqual([
    'unique',
    'missedFill',
  ]);
  expect(looked.corrections.flatMap(({ fills }) => fills)).toMatchObject([{ quantity: missed }]);
  if ('inferred_fill' in scenario.expected) {
    const { qty, px } = scenario.expected.inferred_fill as { readonly qty: string; readonly px: string };
    expect(missed).toBe(amount(qty));
    expect(looked.corrections[0]?.descriptions[0]).toContain(`${amount(qty)} BTC at ${amount(px)} USD`);
  }
  beside.correct(looked);
  expect(beside.order(ID)?.filledQuantity).toBe(amountOf(report.filled));
  const { comparison, corrections } = beside.look();
  expect([comparison.differences, corrections]).toEqual([[], []]);
  return beside;
}

describeTopic('orders', {
  'order_report.in_sync': agrees,
  'order_report.canceled': endsWhenTold,
  'order_report.expired': endsWhenTold,
  'order_report.accept_before_cancel': endsWhenTold,
  'order_report.no_accept_before_reject': endsWhenTold,
  'order_report.accept_before_fill': (scenario) =>
    expect(findsTheFill(scenario).order(ID)?.status).toBe('filled'),
  'order_report.missed_partial_fill': (scenario) =>
    expect(findsTheFill(scenario).order(ID)?.status).toBe('accepted'),

  // A report that contradicts itself explains nothing, and nothing is made of it.
  'order_report.status_differs_no_qty_change': (scenario) => {
    const beside = compared(scenario);
    const before = beside.order(ID);
    const { orders, explanations, corrections } = beside.look();
    expect(orders).toMatchObject([{ class: 'orderMismatch' }]);
    expect(explanations).toMatchObject([{ verdict: 'none', events: [] }]);
    expect(corrections).toEqual(scenario.expected.events);
    expect(beside.order(ID)).toEqual(before);
  },
  'order_report.shrink_below_filled_rejected': (scenario) => {
    const { local, report } = orderOf(scenario);
    const beside = compared(scenario);
    const again = submitted({ eventId: 'again', quantity: amountOf(report.qty) });
    expect(beside.hear(again)).toMatchObject([{ kind: 'rejected', place: 'quantity' }]);
    expect(beside.order(ID)).toMatchObject({
      quantity: amountOf(local.qty),
      filledQuantity: amountOf(local.filled),
    });
  },
  'order_report.pending_report_does_not_mutate': (scenario) => {
    const beside = compared(scenario);
    const before = beside.order(ID);
    expect(beside.look().corrections).toEqual(scenario.expected.events);
    expect(beside.order(ID)).toEqual(before);
  },
  'order_report.second_pass_idempotent': (scenario) => {
    const beside = compared(scenario);
    beside.correct(beside.look());
    const before = beside.order(ID);
    expect(before?.filledQuantity).toBe(amountOf(orderOf(scenario).report.filled));
    const { version } = beside.harness.book;
    const second = beside.look();
    expect(second.corrections).toEqual(scenario.expected.second_pass_events);
    beside.correct(second);
    expect([beside.order(ID), beside.harness.book.version]).toEqual([before, version]);
  },

  'drift_detection.identical_limit': agrees,
  'drift_detection.market_no_update': agrees,
  'drift_detection.report_price_missing_no_drift': agrees,
  'drift_detection.qty_changed': differs,
});
