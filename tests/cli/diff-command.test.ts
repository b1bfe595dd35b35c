import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registerDiff } from '../../src/cli/diff-command.ts';
import { serveAccount, TEST_CREDENTIALS } from '../support/coinbase-account.ts';
import { fixture } from '../support/fixture.ts';
import { runInProcess, withConfiguration } from './command-line.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'trueup-diff-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Files {
  readonly book: unknown;
  readonly snapshot: unknown;
  readonly activity?: unknown;
}

/** The files as they are called in the messages, and the command's end. Text is written as it is. */
async function diff(files: Files, ...more: readonly string[]) {
  const words = ['diff'];
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, `${name}.json`);
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    words.push(`--${name}`, path);
  }
  const ended = await runInProcess([...words, ...more], { commands: [registerDiff] });
  const err = ended.err.replaceAll(`${folder}/`, '');
  return { ...ended, err, problems: err.split('\n').slice(1, -1) };
}

async function diffed(files: Files) {
  const { exitCode, out, err } = await diff(files, '--json');
  expect(err).toBe('');
  return { exitCode, document: JSON.parse(out) };
}

const AT = '2024-05-01T12:00:00Z';
const fill = {
  id: 'trade-1',
  market: 'BTC-USD',
  base: 'BTC',
  quote: 'USD',
  side: 'buy',
  quantity: '0.1',
  price: '60000',
  fee: { asset: 'USD', amount: '10' },
  at: AT,
};
const deposit = (id: string, amount: string) => ({ id, kind: 'deposit', deltas: { USD: amount }, at: AT });
const unknownDocument = {
  venue: 'cb',
  kind: 'coinbase',
  state: 'unknown',
  reason: 'incomplete',
  detail: 'the venue gave no end marker',
};

describe('trueup diff', () => {
  it('says that a book and a snapshot agree, in the short form alone', async () => {
    const files = { book: { BTC: '0.80', USD: '3000' }, snapshot: { USD: '3000.00', BTC: '0.8' } };
    expect(await diff(files)).toMatchObject({ exitCode: 0, out: 'agreed: 2 of 2 agree\n', err: '' });
    expect(await diffed(files)).toEqual({
      exitCode: 0,
      document: {
        status: 'agreed',
        venue: null,
        observedAtMs: null,
        compared: 2,
        agreed: 2,
        notCompared: [],
        differences: [],
        explanations: [],
        corrections: [],
        activity: null,
      },
    });
  });

  it('explains a missed fill and proposes what to post, exact to the last digit', async () => {
    const { exitCode, document } = await diffed({
      book: { BTC: '0.800000000000000000000000000001', USD: '9000' },
      snapshot: { BTC: '0.900000000000000000000000000001', USD: '2990' },
      activity: [fill],
    });
    expect(exitCode).toBe(4);
    expect(document).toMatchObject({ status: 'different', compared: 2, agreed: 0 });
    expect(document.differences).toMatchObject([
      {
        asset: 'BTC',
        bucket: 'total',
        class: 'quantityMismatch',
        severity: 'error',
        bookAmount: '0.800000000000000000000000000001',
        venueAmount: '0.900000000000000000000000000001',
        delta: '0.1',
      },
      { asset: 'USD', delta: '-6010' },
    ]);
    expect(document.explanations).toMatchObject([
      {
        verdict: 'unique',
        cause: 'missedFill',
        of: [{ asset: 'BTC' }, { asset: 'USD' }],
        alternatives: [[{ evidence: ['trade-1'], evidenceKind: 'venueRecord' }]],
      },
    ]);
    expect(document.corrections).toMatchObject([
      {
        explanationId: document.explanations[0].id,
        transactions: [
          {
            venueId: 'trade-1',
            atMs: Date.parse(AT),
            postings: [
              { external: 'fee', asset: 'USD', amount: '10' },
              { external: 'trade', asset: 'BTC', amount: '-0.1' },
              { external: 'trade', asset: 'USD', amount: '6000' },
              { bucket: 'available', asset: 'BTC', amount: '0.1' },
              { bucket: 'available', asset: 'USD', amount: '-6010' },
            ],
          },
        ],
      },
    ]);
  });

  it('tells people every difference, the sentence with its evidence, and what to post', async () => {
    const { exitCode, out } = await diff({
      book: { venue: 'cb', balances: { BTC: '0.8', USD: '9000' } },
      snapshot: { BTC: '0.9', USD: '2990' },
      activity: [fill],
    });
    expect(exitCode).toBe(4);
    expect(out).toBe(`cb  different: 0 of 2 agree
  Asset  Bucket  Book  Venue  Delta  Class             Severity
  BTC    total    0.8    0.9    0.1  quantityMismatch  error
  USD    total   9000   2990  -6010  quantityMismatch  error

BTC, USD  explained: missedFill
  missedFill: The venue filled a buy of 0.1 BTC at 60000 USD with a fee of 10 USD, which the book lacks. [trade-1]
  post for trade-1 at 2024-05-01T12:00:00.000Z
    Account         Asset  Amount
    available       BTC       0.1
    available       USD     -6010
    external fee    USD        10
    external trade  BTC      -0.1
    external trade  USD      6000
`);
  });

  it('explains a missed deposit and leaves alone what the book has booked', async () => {
    const booked = [{ ...deposit('d-1', '250'), at: Date.parse(AT) }];
    const { exitCode, document } = await diffed({
      book: { balances: { USD: '1250' }, booked },
      snapshot: { USD: '1500' },
      activity: [deposit('d-1', '250'), deposit('d-2', '250')],
    });
    expect(exitCode).toBe(4);
    expect(document.explanations).toMatchObject([
      { verdict: 'unique', cause: 'deposit', alternatives: [[{ evidence: ['d-2'] }]] },
    ]);
  });

  it('tells what is held apart from the total', async () => {
    const { exitCode, document } = await diffed({
      book: { BTC: '1', USD: { available: '2990', hold: '10' } },
      snapshot: { BTC: '1', USD: { available: '2000', hold: '1000' } },
    });
    expect(exitCode).toBe(4);
    expect(document.differences).toMatchObject([
      { asset: 'USD', bucket: 'hold', class: 'holdMismatch', bookAmount: '10', venueAmount: '1000' },
    ]);
    expect(document.corrections[0].transactions).toEqual([
      {
        venueId: null,
        atMs: null,
        postings: [
          { bucket: 'available', asset: 'USD', amount: '-990' },
          { bucket: 'hold', asset: 'USD', amount: '990' },
        ],
      },
    ]);
  });

  it('tells a position of the wrong sign as critical', async () => {
    const { exitCode, document } = await diffed({
      book: { balances: { USDC: '100' }, positions: { 'BTC-USD': '-0.5' } },
      snapshot: { balances: { USDC: '100' }, positions: { 'BTC-USD': '0.5' } },
    });
    expect(exitCode).toBe(4);
    expect(document.differences).toMatchObject([
      {
        asset: 'perpetual:BTC-USD',
        class: 'positionMismatch',
        severity: 'critical',
        bookAmount: '-0.5',
        delta: '1',
      },
    ]);
    expect(document.explanations).toMatchObject([{ verdict: 'none' }]);
  });

  it('finds a fill that was booked twice, by the place of the second booking', async () => {
    const booking = { id: 'trade-1', kind: 'fill', at: AT, deltas: { BTC: '0.1', USD: '-6010' } };
    const { document } = await diffed({
      book: { balances: { BTC: '1', USD: '-3020' }, booked: [booking, booking] },
      snapshot: { BTC: '0.9', USD: '2990' },
      activity: [fill],
    });
    expect(document.explanations).toMatchObject([
      {
        verdict: 'unique',
        cause: 'duplicateBooking',
        alternatives: [[{ evidence: ['booked[1]', 'trade-1'], evidenceKind: 'venueAbsence' }]],
      },
    ]);
    expect(document.corrections[0].transactions[0].postings).toContainEqual({
      bucket: 'available',
      asset: 'USD',
      amount: '6010',
    });
  });

  it.each([
    ['deposit', 'activityNotAtVenue'],
    ['fill', 'fillNotAtVenue'],
  ])(
    'concludes nothing from a %s that the records lack, unless they say since when they are complete',
    async (kind, cause) => {
      const book = { balances: { USD: '350' }, booked: [{ ...deposit('b-1', '250'), kind }] };
      const files = { book, snapshot: { USD: '100' } };
      const open = await diff({ ...files, activity: [] });
      expect(open.out).toContain('USD  unexplained\n');
      expect(open.out).toContain('"completeSince" says since when they are all there are');
      const since = (completeSince: string) =>
        diffed({ ...files, activity: { completeSince, activity: [] } });
      const after = await since('2024-05-01T12:00:00.001Z');
      expect(after.document.explanations).toMatchObject([{ verdict: 'none' }]);
      const proven = await since('2024-05-01T14:00:00+02:00');
      expect(proven.document.explanations).toMatchObject([
        { verdict: 'unique', cause, alternatives: [[{ evidence: ['booked[0]'] }]] },
      ]);
    },
  );

  it('lists the alternatives where several fit, and proposes none of them', async () => {
    const files = {
      book: { USD: '100' },
      snapshot: { USD: '350' },
      activity: [deposit('d-1', '250'), deposit('d-2', '250')],
    };
    const { exitCode, document } = await diffed(files);
    expect(exitCode).toBe(4);
    expect(document.explanations).toMatchObject([
      { verdict: 'ambiguous', alternatives: [[{ evidence: ['d-1'] }], [{ evidence: ['d-2'] }]] },
    ]);
    expect(document.corrections).toEqual([]);
    const { out } = await diff(files);
    expect(out).toMatch(/ambiguous.*\n {2}alternative 1\n.*\[d-1\]\n {2}alternative 2\n.*\[d-2\]\n/);
    expect(out).not.toContain('post');
  });

  it('tells everything of a venue whose book is empty, and says what more could be given', async () => {
    const { exitCode, out } = await diff({ book: {}, snapshot: { BTC: '1', USD: '5' } });
    expect(exitCode).toBe(4);
    expect(out).toMatch(/BTC +total +0 +1 +1 +unknownToBook/);
    expect(out).toContain('BTC  unexplained\n');
    expect(out).toContain('--activity names the records of the venue');
  });

  it('compares open orders by either id', async () => {
    const order = { market: 'BTC-USD', side: 'buy', remaining: '0.1' };
    const { document } = await diffed({
      book: {
        balances: { USD: '1' },
        openOrders: [
          { ...order, id: 'o-1' },
          { ...order, clientOrderId: 'c-2' },
          { ...order, id: 'o-3' },
          { ...order, id: 'o-5', clientOrderId: 'c-5' },
        ],
      },
      snapshot: {
        balances: { USD: '1' },
        openOrders: [
          { ...order, id: 'o-1', remaining: '0.05' },
          { ...order, id: 'o-2', clientOrderId: 'c-2' },
          { ...order, id: 'o-4' },
          { ...order, clientOrderId: 'c-5' },
        ],
      },
    });
    expect(
      document.differences.map((row: { subject: string; delta: string }) => [row.subject, row.delta]),
    ).toEqual([
      ['o-1', '-0.05'],
      ['o-3', '-0.1'],
      ['o-4', '0.1'],
    ]);
    expect(document).toMatchObject({ compared: 6, agreed: 3 });
  });

  it('names what only one file speaks of, and takes it for neither zero nor agreement', async () => {
    const { exitCode, out } = await diff({
      book: { USD: '3000' },
      snapshot: {
        balances: { USD: { available: '2990', hold: '10' } },
        openOrders: [{ id: 'o-1', market: 'BTC-USD', side: 'buy', remaining: '0.1' }],
      },
    });
    expect(exitCode).toBe(0);
    expect(out).toBe(`agreed: 1 of 1 agree
not compared: what is held of USD, of which only the venue speaks
not compared: the open order o-1, of which only the venue speaks
`);
  });

  it('ends with 3 and the reason when the snapshot is unknown', async () => {
    const files = { book: { USD: '3000' }, snapshot: unknownDocument };
    expect(await diffed(files)).toEqual({
      exitCode: 3,
      document: { status: 'unknown', reason: 'incomplete', detail: 'the venue gave no end marker' },
    });
    const { exitCode, out } = await diff(files);
    expect({ exitCode, out }).toEqual({
      exitCode: 3,
      out: 'unknown: incomplete\nthe venue gave no end marker\n',
    });
  });

  it('ends with 3 when the snapshot is older than what the book has booked', async () => {
    const { exitCode, document } = await diffed({
      book: { balances: { USD: '350' }, booked: [deposit('d-1', '250')] },
      snapshot: { balances: { USD: '100' }, observedAt: '2024-05-01T11:59:00Z' },
    });
    expect(exitCode).toBe(3);
    expect(document).toMatchObject({ status: 'unknown', reason: 'stale' });
    expect(document.detail).toContain('d-1');
  });
});

describe('what cannot be compared', () => {
  const BALANCE = 'a decimal number as text, such as "0.25", or "available" and "hold"';

  it.each<[string, Files, readonly string[]]>([
    [
      'a number instead of text',
      { book: { BTC: 0.8 }, snapshot: { BTC: '0.8' } },
      [`book.json: BTC: expected ${BALANCE}, found 0.8`],
    ],
    [
      'an amount that is none',
      { book: { BTC: '0.8' }, snapshot: { BTC: '8e-1', USD: null } },
      [
        `snapshot.json: BTC: expected ${BALANCE}, found "8e-1"`,
        `snapshot.json: USD: expected ${BALANCE}, found null`,
      ],
    ],
    [
      'an unknown key',
      { book: { balances: { BTC: '0.8' }, holdings: {} }, snapshot: { balances: {}, observedAtMs: 5 } },
      [
        'book.json: holdings: expected one of "venue", "balances", "positions", "openOrders", "booked", found an unknown key',
        'snapshot.json: observedAtMs: expected one of "venue", "balances", "positions", "openOrders", "observedAt", found an unknown key',
      ],
    ],
    [
      'half of a balance',
      { book: { USD: { available: '1' } }, snapshot: { USD: { available: '1', hold: '0', total: '1' } } },
      [
        'book.json: USD.hold: expected a decimal number as text, such as "0.25", found nothing',
        'snapshot.json: USD.total: expected one of "available", "hold", found an unknown key',
      ],
    ],
    [
      'an asset that stands twice',
      { book: '{"BTC": "1", "BTC": "2"}', snapshot: { BTC: '1' } },
      [
        'book.json: expected a key that does not stand twice in one object at line 1, column 14, found something else',
      ],
    ],
    [
      'a file that is no JSON',
      { book: '{"BTC": ', snapshot: '' },
      [
        'book.json: expected a value at line 1, column 9, found the end of the file',
        'snapshot.json: expected a JSON file, found an empty one',
      ],
    ],
    [
      'a snapshot with nothing in it',
      { book: {}, snapshot: {} },
      ['snapshot.json: expected at least one asset, or "balances", found an object'],
    ],
    [
      'a list of balances',
      { book: ['BTC'], snapshot: { BTC: '1' } },
      ['book.json: expected an object from asset to amount, found a list of 1'],
    ],
    [
      'two venues',
      { book: { venue: 'dydx', balances: {} }, snapshot: { venue: 'cb', balances: {} } },
      [expect.stringMatching(/^book\.json: venue: expected "cb", .*, found "dydx"$/) as unknown as string],
    ],
    [
      'positions of which one side says nothing',
      { book: { USDC: '1' }, snapshot: { balances: { USDC: '1' }, positions: { 'BTC-USD': '1' } } },
      ['book.json: positions: expected positions, {} for none, because the other file has 1, found nothing'],
    ],
    [
      'records that are wrong in several ways',
      {
        book: { USD: '1' },
        snapshot: { USD: '1' },
        activity: {
          activity: [
            { ...fill, quantity: '-1', fee: { asset: 'USD', amount: 10 } },
            { ...deposit('d-1', '1'), kind: 'deposits', at: '2024-05-01' },
            { ...deposit('d-2', '1'), deltas: [] },
          ],
        },
      },
      [
        'activity.json: activity[0].quantity: expected a decimal number as text above 0, such as "0.25", found "-1"',
        'activity.json: activity[0].fee.amount: expected a decimal number as text, such as "0.25", found 10',
        'activity.json: activity[1].kind: expected one of "fill", "deposit", "withdrawal", "transfer", "funding", "fee", "reward", "conversion", "swap", found "deposits"',
        'activity.json: activity[1].at: expected a time such as "2024-05-01T12:00:00Z", or whole milliseconds since 1970, found "2024-05-01"',
        'activity.json: activity[2].deltas: expected at least one asset that moved, found an empty list',
      ],
    ],
    [
      'a record that stands twice',
      { book: { USD: '1' }, snapshot: { USD: '1' }, activity: [deposit('d-1', '1'), deposit('d-1', '1')] },
      ['activity.json: [1].id: expected an id that stands once, found "d-1"'],
    ],
    [
      'ids and assets that stand twice',
      {
        book: {
          balances: { USD: '1', 'perpetual:BTC-USD': '1' },
          positions: { 'BTC-USD': '1' },
          openOrders: ['o-1', 'o-1'].map((id) => ({ id, market: 'BTC-USD', side: 'buy', remaining: '1' })),
        },
        snapshot: { balances: { USD: '1' }, positions: {} },
        activity: [
          {
            ...deposit('d-2', '1'),
            deltas: [
              { asset: 'USD', amount: '1' },
              { asset: 'USD', amount: '2' },
            ],
          },
        ],
      },
      [
        'book.json: positions.BTC-USD: expected a position that "balances" has not, found "1"',
        'book.json: openOrders[1].id: expected an id that stands once, found "o-1"',
        'activity.json: [0].deltas[1].asset: expected an asset that stands once, found "USD"',
      ],
    ],
  ])('%s is told by file, place, expected and found', async (_name, files, problems) => {
    const ended = await diff(files);
    expect(ended).toMatchObject({ exitCode: 2, out: '' });
    expect(ended.problems.map((line) => line.trim())).toEqual(problems);
  });

  it('a file that is not there is told with --json as one document', async () => {
    const words = [
      'diff',
      '--book',
      join(folder, 'none.json'),
      '--snapshot',
      join(folder, 'none.json'),
      '--json',
    ];
    const { exitCode, out, err } = await runInProcess(words, { commands: [registerDiff] });
    expect({ exitCode, err }).toEqual({ exitCode: 2, err: '' });
    const { error } = JSON.parse(out);
    expect(error).toMatchObject({ kind: 'usage', message: 'the files cannot be compared' });
    expect(error.problems[0]).toEqual({
      path: join(folder, 'none.json'),
      expected: 'a JSON file that can be read',
      found: 'ENOENT',
    });
  });

  it('help has an example and the exit codes', async () => {
    const { out } = await runInProcess(['diff', '--help'], { commands: [registerDiff] });
    expect(out).toContain('$ trueup diff --book book.json --snapshot snapshot.json');
    expect(out).toContain('Exit codes: 0 agreed');
  });
});

describe('what "trueup snapshot --json" prints', () => {
  /** A whole account over the wire, as the command prints it. */
  async function taken(): Promise<string> {
    const server = await serveAccount({
      accounts: fixture('coinbase/accounts.json') as object,
      orders: fixture('coinbase/open-orders.json') as object,
      fills: fixture('coinbase/fills.json') as object,
    });
    try {
      const venue = { id: 'cb', kind: 'coinbase', baseUrl: server.url, credentialsEnv: 'CB' };
      const environment = {
        CB_KEY_NAME: TEST_CREDENTIALS.keyName,
        CB_PRIVATE_KEY: TEST_CREDENTIALS.privateKey,
      };
      const ended = await withConfiguration({ venues: [venue] }, (path) =>
        runInProcess(['snapshot', '--config', path, '--venue', 'cb', '--json'], { environment }),
      );
      expect(ended.exitCode).toBe(0);
      return ended.out;
    } finally {
      await server.close();
    }
  }

  it('agrees with a book that was copied from it', async () => {
    const snapshot = await taken();
    const { venue, balances, openOrders } = JSON.parse(snapshot);
    const held = balances.map(({ asset, available, hold }: Record<string, string>) => [
      asset,
      { available, hold },
    ]);
    const book = { venue, balances: Object.fromEntries(held), positions: {}, openOrders };
    const { exitCode, document } = await diffed({ book, snapshot });
    expect({ exitCode, notCompared: document.notCompared }).toEqual({ exitCode: 0, notCompared: [] });
    expect(document.compared).toBe(balances.length + openOrders.length);
    expect(openOrders.length).toBeGreaterThan(0);
  });

  it('explains a missed fill by itself, for it lists its fills', async () => {
    const snapshot = await taken();
    const { balances } = JSON.parse(snapshot);
    const totals = Object.fromEntries(
      balances.map(({ asset, total }: Record<string, string>) => [asset, total]),
    );
    // Before the buy of 0.005 BTC at 40000 with a fee of 1.20.
    const book = {
      balances: { ...totals, BTC: '1.745000000000000001', USD: '1201.7' },
      booked: [
        {
          id: 'trade-2',
          kind: 'fill',
          at: '2025-01-01T00:00:00Z',
          deltas: { ETH: '-0.02', USD: '49.70994' },
        },
      ],
    };
    const { exitCode, document } = await diffed({ book, snapshot });
    expect(exitCode).toBe(4);
    expect(document.differences).toMatchObject([
      { asset: 'BTC', delta: '0.005' },
      { asset: 'USD', delta: '-201.2' },
    ]);
    expect(document.explanations).toMatchObject([
      { verdict: 'unique', cause: 'missedFill', alternatives: [[{ evidence: ['trade-1'] }]] },
    ]);
  });
});
