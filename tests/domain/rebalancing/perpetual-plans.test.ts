import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type Amount,
  add,
  amount,
  floorToStep,
  isLess,
  isMore,
  isNegative,
  minimum,
  multiply,
  negate,
  ONE,
  subtract,
  ZERO,
} from '../../../src/domain/money/amount.ts';
import { applyExecutionEvent } from '../../../src/domain/rebalancing/apply-execution-event.ts';
import {
  type Execution,
  type ExecutionEvent,
  type ExecutionLeg,
  venueOf,
} from '../../../src/domain/rebalancing/execution.ts';
import {
  type ExecutionAction,
  IDLE_VIEW,
  nextActions,
} from '../../../src/domain/rebalancing/execution-actions.ts';
import { floorAt } from '../../../src/domain/rebalancing/execution-cash.ts';
import { spendableCash } from '../../../src/domain/rebalancing/execution-reserve.ts';
import { startExecution } from '../../../src/domain/rebalancing/execution-start.ts';
import { perpetualReserveOf } from '../../../src/domain/rebalancing/perpetual-reserve.ts';
import { planRebalance } from '../../../src/domain/rebalancing/plan.ts';
import type { PlanInput, PlanVenue } from '../../../src/domain/rebalancing/plan-input.ts';
import type { PerpetualTerms } from '../../../src/domain/venue/perpetual-terms.ts';
import { market, PERPETUAL_TERMS, planned, venue } from './plan-fixtures.ts';

const a = amount;
const A = 'perpetual:A-USD';
const B = 'perpetual:B-USD';

const perpetual = (asset: string) =>
  market({
    asset,
    market: asset.slice('perpetual:'.length),
    kind: 'perpetual',
    bid: '99.9',
    ask: '100.1',
    step: '0.01',
    tick: '0.1',
    minQuantity: '0.01',
    minNotional: '0',
  });

/** 5 % and 3 % of margin, and at most 1.5 % of funding an hour: 1.575 of a unit at 100. */
const PER_UNIT = a('1.575');

const input = (change: Partial<PlanVenue>, targets: PlanInput['targets']): PlanInput => ({
  asOf: 1,
  reportingCurrency: 'USD',
  venues: [
    {
      ...venue({
        id: 'dydx',
        cash: '1000',
        minCash: '50',
        takerFeeBps: '5',
        markets: [perpetual(A), perpetual(B)],
      }),
      ...change,
    },
  ],
  groups: { [A]: 'A', [B]: 'B', USD: 'CASH' },
  targets,
  limits: {},
  destination: 'target',
});

const ALL_B = { A: 0, B: 1_000_000, CASH: 0 };
const HALF_A_REST_B = { A: 500_000, B: 500_000, CASH: 0 };

const withTerms = (terms: PerpetualTerms) => ({
  perpetuals: [
    { asset: A, price: a('100'), terms },
    { asset: B, price: a('100'), terms: PERPETUAL_TERMS },
  ],
});

const boughtOf = (from: PlanInput): Amount =>
  planned(from).orders.reduce(
    (total, { side, quantity }) => (side === 'buy' ? add(total, quantity) : total),
    ZERO,
  );

describe('a plan at a venue with perpetuals', () => {
  it('leaves the worst funding of what is open and of what it buys above the floor', () => {
    const from = input({ holdings: { [A]: a('10') } }, HALF_A_REST_B);
    const plan = planned(from);
    const bought = boughtOf(from);
    const funding = multiply(PER_UNIT, add(a('10'), bought));
    const worst = plan.cash.dydx?.worstCaseAfter ?? ZERO;
    // What buys reserve has the funding of what they open in it already.
    expect(isLess(worst, add(a('50'), multiply(PER_UNIT, a('10'))))).toBe(false);
    const spent = multiply(bought, multiply(a('100.1'), a('1.0005')));
    const left = subtract(a('1000'), spent);
    expect(isLess(left, add(a('50'), funding))).toBe(false);
    // And no more than that: another lot and its funding would not fit.
    expect(isMore(left, add(add(a('50'), funding), a('2.5')))).toBe(false);
    expect(plan.orders.at(-1)?.bindingConstraint).toBe(
      'cash at dydx, of which 15.75 stay for the funding of open perpetuals',
    );
  });

  it('keeps back what is owed already', () => {
    const less = boughtOf(input({ fundingOwed: a('100') }, ALL_B));
    const more = boughtOf(input({}, ALL_B));
    expect(isLess(less, more)).toBe(true);
    expect(subtract(more, less)).toBe('0.98');
  });

  it('keeps back the funding of what an order of unknown outcome may still sell: it is open all the same', () => {
    const terms = PERPETUAL_TERMS;
    const perpetuals = [
      { asset: A, price: a('100'), terms, onHold: a('10') },
      { asset: B, price: a('100'), terms },
    ];
    const from = input({ perpetuals }, ALL_B);
    expect(boughtOf(from)).toBe(boughtOf(input({ fundingOwed: multiply(PER_UNIT, a('10')) }, ALL_B)));
    expect(startExecution(planned(from), from).venues[0]?.perpetuals?.sizes).toEqual({ [A]: '10', [B]: '0' });
  });

  it.each<[string, Partial<PlanVenue>, string]>([
    [
      'an open one tells no margins',
      {
        holdings: { [A]: a('1') },
        ...withTerms({ state: 'unknown', detail: 'the venue gives no maintenance margin' }),
      },
      'nothing is bought at dydx while 1 of perpetual:A-USD is open, and what perpetual:A-USD asks is not known: the venue gives no maintenance margin',
    ],
    [
      'one that trades tells no margins',
      withTerms({ state: 'unknown', detail: 'the venue gives no maintenance margin' }),
      'nothing is bought at dydx while what perpetual:A-USD asks is not known: the venue gives no maintenance margin',
    ],
    [
      'an open one is in no market that is read',
      { holdings: { 'perpetual:C-USD': a('1') } },
      'nothing is bought at dydx while 1 of perpetual:C-USD is open, and what perpetual:C-USD asks is not known: its market is not read',
    ],
    [
      'nothing at all is said of them',
      { perpetuals: [] },
      'nothing is bought at dydx while what perpetual:A-USD asks is not known: its market is not read',
    ],
  ])('buys nothing, and says why, where %s', (_name, change, reason) => {
    const from = input(change, ALL_B);
    const outcome = planRebalance({ ...from, groups: { ...from.groups, 'perpetual:C-USD': 'C' } });
    if (outcome.state !== 'planned') throw new Error(JSON.stringify(outcome));
    expect(outcome.plan.orders.filter(({ side }) => side === 'buy')).toEqual([]);
    expect(outcome.plan.skipped.find(({ asset }) => asset === B)?.reason).toContain(reason);
  });

  it('still sells there', () => {
    const unknown = { state: 'unknown', detail: 'the venue gives no maintenance margin' } as const;
    const from = input({ holdings: { [A]: a('5') }, ...withTerms(unknown) }, { A: 0, B: 0, CASH: 1_000_000 });
    expect(planned(from).orders).toMatchObject([{ side: 'sell', asset: A, quantity: '5' }]);
  });

  it('opens at most what free collateral allows beside a short, of which the cash came, and the execution as much', () => {
    // 2 000 of the 3 000 came from the short. At 105 it owes 2 100 and asks 105 of margin, and 31.5 of funding.
    const short = input({ cash: a('3000'), holdings: { [A]: a('-20') } }, ALL_B_ALONE);
    const from = { ...short, groups: { ...short.groups, [A]: 'unwanted' } };
    const [order, ...others] = planned(from).orders;
    expect(order).toMatchObject({ side: 'buy', asset: B });
    expect(others).toEqual([]);
    const free = subtract(subtract(a('3000'), a('2236.5')), a('50'));
    const quantity = order?.quantity ?? ZERO;
    const cost = multiply(quantity, add(multiply(a('100.1'), a('1.0005')), PER_UNIT));
    expect(isMore(cost, free)).toBe(false);
    expect(isLess(add(cost, a('4')), free)).toBe(false);
    expect(nextActions(startExecution(planned(from), from), IDLE_VIEW)).toMatchObject([
      { kind: 'intend', quantity },
    ]);
  });

  it('closes a short to nothing at the most, reducing only', () => {
    const from = input({ cash: a('3000'), holdings: { [A]: a('-20') } }, { A: 900_000, B: 0, CASH: 100_000 });
    const { orders } = planned(from);
    expect(orders).toMatchObject([{ side: 'buy', asset: A, quantity: '20' }]);
    expect(startExecution(planned(from), from).legs[0]?.reduceOnly).toBe(true);
  });

  it('closes a short also where there is no free collateral', () => {
    // 2 000 are owed at 2 100 and 105 of margin: more than the cash.
    const from = input({ cash: a('2150'), holdings: { [A]: a('-20') } }, { A: 0, B: 0, CASH: 1_000_000 });
    expect(planned(from).orders).toMatchObject([{ side: 'buy', asset: A }]);
    // All but what costs more to close than it brings nearer.
    expect(isLess(boughtOf(from), a('19.9'))).toBe(false);
    expect(nextActions(startExecution(planned(from), from), IDLE_VIEW)).toMatchObject([
      { kind: 'intend', quantity: boughtOf(from) },
    ]);
  });
});

const ALL_B_ALONE = { B: 1_000_000, CASH: 0 };

/** The execution of one buy of B beside 10 of A, intended and filled whole at its limit. */
function bought(from: PlanInput): { readonly start: Execution; readonly after: Execution } {
  const start = startExecution(planned(from), from);
  const [action] = nextActions(start, IDLE_VIEW);
  if (action?.kind !== 'intend') throw new Error(`expected an intent, found ${action?.kind}`);
  const { leg, quantity, reservation } = action;
  const intended = applyExecutionEvent(start, { type: 'legIntended', leg, quantity, reservation });
  const prepared = applyExecutionEvent(intended, { type: 'legPrepared', leg });
  const sent = applyExecutionEvent(prepared, { type: 'legSubmitted', leg });
  const filled = applyExecutionEvent(sent, {
    type: 'orderSeen',
    leg,
    lookup: { state: 'found', venueOrderId: 'o', status: 'filled', filledQuantity: quantity, fills: [] },
  });
  const price = multiply(start.legs[0]?.limitPrice ?? ZERO, a('1.0005'));
  const after = applyExecutionEvent(filled, {
    type: 'venueCertified',
    venue: 'dydx',
    confirmedCash: subtract(a('1000'), multiply(quantity, price)),
    revision: filled.revision,
  });
  return { start, after };
}

describe('an execution at a venue with perpetuals', () => {
  const from = input({ holdings: { [A]: a('10') } }, HALF_A_REST_B);

  it('reserves with a buy the worst funding of what it opens', () => {
    const [action] = nextActions(startExecution(planned(from), from), IDLE_VIEW);
    if (action?.kind !== 'intend') throw new Error('expected an intent');
    const { quantity, reservation } = action;
    const cost = multiply(quantity, multiply(a('100.1'), a('1.0005')));
    expect(isLess(reservation, add(cost, multiply(quantity, PER_UNIT)))).toBe(false);
  });

  it('keeps the funding of what is open in the floor of the account, and after a reading that of what was opened', () => {
    const { start, after } = bought(from);
    const floor = (execution: Execution, unreserved: string): Amount =>
      floorAt(execution, venueOf(execution, 'dydx'), { asset: 'USD', unreserved: a(unreserved) });
    const { cashFloor } = venueOf(start, 'dydx');
    expect(subtract(floor(start, '1000'), cashFloor)).toBe('15.75');
    const opened = after.legs[0]?.filledQuantity ?? ZERO;
    expect(subtract(floor(after, '1000'), cashFloor)).toBe(multiply(PER_UNIT, add(a('10'), opened)));
    // A payment has taken of it: all of what is there stays, and the floor is not broken by what it is for.
    expect(floor(start, add(cashFloor, a('3')))).toBe(add(cashFloor, a('3')));
    expect(floor(start, '0')).toBe(cashFloor);
  });

  it('spends no more than free collateral where something is opened, and cash where a short is closed', () => {
    const short = input(
      { cash: a('3000'), holdings: { [A]: a('-20') } },
      { A: 0, B: 200_000, CASH: 800_000 },
    );
    const start = startExecution(planned(short), short);
    const { cashFloor } = venueOf(start, 'dydx');
    // 3 000 less 2 205 at the worst mark, less 31.5 of funding.
    expect(add(spendableCash(start, { venue: 'dydx', reduceOnly: false }), cashFloor)).toBe('763.5');
    expect(add(spendableCash(start, { venue: 'dydx', reduceOnly: true }), cashFloor)).toBe('2968.5');
  });
});

/** What the venue really has: cash, and signed sizes. */
interface Truth {
  readonly cash: Amount;
  readonly sizes: Readonly<Record<string, Amount>>;
}

interface Walked {
  readonly execution: Execution;
  readonly truth: Truth;
}

const FEE = a('0.0005');

/** One action answered; an order fills its share at its limit, which is the worst that it can. */
function answered({ execution, truth }: Walked, action: ExecutionAction, share: number): Walked {
  const after = (event: ExecutionEvent): Execution => applyExecutionEvent(execution, event);
  switch (action.kind) {
    case 'intend':
      return { execution: after({ ...action, type: 'legIntended' }), truth };
    case 'skip':
      return { execution: after({ ...action, type: 'legSkipped' }), truth };
    case 'prepare':
      return { execution: after({ type: 'legPrepared', leg: action.leg }), truth };
    case 'submit': {
      const sent = after({ type: 'legSubmitted', leg: action.leg });
      const outcome = { state: 'accepted', venueOrderId: `o${action.leg}` } as const;
      return {
        execution: applyExecutionEvent(sent, { type: 'submitOutcome', leg: action.leg, outcome }),
        truth,
      };
    }
    case 'lookUp': {
      const leg = execution.legs.find(({ sequence }) => sequence === action.leg) as ExecutionLeg;
      const filledQuantity = floorToStep(multiply(leg.quantity, a(String(share / 4))), leg.rules.step);
      const isBuy = leg.side === 'buy';
      const gross = multiply(filledQuantity, leg.limitPrice);
      const cost = isBuy ? multiply(gross, add(ONE, FEE)) : negate(multiply(gross, subtract(ONE, FEE)));
      const moved = isBuy ? filledQuantity : negate(filledQuantity);
      const status = share === 4 ? ('filled' as const) : ('cancelled' as const);
      return {
        execution: after({
          type: 'orderSeen',
          leg: action.leg,
          lookup: { state: 'found', venueOrderId: 'o', status, filledQuantity, fills: [] },
        }),
        truth: {
          cash: subtract(truth.cash, cost),
          sizes: { ...truth.sizes, [leg.asset]: add(truth.sizes[leg.asset] ?? ZERO, moved) },
        },
      };
    }
    case 'reconcile': {
      const { revision } = action;
      const reading = {
        type: 'venueCertified',
        venue: 'dydx',
        confirmedCash: truth.cash,
        revision,
      } as const;
      // Something else happens between the question and its answer.
      return { execution: applyExecutionEvent(after({ type: 'restarted' }), reading), truth };
    }
    default:
      return { execution, truth };
  }
}

const MAY_FILL: readonly ExecutionLeg['status'][] = [
  'intended',
  'prepared',
  'submitted',
  'working',
  'unknown',
];

/** Cash and free collateral less the worst funding, with all that live buys may still fill; null where none opens. */
function leastLeft({ execution, truth }: Walked): Amount | null {
  const live = execution.legs.filter(({ side, status }) => side === 'buy' && MAY_FILL.includes(status));
  const opening = live.filter(({ reduceOnly }) => !reduceOnly);
  if (opening.length === 0) return null;
  const left = [live, opening].map((filling) => {
    const sizes: Record<string, Amount> = { ...truth.sizes };
    let { cash } = truth;
    for (const { asset, quantity, limitPrice } of filling) {
      sizes[asset] = add(sizes[asset] ?? ZERO, quantity);
      cash = subtract(cash, multiply(multiply(quantity, limitPrice), add(ONE, FEE)));
    }
    const { perpetuals } = withTerms(PERPETUAL_TERMS);
    const reserve = perpetualReserveOf({ cash, sizes, fundingOwed: ZERO, perpetuals });
    if (reserve.state === 'unknown') throw new Error(reserve.reason);
    return subtract(minimum(cash, reserve.freeCollateral), reserve.funding);
  });
  return left.reduce(minimum);
}

describe('the buys of an execution at a venue with perpetuals', () => {
  it('1. Whatever has filled, a buy that opens something leaves cash and free collateral above the floor, and with them the worst funding of all that is or may then be open.', () => {
    let opened = 0;
    let shorts = 0;
    const size = fc
      .integer({ min: -2_000, max: 2_000 })
      .map((hundredths) => a((hundredths / 100).toFixed(2)));
    const drawn = fc.record({
      heldOfA: size,
      heldOfB: size,
      cash: fc.integer({ min: 100, max: 6_000 }).map((dollars) => a(String(dollars))),
      weight: fc.integer({ min: 0, max: 1_000_000 }),
      shares: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 4, maxLength: 4 }),
    });
    fc.assert(
      fc.property(drawn, ({ heldOfA, heldOfB, cash, weight, shares }) => {
        const sizes = { [A]: heldOfA, [B]: heldOfB };
        const targets = { A: weight, B: 1_000_000 - weight, CASH: 0 };
        const from = { ...input({ cash, holdings: sizes }, targets), limits: { maxOrderUsd: a('700') } };
        const outcome = planRebalance(from);
        if (outcome.state !== 'planned') return;
        let walked: Walked = {
          execution: startExecution(outcome.plan, from),
          truth: { cash, sizes },
        };
        for (let step = 0; step < 400; step += 1) {
          const [action] = nextActions(walked.execution, IDLE_VIEW);
          if (action === undefined || action.kind === 'finish') break;
          walked = answered(walked, action, shares[step % 4] as number);
          const left = leastLeft(walked);
          if (left === null) continue;
          opened += 1;
          if (isNegative(minimum(heldOfA, heldOfB))) shorts += 1;
          expect(isLess(left, a('50'))).toBe(false);
        }
      }),
      { numRuns: 150, seed: 5 },
    );
    expect(opened).toBeGreaterThan(200);
    expect(shorts).toBeGreaterThan(30);
  });
});
