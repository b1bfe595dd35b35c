import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { saveBookOrder } from '../../db/book-order-repository.ts';
import { saveDiscrepancy } from '../../db/discrepancy-repository.ts';
import { savePlan } from '../../db/plan-repository.ts';
import { unheardOrder } from '../../src/domain/book/order-state.ts';
import { amount } from '../../src/domain/money/amount.ts';
import { NOW_MS } from '../support/book-harness.ts';
import { BookRig } from './book-rig.ts';

let rig: BookRig;
beforeEach(async () => {
  rig = await BookRig.open();
});
afterEach(() => rig.close());

describe('trueup discrepancies', () => {
  it('ends with 0 while book and venue agree, and with 4 while they differ', async () => {
    const agreed = await rig.run('discrepancies --config CONFIG');
    expect(agreed).toMatchObject({ exitCode: 0, out: 'no discrepancy is open\n' });
    const { discrepancyId } = await rig.differ();
    const differing = await rig.run('discrepancies --database DATABASE --json');
    expect(differing.exitCode).toBe(4);
    expect(JSON.parse(differing.out)).toMatchObject({
      open: 1,
      discrepancies: [
        {
          id: discrepancyId,
          shortId: discrepancyId.slice(0, 8),
          venue: 'cb',
          asset: 'USD',
          bookAmount: '3000',
          venueAmount: '3500',
          delta: '500',
          valueUsd: '500',
          state: 'proposed',
          cause: 'deposit',
          isOpen: true,
        },
      ],
    });
    const people = await rig.run('discrepancies --database DATABASE');
    expect(people.out).toMatch(
      new RegExp(`${discrepancyId.slice(0, 8)} +cb +USD .* 3000 +3500 +500 +500 +proposed`),
    );
  });

  it('lists what has ended only with --all, and then ends with 0', async () => {
    const { correctionId } = await rig.differ();
    await rig.run(`approve ${correctionId} --config CONFIG --yes`);
    expect(await rig.document('discrepancies --config CONFIG --json')).toMatchObject({ discrepancies: [] });
    const all = await rig.run('discrepancies --config CONFIG --all --json');
    expect(all.exitCode).toBe(0);
    expect(JSON.parse(all.out)).toMatchObject({ open: 0, discrepancies: [{ asset: 'USD', isOpen: false }] });
  });

  it('makes an id longer where another one begins the same', async () => {
    const { discrepancyId } = await rig.differ();
    await keepAnother(discrepancyId, partingAt(discrepancyId, 12));
    const { discrepancies } = await rig.document('discrepancies --database DATABASE --json');
    expect(discrepancies.map(({ shortId }: { shortId: string }) => shortId.length)).toEqual([13, 13]);
  });

  it('shows no control character, and "no price" for a value that nobody knows', async () => {
    const { discrepancyId } = await rig.differ();
    await keepAnother(discrepancyId, 'e'.repeat(64), { asset: 'EVIL\u001b[31m', valueUsd: null });
    const { out } = await rig.run('discrepancies --database DATABASE');
    expect(out).toMatch(/EVIL�\[31m .* no price/);
    expect(out).not.toContain('\u001b');
  });

  it.each([
    [['discrepancies'], 'expected --config or --database, found neither'],
    [
      ['discrepancies', '--config', 'CONFIG', '--database', 'DATABASE'],
      'expected --config or --database, found both',
    ],
    [
      ['discrepancies', '--database', 'DATABASE', '--venue', 'elsewhere'],
      '--venue: expected "cb", found "elsewhere"',
    ],
    [
      ['discrepancies', '--config', 'CONFIG', '--venue', 'elsewhere'],
      '--venue: expected "cb", found "elsewhere"',
    ],
  ])('refuses %j', async (words, message) => {
    expect(await rig.run(words)).toEqual({ exitCode: 2, out: '', err: `trueup: ${message}\n` });
  });

  it('says where there is no database', async () => {
    const ended = await rig.run(['discrepancies', '--database', rig.folder.path('none.sqlite')]);
    expect(ended).toMatchObject({ exitCode: 1, err: expect.stringContaining('there is no database at') });
  });
});

describe('trueup explain', () => {
  it('shows what differs, why, what would be posted, what it holds up and what to type', async () => {
    const { discrepancyId, correctionId } = await rig.differ();
    const document = await rig.document(`explain ${discrepancyId.slice(0, 4)} --config CONFIG --json`);
    expect(document).toMatchObject({
      kind: 'discrepancy',
      id: discrepancyId,
      discrepancies: [
        {
          delta: '500',
          explanation: 'unique',
          lastAgreedAtMs: expect.any(Number),
          firstDivergence: {
            lastAgreed: { bookAmount: '3000', venueAmount: '3000' },
            firstDiffered: { bookAmount: '3000', venueAmount: '3500' },
          },
          history: [{ state: 'suspected' }, { state: 'proposed' }],
        },
      ],
      corrections: [
        {
          id: correctionId,
          state: 'proposed',
          cause: 'deposit',
          reason: 'the policy is that a person approves',
          sentences: ['The venue reports a deposit of 500 USD, which the book lacks.'],
          expiresAtMs: expect.any(Number),
          venueIds: [expect.any(String)],
          evidenceHash: expect.stringMatching(/^[0-9a-f]{64}$/),
          postings: [
            { external: 'transfer', asset: 'USD', amount: '-500' },
            { venue: 'cb', bucket: 'available', asset: 'USD', amount: '500' },
          ],
        },
      ],
      snapshot: { id: expect.stringMatching(/^[0-9a-f]{64}$/), pages: expect.any(Array) },
      blastRadius: { venue: 'cb', mode: 'active', closedGates: [{ asset: 'USD' }], discrepancies: [] },
      notes: [],
    });
    expect(document.snapshot.pages[0].sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(document.next.map(({ command }: { command: string }) => command)).toEqual([
      `trueup approve ${correctionId.slice(0, 8)} --config ${rig.config}`,
      `trueup reject ${correctionId.slice(0, 8)} --config ${rig.config}`,
    ]);
  });

  it('fits one screen for people, without control characters', async () => {
    const { correctionId } = await rig.differ();
    const { exitCode, out, err } = await rig.run(`explain ${correctionId} --config CONFIG`);
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    expect(out.trimEnd().split('\n').length).toBeLessThan(40);
    for (const part of [
      'discrepancy ',
      'correction ',
      'deposit',
      'cb available',
      'closed USD',
      'trueup approve ',
    ])
      expect(out).toContain(part);
  });

  it('gives for a correction all that it settles', async () => {
    const { discrepancyId, correctionId } = await rig.differ();
    const document = await rig.document(`explain ${correctionId} --database DATABASE --json`);
    expect(document).toMatchObject({ kind: 'correction', discrepancies: [{ id: discrepancyId }] });
    expect(document.next[0].command).toBe(`trueup approve ${correctionId.slice(0, 8)} --config trueup.json`);
  });

  it('goes on naming the read that a proposal rests on, whatever is read afterwards', async () => {
    const { discrepancyId } = await rig.differ();
    const before = await rig.document(`explain ${discrepancyId} --database DATABASE --json`);
    await rig.run('reconcile --config CONFIG');
    const after = await rig.document(`explain ${discrepancyId} --database DATABASE --json`);
    expect(after.discrepancies[0].lastSeenAtMs).toBeGreaterThan(before.discrepancies[0].lastSeenAtMs);
    expect(after.snapshot).toEqual(before.snapshot);
  });

  it('names the other differences and the open orders of the asset, and the plans that wait', async () => {
    const { discrepancyId } = await rig.differ();
    await keepAnother(discrepancyId, 'f'.repeat(64), { delta: '-7' });
    const { db } = await rig.folder.file();
    const order = { market: 'BTC-USD', base: 'BTC', quote: 'USD', side: 'buy' } as const;
    const submitted = { quantity: amount('0.01'), limitPrice: amount('40000'), atMs: NOW_MS };
    await saveBookOrder(db, { ...unheardOrder('cb', 'bot-1'), terms: order, submitted });
    await saveBookOrder(db, { ...unheardOrder('cb', 'bot-2'), terms: { ...order, quote: 'EUR' }, submitted });
    const plan = { hash: 'a'.repeat(64), atMs: NOW_MS, mode: 'live', status: 'executing' };
    await savePlan(db, { ...plan, body: { plan: { orders: [{ venue: 'cb' }, { venue: 'dydx' }] } } });
    const { blastRadius } = await rig.document(`explain ${discrepancyId} --database DATABASE --json`);
    expect(blastRadius).toMatchObject({
      discrepancies: [{ id: 'f'.repeat(64), asset: 'USD', delta: '-7' }],
      openOrders: [{ clientOrderId: 'bot-1', side: 'buy', remaining: '0.01', status: 'submitted' }],
      plans: [{ hash: 'a'.repeat(64), status: 'executing', orders: 1 }],
    });
    const { out } = await rig.run(`explain ${discrepancyId} --database DATABASE`);
    for (const part of [
      'also differs ffffffff',
      'open order bot-1  cb buy 0.01 BTC-USD',
      'plan aaaaaaaa  executing',
    ])
      expect(out).toContain(part);
  });

  it('leads to a reversal once it is corrected, and holds nothing up any more', async () => {
    const { discrepancyId, correctionId } = await rig.differ();
    await rig.run(`approve ${correctionId} --config CONFIG --yes`);
    await rig.run('reconcile --config CONFIG');
    const another = await rig.differ('7');
    const ofAnother = await rig.document(`explain ${another.discrepancyId} --database DATABASE --json`);
    expect(ofAnother.blastRadius.closedGates).toMatchObject([{ asset: 'USD' }]);
    const corrected = await rig.document(`explain ${discrepancyId} --database DATABASE --json`);
    expect(corrected).toMatchObject({
      blastRadius: { closedGates: [], discrepancies: [{ id: another.discrepancyId }] },
      next: [{ command: expect.stringContaining(`trueup reverse ${correctionId.slice(0, 8)}`) }],
    });
  });

  it.each([
    ['abc', 'expected an id, or at least 4 of its first digits, found "abc"'],
    ['quantity', 'expected an id, or at least 4 of its first digits, found "quantity"'],
    ['0000', 'expected the id of a discrepancy or a correction, found 0000; none is open'],
  ])('refuses %j', async (id, message) => {
    const ended = await rig.run(['explain', id, '--config', 'CONFIG']);
    expect(ended).toEqual({ exitCode: 2, out: '', err: `trueup: <id>: ${message}\n` });
  });

  it('lists what is open for an id that nothing has, and all that begin alike for one that several have', async () => {
    const { discrepancyId, correctionId } = await rig.differ();
    const unknown = await rig.run(['explain', absentFrom(discrepancyId, correctionId), '--config', 'CONFIG']);
    expect(unknown.exitCode).toBe(2);
    expect(unknown.err).toContain(`  ${discrepancyId.slice(0, 8)}  discrepancy  cb USD `);
    expect(unknown.err).toContain(`  ${correctionId.slice(0, 8)}  correction  cb  proposed`);
    await keepAnother(discrepancyId, partingAt(discrepancyId, 6));
    const ambiguous = await rig.run(['explain', discrepancyId.slice(0, 5), '--config', 'CONFIG', '--json']);
    expect(ambiguous.exitCode).toBe(2);
    const { error } = JSON.parse(ambiguous.out);
    expect(error.message.split('\n')).toHaveLength(3);
    expect(error.message).toContain('with which several begin');
  });
});

describe('the commands of an operator', () => {
  it.each(['discrepancies', 'explain', 'approve', 'reject', 'reverse', 'accept', 'gates', 'history', 'note'])(
    '%s has an example, --json and its exit codes in its help',
    async (name) => {
      const { exitCode, out } = await rig.run([name, '--help']);
      expect(exitCode).toBe(0);
      expect(out).toMatch(new RegExp(`Examples:\\n  \\$ trueup ${name} `));
      expect(out).toContain('--json');
      expect(out).toContain('Exit codes: 0');
    },
  );
});

describe('trueup gates', () => {
  it('shows modes and gates beside a running owner, and ends with 0 also where some are closed', async () => {
    await rig.startRun();
    await rig.differ();
    const shown = await rig.run('gates --config CONFIG --venue cb --json');
    expect(shown.exitCode).toBe(0);
    expect(JSON.parse(shown.out)).toMatchObject({
      isOwned: true,
      venues: [
        {
          venue: 'cb',
          mode: 'active',
          reason: '1 asset is closed',
          sinceMs: expect.any(Number),
          assets: [
            { asset: 'BTC', isOpen: true },
            { asset: 'ETH', isOpen: true },
            {
              asset: 'USD',
              isOpen: false,
              reason: expect.stringContaining('proposed'),
              sinceMs: expect.any(Number),
            },
          ],
        },
      ],
    });
  });

  it('says that every gate is closed while no service runs', async () => {
    const { exitCode, out } = await rig.run('gates --database DATABASE');
    expect(exitCode).toBe(0);
    expect(out).toContain('no service runs: every gate is closed');
    expect(out).toMatch(/cb {2}active .*\n {2}Asset +Gate +Since +Why\n {2}BTC +open/);
  });

  it('knows only venues that are there', async () => {
    const message = 'trueup: --venue: expected "cb", found "dydx"\n';
    expect(await rig.run('gates --database DATABASE --venue dydx')).toMatchObject({
      exitCode: 2,
      err: message,
    });
  });
});

/** Keeps a discrepancy like a known one under another id. */
async function keepAnother(like: string, id: string, changes: object = {}): Promise<void> {
  const { discrepancies } = await rig.document(`explain ${like} --database DATABASE --json`);
  const { shortId: _short, history: _history, ...known } = discrepancies[0];
  const body = { ...known, id, ...changes };
  const database = await rig.folder.file();
  await saveDiscrepancy(database.db, { ...body, body }, { atMs: body.firstSeenAtMs, note: 'like another' });
}

/** An id whose first `digits` are those of another one, and whose next digit never is: ids hash the clock. */
const partingAt = (id: string, digits: number): string =>
  `${id.slice(0, digits)}${(id[digits] === '0' ? '1' : '0').repeat(64 - digits)}`;

/** The beginning of an id that nothing has. */
const absentFrom = (...ids: readonly string[]): string =>
  ['aaaa', 'bbbb', 'cccc'].find((beginning) => !ids.some((id) => id.startsWith(beginning))) ?? 'dddd';
