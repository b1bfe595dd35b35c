import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { saveTransfer } from '../../db/transfer-repository.ts';
import { amount } from '../../src/domain/money/amount.ts';
import {
  newTransfer,
  type TransferIntent,
  type TransferRequest,
} from '../../src/domain/transfer/transfer-intent.ts';
import { type Exchange, type TransferMethods, transfersOf } from '../../src/exchanges/exchange.ts';
import { replayService } from '../../src/replay/replay-service.ts';
import { PYUSD, TAXED, USDC } from '../support/solana-chain.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';
import {
  MINUTE_MS,
  openTransferWorld,
  RECEIVER,
  type TransferWorld,
  VENUE,
  type WorldOptions,
  wanted,
} from '../support/transfer-world.ts';

const worlds: TransferWorld[] = [];
let folder: DatabaseFolder;
beforeEach(() => {
  folder = new DatabaseFolder();
});
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
  await folder.clean();
});

async function open(options: Partial<WorldOptions> = {}): Promise<TransferWorld> {
  const world = await openTransferWorld(options);
  worlds.push(world);
  return world;
}

/** The same world under another service: the first one is not closed any more. */
async function restart(world: TransferWorld, changes: Partial<WorldOptions> = {}): Promise<TransferWorld> {
  const next = await world.restart(changes);
  worlds.splice(worlds.indexOf(world), 1, next);
  return next;
}

const eventsOf = ({ harness }: TransferWorld, type: string) =>
  harness.events.filter((event) => event.type === type);
const callsOf = ({ harness }: TransferWorld, method: string) =>
  harness.outputs.flatMap((output) =>
    output.kind === 'call' && output.method === method ? [output.request] : [],
  );

/** The chain and the book agree, and nothing was ever found to differ. */
async function expectClean(world: TransferWorld, assets: readonly string[] = ['SOL']): Promise<void> {
  await world.advance(6 * MINUTE_MS);
  for (const asset of assets) expect([asset, world.drift(asset)]).toEqual([asset, '0']);
  expect(eventsOf(world, 'venueReportMade').at(-1)).toMatchObject({ status: 'reconciled' });
  expect(eventsOf(world, 'correctionChanged')).toEqual([]);
}

describe('a transfer', () => {
  it.each([
    ['SOL', '2'],
    [USDC, '250.5'],
    [PYUSD, '50.5'],
    [TAXED, '10'],
  ])('of %s is sent, found on chain and booked to the last atom', async (asset, quantity) => {
    const world = await open({ balances: [{ asset: TAXED, amount: amount('20') }] });
    await world.ask(wanted({ asset, amount: amount(quantity) }));
    await world.advance(MINUTE_MS);
    expect(world.last('transfer-1')).toMatchObject({ status: 'confirmed', outcome: 'confirmed' });
    await expectClean(world, ['SOL', asset]);
    expect(eventsOf(world, 'discrepancyChanged')).toEqual([]);
    expect(await world.landed()).toBe(1);
  });

  it('is written down, signed and kept, and marked as sent before each of these happens', async () => {
    const world = await open();
    await world.ask(wanted());
    await world.advance(MINUTE_MS);
    const rows = await world.harness.database.db
      .selectFrom('audit_entry')
      .select(['kind', 'actor', 'body'])
      .where('kind', 'like', 'transfer%')
      .orderBy('sequence')
      .execute();
    expect(rows.map(({ kind, actor }) => [kind, actor])).toEqual([
      ['transferIntended', 'bot'],
      ['transferPrepared', 'transfer'],
      ['transferSubmitted', 'transfer'],
      ['transferSeen', 'transfer'],
    ]);
    expect(rows.map(({ body }) => JSON.parse(body).status)).toEqual([
      'intended',
      'prepared',
      'submitted',
      'confirmed',
    ]);
  });

  it('happens once, however often it is asked for, and tells each time what became of it', async () => {
    const world = await open();
    for (const requestId of ['a', 'b', 'c']) await world.ask(wanted(), requestId);
    await world.advance(MINUTE_MS);
    await world.ask(wanted(), 'd');
    expect(eventsOf(world, 'transferChanged').at(-1)).toMatchObject({ status: 'confirmed' });
    expect([await world.landed(), callsOf(world, 'prepareTransfer').length]).toEqual([1, 1]);
    await expectClean(world);
  });

  it('is refused under an id that is another transfer, and beside one of the same that has not ended', async () => {
    const world = await open();
    world.chain.server.inject({ fault: { kind: 'requestLost' }, endpoint: 'RPC sendTransaction', count: 1 });
    await world.ask(wanted());
    await world.ask(wanted({ amount: amount('3') }), 'conflict');
    await world.ask(wanted({ transferId: 'transfer-2' }), 'twin');
    expect(eventsOf(world, 'transferRefused')).toMatchObject([
      { requestId: 'conflict', reason: expect.stringContaining('transfer-1 is another transfer') },
      { requestId: 'twin', reason: expect.stringContaining('transfer transfer-1 of the same to the same') },
    ]);
    await world.advance(MINUTE_MS);
    await world.ask(wanted({ transferId: 'transfer-2' }), 'later');
    await world.advance(MINUTE_MS);
    expect(world.last('transfer-2')).toMatchObject({ status: 'confirmed' });
    await expectClean(world);
  });

  it('that was denied begins anew once it may be sent', async () => {
    const world = await open({ database: folder.path(), transfersTo: [] });
    await world.ask(wanted());
    expect(world.last('transfer-1')).toMatchObject({
      outcome: 'deniedLocally',
      detail: expect.stringContaining('transfersTo'),
    });
    const next = await restart(world, { transfersTo: [RECEIVER] });
    await next.ask(wanted());
    await next.advance(MINUTE_MS);
    expect(next.last('transfer-1')).toMatchObject({ outcome: 'confirmed' });
    await expectClean(next);
  });

  it('that failed on chain is rejected, and its fee is found as what it was', async () => {
    const world = await open({
      before: (exchange) => ({
        ...exchange,
        submitTransfer: (transfer, signal) => {
          if (world.chain.server.balances().some(({ asset, total }) => asset === PYUSD && total === '50.5'))
            world.chain.server.withdraw(PYUSD, amount('40'));
          return methods(exchange).submitTransfer(transfer, signal);
        },
      }),
    });
    await world.ask(wanted({ asset: PYUSD, amount: amount('50') }));
    await world.advance(MINUTE_MS);
    expect(world.last('transfer-1')).toMatchObject({ status: 'rejected', outcome: 'rejected' });
    await world.advance(20 * MINUTE_MS);
    expect(eventsOf(world, 'correctionChanged')).toMatchObject([
      { state: 'proposed', causes: ['fee', 'withdrawal'] },
    ]);
  });

  it('to another venue of the book is in transit to it', async () => {
    const world = await open({ venues: [{ venue: 'coinbase' }], others: [silentVenue] });
    await world.ask(wanted({ asset: USDC, amount: amount('100'), toVenue: 'coinbase' }));
    await world.advance(MINUTE_MS);
    const holding = world.harness.service.reading().state.book.venues.get(VENUE)?.holdings.get(USDC);
    expect(holding).toMatchObject({ available: '900.000001', inTransit: '100' });
    const [sent] = world.harness.service.reading().state.halfTransfers;
    expect(sent).toMatchObject({
      sent: { venue: VENUE, otherVenue: 'coinbase', amount: '100' },
      received: null,
    });
  });

  it('is denied where the venue moves nothing to addresses', async () => {
    const world = await open({ venues: [{ venue: 'coinbase' }], others: [silentVenue] });
    await world.ask(wanted({ venue: 'coinbase', asset: 'USD' }));
    expect(world.last('transfer-1')).toMatchObject({ outcome: 'deniedLocally' });
  });
});

const methods = (exchange: Exchange): TransferMethods => {
  const found = transfersOf(exchange);
  if (found === null) throw new Error('it transfers');
  return found;
};

const silence = async () => ({ state: 'unknown', reason: 'unreachable', detail: 'silent' }) as const;
const silentVenue: Exchange = {
  venue: 'coinbase',
  kind: 'coinbase',
  clientOrderIds: 'text',
  observe: silence,
  readActivity: silence,
  readMarkets: silence,
  prepareOrder: silence,
  submitOrder: async () => ({ state: 'outcomeUnknown', detail: 'silent' }),
  findOrder: silence,
  cancelOrder: async () => ({ state: 'outcomeUnknown', detail: 'silent' }),
  close: async () => {},
};

describe('a transfer whose way is bad', () => {
  it.each([
    ['the request is lost', { kind: 'requestLost' }],
    ['the answer is lost', { kind: 'answerLost' }],
    ['the endpoint answers with a 503', { kind: 'serverError', status: 503 }],
  ] as const)('lands once when %s', async (_name, fault) => {
    const world = await open();
    world.chain.server.inject({ fault, endpoint: 'RPC sendTransaction', count: 1 });
    await world.ask(wanted());
    expect(world.last('transfer-1')).toMatchObject({ status: 'unknown', outcome: null });
    await world.advance(MINUTE_MS);
    expect(world.last('transfer-1')).toMatchObject({ status: 'confirmed' });
    expect(await world.landed()).toBe(1);
    expect(new Set(callsOf(world, 'submitTransfer').map((sent) => JSON.stringify(sent))).size).toBe(1);
    await expectClean(world);
  });

  it('is not sent again while its status cannot be read, and is found when it can', async () => {
    const world = await open();
    world.chain.server.inject({
      fault: { kind: 'requestLost' },
      endpoint: 'RPC getSignatureStatuses',
      count: 6,
    });
    await world.ask(wanted());
    await world.advance(MINUTE_MS);
    expect(callsOf(world, 'submitTransfer')).toHaveLength(1);
    expect(world.last('transfer-1')).toMatchObject({ status: 'confirmed' });
  });

  it('is tried a few times where it cannot be prepared, and then denied: nothing was sent', async () => {
    const world = await open();
    world.chain.server.inject({
      fault: { kind: 'requestLost' },
      endpoint: 'RPC getLatestBlockhash',
      count: 100,
    });
    await world.ask(wanted());
    await world.advance(MINUTE_MS);
    expect(world.last('transfer-1')).toMatchObject({
      outcome: 'deniedLocally',
      detail: expect.stringContaining('could not be prepared 5 times'),
    });
    expect([callsOf(world, 'prepareTransfer').length, await world.landed()]).toEqual([5, 0]);
  });

  it('that never arrives is rejected once two endpoints prove its expiry, and never signed again', async () => {
    const world = await open();
    world.chain.server.inject({
      fault: { kind: 'requestLost' },
      endpoint: 'RPC sendTransaction',
      count: 1_000,
    });
    await world.ask(wanted());
    await world.advance(30_000);
    expect(world.last('transfer-1')).toMatchObject({ outcome: null });
    await world.advance(2 * MINUTE_MS);
    expect(world.last('transfer-1')).toMatchObject({
      status: 'absent',
      outcome: 'rejected',
      detail: expect.stringContaining('is past its expiry'),
    });
    await world.ask(wanted(), 'again');
    await world.advance(10 * MINUTE_MS);
    expect(callsOf(world, 'prepareTransfer')).toHaveLength(1);
    expect(await world.landed()).toBe(0);
    await expectClean(world);
  });

  it('is unknown with one endpoint for as long as it takes, and ends when a second one can prove it', async () => {
    const world = await open({ endpoints: 1, database: folder.path() });
    world.chain.server.inject({
      fault: { kind: 'requestLost' },
      endpoint: 'RPC sendTransaction',
      count: 1_000,
    });
    await world.ask(wanted());
    await world.advance(60 * MINUTE_MS);
    expect(world.last('transfer-1')).toMatchObject({ status: 'unknown', outcome: 'unknown' });
    expect(callsOf(world, 'prepareTransfer')).toHaveLength(1);
    expect(callsOf(world, 'submitTransfer').length).toBeLessThanOrEqual(40);
    await world.ask(wanted({ transferId: 'transfer-2' }), 'twin');
    expect(eventsOf(world, 'transferRefused')).toHaveLength(1);
    const next = await restart(world, { endpoints: 2 });
    await next.advance(MINUTE_MS);
    expect(next.last('transfer-1')).toMatchObject({ status: 'absent', outcome: 'rejected' });
    expect(callsOf(next, 'submitTransfer')).toEqual([]);
  });

  it('excuses what it would have moved for as long as its outcome is unknown', async () => {
    let isHidden = true;
    const hidden = async () => ({ state: 'absent', isProven: false, detail: 'hidden' }) as const;
    const world = await open({
      before: (exchange) => ({
        ...exchange,
        findTransfer: (transfer, signal) =>
          isHidden ? hidden() : methods(exchange).findTransfer(transfer, signal),
      }),
    });
    await world.ask(wanted());
    await world.advance(30 * MINUTE_MS);
    expect(world.drift('SOL')).toBe('2.000005005');
    expect(eventsOf(world, 'venueReportMade').at(-1)).toMatchObject({ status: 'pending' });
    expect(eventsOf(world, 'correctionChanged')).toEqual([]);
    isHidden = false;
    await world.advance(2 * MINUTE_MS);
    expect(world.last('transfer-1')).toMatchObject({ status: 'confirmed' });
    await expectClean(world);
    expect(world.harness.service.reading().state.transfersAtStake.size).toBe(0);
  });
});

describe('a service that is killed', () => {
  type Moment = keyof TransferMethods;

  /** A venue that never answers one method, before it has done it or after. */
  function hangingAt(method: Moment, when: 'before' | 'after') {
    let hanging = 0;
    const before = (exchange: Exchange): Exchange => {
      const real = methods(exchange)[method] as (...given: readonly unknown[]) => Promise<unknown>;
      return {
        ...exchange,
        [method]: async (...given: readonly unknown[]) => {
          if (when === 'after') await real(...given);
          hanging += 1;
          return new Promise(() => {});
        },
      };
    };
    return { before, hanging: () => hanging };
  }

  it.each<[string, Moment, 'before' | 'after', string, number]>([
    ['before it has signed', 'prepareTransfer', 'before', 'intended', 0],
    ['after it has signed and before that is kept', 'prepareTransfer', 'after', 'intended', 0],
    ['before it has sent', 'submitTransfer', 'before', 'submitted', 0],
    ['after it has sent', 'submitTransfer', 'after', 'submitted', 1],
    ['while it looks', 'findTransfer', 'before', 'submitted', 1],
    ['after it has found it and before that is kept', 'findTransfer', 'after', 'submitted', 1],
  ])('%s goes on, and one transaction lands', async (_name, method, when, status, landed) => {
    const world = await open({ database: folder.path(), ...hangingAt(method, when) });
    await world.ask(wanted());
    await world.advance(4_000);
    expect(await readStatus(world)).toBe(status);
    expect(await world.landed()).toBe(landed);
    const next = await restart(world);
    await next.advance(MINUTE_MS);
    expect(next.last('transfer-1')).toMatchObject({ status: 'confirmed' });
    expect(await next.landed()).toBe(1);
    expect(callsOf(next, 'prepareTransfer')).toHaveLength(status === 'intended' ? 1 : 0);
    expect(callsOf(next, 'submitTransfer')).toHaveLength(landed === 1 ? 0 : 1);
    await expectClean(next);
  });

  it('after the blockhash has expired as well, sends nothing new', async () => {
    const world = await open({ database: folder.path(), ...hangingAt('submitTransfer', 'before') });
    await world.ask(wanted());
    await world.advance(10 * MINUTE_MS);
    const next = await restart(world);
    await next.advance(MINUTE_MS);
    expect(next.last('transfer-1')).toMatchObject({ status: 'absent', outcome: 'rejected' });
    expect([await next.landed(), callsOf(next, 'prepareTransfer').length]).toEqual([0, 0]);
  });

  it('between keeping what it signed and sending it, sends what it signed', async () => {
    const first = await open({ database: folder.path('first.sqlite') });
    const outcome = await methods(await first.chain.open({ transfersTo: [RECEIVER] })).prepareTransfer(
      instructionOf(wanted()),
      new AbortController().signal,
    );
    if (outcome.state !== 'prepared') throw new Error(JSON.stringify(outcome));
    const kept: TransferIntent = { ...newTransfer(wanted()), status: 'prepared', prepared: outcome.transfer };
    const next = await restart(first, rowsOf(kept));
    await next.advance(MINUTE_MS);
    expect(next.last('transfer-1')).toMatchObject({
      status: 'confirmed',
      reference: outcome.transfer.reference,
    });
    expect(callsOf(next, 'prepareTransfer')).toEqual([]);
    await expectClean(next);
  });

  it('between keeping what it found and telling the book, tells the book', async () => {
    const world = await open({ database: folder.path(), ...hangingAt('findTransfer', 'before') });
    await world.ask(wanted());
    await world.advance(4_000);
    const [submitted] = [...world.harness.service.reading().state.transfersAtStake.values()];
    if (submitted?.prepared == null) throw new Error('it is at stake');
    const landed = { atMs: world.harness.clock.now() - 4_000, fee: submitted.prepared.fee };
    const next = await restart(world, rowsOf({ ...submitted, status: 'confirmed', landed }));
    await next.advance(10_000);
    expect(next.drift('SOL')).toBe('0');
    expect(eventsOf(next, 'bookEventSettled')).toHaveLength(1);
    await next.advance(MINUTE_MS);
    expect(eventsOf(next, 'bookEventSettled')).toHaveLength(1);
    const again = await restart(next);
    await again.advance(MINUTE_MS);
    expect(eventsOf(again, 'bookEventSettled')).toEqual([]);
  });
});

const rowsOf = (intent: TransferIntent): Pick<WorldOptions, 'rows'> => ({
  rows: (db) => saveTransfer(db, intent, 1_700_000_000_000),
});
const instructionOf = ({ toVenue: _toVenue, ...instruction }: TransferRequest) => instruction;

async function readStatus({ harness }: TransferWorld): Promise<string> {
  const { status } = await harness.database.db
    .selectFrom('transfer_intent')
    .select('status')
    .executeTakeFirstOrThrow();
  return status;
}

describe('a transfer actor that crashes', () => {
  it.each(['prepareTransfer', 'submitTransfer', 'findTransfer'] as const)(
    'because %s throws is restarted, and one transaction lands',
    async (method) => {
      let isBroken = true;
      const world = await open({
        before: (exchange) => ({
          ...exchange,
          [method]: async (...given: readonly never[]) => {
            const answer = await (
              methods(exchange)[method] as (...all: readonly never[]) => Promise<unknown>
            )(...given);
            if (isBroken) throw new Error('a bug of the adapter');
            return answer;
          },
        }),
      });
      await world.ask(wanted());
      await world.advance(2_000);
      isBroken = false;
      await world.advance(MINUTE_MS);
      expect(eventsOf(world, 'workerChanged')).toContainEqual(
        expect.objectContaining({ worker: 'transfer', what: 'worker.restarted' }),
      );
      expect(world.last('transfer-1')).toMatchObject({ status: 'confirmed' });
      expect(await world.landed()).toBe(1);
      await expectClean(world);
    },
  );
});

describe('paper mode', () => {
  it('leaves what live mode has signed as it is, and looks for what it has sent', async () => {
    const hidden = async () => ({ state: 'absent', isProven: false, detail: 'hidden' }) as const;
    const world = await open({
      database: folder.path(),
      before: (exchange) => ({ ...exchange, findTransfer: hidden }),
    });
    await world.ask(wanted());
    await world.advance(4_000);
    const paper = await restart(world, {
      mode: 'paper',
      ...rowsOf(newTransfer(wanted({ transferId: 'transfer-2', amount: amount('3') }))),
    });
    await paper.advance(MINUTE_MS);
    expect(paper.last('transfer-1')).toMatchObject({ status: 'confirmed' });
    expect([callsOf(paper, 'prepareTransfer'), callsOf(paper, 'submitTransfer')]).toEqual([[], []]);
    await paper.ask(wanted({ transferId: 'transfer-2', amount: amount('3') }), 'waits');
    expect(eventsOf(paper, 'transferRefused')).toMatchObject([
      { reason: 'transfer-2 was begun in live mode and waits for it' },
    ]);
    const live = await restart(paper, { mode: 'live' });
    await live.advance(MINUTE_MS);
    expect(live.last('transfer-2')).toMatchObject({ status: 'confirmed' });
    await expectClean(live);
  });
});

describe('the journal of a service that transfers', () => {
  it('replays it, and holds no key', async () => {
    const journal = folder.path('journal.jsonl');
    const world = await openTransferWorld({ journal });
    world.chain.server.inject({ fault: { kind: 'requestLost' }, endpoint: 'RPC sendTransaction', count: 3 });
    await world.ask(wanted());
    await world.ask(wanted({ transferId: 'transfer-2', asset: USDC }));
    await world.advance(5 * MINUTE_MS);
    expect(world.last('transfer-2')).toMatchObject({ status: 'confirmed' });
    const { secretKey } = world.chain.server;
    await world.close();
    expect(await replayService(journal)).toMatchObject({ identical: true });
    expect(readFileSync(journal, 'utf8')).not.toContain(secretKey);
  });
});
