// The golden reports of rp2 (eprbell/rp2, US plug-in, one pool of all accounts): 18 assets by four methods.

import { describe, expect, it, test } from '@jest/globals';
import { accountForLots } from '../../../src/domain/lots/account-for-lots.ts';
import { type Figure, known } from '../../../src/domain/lots/figure.ts';
import { basisOf } from '../../../src/domain/lots/lot-disposal.ts';
import type { LotEvent } from '../../../src/domain/lots/lot-event.ts';
import type { LotRules } from '../../../src/domain/lots/lot-rules.ts';
import { totalYears } from '../../../src/domain/lots/lot-years.ts';
import {
  type Amount,
  add,
  amount,
  isPositive,
  multiply,
  subtract,
} from '../../../src/domain/money/amount.ts';
import { referenceData } from '../../support/reference-data.ts';
import { accounted, bought, moved, RULES, since, sold } from './lot-rig.ts';

type Row = Readonly<Record<string, string>>;
interface Case {
  readonly id: string;
  readonly in: readonly (Row & { readonly taxable_event: unknown })[];
  readonly out: readonly Row[];
  readonly intra: readonly Row[];
  readonly expected: Readonly<
    Record<Method, { readonly matches: readonly Match[]; readonly by_year: readonly Match[] }>
  >;
}
type Match = Readonly<Record<string, string | null>>;
type Method = 'fifo' | 'lifo' | 'hifo' | 'lofo';
const METHODS: readonly Method[] = ['fifo', 'lifo', 'hifo', 'lofo'];

/**
 * rp2 takes the dearest or cheapest by the price of the market when a lot was bought; we by what it cost, fees included
 * (the specification's unitCost). In these the two orders differ, and so do the lots; at costs without fees they agree.
 */
const ORDERED_BY_MARKET_PRICE: readonly string[] = [
  'rp2/test_data3/B4 lofo',
  'rp2/test_hifo/B1 hifo',
  'rp2/test_hifo/B1 lofo',
];
/** rp2 does not look whether there is what a transfer moves. These move 2, without a fee, where 1.79 is left in all. */
const MOVES_MORE_THAN_THERE_IS: readonly string[] = [
  'rp2/crypto_example/BTC',
  'rp2/test_data/B4',
  'rp2/test_many_year_data/B4',
];

const data = referenceData('lots/rp2.cases.json') as { readonly cases: readonly Case[] } | null;
const text = (row: Row, key: string): string => row[key] as string;
const money = (row: Row, key: string): Amount => amount(text(row, key));

function eventsOf(
  one: Case,
  costOf: (row: Row) => Amount = (row) => money(row, 'fiat_with_fee'),
): readonly LotEvent[] {
  const acquired = one.in.map((row, index): LotEvent => {
    const atMs = Date.parse(text(row, 'timestamp'));
    const source = row.taxable_event === true ? 'income' : 'purchase';
    return bought({
      id: `in${index}`,
      quantity: money(row, 'amount'),
      cost: known(costOf(row)),
      atMs,
      heldSince: since(atMs),
      source,
    });
  });
  const spent = one.out.map(
    (row, index): LotEvent =>
      sold({
        id: `out${index}`,
        atMs: Date.parse(text(row, 'timestamp')),
        quantity: add(money(row, 'amount_no_fee'), money(row, 'fee_crypto')),
        proceeds: known(money(row, row.type === 'FEE' ? 'fee_fiat' : 'fiat_out')),
      }),
  );
  const sent = one.intra.map(
    (row, index): LotEvent =>
      moved({
        id: `intra${index}`,
        atMs: Date.parse(text(row, 'timestamp')),
        quantity: money(row, 'sent'),
        fee: subtract(money(row, 'sent'), money(row, 'received')),
        feeValue: known(money(row, 'fee_fiat')),
      }),
  );
  return [...acquired, ...spent, ...sent];
}

const rulesOf = (method: Method): LotRules => ({ ...RULES, method, poolScope: 'universal' });

function ours(events: readonly LotEvent[], method: Method): readonly Matched[] {
  return accounted(events, rulesOf(method)).disposals.flatMap((disposal) =>
    disposal.matches.map(({ lot, proceeds, gain, term }) => ({
      at: disposal.atMs,
      lotAt: lot.acquiredAtMs,
      amount: number(known(lot.quantity)),
      proceeds: number(proceeds),
      basis: number(basisOf(lot)),
      gain: number(gain),
      term: term === 'longTerm' ? 'LONG' : 'SHORT',
    })),
  );
}

interface Matched {
  readonly at: number;
  readonly lotAt: number;
  readonly amount: number;
  readonly proceeds: number;
  readonly basis: number;
  readonly gain: number;
  readonly term: string;
}

/** To nine decimals: the reports have sixteen digits. */
const number = (figure: Figure): number => {
  if (figure.state === 'unknown') throw new Error(figure.reason);
  return rounded(figure.amount);
};
const rounded = (decimal: unknown): number => Number(Number(decimal).toFixed(9));

const theirs = (matches: readonly Match[]): readonly Matched[] =>
  matches
    .filter((match) => match.lot_time !== null)
    .map((match) => ({
      at: Date.parse(String(match.event_time)),
      lotAt: Date.parse(String(match.lot_time)),
      amount: rounded(match.amount),
      proceeds: rounded(match.proceeds),
      basis: rounded(match.cost_basis),
      gain: rounded(match.gain),
      term: String(match.term),
    }));

const inOrder = (matched: readonly Matched[]): readonly Matched[] =>
  [...matched].sort((x, y) => x.at - y.at || x.lotAt - y.lotAt);
const lotsAlone = (matched: readonly Matched[]) =>
  inOrder(matched).map(({ at, lotAt, amount: quantity }) => ({ at, lotAt, quantity }));

/** Without the transfers that cannot have happened. */
function possibleEvents(one: Case, costOf?: (row: Row) => Amount): readonly LotEvent[] {
  const events = eventsOf(one, costOf);
  if (!MOVES_MORE_THAN_THERE_IS.includes(one.id)) return events;
  return events.filter((event) => event.kind !== 'transfer' || isPositive(event.fee));
}

const runs = (data?.cases ?? []).flatMap((one) =>
  METHODS.map((method) => ({ one, method, id: `${one.id} ${method}` })),
);
const same = runs.filter(({ id }) => !ORDERED_BY_MARKET_PRICE.includes(id));

describe('the golden reports of rp2', () => {
  if (data === null) test('reference data not present', () => expect(runs).toEqual([]));
  else {
    it('are all here', () => {
      expect([runs.length, same.length, ORDERED_BY_MARKET_PRICE.length]).toEqual([72, 69, 3]);
      expect(MOVES_MORE_THAN_THERE_IS).toHaveLength(3);
    });

    test.each(same)('$id: the same lots, proceeds, bases, gains and terms', ({ one, method }) => {
      const { matches } = one.expected[method];
      expect(inOrder(ours(possibleEvents(one), method))).toEqual(inOrder(theirs(matches)));
    });

    test.each(same)('$id: the same gain by year and term, and the same income', ({ one, method }) => {
      const events = possibleEvents(one);
      const years = totalYears(accounted(events, rulesOf(method)).disposals, events, RULES.calendar);
      const found = years.map(({ year, terms, income }) => ({
        year,
        short: terms.shortTerm ? number(terms.shortTerm.gain) : 0,
        long: terms.longTerm ? number(terms.longTerm.gain) : 0,
        income: number(income),
      }));
      expect(found).toEqual(theirYears(one, method));
    });

    test.each(ORDERED_BY_MARKET_PRICE)(
      '%s: other lots, by their cost; the same ones by the price of the market',
      (id) => {
        const { one, method } = runs.find((run) => run.id === id) as (typeof runs)[number];
        const wanted = lotsAlone(theirs(one.expected[method].matches));
        expect(lotsAlone(ours(possibleEvents(one), method))).not.toEqual(wanted);
        const atSpot = possibleEvents(one, (row) => multiply(money(row, 'spot_price'), money(row, 'amount')));
        expect(lotsAlone(ours(atSpot, method))).toEqual(wanted);
      },
    );

    test.each(MOVES_MORE_THAN_THERE_IS)('%s: moves more than there is, which is refused', (id) => {
      const one = data.cases.find((each) => each.id === id) as Case;
      expect(accountForLots(eventsOf(one), rulesOf('fifo'))).toMatchObject({
        state: 'refused',
        problem: { path: expect.stringMatching(/^events\[\d+\]\.quantity$/), found: '2' },
      });
    });
  }
});

/** Income is what an acquisition earned: its type is no disposal's. */
function theirYears(one: Case, method: Method) {
  const earned = new Set(one.in.filter((row) => row.taxable_event === true).map((row) => row.type));
  const years = new Map<number, { year: number; short: number; long: number; income: number }>();
  for (const row of one.expected[method].by_year) {
    const year = Number(row.year);
    const total = years.get(year) ?? { year, short: 0, long: 0, income: 0 };
    const kind = earned.has(String(row.type)) ? 'income' : row.term === 'LONG' ? 'long' : 'short';
    years.set(year, { ...total, [kind]: rounded(total[kind] + Number(row.gain)) });
  }
  return [...years.values()].sort((x, y) => x.year - y.year);
}
