import { expect } from '@jest/globals';
import { type Amount, amount, multiply, negate, subtract, ZERO } from '../../../src/domain/money/amount.ts';
import type { Discrepancy } from '../../../src/domain/reconciliation/discrepancy.ts';
import { type Fill, perpetualAsset } from '../../../src/domain/venue/venue.ts';
import { accepted, BookHarness, filled, ORDER, submitted } from '../../support/book-harness.ts';
import { fillOf, VENUE } from '../../support/reconciliation-fixtures.ts';
import {
  adoptedOrder,
  MESSAGE_OF,
  type ReportedOrder,
  reported,
  reportedOrders,
} from '../../support/reference-orders.ts';
import { amountOf, describeTopic, type Fields, type Scenario } from '../../support/reference-scenarios.ts';
import { HAPPENED_AT_MS, VenueBesideBook } from '../../support/venue-beside-book.ts';

const atMs = HAPPENED_AT_MS;
const PERPETUAL = { market: 'M', base: perpetualAsset('M'), quote: 'USDC' } as const;
/** How the reference calls the states of an order, and what they are here. */
const STATUS: Readonly<Record<string, string>> = {
  ACCEPTED: 'accepted',
  PARTIALLY_FILLED: 'accepted',
  FILLED: 'filled',
  REJECTED: 'ended',
  CANCELED: 'ended',
};

const orderOf = ({ input }: Scenario) => input as unknown as ReportedOrder;
const positionOf = ({ input }: Scenario, side: 'local' | 'venue') =>
  amountOf((input[side] as Fields).position);

/** A book that has so much of the perpetual, beside a venue that has another size of it. */
function perpetuals(local: Amount, venue: Amount): VenueBesideBook {
  const compared = new VenueBesideBook();
  compared.hold('USDC', '10000000');
  compared.positions =
    local === ZERO ? [] : [{ market: 'M', side: 'long', size: local, entryPrice: amount('1') }];
  compared.open();
  compared.positions =
    venue === ZERO ? [] : [{ market: 'M', side: 'long', size: venue, entryPrice: amount('1') }];
  return compared;
}

/** What each of so many reads in a row of the same state asks for. */
function asked(compared: VenueBesideBook, reads: number): readonly string[] {
  let discrepancies: readonly Discrepancy[] = [];
  return Array.from({ length: reads }, (_, settled) => {
    const { judged } = compared.judge(discrepancies, settled);
    ({ discrepancies } = judged.advanced);
    return judged.next;
  });
}

const trade = (id: string, quantity: Amount, price: Amount): Fill =>
  fillOf({
    ...PERPETUAL,
    id,
    orderId: 'V order-1',
    clientOrderId: 'order-1',
    quantity,
    price,
    quoteAmount: multiply(quantity, price),
    fee: { asset: 'USDC', amount: ZERO },
    atMs,
  });

describeTopic('live flows', {
  'live_flow.missed_fill': (scenario) => {
    const { expected } = scenario;
    const compared = reportedOrders(orderOf(scenario));
    const cashBefore = compared.held('USD');
    compared.correct(compared.look());
    const order = compared.order('order-1');
    expect([order?.status, order?.filledQuantity]).toEqual([
      STATUS[String(expected.status)],
      amountOf(expected.filled),
    ]);
    expect(subtract(cashBefore, compared.held('USD'))).toBe(
      multiply(amountOf(expected.filled), amountOf(expected.avg_px)),
    );
    expect(compared.look().comparison.differences).toEqual([]);
  },
  'live_flow.submitted_but_rejected': (scenario) => {
    const compared = reportedOrders(orderOf(scenario));
    expect(compared.look().orders).toMatchObject([{ class: 'pending', awaitsOutcome: true }]);
    expect(compared.order('order-1')?.status).toBe('submitted');
    const [message] = [MESSAGE_OF[String(scenario.expected.status)]];
    if (message !== undefined) compared.hear(message('order-1'));
    expect(compared.order('order-1')?.status).toBe(STATUS[String(scenario.expected.status)]);
    expect(compared.look().orders).toEqual([]);
  },
  'live_flow.external_order_adopted': ({ input, expected }) => {
    const report = input.report as Fields;
    const { before, after, booked } = adoptedOrder(report);
    expect([before.length, after.length]).toEqual([1, 0]);
    expect(booked).toMatchObject({
      clientOrderId: report.client_order_id,
      quantity: amountOf(report.qty),
      limitPrice: amountOf(report.price),
      status: STATUS[String(expected.status)],
    });
  },
  'live_flow.five_concurrent_orders': ({ input, expected }) => {
    const [local, reports] = [input.local as readonly Fields[], input.reports as readonly Fields[]];
    const compared = reportedOrders(
      ...local.map((one, index) => ({ local: one, report: reports[index] ?? {} })),
    );
    compared.correct(compared.look());
    reports.forEach(({ status }, index) => {
      const message = MESSAGE_OF[status === 'PARTIALLY_FILLED' ? 'ACCEPTED' : String(status)];
      if (message !== undefined) compared.hear(message(`order-${index + 1}`));
    });
    const orders = local.map((_, index) => compared.order(`order-${index + 1}`));
    expect(orders.map((order) => order?.status)).toEqual(
      (expected.statuses as readonly string[]).map((status) => STATUS[status]),
    );
    expect(orders.map((order) => order?.filledQuantity)).toEqual(expected.filled);
    expect(compared.look().comparison.differences).toEqual([]);
  },
  'live_flow.position_discrepancy_pulls_missing_fill': (scenario) => {
    const fills = (['local', 'venue'] as const).flatMap((side) =>
      ((scenario.input[side] as Fields).fills as readonly Fields[]).map(({ id, qty, px }) =>
        trade(String(id), amountOf(qty), amountOf(px ?? '1')),
      ),
    );
    const compared = new VenueBesideBook();
    compared.hold('USDC', '10000000');
    compared.open();
    const [known] = fills;
    compared.hear(submitted({ ...PERPETUAL, quantity: amountOf(scenario.expected.order_filled), atMs }));
    compared.hear(accepted({ hold: null, venueOrderId: 'V order-1', atMs }));
    if (known !== undefined) compared.hear(reported(known));
    compared.fill(...fills);
    expect(compared.held(PERPETUAL.base)).toBe(positionOf(scenario, 'local'));
    const looked = compared.look();
    expect(looked.corrections).toMatchObject([{ verdict: 'unique', cause: 'missedFill' }]);
    compared.correct(looked);
    expect(compared.held(PERPETUAL.base)).toBe(amountOf(scenario.expected.position));
    expect(compared.order('order-1')?.filledQuantity).toBe(amountOf(scenario.expected.order_filled));
    expect(compared.look().comparison.differences).toEqual([]);
  },
  'live_flow.flip_netting_lifecycle': ({ input, expected }) => {
    const harness = new BookHarness();
    const positions = (input.fills as readonly (readonly string[])[]).map(([side, qty, px], index) => {
      const id = `fill-${index}`;
      const fields = { ...PERPETUAL, side: side === 'BUY' ? 'buy' : 'sell', atMs } as const;
      harness.hear(
        filled({
          ...fields,
          eventId: id,
          fillId: id,
          clientOrderId: id,
          quantity: amountOf(qty),
          price: amountOf(px),
        }),
      );
      return harness.balances()[`${VENUE} ${PERPETUAL.base} available`] ?? ZERO;
    });
    expect(positions).toEqual(expected.positions);
  },
  'live_flow.venue_order_id_indexed': ({ input, expected }) => {
    const { client_order_id, venue_order_id } = input.report as Fields;
    const clientOrderId = String(client_order_id);
    const compared = new VenueBesideBook();
    compared.hear(
      submitted({ clientOrderId, atMs }),
      accepted({ clientOrderId, venueOrderId: String(venue_order_id), hold: null, atMs }),
    );
    const open = {
      clientOrderId: null,
      market: ORDER.market,
      side: ORDER.side,
      remaining: amount('2'),
      limitPrice: null,
    };
    compared.openOrders = [{ ...open, id: String(venue_order_id) }];
    expect(compared.look().orders).toEqual([]);
    expect(compared.order(String(expected[`lookup(${venue_order_id})`]))?.venueOrderId).toBe(venue_order_id);
    compared.openOrders = [{ ...open, id: 'another' }];
    expect(compared.look().orders).toHaveLength(2);
  },
  'live_flow.report_filled_less_than_local_is_error': (scenario) => {
    const compared = reportedOrders(orderOf(scenario));
    const { orders, corrections: proposed } = compared.look();
    expect(orders.length === 0).toBe(scenario.expected.ok);
    expect(proposed).toEqual([]);
    expect(compared.order('order-1')?.filledQuantity).toBe(amountOf(scenario.expected.filled_after));
  },
  'live_flow.inferred_increment': (scenario) => {
    const { qty, px } = scenario.expected.inferred as { readonly qty: string; readonly px: string };
    const [correction] = reportedOrders(orderOf(scenario)).look().corrections;
    expect(correction?.fills).toMatchObject([{ quantity: amount(qty) }]);
    expect(correction?.descriptions).toEqual([
      `The venue filled a buy of ${amount(qty)} BTC at ${amount(px)} USD without a fee, which the book lacks.`,
    ]);
  },
  'live_flow.missing_fills_found': ({ input, expected }) => {
    const all = (input.venue_fills as readonly string[]).map((id, index) =>
      trade(id, amount(String(index + 1)), amount('1')),
    );
    const compared = new VenueBesideBook();
    compared.hold('USDC', '1000');
    compared.open();
    for (const fill of all.filter(({ id }) => (input.local_fills as readonly string[]).includes(id)))
      compared.hear(reported(fill));
    compared.fill(...all);
    const { corrections: proposed, activityUnknown } = compared.look();
    expect(proposed.flatMap(({ fills }) => fills.map(({ venueId }) => venueId))).toEqual(expected.missing);
    expect(activityUnknown !== null).toBe(expected.errors);
  },
  'live_flow.venue_report_missing_means_flat': ({ input, expected }) => {
    const local = amountOf((input.local as Fields).position);
    const { comparison, corrections: proposed } = perpetuals(local, ZERO).look();
    const { qty } = expected.report_used as Fields;
    expect(comparison.differences).toMatchObject([
      { venueAmount: qty, delta: negate(local), severity: 'critical' },
    ]);
    expect(proposed).toEqual([]);
  },
  // The same mismatch is looked at a second time and then reported; later cycles ask for no look of their own.
  'live_flow.retry_budget': ({ input, expected }) => {
    const nexts = asked(perpetuals(amount('1'), amount('2')), Number(input.mismatch_cycles));
    expect(nexts.findIndex((next) => next !== 'settle') + 1).toBe(expected.queries);
    expect(nexts.filter((next) => next === 'settle')).toHaveLength(Number(expected.queries) - 1);
  },
  'live_flow.only_discrepant_account_processed': ({ input, expected }) => {
    const [local, venue] = [input.local as Fields, input.venue as Fields];
    const accounts = Object.keys(local).map((name) =>
      perpetuals(amountOf(local[name]), amountOf(venue[name])),
    );
    const again = accounts.flatMap((account) => asked(account, 1)).filter((next) => next === 'settle');
    expect(again).toHaveLength(Number(expected.queries));
  },
  'live_flow.no_discrepancy_no_query': ({ input, expected }) => {
    const nexts = asked(perpetuals(amountOf(input.local), amountOf(input.venue)), 3);
    expect(nexts.filter((next) => next !== 'report')).toHaveLength(Number(expected.queries));
  },
});
