// What beancount, rotki, ghostfolio, rp2 and Portfolio Performance state of lots in their tests, case by case.

import { describe, expect, it, test } from '@jest/globals';
import { accountInOrder } from '../../../src/domain/lots/account-for-lots.ts';
import { type Figure, known, sumFigures, unknown } from '../../../src/domain/lots/figure.ts';
import { compareByAge, knownBasis, type Lot, UNKNOWN_BASIS } from '../../../src/domain/lots/lot.ts';
import { basisOf, gainOfDisposal, type LotDisposal } from '../../../src/domain/lots/lot-disposal.ts';
import type { LotEvent } from '../../../src/domain/lots/lot-event.ts';
import { applyLotEvent, lotsOf, openLotLedger } from '../../../src/domain/lots/lot-ledger.ts';
import type { LotMethod } from '../../../src/domain/lots/lot-method.ts';
import type { LotRules } from '../../../src/domain/lots/lot-rules.ts';
import type { NamedLot } from '../../../src/domain/lots/take-lots.ts';
import {
  add,
  amount,
  isZero,
  minimum,
  multiply,
  negate,
  subtract,
  sum,
} from '../../../src/domain/money/amount.ts';
import { hasReferenceData, referenceData } from '../../support/reference-data.ts';
import { accounted, at, bought, lot, RULES, since, sold } from './lot-rig.ts';

const a = amount;
const absent = () => test('reference data not present', () => expect(hasReferenceData).toBe(false));

/** Applies events one after the other; refused as soon as one is. */
function apply(lots: readonly Lot[], events: readonly LotEvent[], rules: LotRules) {
  let ledger = openLotLedger(lots, rules);
  const disposals: LotDisposal[] = [];
  for (const event of events) {
    const outcome = applyLotEvent(ledger, event, rules);
    if (outcome.state === 'refused') return outcome;
    ledger = outcome.ledger;
    if (outcome.disposal) disposals.push(outcome.disposal);
  }
  return { state: 'applied' as const, disposals, lots: lotsOf(ledger) };
}

const takenBy = (disposals: readonly LotDisposal[]): readonly Lot[] =>
  disposals.flatMap(({ matches }) => matches.map((match) => match.lot));

interface Cost {
  readonly price?: string;
  readonly currency?: string;
  readonly date?: string;
  readonly label?: string;
}
interface Units {
  readonly units: string;
  readonly asset: string;
  readonly cost?: Cost;
  readonly flag?: string;
}
interface Booking {
  readonly id: string;
  readonly method: string;
  readonly before: readonly Units[];
  readonly apply_date: string;
  readonly apply: readonly Units[];
  readonly expected: {
    readonly booked?: readonly Units[];
    readonly after?: readonly Units[];
    readonly error?: string;
  };
}

/** Beancount's cases that are about something else than lots as we keep them, by the end of their names. */
const NOT_OURS: Readonly<Record<string, string>> = {
  test_augment__from_empty__no_cost__neg: 'a lot is never short',
  test_augment__from_empty__at_cost__neg: 'a lot is never short',
  test_augment__from_empty__incomplete_cost__empty: 'an acquisition says its cost, or that it is unknown',
  test_reduce__ambiguous__none: 'a lot is never short',
  test_reduce__augment_and_reduce_with_non_empty_balance: 'skipped upstream; its dates contradict each other',
  test_ambiguous__NONE__notmatching_nonmixed1: 'a lot is never short',
  test_ambiguous__NONE__notmatching_mixed1: 'a lot is never short',
  'TestBookAmbiguousFIFO/test_ambiguous__FIFO__no_match_against_any_lots':
    'a disposal is of more than nothing',
  'TestBookCrossover/test_ambiguous__FIFO__no_match_against_any_lots': 'a lot is never short',
  test_ambiguous__AVERAGE__mixed_currencies__ambi: 'costs are in one currency',
  test_ambiguous__AVERAGE__mixed_currencies__unambi_currency: 'costs are in one currency',
  test_ambiguous__AVERAGE__mixed_currencies__unambi_currency__merging: 'costs are in one currency',
  test_ambiguous__AVERAGE__mixed_currencies__unambi_cost__merging: 'costs are in one currency',
  test_ambiguous__AVERAGE__mixed_currencies__unambi_date: 'at average cost no lots are named',
};

const midnight = (date: string): number => at(`${date}T00:00:00Z`);
const costOf = ({ units, cost }: Units): Figure =>
  cost?.price === undefined ? unknown('without a cost') : known(multiply(a(cost.price), a(units)));

function lotOf(units: Units, index: number): Lot {
  const quantity = a(units.units);
  const cost = costOf(units);
  const acquiredAtMs = midnight(units.cost?.date ?? '2015-01-01');
  return {
    ...lot(`L${index}`, { cost: null, days: 1 }),
    asset: units.asset,
    quantity,
    basis: cost.state === 'known' ? knownBasis(cost.amount, quantity) : UNKNOWN_BASIS,
    acquiredAtMs,
  };
}

/** A filter names the lots that it fits, oldest first; one that fits none names one that is not there. */
function namesOf(one: Booking, wanted: Units): readonly NamedLot[] {
  const fits = (units: Units) =>
    Object.entries(wanted.cost ?? {}).every(([key, value]) => units.cost?.[key as keyof Cost] === value);
  const fitting = one.before
    .map((units, index) => ({ units, held: lotOf(units, index) }))
    .filter(({ units }) => fits(units))
    .map(({ held }) => held)
    .sort(compareByAge);
  let missing = negate(a(wanted.units));
  const named = fitting.flatMap((held, index) => {
    const quantity = index === fitting.length - 1 ? missing : minimum(held.quantity, missing);
    missing = subtract(missing, quantity);
    return isZero(quantity) ? [] : [{ lot: held.id, quantity }];
  });
  return named.length > 0 ? named : [{ lot: 'none', quantity: missing }];
}

function eventOf(one: Booking, units: Units, index: number): LotEvent {
  const isSale = units.units.startsWith('-');
  const atMs = midnight(one.apply_date);
  if (!isSale) {
    const acquiredAtMs = midnight(units.cost?.date ?? one.apply_date);
    return bought({
      id: `A${index}`,
      asset: units.asset,
      quantity: a(units.units),
      cost: costOf(units),
      atMs: acquiredAtMs,
      heldSince: since(acquiredAtMs),
    });
  }
  const lots = one.method === 'STRICT' ? namesOf(one, units) : null;
  return sold({ id: `S${index}`, asset: units.asset, quantity: negate(a(units.units)), atMs, lots });
}

const METHOD: Readonly<Record<string, LotMethod>> = {
  FIFO: 'fifo',
  LIFO: 'lifo',
  STRICT: 'specific',
  AVERAGE: 'average',
  NONE: 'fifo',
};

/** One line a lot; without a cost there is no date either. */
const line = (asset: string, quantity: string, basis: Figure, atMs: number): string =>
  basis.state === 'known' ? `${quantity} ${asset} for ${basis.amount} at ${atMs}` : `${quantity} ${asset}`;
const told = (lots: readonly Lot[]): readonly string[] =>
  lots.map((each) => line(each.asset, each.quantity, basisOf(each), each.acquiredAtMs)).sort();
const wantedOf = (all: readonly Units[], date: string): readonly string[] =>
  all
    .map((units) => ({ ...units, units: units.units.replace('-', '') }))
    .map((units) => line(units.asset, a(units.units), costOf(units), midnight(units.cost?.date ?? date)))
    .sort();

describe("beancount's bookings (booking_full_test.py)", () => {
  const data = referenceData('lots/beancount.cases.json') as { readonly cases: readonly Booking[] } | null;
  if (data === null) return void absent();
  const isOurs = ({ id }: Booking): boolean => !Object.keys(NOT_OURS).some((name) => id.endsWith(`/${name}`));

  it('are told apart', () => {
    expect([data.cases.length, data.cases.filter(isOurs).length, Object.keys(NOT_OURS).length]).toEqual([
      42, 28, 14,
    ]);
  });

  test.each(data.cases.filter(isOurs))('$id', (one) => {
    const rules: LotRules = { ...RULES, method: METHOD[one.method] as LotMethod };
    const applied = apply(
      one.before.map(lotOf),
      one.apply.map((units, index) => eventOf(one, units, index)),
      rules,
    );
    if (one.expected.error !== undefined) return expect(applied.state).toBe('refused');
    if (applied.state === 'refused') throw new Error(JSON.stringify(applied.problem));
    const { booked = [], after } = one.expected;
    // Averaging takes the same quantity at the same cost from as many lots as there are: compared in total.
    if (one.method === 'AVERAGE') {
      const taken = booked.filter(({ flag }) => flag === undefined);
      expect(sum(takenBy(applied.disposals).map(({ quantity }) => quantity))).toBe(
        negate(a(taken[0]!.units)),
      );
      expect(sumFigures(applied.lots.map(basisOf))).toEqual(sumFigures((after ?? []).map(costOf)));
      return;
    }
    const sales = booked.filter(({ units }) => units.startsWith('-'));
    expect(told(takenBy(applied.disposals))).toEqual(wantedOf(sales, one.apply_date));
    if (after) expect(told(applied.lots)).toEqual(wantedOf(after, one.apply_date));
  });

  it('takes HIFO from the dearest, sale after sale (the specification)', () => {
    const held = [
      lot('115', { quantity: '50', cost: '5750', days: 3 }),
      lot('116', { quantity: '50', cost: '5800', days: 2 }),
      lot('114', { quantity: '50', cost: '5700', days: 1 }),
    ];
    const sales = ['40', '35', '30'].map((quantity, index) =>
      sold({ id: `S${index}`, quantity: a(quantity) }),
    );
    const applied = apply(held, sales, { ...RULES, method: 'hifo' });
    if (applied.state === 'refused') throw new Error(JSON.stringify(applied.problem));
    expect(
      applied.disposals.map(({ matches }) =>
        matches.map((match) => `${match.lot.quantity}@${match.lot.id}`).join(),
      ),
    ).toEqual(['40@116', '10@116,25@115', '25@115,5@114']);
  });
});

interface Step {
  readonly op: 'acquire' | 'spend' | 'reduce';
  readonly amount: string;
  readonly price?: string;
  readonly time?: number;
  readonly expected?: Readonly<Record<string, unknown>>;
}
interface RotkiCase {
  readonly id: string;
  readonly method: string;
  readonly steps: readonly Step[];
}

/** rotki books what is missing as sold at zero cost, or what there is; we refuse all of it, and nothing is done. */
const SHORTFALLS = [
  'rotki/sell-more-than-bought-within-year',
  'rotki/reduce-nothing-bought',
  'rotki/missing-acquisitions',
];

describe("rotki's cost basis (test_cost_basis.py)", () => {
  const data = referenceData('lots/rotki.cases.json') as { readonly cases: readonly RotkiCase[] } | null;
  if (data === null) return void absent();

  it('is all here', () => expect([data.cases.length, SHORTFALLS.length]).toEqual([10, 3]));

  test.each(data.cases)('$id', (one) => {
    const method = (one.method === 'acb' ? 'average' : one.method) as LotMethod;
    const rules: LotRules = { ...RULES, method, longTerm: 'taxFree' };
    let held: readonly Lot[] = [];
    for (const [index, step] of one.steps.entries()) {
      const atMs = (step.time ?? 2_000_000_000 + index) * 1000;
      const quantity = a(step.amount);
      const value = step.price === undefined ? unknown('not told') : known(multiply(quantity, a(step.price)));
      const event =
        step.op === 'acquire'
          ? bought({ id: `e${index}`, quantity, cost: value, atMs, heldSince: since(atMs) })
          : sold({ id: `e${index}`, quantity, proceeds: value, atMs });
      const applied = apply(held, [event], rules);
      const wanted = step.expected ?? {};
      const isShort = wanted.complete === false || wanted.ok === false;
      expect([step.op, applied.state]).toEqual([step.op, isShort ? 'refused' : 'applied']);
      if (isShort) expect(SHORTFALLS).toContain(one.id);
      if (applied.state === 'refused') {
        const found = wanted.found_amount ?? sum(held.map((each) => each.quantity));
        // rotki takes what there is, and goes on from there.
        held = [];
        expect(applied.problem).toMatchObject({
          path: 'quantity',
          expected: expect.stringContaining(`at most ${found},`),
          found: step.amount,
        });
        continue;
      }
      held = applied.lots;
      check(applied.disposals[0], held, wanted);
    }
  });

  const costIn = (disposal: LotDisposal | undefined, isFree: boolean) =>
    sumFigures(
      (disposal?.matches ?? [])
        .filter(({ term }) => (term === 'taxFree') === isFree)
        .map((match) => basisOf(match.lot)),
    );

  function check(
    disposal: LotDisposal | undefined,
    held: readonly Lot[],
    wanted: Readonly<Record<string, unknown>>,
  ): void {
    const figure = (key: string) => known(a(wanted[key] as string));
    const rules: Record<string, () => void> = {
      taxable_bought_cost: () => expect(costIn(disposal, false)).toEqual(figure('taxable_bought_cost')),
      taxfree_bought_cost: () => expect(costIn(disposal, true)).toEqual(figure('taxfree_bought_cost')),
      taxable_amount: () =>
        expect(
          sum(
            (disposal?.matches ?? [])
              .filter(({ term }) => term !== 'taxFree')
              .map((match) => match.lot.quantity),
          ),
        ).toBe(wanted.taxable_amount),
      matched: () =>
        expect(disposal?.matches.map(({ lot: { quantity } }) => quantity)).toEqual(
          (wanted.matched as string[][]).map(([quantity]) => quantity),
        ),
      remaining_lots: () => expect(held.map(({ quantity }) => quantity)).toEqual(wanted.remaining_lots),
      remaining_lots_highest_first: () =>
        expect(held.map(({ quantity }) => quantity)).toEqual(wanted.remaining_lots_highest_first),
      remaining_lot_times: () =>
        expect(held.map(({ acquiredAtMs }) => acquiredAtMs / 1000)).toEqual(wanted.remaining_lot_times),
      pnl: () => expect(disposal && gainOfDisposal(disposal)).toEqual(figure('pnl')),
      total_acb: () => expect(sumFigures(held.map(basisOf))).toEqual(figure('total_acb')),
      held: () => expect(sum(held.map(({ quantity }) => quantity))).toBe(wanted.held),
      complete: () => expect(disposal).toBeDefined(),
      ok: () => expect(disposal).toBeDefined(),
    };
    for (const key of Object.keys(wanted))
      (rules[key] ?? (() => expect(key).toBe('a figure that is compared')))();
  }
});

interface Activity {
  readonly date: string;
  readonly type: string;
  readonly quantity: number;
  readonly unit_price: number;
  readonly fee: number;
}
interface GhostfolioCase {
  readonly id: string;
  readonly input: {
    readonly activities: readonly Activity[];
    readonly market_prices: Readonly<Record<string, number>>;
    readonly as_of: string;
  };
  readonly expected: {
    readonly quantity: number;
    readonly investment: number;
    readonly gross_performance: number;
    readonly average_price: number;
  };
}

describe("ghostfolio's positions (ROAI calculator specs)", () => {
  const data = referenceData('lots/ghostfolio.cases.json') as {
    readonly cases: readonly GhostfolioCase[];
  } | null;
  if (data === null) return void absent();
  it('are all here', () => expect(data.cases).toHaveLength(5));

  // Fees are apart there; returns and their weights are another subject than lots.
  test.each(data.cases)('$id: quantity, investment, average and gross performance', ({ input, expected }) => {
    const events = input.activities.map(({ date, type, quantity, unit_price }, index) => {
      const atMs = midnight(date) + index;
      const value = known(multiply(a(String(quantity)), a(String(unit_price))));
      const base = { id: `e${index}`, quantity: a(String(quantity)), atMs };
      return type === 'BUY'
        ? bought({ ...base, cost: value, heldSince: since(atMs) })
        : sold({ ...base, proceeds: value });
    });
    const { disposals, lots } = accounted(events, { ...RULES, method: 'average' });
    const value = (figure: Figure): number => (figure.state === 'known' ? Number(figure.amount) : Number.NaN);
    const quantity = Number(sum(lots.map((each) => each.quantity)));
    const invested = value(sumFigures(lots.map(basisOf)));
    const gains = value(sumFigures(disposals.map(gainOfDisposal)));
    expect(quantity).toBe(expected.quantity);
    expect(invested).toBe(expected.investment);
    expect(quantity === 0 ? 0 : invested / quantity).toBeCloseTo(expected.average_price, 10);
    const price = input.market_prices[input.as_of] ?? 0;
    expect(gains + quantity * price - invested).toBeCloseTo(expected.gross_performance, 8);
  });
});

describe("rp2's sequences of sales (test_accounting_method.py)", () => {
  const lots = (quantities: readonly number[]) =>
    quantities.map((quantity, index) =>
      lot(`${quantity}`, {
        quantity: `${quantity}`,
        cost: `${quantity * PRICE[quantity]!}`,
        days: 100 - index,
      }),
    );
  /** Each of their lots by its quantity; FIFO and LIFO: 10@10, 20@11, 30@12; HIFO: 10@10, 20@12, 30@11. */
  let PRICE: Readonly<Record<number, number>> = {};

  it.each<[LotMethod, readonly number[], string]>([
    ['fifo', [6, 4, 2, 18, 3], '6of10 4of10 2of20 18of20 3of30'],
    ['lifo', [7, 23, 19, 1, 9], '7of30 23of30 19of20 1of20 9of10'],
    ['hifo', [15, 5, 35, 5], '15of20 5of20 30of30 5of10 5of10'],
    ['hifo', [15, 5, 20, 10, 7], '15of20 5of20 20of30 10of30 7of10'],
  ])('by %s %j take %s', (method, sales, wanted) => {
    PRICE = method === 'hifo' ? { 10: 10, 20: 12, 30: 11 } : { 10: 10, 20: 11, 30: 12 };
    const events = sales.map((quantity, index) => sold({ id: `S${index}`, quantity: a(`${quantity}`) }));
    const applied = apply(lots([10, 20, 30]), events, { ...RULES, method });
    if (applied.state === 'refused') throw new Error(JSON.stringify(applied.problem));
    expect(
      takenBy(applied.disposals)
        .map(({ id, quantity }) => `${quantity}of${id}`)
        .join(' '),
    ).toBe(wanted);
  });
});

describe("Portfolio Performance's capital gains (the specification)", () => {
  const first = bought({ id: 'b1', quantity: a('109'), cost: known(a('3149.20')), atMs: 1 });
  const second = bought({ id: 'b2', quantity: a('52'), cost: known(a('1684.92')), atMs: 2 });
  const sale = sold({ id: 's', quantity: a('15'), proceeds: known(a('531.50')), atMs: 3 });

  it.each<[string, LotMethod, readonly LotEvent[], string]>([
    ['one purchase', 'fifo', [first, sale], '98.12'],
    ['two purchases, first in first out', 'fifo', [first, second, sale], '98.12'],
    ['two purchases, moving average', 'average', [first, second, sale], '81.12'],
  ])('of %s', (_, method, events, gain) => {
    const account = accountInOrder(
      [],
      events.map((event) => ({ event, place: event.id })),
      { ...RULES, method },
    );
    if (account.state === 'refused') throw new Error(JSON.stringify(account.problem));
    const figure = sumFigures(account.disposals.map(gainOfDisposal));
    expect(figure.state === 'known' && Number(figure.amount).toFixed(2)).toBe(gain);
  });

  it.each<[LotMethod, string]>([
    ['fifo', '10199.26'],
    ['average', '10216.26'],
  ])('leaves what it is worth at 100 more than it cost: by %s %s', (method, unrealised) => {
    const { lots } = accounted([first, second, sale], { ...RULES, method });
    const cost = sumFigures(lots.map(basisOf));
    const worth = multiply(sum(lots.map(({ quantity }) => quantity)), a('100'));
    expect(cost.state === 'known' && Number(subtract(worth, cost.amount)).toFixed(2)).toBe(unrealised);
  });
});

describe("ghostfolio's NOVN (the specification)", () => {
  // With fees in cost and proceeds a gain is what they call net; without them it is gross.
  it.each([
    ['net', '2.95', '1.3', '17.68'],
    ['gross', '0', '0', '21.93'],
  ])('performs %s as they say', (_, buyFee, sellFee, performance) => {
    const purchase = bought({
      id: 'b',
      quantity: a('2'),
      cost: known(add(a('151.6'), a(buyFee))),
      atMs: at('2022-03-07T00:00:00Z'),
    });
    const sale = sold({
      id: 's',
      proceeds: known(subtract(a('85.73'), a(sellFee))),
      atMs: at('2022-04-08T00:00:00Z'),
    });
    const { disposals, lots } = accounted([purchase, sale], { ...RULES, method: 'average' });
    const cost = sumFigures(lots.map(basisOf));
    const gain = sumFigures(disposals.map(gainOfDisposal));
    if (cost.state === 'unknown' || gain.state === 'unknown') throw new Error('everything is known');
    expect(add(gain.amount, subtract(a('87.8'), cost.amount))).toBe(performance);
  });
});
