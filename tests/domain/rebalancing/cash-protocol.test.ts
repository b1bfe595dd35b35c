import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type Amount,
  add,
  amount,
  ceilToStep,
  fromAtoms,
  isLess,
  isNegative,
  isPositive,
  isZero,
  minimum,
  multiply,
  round,
  subtract,
  sum,
  ZERO,
} from '../../../src/domain/money/amount.ts';
import {
  applyCashEvent,
  type CashEvent,
  type CashOutcome,
  openVenueCash,
  unreserved,
  type VenueCash,
} from '../../../src/domain/rebalancing/cash-protocol.ts';
import { fillsMaxOf, reservationFor } from '../../../src/domain/rebalancing/reservation.ts';

const a = amount;
const reserve = (order: string, text: string): CashEvent => ({ type: 'reserve', order, amount: a(text) });
const fill = (fillId: string, order: string, quantity: string, debit: string): CashEvent => ({
  type: 'fill',
  fillId,
  order,
  quantity: a(quantity),
  debit: a(debit),
});
const release = (order: string, filled: string): CashEvent => ({
  type: 'release',
  order,
  filledQuantity: a(filled),
});

const certified = (
  readingId: string,
  confirmed: string,
  sinceVersion: number,
  { settled = [], floor = '0' }: { readonly settled?: readonly string[]; readonly floor?: string } = {},
): CashEvent => ({
  type: 'certified',
  readingId,
  confirmed: a(confirmed),
  floor: a(floor),
  sinceVersion,
  settled,
});

const run = (cash: VenueCash, ...events: readonly CashEvent[]): VenueCash =>
  events.reduce((state, event) => applyCashEvent(state, event).cash, cash);

describe('the cash of a venue', () => {
  it('refuses a reservation beyond what is above the floor, to the last digit', () => {
    const cash = openVenueCash(a('100'), a('10'));
    expect(applyCashEvent(cash, reserve('x', '90.000001')).state).toBe('refused');
    expect(applyCashEvent(cash, reserve('x', '90')).state).toBe('applied');
  });

  it('lets two planners reserve together no more than there is', () => {
    const cash = run(openVenueCash(a('100'), ZERO), reserve('x', '60'));
    expect(applyCashEvent(cash, reserve('y', '60')).state).toBe('refused');
  });

  it('books a fill once, however often it is reported', () => {
    const cash = run(
      openVenueCash(a('100'), ZERO),
      reserve('x', '60'),
      fill('f', 'x', '1', '20'),
      fill('f', 'x', '1', '20'),
    );
    expect(cash.confirmed).toBe('80');
    expect(cash.reserved).toBe('40');
  });

  it('keeps the reservation of an ended order until its late fills are booked', () => {
    const ended = run(
      openVenueCash(a('100'), ZERO),
      reserve('x', '60'),
      fill('f', 'x', '1', '20'),
      release('x', '2'),
    );
    expect(ended.reserved).toBe('40');
    const booked = run(ended, fill('g', 'x', '1', '20'));
    expect(booked.reserved).toBe('0');
    expect(booked.confirmed).toBe('60');
  });

  it('says that the premise is broken when an order costs more than was reserved, and still books it', () => {
    const outcome = applyCashEvent(
      run(openVenueCash(a('100'), ZERO), reserve('x', '20')),
      fill('f', 'x', '1', '21'),
    );
    expect(outcome).toMatchObject({ state: 'premiseBroken', reason: 'x cost 1 more than was reserved' });
    expect(outcome.cash.confirmed).toBe('79');
  });

  it('reserves once for a name, also after its order was released', () => {
    const cash = run(openVenueCash(a('100'), ZERO), reserve('x', '60'), release('x', '0'));
    expect(applyCashEvent(cash, reserve('x', '60'))).toEqual({ state: 'repeated', cash });
    expect(cash.reserved).toBe('0');
  });

  it('keeps what an uncovering reading could not confirm, and reserves nothing until another one covers', () => {
    const held = run(openVenueCash(a('100'), ZERO), reserve('x', '60'), certified('r', '50', 1));
    expect(held).toMatchObject({
      confirmed: '100',
      halted: 'a reading of 50 does not cover the 60 reserved above 0',
    });
    expect(applyCashEvent(held, reserve('y', '1'))).toMatchObject({
      state: 'refused',
      reason: 'halted: a reading of 50 does not cover the 60 reserved above 0',
    });
    const covered = run(held, certified('s', '70', 2));
    expect(covered).toMatchObject({ confirmed: '70', halted: null });
    expect(applyCashEvent(covered, reserve('y', '10')).state).toBe('applied');
  });

  it('gives back what a reading has settled, whatever fills were told of it, and nothing where it does not cover', () => {
    const spent = run(
      openVenueCash(a('100'), ZERO),
      reserve('x', '60'),
      fill('f', 'x', '1', '20'),
      reserve('y', '30'),
    );
    const settled = run(spent, certified('r', '55', 3, { settled: ['x'] }));
    expect(settled).toMatchObject({ confirmed: '55', reserved: '30', halted: null });
    expect(settled.reservations.map(({ order }) => order)).toEqual(['y']);
    const short = run(spent, certified('r', '25', 3, { settled: ['x'] }));
    expect(short).toMatchObject({ confirmed: '80', reserved: '70' });
    expect(short.halted).toBe('a reading of 25 does not cover the 30 reserved above 0');
  });

  it('takes what must stay from the reading, and refuses what would not leave it', () => {
    const cash = run(openVenueCash(a('100'), ZERO), certified('r', '100', 0, { floor: '30' }));
    expect(applyCashEvent(cash, reserve('x', '70.01')).state).toBe('refused');
    expect(applyCashEvent(cash, reserve('x', '70')).state).toBe('applied');
    expect(() => applyCashEvent(cash, certified('s', '1', 1, { floor: '-1' }))).toThrow('not negative');
  });

  it('reserves nothing after a premise broke, and goes on after a certified reading', () => {
    const broken = run(openVenueCash(a('100'), ZERO), reserve('x', '20'), fill('f', 'x', '1', '21'));
    expect(applyCashEvent(broken, reserve('y', '1'))).toMatchObject({
      state: 'refused',
      reason: 'halted: x cost 1 more than was reserved',
    });
    expect(applyCashEvent(run(broken, certified('r', '79', 2)), reserve('y', '79')).state).toBe('applied');
  });

  it.each<[string, CashEvent]>([
    ['a reservation of nothing', reserve('x', '0')],
    ['a debit below zero', fill('f', 'x', '1', '-1')],
    ['a quantity below zero', fill('f', 'x', '-1', '1')],
    ['an end with less than nothing', release('x', '-1')],
    ['a credit below zero', { type: 'credit', creditId: 'c', amount: a('-1') }],
  ])('takes no %s: that is a bug of whoever read it', (_name, event) => {
    expect(() => applyCashEvent(openVenueCash(a('100'), ZERO), event)).toThrow(/negative|above zero/);
  });

  it('pays funding from what was reserved for it', () => {
    const cash = run(openVenueCash(a('100'), ZERO), reserve('funding', '5'), {
      type: 'debit',
      debitId: 'd',
      order: 'funding',
      debit: a('3'),
    });
    expect(cash.confirmed).toBe('97');
    expect(cash.reserved).toBe('2');
  });
});

type Policy = 'protocol' | 'plannedProceeds' | 'feeBlind';

const UNIT = a('0.01');
const FEE = a('0.006');

/** One adversarial history in whole cents and lots, driven by a list of draws. */
interface History {
  readonly cash: number;
  readonly sell: number;
  readonly sellShare: number;
  readonly buys: readonly {
    readonly lots: number;
    readonly price: number;
    readonly jump: number;
    readonly parts: number;
  }[];
  readonly lateShare: number;
}

const history: fc.Arbitrary<History> = fc.record({
  cash: fc.integer({ min: 0, max: 2_000 }),
  sell: fc.integer({ min: 0, max: 2_000 }),
  sellShare: fc.integer({ min: 0, max: 100 }),
  buys: fc.array(
    fc.record({
      lots: fc.integer({ min: 1, max: 300 }),
      price: fc.integer({ min: 100, max: 900 }),
      jump: fc.integer({ min: -5, max: 30 }),
      parts: fc.integer({ min: 1, max: 5 }),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  lateShare: fc.integer({ min: 0, max: 1 }),
});

/** Runs a history and gives the lowest actual cash. The venue rounds every cost and every fee up to a cent. */
function lowestCash(h: History, policy: Policy): Amount {
  let actual = a(String(h.cash));
  let book = openVenueCash(actual, ZERO);
  let lowest = actual;
  const proceeds = a(((h.sell * h.sellShare) / 100).toFixed(2));
  const see = (event: CashEvent): void => {
    book = applyCashEvent(book, event).cash;
    if (policy === 'protocol' && isLess(actual, subtract(book.confirmed, book.reserved)))
      throw new Error('cash < C - R');
  };
  actual = add(actual, proceeds);
  const believed = {
    plannedProceeds: add(a(String(h.cash)), a(String(h.sell))),
    feeBlind: actual,
    protocol: ZERO,
  }[policy];
  let naiveLeft = believed;
  see({ type: 'credit', creditId: 's', amount: proceeds });
  see({ type: 'credit', creditId: 's', amount: proceeds });
  for (const [index, buy] of h.buys.entries()) {
    const price = a((buy.price / 100).toFixed(2));
    const market = a(((buy.price * (100 + buy.jump)) / 10_000).toFixed(4));
    const limit = policy === 'protocol' ? price : market;
    const quantity = a(String(buy.lots));
    const order = `b${index}`;
    if (policy === 'protocol') {
      const fillsMax = fillsMaxOf({
        quantity,
        notional: multiply(quantity, price),
        minQuantity: a('1'),
        minNotional: ZERO,
      });
      const needed = reservationFor({ quantity, limitPrice: price, feeRate: FEE, cashUnit: UNIT, fillsMax });
      const outcome = applyCashEvent(book, { type: 'reserve', order, amount: needed });
      book = outcome.cash;
      if (outcome.state !== 'applied') continue;
    } else {
      const cost = multiply(quantity, price);
      if (isLess(naiveLeft, cost)) continue;
      naiveLeft = subtract(naiveLeft, cost);
    }
    // A limit order does not fill above its limit; an order without one fills at the market.
    const isFilled = policy !== 'protocol' || !isLess(limit, market);
    const reports: CashEvent[] = [];
    let left = quantity;
    for (let part = 0; isFilled && part < buy.parts && isPositive(left); part++) {
      const size = part === buy.parts - 1 ? left : minimum(left, a(String(Math.ceil(buy.lots / buy.parts))));
      left = subtract(left, size);
      const cost = ceilToStep(multiply(size, market), UNIT);
      const debit = add(cost, ceilToStep(multiply(cost, FEE), UNIT));
      actual = subtract(actual, debit);
      if (isLess(actual, lowest)) lowest = actual;
      reports.push({ type: 'fill', fillId: `${order}.${part}`, order, quantity: size, debit });
    }
    const end: CashEvent = { type: 'release', order, filledQuantity: subtract(quantity, left) };
    const inTime =
      h.lateShare === 0 ? [...reports, ...reports, end] : [end, ...reports.reverse(), ...reports];
    if (policy === 'protocol') for (const event of inTime) see(event);
  }
  return lowest;
}

describe('any history of fills', () => {
  it('leaves cash not negative under partial, duplicate and late fills and price jumps', () => {
    fc.assert(
      fc.property(history, (h) => !isNegative(lowestCash(h, 'protocol'))),
      { numRuns: 3_000, seed: 4 },
    );
  });

  it.each<[string, Policy]>([
    ['sizes by planned proceeds', 'plannedProceeds'],
    ['sizes by confirmed cash without fee and slippage', 'feeBlind'],
  ])('takes cash below zero for a policy that %s', (_name, policy) => {
    const samples = fc.sample(history, { numRuns: 1_000, seed: 5 });
    const negative = samples.filter((h) => isNegative(lowestCash(h, policy))).length;
    expect(negative).toBeGreaterThan(50);
  });
});

const cents = (count: number): Amount => fromAtoms(BigInt(count), 2);

type Draw =
  | { readonly do: 'reserve'; readonly order: number; readonly cents: number }
  | {
      readonly do: 'fill';
      readonly order: number;
      readonly fill: number;
      readonly lots: number;
      readonly share: number;
    }
  | { readonly do: 'release'; readonly order: number; readonly lots: number }
  | { readonly do: 'credit'; readonly credit: number; readonly cents: number }
  | {
      readonly do: 'certified';
      readonly reading: number;
      readonly cents: number;
      readonly age: number;
      readonly settles: boolean;
    };

const anyOf = fc.nat(2);
const anyDraw: fc.Arbitrary<Draw> = fc.oneof(
  fc.record({ do: fc.constant('reserve' as const), order: anyOf, cents: fc.integer({ min: 1, max: 2_000 }) }),
  fc.record({
    do: fc.constant('fill' as const),
    order: anyOf,
    fill: fc.nat(3),
    lots: fc.integer({ min: 1, max: 5 }),
    share: fc.integer({ min: 0, max: 100 }),
  }),
  fc.record({ do: fc.constant('release' as const), order: anyOf, lots: fc.nat(10) }),
  fc.record({ do: fc.constant('credit' as const), credit: fc.nat(2), cents: fc.nat(1_000) }),
  fc.record({
    do: fc.constant('certified' as const),
    reading: fc.nat(5),
    cents: fc.nat(5_000),
    age: fc.oneof(fc.constant(0), fc.nat(2)),
    settles: fc.boolean(),
  }),
);

/** The premises of the proof: a fill costs at most what its order has left, and has no other cost when told again. */
function eventOf(draw: Draw, cash: VenueCash, told: Map<string, CashEvent>): CashEvent | null {
  const order = 'order' in draw ? `o${draw.order}` : '';
  const once = (key: string, event: CashEvent): CashEvent => {
    const known = told.get(key) ?? event;
    told.set(key, known);
    return known;
  };
  switch (draw.do) {
    case 'reserve':
      return { type: 'reserve', order, amount: cents(draw.cents) };
    case 'release':
      return once(`release ${order}`, { type: 'release', order, filledQuantity: a(String(draw.lots)) });
    case 'credit':
      return once(`credit ${draw.credit}`, {
        type: 'credit',
        creditId: `c${draw.credit}`,
        amount: cents(draw.cents),
      });
    case 'certified':
      return once(`certified ${draw.reading}`, {
        type: 'certified',
        readingId: `r${draw.reading}`,
        confirmed: cents(draw.cents),
        floor: cash.floor,
        sinceVersion: Math.max(0, cash.version - draw.age),
        settled: draw.settles ? cash.reservations.map((one) => one.order) : [],
      });
    case 'fill': {
      const key = `${order}.${draw.fill}`;
      const left = cash.reservations.find((one) => one.order === order)?.amount;
      // A fill of an order that was never reserved breaks the premise.
      if (left === undefined) return told.get(key) ?? null;
      const debit = round(multiply(left, cents(draw.share)), 2, 'down');
      return once(key, { type: 'fill', fillId: key, order, quantity: a(String(draw.lots)), debit });
    }
  }
}

interface Step {
  readonly before: VenueCash;
  readonly event: CashEvent;
  readonly outcome: CashOutcome;
  readonly after: VenueCash;
  readonly isNew: boolean;
}

const anySteps = fc
  .record({ cash: fc.nat(5_000), floor: fc.nat(2_000), draws: fc.array(anyDraw, { maxLength: 40 }) })
  .map(({ cash: opening, floor, draws }) => {
    const told = new Map<string, CashEvent>();
    const heard = new Set<CashEvent>();
    const steps: Step[] = [];
    let cash = openVenueCash(cents(opening), cents(floor));
    for (const draw of draws) {
      const event = eventOf(draw, cash, told);
      if (event === null) continue;
      const outcome = applyCashEvent(cash, event);
      expect(outcome.state).not.toBe('premiseBroken');
      steps.push({ before: cash, event, outcome, after: outcome.cash, isNew: !heard.has(event) });
      heard.add(event);
      cash = outcome.cash;
    }
    return steps;
  });

const amountOf = (cash: VenueCash, order: string): Amount | null =>
  cash.reservations.find((one) => one.order === order)?.amount ?? null;

describe('invariants of the cash protocol', () => {
  it('1. What is reserved never exceeds confirmed cash above the floor: C - R >= B whenever anything is reserved (P1).', () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        for (const { after } of steps) {
          const reserved = after.reservations.reduce((total, one) => add(total, one.amount), ZERO);
          if (reserved !== ZERO) expect(isLess(subtract(after.confirmed, reserved), after.floor)).toBe(false);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("2. A fill is booked once, and takes its cost from its own order's reservation (P3).", () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        for (const { before, event, after, isNew } of steps) {
          if (event.type !== 'fill') continue;
          if (!isNew) expect(after).toEqual(before);
          else {
            expect(after.confirmed).toBe(subtract(before.confirmed, event.debit));
            const own = amountOf(after, event.order);
            if (own !== null) expect(own).toBe(subtract(amountOf(before, event.order) ?? ZERO, event.debit));
            const others = (cash: VenueCash) =>
              cash.reservations.filter(({ order }) => order !== event.order);
            expect(others(after)).toEqual(others(before));
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('3. A reservation is released only when the order has ended, and every fill that it is known to have is booked or a certified reading that began after its end has replaced what is confirmed (P3).', () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        const ended = new Map<string, Amount>();
        const booked = new Map<string, Amount>();
        for (const { before, event, after, isNew } of steps) {
          if (event.type === 'release' && amountOf(before, event.order) !== null && !ended.has(event.order))
            ended.set(event.order, event.filledQuantity);
          if (event.type === 'fill' && isNew)
            booked.set(event.order, add(booked.get(event.order) ?? ZERO, event.quantity));
          for (const { order } of before.reservations) {
            const due = ended.get(order);
            const isSettled =
              event.type === 'certified' &&
              isNew &&
              event.settled.includes(order) &&
              after.version > before.version &&
              after.halted === null;
            const isBooked = due !== undefined && !isLess(booked.get(order) ?? ZERO, due);
            const isOver = isSettled || isBooked;
            if (isSettled) expect(after.confirmed).toBe(event.confirmed);
            expect([order, amountOf(after, order) === null]).toEqual([order, isOver]);
            if (!isOver) continue;
            // The same name may be reserved again.
            ended.delete(order);
            booked.delete(order);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('4. Proceeds count when the venue confirms them, and once (P4).', () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        const credited = new Set<string>();
        for (const { before, event, after } of steps) {
          const isConfirmed = event.type === 'credit' && !credited.has(event.creditId);
          if (event.type === 'credit') credited.add(event.creditId);
          if (isConfirmed) expect(after.confirmed).toBe(add(before.confirmed, event.amount));
          else if (event.type !== 'certified') expect(isLess(before.confirmed, after.confirmed)).toBe(false);
          if (event.type === 'credit') expect(after.reservations).toEqual(before.reservations);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('5. A certified reading counts only where nothing has been booked since it began.', () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        for (const { before, event, outcome, after, isNew } of steps) {
          if (event.type !== 'certified') continue;
          const isCurrent = isNew && event.sinceVersion === before.version;
          if (!isCurrent && outcome.state !== 'repeated') expect(outcome.state).toBe('refused');
          if (!isCurrent) expect(after).toEqual(before);
          else if (after.halted === null) expect(after.confirmed).toBe(event.confirmed);
          else expect(after.confirmed).toBe(before.confirmed);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('6. Once a premise broke or a reading did not cover what is reserved, nothing is reserved until a certified one does.', () => {
    fc.assert(
      fc.property(anySteps, fc.nat(40), (steps, breaksAt) => {
        const { after: sound } = steps[breaksAt % Math.max(1, steps.length)] ?? {
          after: openVenueCash(a('10'), ZERO),
        };
        const stray = fill('stray', 'nobody', '1', '1');
        let cash = applyCashEvent(sound, stray).cash;
        for (const { event } of steps) {
          const before = cash;
          const outcome = applyCashEvent(cash, event);
          cash = outcome.cash;
          if (before.halted === null) continue;
          if (event.type === 'reserve') expect(['refused', 'repeated']).toContain(outcome.state);
          if (cash.halted !== null) continue;
          expect([event.type, outcome.state]).toEqual(['certified', 'applied']);
          expect(isZero(cash.reserved) || !isNegative(unreserved(cash))).toBe(true);
        }
        expect(applyCashEvent(sound, stray)).toMatchObject({ state: 'premiseBroken' });
      }),
      { numRuns: 500 },
    );
  });

  it('keeps the sum of the reservations and counts what is applied', () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        for (const { before, outcome, after } of steps) {
          expect(after.reserved).toBe(sum(after.reservations.map(({ amount: one }) => one)));
          expect(after.version - before.version).toBe(outcome.state === 'applied' ? 1 : 0);
        }
      }),
      { numRuns: 500 },
    );
  });
});
