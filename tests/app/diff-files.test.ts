import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type DiffDocument, diffFiles } from '../../src/app/diff-files.ts';
import { snapshotDocument } from '../../src/app/snapshot-document.ts';
import { type Amount, add, amount, multiply, negate } from '../../src/domain/money/amount.ts';
import { snapshotOf } from '../support/reconciliation-fixtures.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'trueup-diff-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, content: unknown): string {
  const path = join(folder, `${name}.json`);
  writeFileSync(path, JSON.stringify(content));
  return path;
}

function outcomeOf(book: unknown, snapshot: unknown, activity?: unknown) {
  return diffFiles({
    book: write('book', book),
    snapshot: write('snapshot', snapshot),
    activity: activity === undefined ? null : write('activity', activity),
  });
}

function compared(book: unknown, snapshot: unknown, activity?: unknown): DiffDocument {
  const outcome = outcomeOf(book, snapshot, activity);
  if (outcome.state !== 'compared') throw new Error(JSON.stringify(outcome));
  return outcome.document;
}

const decimal = fc
  .tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.nat(18))
  .map(([units, decimals]) => {
    const digits = String(units < 0n ? -units : units).padStart(decimals + 1, '0');
    const whole = digits.slice(0, digits.length - decimals);
    const text = decimals === 0 ? whole : `${whole}.${digits.slice(digits.length - decimals)}`;
    return units < 0n ? `-${text}` : text;
  });
const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9:-]{0,11}$/);
const balance = fc.oneof(decimal, fc.record({ available: decimal, hold: decimal }));
const order = fc.record({
  market: name,
  side: fc.constantFrom('buy', 'sell'),
  remaining: decimal.map((text) => text.replace('-', '')),
});
const account = fc.record({
  balances: fc.dictionary(
    name.filter((asset) => !asset.startsWith('perpetual:')),
    balance,
  ),
  positions: fc.dictionary(name, decimal),
  openOrders: fc
    .array(order, { maxLength: 5 })
    .map((orders) => orders.map((one, index) => ({ ...one, id: `o-${index}` }))),
});

describe('two files', () => {
  it('agree when they are the same', () => {
    fc.assert(
      fc.property(account, (stated) => {
        const { status, compared: count, agreed, notCompared } = compared(stated, stated);
        const { balances, positions, openOrders } = stated;
        const rows = Object.keys(balances).length + Object.keys(positions).length + openOrders.length;
        expect({ status, count, agreed, notCompared }).toEqual({
          status: 'agreed',
          count: rows,
          agreed: rows,
          notCompared: [],
        });
      }),
    );
  });

  it('differ by exactly what one has more of an asset, whichever has it', () => {
    fc.assert(
      fc.property(account, name, decimal, (stated, asset, text) => {
        fc.pre(!/^-?[0.]+$/.test(text) && !(asset in stated.balances) && !asset.startsWith('perpetual:'));
        const more = { ...stated, balances: { ...stated.balances, [asset]: text } };
        const delta = amount(text);
        expect(compared(stated, more).differences).toMatchObject([{ asset, bucket: 'total', delta }]);
        expect(compared(more, stated).differences).toMatchObject([{ asset, delta: negate(delta) }]);
      }),
    );
  });
});

interface Happened {
  readonly id: string;
  readonly kind: 'fill' | 'deposit';
  readonly asset: 'BTC' | 'ETH';
  readonly quantity: string;
  readonly price: string;
  readonly fate: 'booked' | 'missed' | 'twice' | 'invented';
}

const AT = '2024-05-01T12:00:00Z';
const FEE = amount('0.7');

/** Deltas small and of many digits, so that no sum of others equals one of them by chance. */
const happened = fc
  .array(
    fc.record({
      kind: fc.constantFrom('fill' as const, 'deposit' as const),
      asset: fc.constantFrom('BTC' as const, 'ETH' as const),
      quantity: fc
        .integer({ min: 1, max: 999_999_937 })
        .map((units) => `0.${String(units).padStart(9, '0')}`),
      price: fc.integer({ min: 1, max: 99_991 }).map(String),
      fate: fc.constantFrom('booked', 'missed', 'twice', 'invented'),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((list): readonly Happened[] =>
    list.map((one, index) => ({ ...one, id: `v-${index}`, fate: one.fate as Happened['fate'] })),
  );

function deltasOf({ kind, asset, quantity, price }: Happened): Readonly<Record<string, Amount>> {
  if (kind === 'deposit') return { [asset]: amount(quantity) };
  const cost = multiply(amount(quantity), amount(price));
  return { [asset]: amount(quantity), USD: negate(add(cost, FEE)) };
}

function recordOf(one: Happened) {
  const { id, kind, asset, quantity, price } = one;
  if (kind === 'deposit') return { id, kind, deltas: deltasOf(one), at: AT };
  const fee = { asset: 'USD', amount: FEE };
  return { id, market: `${asset}-USD`, base: asset, quote: 'USD', side: 'buy', quantity, price, fee, at: AT };
}

function total(
  start: Readonly<Record<string, string>>,
  moved: readonly (readonly [string, Amount])[],
): Readonly<Record<string, Amount>> {
  const sums = new Map(Object.entries(start).map(([asset, text]) => [asset, amount(text)]));
  for (const [asset, delta] of moved) sums.set(asset, add(sums.get(asset) ?? amount('0'), delta));
  return Object.fromEntries(sums);
}

describe('what is proposed to be posted', () => {
  const START = { BTC: '5', ETH: '50', USD: '1000000' };

  it('makes the book agree wherever every explanation is the only one', () => {
    let posted = 0;
    fc.assert(
      fc.property(happened, (all) => {
        const moved = all.flatMap((one) => Object.entries(deltasOf(one)).map((delta) => ({ one, delta })));
        const times = { booked: 1, missed: 0, twice: 2, invented: 1 };
        const real = moved.flatMap(({ one, delta }) => (one.fate === 'invented' ? [] : [delta]));
        const believed = moved.flatMap(({ one, delta }) =>
          Array.from({ length: times[one.fate] }, () => delta),
        );
        const booked = all.flatMap((one) =>
          Array.from({ length: times[one.fate] }, () => {
            const { id, kind } = one;
            return { id, kind, deltas: deltasOf(one), at: AT };
          }),
        );
        const balances = total(START, believed);
        const activity = all.filter(({ fate }) => fate !== 'invented').map(recordOf);
        const snapshot = total(START, real);
        const found = compared({ balances, booked }, snapshot, { completeSince: 0, activity });
        fc.pre(found.explanations.every(({ verdict }) => verdict === 'unique'));
        const postings = found.corrections.flatMap(({ transactions }) =>
          transactions.flatMap((transaction) => transaction.postings),
        );
        const ours = postings.flatMap((posting) =>
          'bucket' in posting ? [[posting.asset, posting.amount] as const] : [],
        );
        posted += ours.length > 0 ? 1 : 0;
        expect(compared(total(balances, ours), snapshot).status).toBe('agreed');
      }),
      { numRuns: 200 },
    );
    expect(posted).toBeGreaterThan(50);
  });

  it('says when it happened by the snapshot, where no record does', () => {
    const found = compared(
      { USD: { available: '5', hold: '0' } },
      { balances: { USD: { available: '4', hold: '1' } }, observedAt: AT },
    );
    expect(found.corrections).toMatchObject([
      { cause: 'orderHold', transactions: [{ atMs: Date.parse(AT) }] },
    ]);
  });

  it('says that only the figures speak for a supposition', () => {
    const found = compared({ SOL: '1500' }, { SOL: '1.5' });
    expect(found.corrections).toMatchObject([{ cause: 'decimalsShift', hasHypothesis: true }]);
  });
});

describe('the document of a snapshot', () => {
  const fill = {
    id: 'f-1',
    orderId: '',
    clientOrderId: null,
    market: 'BTC-USD',
    base: 'perpetual:BTC-USD',
    quote: 'USDC',
    side: 'sell' as const,
    quantity: amount('0.1'),
    price: amount('60000'),
    quoteAmount: amount('6000'),
    fee: { asset: 'USDC', amount: amount('-0.5') },
    atMs: 900_000,
  };
  const position = {
    market: 'BTC-USD',
    side: 'short' as const,
    size: amount('-0.1'),
    entryPrice: amount('60000'),
  };
  const dydx = (change: object = {}) => {
    const observed = snapshotOf({ USDC: '16000.5' }, { positions: [position], fills: [fill] });
    return { ...snapshotDocument('dydx', 'dydx', observed), ...change };
  };

  it('says what an account is worth to the venue, which no book is compared with', () => {
    const equity = { equity: amount('16120.75'), freeCollateral: null };
    const fact = { kind: 'valuation', asset: 'USDC', account: '0', ...equity } as const;
    const observed = snapshotOf({ USDC: '16000.5' }, { facts: [fact] });
    const document = snapshotDocument('dydx', 'dydx', observed);
    expect(document).toMatchObject({ valuations: [{ account: '0', asset: 'USDC', ...equity }] });
    expect(compared({ balances: { USDC: '16000.5' } }, document)).toMatchObject({ status: 'agreed' });
  });

  it('lists a fill of a contract, which explains position and collateral together', () => {
    const found = compared({ balances: { USDC: '10000' }, positions: {} }, dydx());
    expect(found.explanations).toMatchObject([
      { verdict: 'unique', cause: 'missedFill', of: [{ asset: 'USDC' }, { asset: 'perpetual:BTC-USD' }] },
    ]);
    expect(found).toMatchObject({ venue: 'dydx', observedAtMs: 1_000_000 });
  });

  it('tells what is owed apart, and finds it where the book has it as paid', () => {
    const owed = { accrued: [{ asset: 'USDC', amount: '12.5' }] };
    const document = snapshotDocument('dydx', 'dydx', snapshotOf({ USDC: '100' }, owed));
    expect(document).toMatchObject(owed);
    expect(compared({ balances: { USDC: '112.5' } }, document).explanations).toMatchObject([
      { verdict: 'unique', cause: 'fundingAccrued' },
    ]);
    expect(compared({ balances: { USDC: '100' } }, document).explanations).toEqual([]);
    expect(Object.keys(snapshotDocument('dydx', 'dydx', snapshotOf({ USDC: '100' })))).not.toContain(
      'accrued',
    );
  });

  it('lets records say more of a fill that it lists, and nothing else', () => {
    const record = {
      id: 'f-1',
      market: 'BTC-USD',
      base: 'perpetual:BTC-USD',
      quote: 'USDC',
      side: 'sell',
      quantity: '0.1',
      price: '60000',
      quoteAmount: '6001',
      fee: { asset: 'USDC', amount: '-0.5' },
      at: 900_000,
    };
    const book = { balances: { USDC: '9999' }, positions: {} };
    expect(compared(book, dydx(), [record]).explanations).toMatchObject([{ verdict: 'unique' }]);
    expect(outcomeOf(book, dydx(), [{ ...record, quantity: '0.2' }])).toEqual({
      state: 'refused',
      problems: [
        {
          path: join(folder, 'activity.json'),
          expected: 'the fill "f-1" as the snapshot lists it',
          found: 'another record with that id',
        },
      ],
    });
  });

  it.each<[string, object, string, string]>([
    ['is not known to be whole', { certificate: { complete: false } }, 'certificate.complete', 'true'],
    ['is of no state', { state: 'perhaps' }, 'state', '"known" or "unknown"'],
    [
      'adds up to something else',
      { balances: [{ asset: 'USDC', total: '3', available: '1', hold: '1' }] },
      'balances[0].total',
      'what is available and held together, "2"',
    ],
    [
      'owes an asset twice',
      { accrued: ['1', '2'].map((owed) => ({ asset: 'USDC', amount: owed })) },
      'accrued[1].asset',
      'an asset that stands once',
    ],
    [
      'names an asset twice',
      {
        balances: ['1', '2'].map((total) => ({ asset: 'USDC', total, available: total, hold: '0' })),
      },
      'balances[1].asset',
      'an asset that stands once',
    ],
    [
      'has a short position of more than zero',
      { positions: [{ ...position, size: '0.1' }] },
      'positions[0].size',
      'the signed size of a short position',
    ],
    [
      'has a fill twice',
      { fills: [dydx(), dydx()].flatMap((one) => ('fills' in one ? one.fills : [])) },
      'fills[1].id',
      'an id that stands once',
    ],
    [
      'has a fill of a market that is none',
      { kind: 'coinbase', fills: 'fills' in dydx() ? [{ ...fillAsPrinted(), market: 'BTC-PERP-INTX' }] : [] },
      'fills[0].market',
      'a market whose two assets are known',
    ],
  ])('is refused where it %s', (_name, change, place, expected) => {
    const outcome = outcomeOf({ balances: { USDC: '1' }, positions: {} }, dydx(change));
    if (outcome.state !== 'refused') throw new Error(outcome.state);
    expect(outcome.problems).toContainEqual({
      path: `${join(folder, 'snapshot.json')}: ${place}`,
      expected,
      found: expect.any(String),
    });
  });

  function fillAsPrinted() {
    const { clientOrderId: _client, base: _base, quote: _quote, quoteAmount: _amount, ...rest } = fill;
    return rest;
  }

  it('leaves out records that are younger than it', () => {
    const deposit = (id: string, at: number) => ({ id, kind: 'deposit', deltas: { USDC: '1' }, at });
    const found = compared(
      {
        balances: { USDC: '15999.5' },
        positions: { 'BTC-USD': '-0.1' },
        booked: [{ ...deposit('f-1', 900_000), kind: 'fill' }],
      },
      dydx(),
      [deposit('d-1', 1_000_000), deposit('d-2', 1_000_001)],
    );
    expect(found.explanations).toMatchObject([
      { verdict: 'unique', alternatives: [[{ evidence: ['d-1'] }]] },
    ]);
  });
});
