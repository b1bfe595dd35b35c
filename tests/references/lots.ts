// Tax lots as rp2, beancount, rotki, Portfolio Performance and Ghostfolio state them in their tests.

import { accountInOrder } from '../../src/domain/lots/account-for-lots.ts';
import { type Figure, known, sumFigures } from '../../src/domain/lots/figure.ts';
import { knownBasis, type Lot } from '../../src/domain/lots/lot.ts';
import { basisOf, gainOfDisposal, type LotDisposal } from '../../src/domain/lots/lot-disposal.ts';
import type { LotEvent } from '../../src/domain/lots/lot-event.ts';
import type { LotMethod } from '../../src/domain/lots/lot-method.ts';
import type { LotRules } from '../../src/domain/lots/lot-rules.ts';
import { type Amount, add, amount, multiply, subtract, sum } from '../../src/domain/money/amount.ts';
import { bought, lot, RULES, since, sold } from '../domain/lots/lot-rig.ts';
import type { ReferenceCase, ReferenceFigure } from './reference-case.ts';

const a = amount;

/** Events one after the other, on lots that are held before. */
function after(events: readonly LotEvent[], rules: Partial<LotRules>, held: readonly Lot[] = []) {
  const placed = events.map((event) => ({ event, place: event.id }));
  const account = accountInOrder(held, placed, { ...RULES, ...rules });
  if (account.state === 'refused') throw new Error(JSON.stringify(account.problem));
  return account;
}

const exact = (
  source: string,
  name: string,
  actual: () => ReferenceFigure,
  expected: ReferenceFigure,
): ReferenceCase => ({
  source,
  name,
  actual,
  expected,
  tolerance: 0,
});

const amountOf = (figure: Figure): Amount => {
  if (figure.state === 'unknown') throw new Error(figure.reason);
  return figure.amount;
};
const cents = (value: Amount): string => Number(value).toFixed(2);
const gainOf = (disposals: readonly LotDisposal[]): Amount =>
  amountOf(sumFigures(disposals.map(gainOfDisposal)));
const costOf = (lots: readonly Lot[]): Amount => amountOf(sumFigures(lots.map(basisOf)));

/** A lot of so many units at a price each, named by what it is called in the published case. */
const heldAt = (name: string, quantity: string, price: string, days: number): Lot => {
  const units = a(quantity);
  return {
    ...lot(name, { cost: null, days }),
    quantity: units,
    basis: knownBasis(multiply(units, a(price)), units),
  };
};

/** "6of10 4of10 2of20" of each sale in turn. */
const taken = (disposals: readonly LotDisposal[]): string =>
  disposals
    .flatMap(({ matches }) => matches.map((match) => `${match.lot.quantity}of${match.lot.id}`))
    .join(' ');

const RP2 = 'rp2: tests/test_accounting_method.py';
/** Lots of 10, 20 and 30 units, each named after its quantity. */
const sequence = (method: LotMethod, prices: readonly string[], sales: readonly number[], expected: string) =>
  exact(
    RP2,
    `${method} ${sales.join(' ')}`,
    () => {
      const held = ['10', '20', '30'].map((size, index) =>
        heldAt(size, size, prices[index] ?? '0', 100 - index),
      );
      const events = sales.map((quantity, index) => sold({ id: `S${index}`, quantity: a(String(quantity)) }));
      return taken(after(events, { method }, held).disposals);
    },
    expected,
  );
const RISING = ['10', '11', '12'];
const PEAKED = ['10', '12', '11'];

const BEANCOUNT = 'beancount: beancount/parser/booking_full_test.py';
const ROTKI = 'rotki: rotkehlchen/tests/unit/accounting/test_cost_basis.py';
const PORTFOLIO_PERFORMANCE = 'Portfolio Performance: capital gains';
const GHOSTFOLIO = 'Ghostfolio: portfolio calculator, NOVN partially sold';

const beancountFifo = () =>
  taken(
    after([sold({ id: 's', quantity: a('12') })], { method: 'fifo' }, [
      heldAt('111.11', '5', '111.11', 89),
      heldAt('100', '4', '100', 90),
      heldAt('122.22', '6', '122.22', 88),
    ]).disposals,
  );

const beancountHifo = () =>
  taken(
    after(
      ['40', '35', '30'].map((quantity, index) => sold({ id: `S${index}`, quantity: a(quantity) })),
      { method: 'hifo' },
      [heldAt('115', '50', '115', 3), heldAt('116', '50', '116', 2), heldAt('114', '50', '114', 1)],
    ).disposals,
  );

/** What is left of 50 at 100 and 50 at 101, with its cost each. */
const beancountAverage = () => {
  const { lots } = after([sold({ id: 's', quantity: a('49') })], { method: 'average' }, [
    heldAt('100', '50', '100', 2),
    heldAt('101', '50', '101', 1),
  ]);
  const left = sum(lots.map(({ quantity }) => quantity));
  return `${left} costing ${costOf(lots)}`;
};

const SECOND_MS = 1_000;
const rotkiBuy = (id: string, quantity: string, price: string, atMs: number) =>
  bought({
    id,
    quantity: a(quantity),
    cost: known(multiply(a(quantity), a(price))),
    atMs,
    heldSince: since(atMs),
  });
const rotkiYear = () =>
  after(
    [
      rotkiBuy('b1', '5', '268.1', 1_446_979_735 * SECOND_MS),
      rotkiBuy('b2', '15', '612.45', 1_467_378_304 * SECOND_MS),
      sold({ id: 's', quantity: a('8'), proceeds: known(a('1')), atMs: 1_480_683_904 * SECOND_MS }),
    ],
    { method: 'fifo', longTerm: 'taxFree' },
  );
const rotkiCost = (isFree: boolean) =>
  cents(
    costOf(
      rotkiYear()
        .disposals.flatMap(({ matches }) => matches)
        .filter(({ term }) => (term === 'taxFree') === isFree)
        .map((match) => match.lot),
    ),
  );
const AVERAGE_CHAIN: readonly (readonly ['buy' | 'sell', string, string])[] = [
  ['buy', '2', '10'],
  ['sell', '1', '15'],
  ['buy', '1', '30'],
  ['sell', '1.5', '10'],
  ['buy', '3', '20'],
  ['sell', '2', '30'],
];
/** Of the first steps of the chain: gains of its sales, and what the pool costs. */
const averageChain = (steps: number) => {
  const events = AVERAGE_CHAIN.slice(0, steps).map(([side, quantity, price], index) => {
    const value = known(multiply(a(quantity), a(price)));
    return side === 'buy'
      ? bought({ id: `e${index}`, quantity: a(quantity), cost: value, atMs: index, heldSince: since(index) })
      : sold({ id: `e${index}`, quantity: a(quantity), proceeds: value, atMs: index });
  });
  return after(events, { method: 'average' });
};
const chainGain = (steps: number) => Number(gainOf(averageChain(steps).disposals.slice(-1)));
const chainPool = (steps: number) => Number(costOf(averageChain(steps).lots));
/** An average is cut where it has no end, at the twentieth place. */
const nearly = (name: string, actual: () => number, expected: number): ReferenceCase => ({
  ...exact(ROTKI, name, actual, expected),
  tolerance: 1e-12,
});

const FIRST = bought({ id: 'b1', quantity: a('109'), cost: known(a('3149.20')), atMs: 1 });
const SECOND = bought({ id: 'b2', quantity: a('52'), cost: known(a('1684.92')), atMs: 2 });
const SALE = sold({ id: 's', quantity: a('15'), proceeds: known(a('531.50')), atMs: 3 });
const unrealised = (method: LotMethod) => {
  const { lots } = after([FIRST, SECOND, SALE], { method });
  return cents(subtract(multiply(sum(lots.map(({ quantity }) => quantity)), a('100')), costOf(lots)));
};

/** What two shares gained, one of them sold: realised and unrealised. */
const novn = (buyFee: string, sellFee: string) => {
  const { disposals, lots } = after(
    [
      bought({ id: 'b', quantity: a('2'), cost: known(add(a('151.6'), a(buyFee))), atMs: 1 }),
      sold({ id: 's', proceeds: known(subtract(a('85.73'), a(sellFee))), atMs: 2 }),
    ],
    { method: 'average' },
  );
  return add(gainOf(disposals), subtract(a('87.8'), costOf(lots)));
};

export const LOTS: readonly ReferenceCase[] = [
  sequence('fifo', RISING, [6, 4, 2, 18, 3], '6of10 4of10 2of20 18of20 3of30'),
  sequence('lifo', RISING, [7, 23, 19, 1, 9], '7of30 23of30 19of20 1of20 9of10'),
  sequence('hifo', PEAKED, [15, 5, 35, 5], '15of20 5of20 30of30 5of10 5of10'),
  sequence('hifo', PEAKED, [15, 5, 20, 10, 7], '15of20 5of20 20of30 10of30 7of10'),
  exact(BEANCOUNT, 'FIFO of 12', beancountFifo, '4of100 5of111.11 3of122.22'),
  exact(BEANCOUNT, 'HIFO of 40, 35 and 30', beancountHifo, '40of116 10of116 25of115 25of115 5of114'),
  exact(BEANCOUNT, 'AVERAGE leaves 51 at 100.50', beancountAverage, '51 costing 5125.5'),
  exact(ROTKI, 'FIFO in a year: cost of what is free of tax', () => rotkiCost(true), '1340.50'),
  exact(ROTKI, 'FIFO in a year: cost of what is taxed', () => rotkiCost(false), '1837.35'),
  exact(
    ROTKI,
    'FIFO in a year: what remains',
    () => sum(rotkiYear().lots.map(({ quantity }) => quantity)),
    '12',
  ),
  nearly('average cost: the first sale gains', () => chainGain(2), 5),
  nearly('average cost: the pool after it', () => chainPool(2), 10),
  nearly('average cost: the pool after the second purchase', () => chainPool(3), 40),
  nearly('average cost: the second sale loses', () => chainGain(4), -15),
  nearly('average cost: the pool after it is 10', () => chainPool(4), 10),
  nearly('average cost: the pool after the third purchase', () => chainPool(5), 70),
  nearly('average cost: the third sale gains', () => chainGain(6), 20),
  exact(
    PORTFOLIO_PERFORMANCE,
    'one purchase',
    () => cents(gainOf(after([FIRST, SALE], {}).disposals)),
    '98.12',
  ),
  exact(
    PORTFOLIO_PERFORMANCE,
    'two purchases, first in first out',
    () => cents(gainOf(after([FIRST, SECOND, SALE], {}).disposals)),
    '98.12',
  ),
  exact(
    PORTFOLIO_PERFORMANCE,
    'two purchases, moving average',
    () => cents(gainOf(after([FIRST, SECOND, SALE], { method: 'average' }).disposals)),
    '81.12',
  ),
  exact(PORTFOLIO_PERFORMANCE, 'unrealised at 100, first in first out', () => unrealised('fifo'), '10199.26'),
  exact(PORTFOLIO_PERFORMANCE, 'unrealised at 100, moving average', () => unrealised('average'), '10216.26'),
  exact(GHOSTFOLIO, 'gross performance', () => novn('0', '0'), '21.93'),
  exact(GHOSTFOLIO, 'net performance', () => novn('2.95', '1.3'), '17.68'),
];
