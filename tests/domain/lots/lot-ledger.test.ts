import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import { accountForLots, accountInOrder } from '../../../src/domain/lots/account-for-lots.ts';
import { known, sumFigures, unknown } from '../../../src/domain/lots/figure.ts';
import { cutLot, type Lot } from '../../../src/domain/lots/lot.ts';
import { basisOf, gainOfDisposal } from '../../../src/domain/lots/lot-disposal.ts';
import type { LotEvent } from '../../../src/domain/lots/lot-event.ts';
import { compareEvents } from '../../../src/domain/lots/lot-event.ts';
import { applyLotEvent, lotsOf, openLotLedger } from '../../../src/domain/lots/lot-ledger.ts';
import type { LotRules } from '../../../src/domain/lots/lot-rules.ts';
import { compareUnitAmounts } from '../../../src/domain/lots/unit-amount.ts';
import {
  type Amount,
  add,
  amount,
  isMore,
  minimum,
  subtract,
  sum,
} from '../../../src/domain/money/amount.ts';
import {
  accounted,
  at,
  bought,
  knownCost,
  lot,
  moved,
  NOW_MS,
  RULES,
  sold,
  someAmount,
  someEvents,
} from './lot-rig.ts';

const a = amount;
const RUNS = { numRuns: 150, seed: 7 };

const someRules = fc.record({
  method: fc.constantFrom('fifo', 'lifo', 'hifo', 'lofo', 'average', 'mintax'),
  poolScope: fc.constantFrom('account', 'universal'),
  networkFee: fc.constantFrom('disposal', 'cost'),
  washSale: fc.constantFrom(null, { windowDays: 30, groups: [['BTC']] }),
}) as fc.Arbitrary<Partial<LotRules>>;
const rulesOf = (some: Partial<LotRules>): LotRules => {
  const rules = { ...RULES, ...some };
  return rules.method === 'average' ? { ...rules, washSale: null } : rules;
};

/** Applies what can have happened, and tells each step. */
function follow(events: readonly LotEvent[], rules: LotRules) {
  let ledger = openLotLedger([], rules);
  const applied: LotEvent[] = [];
  const disposals = [];
  const disallowances = [];
  for (const event of [...events].sort(compareEvents)) {
    const outcome = applyLotEvent(ledger, event, rules);
    if (outcome.state === 'refused') continue;
    ledger = outcome.ledger;
    applied.push(event);
    if (outcome.disposal) disposals.push(outcome.disposal);
    disallowances.push(...outcome.disallowances);
  }
  return { ledger, lots: lotsOf(ledger), applied, disposals, disallowances };
}

const quantityOf = (lots: readonly Lot[]): Amount => sum(lots.map(({ quantity }) => quantity));
const acquisitionsIn = (events: readonly LotEvent[]) =>
  events.filter((event) => event.kind === 'acquisition');
const takenBy = (disposals: ReturnType<typeof follow>['disposals']): readonly Lot[] =>
  disposals.flatMap(({ matches }) => matches.map((match) => match.lot));

describe('a lot', () => {
  const someLot = fc.record({ quantity: someAmount(50), cost: someAmount(1_000) });

  it('1. Cutting a lot in two loses neither quantity nor basis.', () => {
    fc.assert(
      fc.property(someLot, someAmount(50), ({ quantity, cost }, asked) => {
        const whole = lot('L', { quantity, cost, days: 1 });
        const { part, rest } = cutLot(whole, minimum(asked, quantity));
        const halves = rest ? [part, rest] : [part];
        expect(quantityOf(halves)).toBe(quantity);
        expect(sumFigures(halves.map(basisOf))).toEqual(known(cost));
      }),
      RUNS,
    );
  });

  it('2. A part costs per unit what its lot costs.', () => {
    fc.assert(
      fc.property(someLot, someAmount(50), ({ quantity, cost }, asked) => {
        const whole = lot('L', { quantity, cost, days: 1 });
        const { part, rest } = cutLot(whole, minimum(asked, quantity));
        for (const half of rest ? [part, rest] : [part]) {
          if (half.basis.state !== 'known' || whole.basis.state !== 'known')
            throw new Error('expected a basis');
          expect(compareUnitAmounts(half.basis.unitCost, whole.basis.unitCost)).toBe(0);
        }
      }),
      RUNS,
    );
  });
});

describe('a ledger of lots', () => {
  it('1. What was acquired is held, was disposed of, or went to a network: quantities add up to the last digit.', () => {
    fc.assert(
      fc.property(someEvents(), someRules, (events, some) => {
        const rules = rulesOf(some);
        const { lots, applied, disposals } = follow(events, rules);
        const acquired = sum(acquisitionsIn(applied).map(({ quantity }) => quantity));
        const fees =
          rules.networkFee === 'disposal'
            ? []
            : applied.flatMap((e) => (e.kind === 'transfer' ? [e.fee] : []));
        const gone = sum([...takenBy(disposals).map(({ quantity }) => quantity), ...fees]);
        expect(add(quantityOf(lots), gone)).toBe(acquired);
        expect(new Set(lots.map(({ id }) => id)).size).toBe(lots.length);
      }),
      RUNS,
    );
  });

  it('2. What was paid is the basis of what is held or of what was disposed of: money adds up to the last digit.', () => {
    fc.assert(
      fc.property(someEvents({ cost: knownCost }), someRules, (events, some) => {
        const rules = rulesOf(some);
        const { lots, applied, disposals, disallowances } = follow(events, rules);
        const paid = sumFigures(
          acquisitionsIn(applied).map((e) => (e as { cost: ReturnType<typeof known> }).cost),
        );
        const disallowed = known(sum(disallowances.map(({ loss }) => loss)));
        expect(sumFigures([...lots, ...takenBy(disposals)].map(basisOf))).toEqual(
          sumFigures([paid, disallowed]),
        );
        for (const each of lots)
          if (each.basis.state === 'known') expect(isMore(a('0'), each.basis.amount)).toBe(false);
      }),
      RUNS,
    );
  });

  it('3. A transfer keeps the basis, the age and the holding period of what it moves.', () => {
    const trace = ({ origin, acquiredAtMs, heldSince, quantity, basis }: Lot) => ({
      origin,
      acquiredAtMs,
      heldSince,
      quantity,
      basis: basis.state === 'known' ? basis.amount : 'unknown',
    });
    fc.assert(
      fc.property(
        fc.array(fc.record({ quantity: someAmount(5), cost: fc.oneof(someAmount(99), fc.constant(null)) }), {
          minLength: 1,
          maxLength: 8,
        }),
        someAmount(20),
        fc.constantFrom('fifo', 'hifo', 'mintax'),
        (told, asked, method) => {
          const rules = { ...RULES, method } as LotRules;
          const lots = told.map((one, index) => lot(`L${index}`, { ...one, days: 100 * index }));
          const quantity = minimum(asked, quantityOf(lots));
          const outcome = applyLotEvent(openLotLedger(lots, rules), moved({ id: 'T', quantity }), rules);
          if (outcome.state === 'refused') throw new Error(JSON.stringify(outcome.problem));
          const after = lotsOf(outcome.ledger);
          const arrived = after.filter(({ account }) => account === 'cold');
          expect(quantityOf(arrived)).toBe(quantity);
          // Put together again, where a lot was cut, all is as it was.
          const whole = lots.map((before) => {
            const pieces = after.filter(({ origin }) => origin === before.id);
            const basis = sumFigures(pieces.map(basisOf));
            expect(pieces.every((piece) => piece.acquiredAtMs === before.acquiredAtMs)).toBe(true);
            expect(pieces.map(({ heldSince }) => heldSince)).toEqual(pieces.map(() => before.heldSince));
            return {
              ...trace(before),
              quantity: quantityOf(pieces),
              basis: basis.state === 'known' ? basis.amount : 'unknown',
            };
          });
          expect(whole).toEqual(lots.map(trace));
        },
      ),
      RUNS,
    );
  });

  it('4. An event that is refused changes nothing.', () => {
    fc.assert(
      fc.property(someEvents(), someRules, (events, some) => {
        const rules = rulesOf(some);
        const { ledger, lots } = follow(events, rules);
        const held = quantityOf(lots.filter(({ account }) => account === 'main'));
        const tooMuch = add(rules.poolScope === 'universal' ? quantityOf(lots) : held, a('0.000001'));
        const before = JSON.stringify([...ledger.pools]);
        for (const event of [sold({ id: 'S', quantity: tooMuch }), moved({ id: 'T', quantity: tooMuch })])
          expect(applyLotEvent(ledger, event, rules)).toMatchObject({
            state: 'refused',
            problem: { path: 'quantity', found: tooMuch },
          });
        expect(JSON.stringify([...ledger.pools])).toBe(before);
      }),
      RUNS,
    );
  });

  it('at average cost conserves the cost of all, whatever is bought and sold in between', () => {
    fc.assert(
      fc.property(someEvents({ cost: knownCost }), (events) => {
        const rules: LotRules = {
          ...RULES,
          method: 'average',
          poolScope: 'universal',
          networkFee: 'disposal',
        };
        const { lots, applied, disposals } = follow(events, rules);
        const paid = sumFigures(
          acquisitionsIn(applied).map((e) => (e as { cost: ReturnType<typeof known> }).cost),
        );
        const sales = sumFigures(disposals.map(({ proceeds }) => proceeds));
        const gains = sumFigures(disposals.map(gainOfDisposal));
        const basisHeld = sumFigures(lots.map(basisOf));
        if ([paid, sales, gains, basisHeld].some(({ state }) => state === 'unknown'))
          throw new Error('expected figures');
        // Gains are what sales brought less what is not held any more.
        const value = (figure: typeof paid) => (figure.state === 'known' ? figure.amount : a('0'));
        expect(value(gains)).toBe(subtract(value(sales), subtract(value(paid), value(basisHeld))));
      }),
      RUNS,
    );
  });
});

describe('an account of lots', () => {
  it('whose ledger nobody else has comes to what one that is copied comes to', () => {
    fc.assert(
      fc.property(someEvents(), someRules, (events, some) => {
        const rules = rulesOf(some);
        const { applied, lots } = follow(events, rules);
        const told = applied.map((event) => ({ event, place: event.id }));
        expect(accountInOrder([], told, rules)).toMatchObject({ state: 'accounted', lots });
      }),
      RUNS,
    );
  });

  it('1. The order in which events are told does not matter.', () => {
    fc.assert(
      fc.property(someEvents(), someRules, fc.infiniteStream(fc.nat()), (events, some, draws) => {
        const rules = rulesOf(some);
        const possible = follow(events, rules).applied;
        const ranked = possible.map((event) => ({ event, rank: draws.next().value as number }));
        const shuffled = ranked.sort((x, y) => x.rank - y.rank).map(({ event }) => event);
        expect(accountForLots(shuffled, rules)).toEqual(accountForLots(possible, rules));
      }),
      RUNS,
    );
  });

  it('lets what is bought at a time be sold at that time, and moved', () => {
    const { disposals } = accounted([
      sold({ id: 'a', account: 'cold' }),
      moved({ id: 'b' }),
      bought({ id: 'c' }),
    ]);
    expect(disposals[0]?.matches.map((match) => match.lot.id)).toEqual(['c']);
  });

  it.each<[string, readonly LotEvent[], string, string, string]>([
    [
      'selling what is bought later',
      [sold({ id: 's', atMs: 0 }), bought({ id: 'b' })],
      'events[0].quantity',
      'at most 0',
      '1',
    ],
    [
      'selling in an account that holds none',
      [bought({ id: 'b' }), sold({ id: 's', account: 'cold' })],
      'events[1].quantity',
      'at most 0',
      '1',
    ],
    [
      'selling more than there is',
      [bought({ id: 'b' }), sold({ id: 's', quantity: a('1.5') })],
      'events[1].quantity',
      'at most 1',
      '1.5',
    ],
    [
      'moving more than there is',
      [bought({ id: 'b' }), moved({ id: 't', quantity: a('2') })],
      'events[1].quantity',
      'at most 1',
      '2',
    ],
    [
      'moving to where it is',
      [bought({ id: 'b' }), moved({ id: 't', to: 'main' })],
      'events[1].to',
      'another account',
      'main',
    ],
    [
      'a fee of all that is sent',
      [bought({ id: 'b' }), moved({ id: 't', fee: a('1') })],
      'events[1].fee',
      'less than 1',
      '1',
    ],
    [
      'an id that is there already',
      [bought({ id: 'b' }), bought({ id: 'b' })],
      'events[1].id',
      'an id that no other event has',
      'b',
    ],
    [
      'a lot that is not there',
      [bought({ id: 'b' }), sold({ id: 's', lots: [{ lot: 'x', quantity: a('1') }] })],
      'events[1].lots[0].lot',
      'a lot that the pool holds',
      'x',
    ],
    [
      'more of a lot than there is',
      [bought({ id: 'b' }), sold({ id: 's', lots: [{ lot: 'b', quantity: a('2') }] })],
      'events[1].lots[0].quantity',
      'at most 1',
      '2',
    ],
    [
      'lots that do not add up',
      [bought({ id: 'b' }), sold({ id: 's', lots: [{ lot: 'b', quantity: a('0.5') }] })],
      'events[1].lots',
      'lots that add up to 1',
      '0.5',
    ],
  ])('refuses %s, with its place', (_, events, path, expected, found) => {
    const account = accountForLots(events, RULES);
    expect(account).toMatchObject({ state: 'refused', problem: { path, found } });
    if (account.state === 'refused') expect(account.problem.expected).toContain(expected);
  });

  it.each<[string, Partial<LotRules>, LotEvent, string]>([
    ['a sale without lots, by specific', { method: 'specific' }, sold({ id: 's' }), 'events[1].lots'],
    [
      'a sale for an unknown price, by mintax',
      { method: 'mintax' },
      sold({ id: 's', proceeds: unknown('not told') }),
      'events[1].proceeds',
    ],
    [
      'a fee of unknown worth, by mintax',
      { method: 'mintax' },
      moved({ id: 't', fee: a('0.1'), feeValue: unknown('not told') }),
      'events[1].feeValue',
    ],
    [
      'lots at average cost',
      { method: 'average' },
      sold({ id: 's', lots: [{ lot: 'b', quantity: a('1') }] }),
      'events[1].lots',
    ],
  ])('refuses %s', (_, some, event, path) => {
    expect(accountForLots([bought({ id: 'b' }), event], { ...RULES, ...some })).toMatchObject({
      state: 'refused',
      problem: { path },
    });
  });
});

describe('lots that are named', () => {
  const events = [
    bought({ id: 'x', cost: known(a('10')), atMs: 1 }),
    bought({ id: 'y', cost: known(a('50')), atMs: 2 }),
  ];

  test('are those that are sold, by any method', () => {
    const named = sold({ id: 's', lots: [{ lot: 'y', quantity: a('1') }] });
    for (const method of ['specific', 'fifo', 'lofo'] as const) {
      const { disposals, lots } = accounted([...events, named], { ...RULES, method });
      expect(disposals.map(gainOfDisposal)).toEqual([known(a('50'))]);
      expect(lots.map(({ id }) => id)).toEqual(['x']);
    }
  });

  test('are those that move; the part of a lot that moves has the transfer in its id', () => {
    const named = moved({ id: 't', quantity: a('0.4'), lots: [{ lot: 'y', quantity: a('0.4') }] });
    const later = sold({
      id: 's',
      account: 'cold',
      quantity: a('0.4'),
      proceeds: known(a('40')),
      lots: [{ lot: 'y/t', quantity: a('0.4') }],
    });
    const { disposals, lots } = accounted([...events, named, later], { ...RULES, method: 'specific' });
    expect(disposals.map(gainOfDisposal)).toEqual([known(a('20'))]);
    expect(lots.map(({ id, quantity }) => [id, quantity])).toEqual([
      ['x', '1'],
      ['y', '0.6'],
    ]);
  });
});

describe('the fee of a transfer', () => {
  const events = [
    bought({ id: 'x', cost: known(a('10')), atMs: at('2024-01-01T00:00:00Z') }),
    bought({ id: 'y', cost: known(a('50')), atMs: at('2025-06-01T00:00:00Z') }),
    moved({ id: 't', quantity: a('1.5'), fee: a('0.5'), feeValue: known(a('30')) }),
  ];

  it('is disposed of, as the method chooses, and the oldest of the rest moves', () => {
    const { disposals, lots } = accounted(events, { ...RULES, method: 'hifo' });
    expect(disposals).toMatchObject([{ id: 't', kind: 'networkFee', quantity: '0.5', atMs: NOW_MS }]);
    expect(disposals.map(gainOfDisposal)).toEqual([known(a('5'))]);
    expect(lots.map(({ id, account, quantity }) => [id, account, quantity])).toEqual([
      ['x', 'cold', '1'],
      ['y', 'main', '0.5'],
    ]);
  });

  it('is a cost of what arrives, where the rules say so', () => {
    const { disposals, lots } = accounted(events, { ...RULES, networkFee: 'cost' });
    expect(disposals).toEqual([]);
    expect(lots.map((each) => [each.id, each.account, each.quantity, basisOf(each)])).toEqual([
      ['x', 'cold', '1', known(a('35'))],
      ['y', 'main', '0.5', known(a('25'))],
    ]);
  });

  it('is all that happens in a pool of all accounts', () => {
    const rules: LotRules = { ...RULES, poolScope: 'universal' };
    const disposed = accounted(events, rules);
    expect(disposed.disposals.map(gainOfDisposal)).toEqual([known(a('25'))]);
    expect(disposed.lots.map(({ id, quantity }) => [id, quantity])).toEqual([
      ['x', '0.5'],
      ['y', '1'],
    ]);
    const asCost = accounted(events, { ...rules, networkFee: 'cost' });
    expect(asCost.lots.map((each) => [each.id, each.quantity, basisOf(each)])).toEqual([
      ['x', '0.5', known(a('10'))],
      ['y', '1', known(a('50'))],
    ]);
  });

  it('is of unknown gain where nobody says what it was worth', () => {
    const fee = moved({ id: 't', fee: a('0.1'), feeValue: unknown('not told') });
    const { disposals } = accounted([events[0] as LotEvent, fee]);
    expect(disposals.map(gainOfDisposal)).toEqual([unknown('not told')]);
  });
});
