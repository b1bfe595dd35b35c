import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { registerAudit } from '../../src/cli/audit-command.ts';
import { registerOpen } from '../../src/cli/open-command.ts';
import { registerPlan } from '../../src/cli/plan-command.ts';
import { registerReconcile } from '../../src/cli/reconcile-command.ts';
import { registerRun } from '../../src/cli/run-command.ts';
import { registerStatus } from '../../src/cli/status-command.ts';
import { amount } from '../../src/domain/money/amount.ts';
import { auditKeyPem } from '../support/audit-tamperings.ts';
import { packagesLoadedWith } from '../support/module-graph.ts';
import { TARGETS } from '../support/real-time-venue.ts';
import { servedCoinbase } from '../support/served-coinbase.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';
import { type RunInProcessOptions, runInProcess, type Started, startInProcess } from './command-line.ts';

const commands = [registerRun, registerReconcile, registerOpen, registerPlan, registerStatus, registerAudit];

let folder: DatabaseFolder;
let world: Awaited<ReturnType<typeof servedCoinbase>>;
let config: string;
const started: Started[] = [];

beforeEach(async () => {
  folder = new DatabaseFolder();
  world = await servedCoinbase();
  configure();
});
afterEach(async () => {
  for (const command of started.splice(0)) {
    command.stop();
    await command.ended;
  }
  await world.server.close();
  await folder.clean();
});

function configure(changes: Parameters<typeof world.configuration>[0] = {}): void {
  config = folder.path('trueup.json');
  writeFileSync(config, JSON.stringify({ database: 'book.sqlite', ...world.configuration(changes) }));
}

const run = (words: string, options: RunInProcessOptions = {}) =>
  runInProcess(wordsOf(words), { commands, environment: world.environment, ...options });

async function startRun(words = ''): Promise<Started> {
  const command = startInProcess(wordsOf(`run --config CONFIG ${words}`.trim()), {
    commands,
    environment: world.environment,
  });
  started.push(command);
  await command.said('running in');
  return command;
}

const wordsOf = (words: string): string[] =>
  words.split(' ').map((word) => (word === 'CONFIG' ? config : word === 'DATABASE' ? folder.path() : word));

const documentOf = ({ out }: { readonly out: string }) => JSON.parse(out);

describe('trueup run', () => {
  it('plans in paper mode without one request for an order, however long it runs', async () => {
    configure({ more: TARGETS });
    const once = await run('run --config CONFIG --once --json');
    expect(documentOf(once)).toMatchObject({ mode: 'paper', venues: [{ venue: 'cb' }] });
    const again = await run('run --config CONFIG --once --json');
    expect(again.exitCode).toBe(0);
    expect(documentOf(again).venues).toMatchObject([{ status: 'reconciled', discrepancies: [] }]);
    expect(documentOf(again).plan.orders.map(({ side }: { side: string }) => side)).toEqual(['sell', 'buy']);
    const service = await startRun();
    await service.said('cb reconciled');
    service.stop();
    expect((await service.ended).exitCode).toBe(0);
    expect(world.orderRequests()).toBe(0);
  });

  it('counts as a proof: the same server counts an order that is placed', async () => {
    await fetch(`${world.server.urls.baseUrl}/api/v3/brokerage/orders`, { method: 'POST', body: '{}' });
    expect(world.orderRequests()).toBe(1);
  });

  it('asks before it goes live, and refuses where nobody can be asked', async () => {
    const nobody = await run('run --config CONFIG --mode live --once');
    expect(nobody).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('expected --yes, or a terminal'),
    });
    const turnedDown = await run('run --config CONFIG --mode live --once', { typed: ['no'] });
    expect(turnedDown).toMatchObject({ exitCode: 1, err: expect.stringContaining('not confirmed') });
    expect((await run('status --database DATABASE')).exitCode).toBe(1);
    const confirmed = await run('run --config CONFIG --mode live --once', { typed: ['live'] });
    expect(confirmed.err).toContain('Live mode may send orders to cb.');
    expect(await run('run --config CONFIG --mode live --once --yes')).toMatchObject({ exitCode: 0 });
    expect(await run('run --config CONFIG --mode dry')).toMatchObject({ exitCode: 2 });
  });

  it('ends with 4 where book and venue differ, and with 3 where the venue is unknown', async () => {
    configure({ venue: { policy: 'propose' } });
    await run('run --config CONFIG --once');
    world.venue.deposit('USD', amount('500'));
    const differing = await run('run --config CONFIG --once --json');
    expect(differing.exitCode).toBe(4);
    expect(documentOf(differing).venues[0].discrepancies).toMatchObject([{ asset: 'USD', delta: '500' }]);
    const { out } = await run('status --database DATABASE');
    expect(out).toMatch(/waits for a person: cb correction (\w{8}) \(trueup explain \1\)/);
    world.server.inject({ fault: { kind: 'serverError', status: 503 }, endpoint: 'GET', count: 1_000 });
    const unknown = await run('run --config CONFIG --once --json');
    expect(unknown.exitCode).toBe(3);
    expect(documentOf(unknown).venues).toMatchObject([
      { status: 'inconclusive', unknown: { reason: expect.any(String) } },
    ]);
  });

  it('refuses a second owner with the process of the first and since when', async () => {
    await startRun();
    const second = await run('run --config CONFIG --once');
    expect(second.exitCode).toBe(1);
    expect(second.err).toMatch(new RegExp(`owned by process ${process.pid} on \\S+ since \\d{4}-`));
  });

  it('shows no secret anywhere', async () => {
    const ended = await run(`run --config CONFIG --once --json --journal ${folder.path('run.jsonl')}`);
    const journal = readFileSync(folder.path('run.jsonl'), 'utf8');
    const key = world.environment.CB_PRIVATE_KEY.split('\n')[1] ?? 'no key';
    expect(ended.out + ended.err + journal).not.toContain(key);
    expect(journal).toContain('"kind":"close"');
  });
});

describe('trueup reconcile', () => {
  it('takes the book itself where nobody owns it', async () => {
    const first = await run('reconcile --config CONFIG --json');
    expect(documentOf(first)).toMatchObject({ venues: [{ venue: 'cb' }] });
    const ended = await run('reconcile --config CONFIG --venue cb --json');
    const err = expect.stringMatching(/^trueup: the audit log is not signed: .*\n$/);
    expect({ ...ended, out: documentOf(ended).status }).toEqual({ exitCode: 0, out: 'reconciled', err });
    expect(await run('reconcile --config CONFIG --venue elsewhere')).toMatchObject({ exitCode: 2 });
  });

  it('asks the owner where one runs, and says 4 where it finds a difference', async () => {
    configure({ venue: { policy: 'propose' } });
    const service = await startRun();
    await service.said('cb opened by policy');
    const ended = await run('reconcile --config CONFIG --json');
    expect(ended.exitCode).toBe(0);
    world.venue.deposit('USD', amount('500'));
    expect(await run('reconcile --config CONFIG')).toMatchObject({ exitCode: 4 });
    await service.said('correction proposed');
  });
});

describe('trueup open', () => {
  beforeEach(() => configure({ venue: { opening: 'confirm' } }));

  it('is what a reconciliation of an unopened venue leads to', async () => {
    const found = await run('reconcile --config CONFIG');
    expect(found.exitCode).toBe(3);
    expect(found.out).toContain(`cb is not opened yet: trueup open --config ${config} --venue cb`);
  });

  it('shows what the venue holds and opens it once a person has typed its name', async () => {
    expect(await run('open --config CONFIG --venue cb')).toMatchObject({ exitCode: 2 });
    const turnedDown = await run('open --config CONFIG --venue cb', { typed: ['yes'] });
    expect(turnedDown).toMatchObject({ exitCode: 1, err: expect.stringContaining('3000') });
    const opened = await run('open --config CONFIG --venue cb', { typed: ['cb'] });
    expect(opened).toMatchObject({ exitCode: 0, out: expect.stringContaining('opened') });
    const again = await run('open --config CONFIG --venue cb --yes --json');
    expect(documentOf(again)).toMatchObject({ venue: 'cb', status: 'alreadyOpen' });
  });

  it('leaves it to the owner where one runs', async () => {
    const service = await startRun();
    await service.said('waits for "trueup open"');
    const opened = await run('open --config CONFIG --venue cb --yes --json');
    expect({ exitCode: opened.exitCode, ...documentOf(opened) }).toMatchObject({
      exitCode: 0,
      status: 'opened',
    });
    await service.said('cb opened by person:tester');
  });

  it('is inconclusive while the venue is unknown', async () => {
    world.server.inject({ fault: { kind: 'serverError', status: 503 }, endpoint: 'GET', count: 1_000 });
    expect(await run('open --config CONFIG --venue cb --yes')).toMatchObject({ exitCode: 3 });
    const { venues } = documentOf(await run('status --config CONFIG --json'));
    expect(venues).toMatchObject([
      { venue: 'cb', mode: 'unopened', lastCertifiedAtMs: null, lastReport: { status: 'inconclusive' } },
    ]);
  });
});

describe('trueup plan', () => {
  beforeEach(() => configure({ more: TARGETS }));

  it('shows the orders and their reasons beside a running owner, and writes nothing', async () => {
    expect(await run('plan --config CONFIG')).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('no book'),
    });
    const service = await startRun();
    await service.said('cb opened by policy');
    await run('reconcile --config CONFIG');
    const ended = await run('plan --config CONFIG --json');
    expect(ended.exitCode).toBe(0);
    expect(documentOf(ended)).toMatchObject({ venues: [{ venue: 'cb', status: 'reconciled' }] });
    expect(documentOf(ended).plan.orders).toMatchObject([{ side: 'sell' }, { side: 'buy', fundedBy: [1] }]);
    expect(documentOf(await run('status --config CONFIG --json')).lastPlan).toBeNull();
    expect(world.orderRequests()).toBe(0);
  });

  it('tries again what failed in passing', async () => {
    await run('reconcile --config CONFIG');
    configure({ more: TARGETS, reconciliation: { retryCount: 1 } });
    world.server.inject({
      fault: { kind: 'serverError', status: 502 },
      endpoint: 'GET /api/v3/brokerage/accounts',
      count: 1,
    });
    const ended = await run('plan --config CONFIG --json');
    expect(documentOf(ended)).toMatchObject({ venues: [{ venue: 'cb', status: 'reconciled' }] });
    expect(ended.err).toMatch(/cb: unreachable, asked again in \d+ ms/);
  });

  it('says why there is none where book and venue differ', async () => {
    await run('reconcile --config CONFIG');
    world.venue.deposit('USD', amount('500'));
    const ended = await run('plan --config CONFIG --json');
    expect(ended.exitCode).toBe(4);
    expect(documentOf(ended)).toMatchObject({ plan: null, reason: expect.stringContaining('cb is') });
  });
});

describe('trueup status', () => {
  it('shows the venues from the database alone, beside the owner and after it', async () => {
    const service = await startRun();
    await service.said('cb opened by policy');
    await run('reconcile --config CONFIG');
    const beside = documentOf(await run('status --database DATABASE --json'));
    expect(beside).toMatchObject({
      owner: { processId: process.pid, isAlive: true },
      venues: [
        {
          venue: 'cb',
          kind: 'coinbase',
          opening: 'fromSnapshot',
          mode: 'active',
          lastReport: { status: 'reconciled' },
        },
      ],
    });
    expect(beside.runtime).toMatchObject({
      atMs: expect.any(Number),
      health: 'healthy',
      mode: 'paper',
      venues: [
        {
          venue: 'cb',
          requests: { tokens: expect.any(Number), underWay: expect.any(Number), waiting: 0 },
          breakers: {
            account: { state: 'closed' },
            activity: { state: 'closed' },
            markets: { state: 'closed' },
          },
          retries: 0,
          stream: null,
        },
      ],
    });
    const forPeople = await run('status --database DATABASE');
    expect(forPeople.out).toMatch(/^service {2}healthy, mode paper, as of \d+ s ago$/m);
    expect(forPeople.out).toMatch(
      /^ {2}cb {2}\d+ requests free, \d+ under way, 0 waiting; breakers closed; 0 retries in this round; no stream$/m,
    );
    service.stop();
    await service.ended;
    expect(documentOf(await run('status --config CONFIG --json'))).toMatchObject({
      owner: null,
      runtime: null,
    });
    const after = await run('status --config CONFIG');
    expect(after.out).toContain('owner  none runs\nservice  none runs');
    expect(after.out).toContain('cb  active');
  });

  it('wants one place to read, and a database that is there', async () => {
    expect(await run('status')).toMatchObject({ exitCode: 2 });
    expect(await run('status --database DATABASE')).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('there is no database at'),
    });
  });

  it('loads no SDK of a venue, no actor and no schema before it needs one', () => {
    const own = ['status-command', 'open-existing', 'main'].map((name) => `src/cli/${name}.ts`);
    const reached = packagesLoadedWith([...own, 'src/app/read-status.ts']);
    expect([...reached].sort()).toEqual(['better-sqlite3', 'big.js', 'commander', 'kysely']);
  });
});

describe('trueup audit verify', () => {
  it('verifies, and names the first row that was changed', async () => {
    await run('reconcile --config CONFIG');
    const sound = await run('audit verify --database DATABASE --json');
    expect(sound.exitCode).toBe(0);
    expect(documentOf(sound)).toMatchObject({ verified: true, entries: expect.any(Number) });
    folder.tamper(
      'audit_entry',
      "update audit_entry set body = replace(body, '3000', '3001') where kind = 'venueOpened'",
    );
    const broken = await run('audit verify --database DATABASE --json');
    expect(broken.exitCode).toBe(1);
    expect(documentOf(broken)).toMatchObject({ verified: false, sequence: expect.any(Number) });
    const forPeople = await run('audit verify --database DATABASE');
    expect(forPeople.out).toContain(`row ${documentOf(broken).sequence}: `);
  });

  it('says that the book was written to by somebody else, though its log is whole', async () => {
    await run('reconcile --config CONFIG');
    folder.tamper('posting', "update posting set amount = '9' || amount where amount not like '-%'");
    const forged = await run('audit verify --database DATABASE --json');
    expect(forged.exitCode).toBe(1);
    expect(documentOf(forged)).toMatchObject({ verified: true, book: { verified: false } });
  });

  it('compares with the head file and the public key, and says how far both go', async () => {
    const environment = { ...world.environment, AUDIT_KEY: auditKeyPem(7).signing };
    configure({ more: { audit: { signingKeyEnv: 'AUDIT_KEY' } } });
    await run('reconcile --config CONFIG', { environment });
    const key = folder.path('audit.pub.pem');
    writeFileSync(key, auditKeyPem(7).verifying);
    const sound = await run(`audit verify --database DATABASE --head --public-key ${key}`);
    expect(sound).toMatchObject({
      exitCode: 0,
      out: expect.stringMatching(/unanchored: 0\n\d+ rows a second: /),
    });
    folder.tamper('audit_checkpoint', 'update audit_checkpoint set at_ms = at_ms + 1');
    const broken = await run(`audit verify --database DATABASE --public-key ${key} --json`);
    expect(documentOf(broken)).toMatchObject({ verified: false, sequence: expect.any(Number) });
    writeFileSync(folder.path('empty.head'), '');
    const empty = await run(`audit verify --database DATABASE --head ${folder.path('empty.head')}`);
    expect(empty).toMatchObject({ exitCode: 1, err: expect.stringContaining('expected a head') });
  });
});

describe('trueup audit export', () => {
  it('writes every entry to stdout, or to a file', async () => {
    await run('reconcile --config CONFIG');
    const { out } = await run('audit export --database DATABASE');
    const lines = out.trimEnd().split('\n');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ sequence: 1 });
    const file = folder.path('audit.csv');
    const told = await run(`audit export --database DATABASE --format csv --out ${file} --json`);
    expect(documentOf(told)).toMatchObject({ entries: lines.length, format: 'csv', out: file });
    expect(readFileSync(file, 'utf8').split('\n')[0]).toContain('sequence,atMs');
    expect(await run('audit export --database DATABASE --json')).toMatchObject({ exitCode: 2 });
  });
});
