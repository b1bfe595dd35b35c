import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registerLots } from '../../src/cli/lots-command.ts';
import { runInProcess } from './command-line.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'trueup-lots-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const buy = (id: string, at: string, cost: string, more: object = {}) => ({
  kind: 'acquisition',
  id,
  account: 'coinbase',
  asset: 'BTC',
  quantity: '1',
  at,
  cost,
  ...more,
});
const sell = (more: object = {}) => ({
  kind: 'disposal',
  id: 'S1',
  account: 'coinbase',
  asset: 'BTC',
  quantity: '3',
  at: '2026-01-01T12:00:00Z',
  proceeds: '300',
  ...more,
});
const send = (more: object = {}) => ({
  kind: 'transfer',
  id: 'T1',
  from: 'coinbase',
  to: 'cold',
  asset: 'BTC',
  quantity: '1',
  at: '2026-01-02T00:00:00+01:00',
  ...more,
});
const OPTIONS = { rates: { shortTerm: '0.37', longTerm: '0.15' } };
/** The worked example of the specification: 100, 500, 20, 700 and 900 days before 2026-01-01. */
const BOUGHT = [
  buy('L1', '2025-09-23T12:00:00Z', '90'),
  buy('L2', '2024-08-19T12:00:00Z', '80'),
  buy('L3', '2025-12-12T12:00:00Z', '105'),
  buy('L4', '2024-02-01T12:00:00Z', '112'),
  buy('L5', '2023-07-16T12:00:00Z', '19', { fee: '1' }),
];
const FILE = { options: OPTIONS, events: [...BOUGHT, sell()] };
const withEvent = (event: object, options: object = OPTIONS) => ({ options, events: [...BOUGHT, event] });
const withOptions = (more: object) => ({ ...FILE, options: { ...OPTIONS, ...more } });

async function lots(content: unknown, ...more: readonly string[]) {
  const path = join(folder, 'lots.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  const ended = await runInProcess(['lots', '--input', path, ...more], { commands: [registerLots] });
  const err = ended.err.replaceAll(`${folder}/`, '');
  return { ...ended, problems: err.split('\n').slice(1, -1) };
}

async function accounted(content: unknown, ...more: readonly string[]) {
  const { exitCode, out, err } = await lots(content, '--json', ...more);
  expect([exitCode, err]).toEqual([0, '']);
  return JSON.parse(out);
}

describe('trueup lots --input', () => {
  it.each([
    ['fifo', '88', '13.2'],
    ['lifo', '25', '4.85'],
    ['hifo', '-7', '0.05'],
    ['lofo', '110', '18.7'],
    ['mintax', '3', '-0.65'],
  ])('by %s gains %s, taxed %s', async (method, gain, tax) => {
    const document = await accounted(FILE, '--method', method);
    expect(document).toMatchObject({
      method,
      disposals: [{ id: 'S1', gain, tax }],
      years: [{ year: 2026, gain, tax }],
    });
    expect(document.lots).toHaveLength(2);
    expect(await accounted(withOptions({ method }))).toEqual(document);
  });

  it('says of each lot what it brought, cost and is taxed, and what is left', async () => {
    const document = await accounted(withEvent(sell({ quantity: '1.5', proceeds: '151', fee: '1' })));
    expect(document).toMatchObject({ method: 'fifo', poolScope: 'account', zone: 'UTC' });
    expect(document.disposals).toEqual([
      {
        id: 'S1',
        kind: 'disposal',
        account: 'coinbase',
        asset: 'BTC',
        at: '2026-01-01T12:00:00.000Z',
        quantity: '1.5',
        proceeds: '150',
        gain: '74',
        tax: '11.1',
        matches: [
          {
            lot: 'L5',
            acquiredAt: '2023-07-16T12:00:00.000Z',
            quantity: '1',
            proceeds: '100',
            basis: '20',
            disallowedLoss: '0',
            gain: '80',
            term: 'longTerm',
            tax: '12',
          },
          {
            lot: 'L4',
            acquiredAt: '2024-02-01T12:00:00.000Z',
            quantity: '0.5',
            proceeds: '50',
            basis: '56',
            disallowedLoss: '0',
            gain: '-6',
            term: 'longTerm',
            tax: '-0.9',
          },
        ],
      },
    ]);
    expect(document.lots[0]).toEqual({
      lot: 'L4',
      account: 'coinbase',
      asset: 'BTC',
      quantity: '0.5',
      basis: '56',
      unitCost: '112',
      acquiredAt: '2024-02-01T12:00:00.000Z',
      source: 'purchase',
      longTermFrom: '2025-02-02',
    });
    expect(document.years).toEqual([
      {
        year: 2026,
        gain: '74',
        tax: '11.1',
        income: '0',
        terms: { longTerm: { proceeds: '150', basis: '76', disallowedLoss: '0', gain: '74', tax: '11.1' } },
      },
    ]);
  });

  it('moves lots with their basis and their age, in the order of time and not of the file', async () => {
    const events = [
      sell({ account: 'cold', quantity: '0.9', proceeds: '90', at: '2026-02-01T00:00:00Z' }),
      send({ fee: '0.1', feeValue: '10' }),
      ...BOUGHT,
    ];
    const document = await accounted({ options: OPTIONS, events });
    expect(document.disposals).toMatchObject([
      { id: 'T1', kind: 'networkFee', quantity: '0.1', gain: '8', at: '2026-01-01T23:00:00.000Z' },
      { id: 'S1', matches: [{ lot: 'L5', quantity: '0.9', basis: '18', gain: '72', term: 'longTerm' }] },
    ]);
  });

  it('counts years and terms where the taxpayer lives', async () => {
    const event = sell({ quantity: '1', at: '2026-01-01T02:00:00Z' });
    expect((await accounted(withEvent(event, { ...OPTIONS, zone: 'America/New_York' }))).years[0].year).toBe(
      2025,
    );
    expect((await accounted(withEvent(event, { ...OPTIONS, zone: 'Europe/Berlin' }))).years[0].year).toBe(
      2026,
    );
  });

  it('does not know a gain without a basis, and says why', async () => {
    const events = [
      buy('D', '2022-01-01T00:00:00Z', 'unknown', { source: 'deposit' }),
      ...BOUGHT,
      sell({ quantity: '1' }),
    ];
    const document = await accounted({ options: OPTIONS, events });
    const unknown = 'the basis of lot D is unknown: it was told as unknown';
    expect(document.disposals[0]).toMatchObject({ gain: { unknown }, tax: { unknown } });
    expect(document.disposals[0].matches[0]).toMatchObject({ lot: 'D', basis: { unknown }, term: 'unknown' });
    expect(document.years[0]).toMatchObject({ gain: { unknown }, tax: { unknown } });
    const held = [
      buy('D', '2022-01-01T00:00:00Z', 'unknown', { heldSince: '2021-01-01T00:00:00Z' }),
      sell({ quantity: '1' }),
    ];
    expect(
      (await accounted({ options: { ...OPTIONS, longTerm: 'taxFree' }, events: held })).disposals[0],
    ).toMatchObject({
      gain: { unknown },
      tax: '0',
      matches: [{ term: 'taxFree' }],
    });
  });

  it('totals income at its value then', async () => {
    const events = [buy('I', '2024-05-01T00:00:00Z', '7', { source: 'income' })];
    expect((await accounted({ options: OPTIONS, events })).years).toMatchObject([
      { year: 2024, income: '7', gain: '0' },
    ]);
  });

  it('disallows a loss that is bought back where the file says so', async () => {
    const events = [
      buy('old', '2025-03-01T12:00:00Z', '100'),
      sell({ quantity: '1', proceeds: '60', at: '2025-06-01T12:00:00Z' }),
      buy('new', '2025-06-20T12:00:00Z', '70'),
    ];
    const washSale = { groups: [['BTC']] };
    const document = await accounted({ options: { ...OPTIONS, washSale }, events });
    expect(document.disposals[0].matches[0]).toMatchObject({ disallowedLoss: '40', gain: '0', tax: '0' });
    expect(document.lots).toMatchObject([{ lot: 'new', basis: '110', longTermFrom: '2026-03-21' }]);
    expect((await accounted({ options: OPTIONS, events })).disposals[0].matches[0]).toMatchObject({
      gain: '-40',
    });
  });

  it('previews what sells would be taxed, against the oldest first and no trade', async () => {
    const order = { account: 'coinbase', asset: 'BTC', quantity: '3', price: '100' };
    const preview = { at: '2026-01-01T12:00:00Z', orders: [order] };
    const document = await accounted({ options: OPTIONS, events: BOUGHT, preview }, '--method', 'mintax');
    expect(document.preview).toMatchObject({
      shortTermGain: '-5',
      longTermGain: '8',
      tax: '-0.65',
      fifo: { longTermGain: '88', tax: '13.2' },
      savedAgainstFifo: '13.85',
      costAgainstNoTrade: '-0.65',
    });
    const all = { ...preview, orders: [{ ...order, quantity: '4' }] };
    const hinted = await accounted({ options: OPTIONS, events: BOUGHT, preview: all }, '--method', 'mintax');
    expect(hinted.preview.hints).toMatchObject([
      { lot: 'L1', longTermInDays: 266, longTermOn: '2026-09-24', saves: '2.2' },
    ]);
    const people = await lots({ options: OPTIONS, events: BOUGHT, preview: all });
    expect(people.out).toContain('without a trade 0');
  });

  it('needs no options: lots go by FIFO, and what they are taxed is unknown', async () => {
    const { method, disposals, years } = await accounted({ events: FILE.events });
    const tax = { unknown: 'no rates are given' };
    expect([method, disposals[0].gain, disposals[0].tax]).toEqual(['fifo', '88', tax]);
    expect(years).toMatchObject([{ gain: '88', tax, terms: { longTerm: { gain: '88', tax } } }]);
  });

  it('takes numbers that are still what was written, and dates as days of the zone', async () => {
    const options = { ...OPTIONS, rates: { shortTerm: 0.37, longTerm: 0.15 }, zone: 'America/New_York' };
    const bought = { ...buy('B', '2023-06-01', '1'), quantity: 1e-8, cost: 100.25, fee: 0.1 };
    const sold = { ...sell(), quantity: 0.00000001, at: '2024-06-02', proceeds: 300 };
    const { disposals } = await accounted({ options, events: [bought, sold] });
    expect(disposals).toMatchObject([
      {
        at: '2024-06-02T04:00:00.000Z',
        quantity: '0.00000001',
        gain: '199.65',
        tax: '29.9475',
        matches: [{ acquiredAt: '2023-06-01T04:00:00.000Z', basis: '100.35', term: 'longTerm' }],
      },
    ]);
  });

  it('shows a table to people', async () => {
    const { exitCode, out } = await lots(FILE);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/S1 +2026-01-01 +coinbase +BTC +L5 +1 +100 +20 +80 +longTerm +12\n/);
    expect(out).toMatch(/2026 +88 +13.2 +0\n/);
  });

  it.each<[string, unknown, string]>([
    ['a number that lost digits', withEvent(sell({ quantity: 0.1234567890123456 })), 'events[5].quantity'],
    ['a date that is none', withEvent(sell({ at: '2026-02-30' })), 'events[5].at'],
    ['a quantity of zero', withEvent(sell({ quantity: '0' })), 'events[5].quantity'],
    ['a cost below zero', withEvent(buy('x', '2025-01-01T00:00:00Z', '-1')), 'events[5].cost'],
    [
      'a cost that is left out',
      withEvent({ ...buy('x', '2025-01-01T00:00:00Z', '1'), cost: undefined }),
      'events[5].cost',
    ],
    ['proceeds of null', withEvent(sell({ proceeds: null })), 'events[5].proceeds'],
    ['a time without a zone', withEvent(sell({ at: '2026-01-01T12:00:00' })), 'events[5].at'],
    ['a time beyond calendars', withEvent(sell({ at: 8_640_000_000_000_000 })), 'events[5].at'],
    ['another kind', withEvent(sell({ kind: 'sale' })), 'events[5].kind'],
    ['an event that is none', withEvent([]), 'events[5]'],
    ['an unknown key', withEvent(sell({ price: '1' })), 'events[5].price'],
    ['an id with a slash', withEvent(sell({ id: 'a/b' })), 'events[5].id'],
    ['an id twice', withEvent(sell({ id: 'L1' })), 'events[5].id'],
    ['selling more than there is', withEvent(sell({ quantity: '5.00000001' })), 'events[5].quantity'],
    ['selling where there is none', withEvent(sell({ account: 'cold' })), 'events[5].quantity'],
    ['moving more than there is', withEvent(send({ quantity: '6' })), 'events[5].quantity'],
    ['moving to where it is', withEvent(send({ to: 'coinbase' })), 'events[5].to'],
    ['a fee of all', withEvent(send({ fee: '1' })), 'events[5].fee'],
    [
      'a lot that is not there',
      withEvent(sell({ lots: [{ lot: 'L9', quantity: '3' }] })),
      'events[5].lots[0].lot',
    ],
    [
      'holding before it was bought',
      withEvent(buy('x', '2025-01-01T00:00:00Z', '1', { heldSince: '2025-01-02T00:00:00Z' })),
      'events[5].heldSince',
    ],
    ['no rates to choose by', { ...FILE, options: { method: 'mintax' } }, 'options.rates'],
    [
      'no rates for a preview',
      { events: [], preview: { at: 0, orders: [{ account: 'a', asset: 'b', quantity: '1', price: '1' }] } },
      'options.rates',
    ],
    [
      'a rate above one',
      withOptions({ rates: { shortTerm: '37', longTerm: '15' } }),
      'options.rates.shortTerm',
    ],
    ['another method', withOptions({ method: 'acb' }), 'options.method'],
    ['a zone that is none', withOptions({ zone: 'Europe/Atlantis' }), 'options.zone'],
    [
      'a wash sale at average cost',
      withOptions({ method: 'average', washSale: { groups: [['BTC']] } }),
      'options.washSale',
    ],
    [
      'an asset in two groups',
      withOptions({ washSale: { groups: [['BTC'], ['ETH', 'BTC']] } }),
      'options.washSale.groups[1][1]',
    ],
    ['a sale without lots, by specific', withOptions({ method: 'specific' }), 'events[5].lots'],
    ['no events', { options: OPTIONS }, 'events'],
    [
      'a preview before the last event',
      { ...FILE, preview: { at: 0, orders: [{ account: 'a', asset: 'b', quantity: '1', price: '1' }] } },
      'preview.at',
    ],
    [
      'a preview of more than there is',
      {
        ...FILE,
        preview: {
          at: '2027-01-01T00:00:00Z',
          orders: [{ account: 'coinbase', asset: 'BTC', quantity: '3', price: '1' }],
        },
      },
      'preview.orders[0].quantity',
    ],
  ])('refuses %s, with its path', async (_, content, path) => {
    const { exitCode, out, problems } = await lots(content);
    expect([exitCode, out]).toEqual([2, '']);
    expect(problems.join('\n')).toContain(`lots.json: ${path}: expected `);
    const program = await lots(content, '--json');
    expect([program.exitCode, JSON.parse(program.out).error.kind]).toEqual([2, 'usage']);
  });

  it('refuses a file that is not there, is no JSON, or another method', async () => {
    const nowhere = await runInProcess(['lots', '--input', '/nowhere.json'], { commands: [registerLots] });
    expect(nowhere.exitCode).toBe(2);
    expect((await lots('{"events": [')).exitCode).toBe(2);
    expect((await lots('{"events": [], "events": []}')).problems[0]).toContain('line 1');
    expect((await lots(FILE, '--method', 'acb')).exitCode).toBe(2);
    expect((await runInProcess(['lots'], { commands: [registerLots] })).exitCode).toBe(2);
  });

  it('accounts for ten thousand events', async () => {
    const minute = (index: number) => 1_700_000_000_000 + index * 60_000;
    const events = Array.from({ length: 10_000 }, (_, index) =>
      index < 5_000
        ? buy(`b${index}`, '', String(100 + ((index * 7919) % 1000)), { at: minute(index) })
        : sell({ id: `s${index}`, at: minute(index), quantity: '1', proceeds: '500' }),
    );
    const document = await accounted({ options: OPTIONS, events }, '--method', 'mintax');
    expect(document.lots).toEqual([]);
  });
});
