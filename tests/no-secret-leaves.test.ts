import { createPrivateKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Announcement } from '../actors/messages/announcements.ts';
import { openDatabaseReadOnly } from '../db/database.ts';
import { loadConfiguration } from '../src/app/configuration.ts';
import { openExchange } from '../src/app/open-exchange.ts';
import { openPortfolio } from '../src/app/open-portfolio.ts';
import { registerAlerts } from '../src/cli/alerts-command.ts';
import { registerAudit } from '../src/cli/audit-command.ts';
import { registerConfig } from '../src/cli/config-command.ts';
import { registerDecisions } from '../src/cli/decide-command.ts';
import { registerDiff } from '../src/cli/diff-command.ts';
import { registerDiscrepancies } from '../src/cli/discrepancies-command.ts';
import { registerExplain } from '../src/cli/explain-command.ts';
import { registerGates } from '../src/cli/gates-command.ts';
import { registerHistory } from '../src/cli/history-command.ts';
import { registerIncidents } from '../src/cli/incidents-command.ts';
import { registerNote } from '../src/cli/note-command.ts';
import { registerOpen } from '../src/cli/open-command.ts';
import { registerPlan } from '../src/cli/plan-command.ts';
import { registerReconcile } from '../src/cli/reconcile-command.ts';
import { registerReplay } from '../src/cli/replay-command.ts';
import { registerRun } from '../src/cli/run-command.ts';
import { registerSnapshot } from '../src/cli/snapshot-command.ts';
import { registerStatus } from '../src/cli/status-command.ts';
import { registerTransfer } from '../src/cli/transfer-command.ts';
import { registerTransfers } from '../src/cli/transfers-command.ts';
import { amount } from '../src/domain/money/amount.ts';
import type { OrderInstruction } from '../src/domain/venue/order.ts';
import type { Exchange } from '../src/exchanges/exchange.ts';
import { runInProcess } from './cli/command-line.ts';
import { realTimeExchange } from './support/real-time-venue.ts';
import { openSecretWorld } from './support/secret-world.ts';
import { RECEIVER } from './support/transfer-world.ts';

const COMMANDS = [
  registerAlerts,
  registerAudit,
  registerConfig,
  registerDecisions,
  registerDiff,
  registerDiscrepancies,
  registerExplain,
  registerGates,
  registerHistory,
  registerIncidents,
  registerNote,
  registerOpen,
  registerPlan,
  registerReconcile,
  registerReplay,
  registerRun,
  registerSnapshot,
  registerStatus,
  registerTransfer,
  registerTransfers,
];

/** No discrepancy and no correction has it. */
const UNKNOWN_ID = 'ffffffffffff';

let world: Awaited<ReturnType<typeof openSecretWorld>>;
let config: string;
beforeAll(async () => {
  world = await openSecretWorld();
  config = world.configure('trueup.json');
}, 60_000);
afterAll(() => world.close());

/** Everything that a command printed on either stream. */
async function said(words: string): Promise<string> {
  const all = words.split(' ').map((word) => (word === 'CONFIG' ? config : word));
  const { out, err } = await runInProcess(all, { commands: COMMANDS, environment: world.environment });
  return out + err;
}

/** Of every discrepancy and every correction of the book that the whole run has left. */
async function idsInBook(): Promise<readonly string[]> {
  const { db, close } = await openDatabaseReadOnly(world.folder.path());
  const ofDiscrepancies = await db.selectFrom('discrepancy').select('id').execute();
  const ofCorrections = await db.selectFrom('correction').select('id').execute();
  await close();
  return [...ofDiscrepancies, ...ofCorrections].map(({ id }) => id);
}

function expectNoLeak(texts: Readonly<Record<string, string>>): void {
  const leaks = Object.entries(texts).flatMap(([name, text]) =>
    world.planted.leaksIn(text).map((piece) => `${name}: ${piece}`),
  );
  expect(leaks.slice(0, 20)).toEqual([]);
  // What a key has signed is worth as much as the key, while it lives.
  for (const [name, text] of Object.entries(texts))
    expect([name, /eyJ[\w-]{10,}/.exec(text)?.[0] ?? null]).toEqual([name, null]);
}

const instructionFor = (venue: string, market: string): OrderInstruction => ({
  intentId: 'intent-1',
  venue,
  market,
  side: 'sell',
  quantity: amount('0.01'),
  limitPrice: amount('10000'),
  timeInForce: 'immediateOrCancel',
  reduceOnly: false,
  clientOrderId: '7',
});

/** The service's own venue, whose reads fail as a bug does, with every secret in the error. */
function crashingExchange(): { readonly exchange: Exchange; readonly crash: () => void } {
  const { exchange } = realTimeExchange('crashing');
  let isCrashing = false;
  const failing: Exchange = {
    ...exchange,
    observe: (request, signal) => {
      if (!isCrashing) return exchange.observe(request, signal);
      const told = world.inMemory.join(' ');
      return Promise.reject(new Error(`a bug with ${told}`, { cause: new Error(told) }));
    },
  };
  return {
    exchange: failing,
    crash: () => {
      isCrashing = true;
    },
  };
}

it('a piece of any secret would be found, in every form of it', () => {
  const { CB_KEY_NAME, CB_PRIVATE_KEY, DYDX_MNEMONIC, TRADE_PRIVATE_KEY, LENT_PRIVATE_KEY } =
    world.environment;
  const { d = '' } = createPrivateKey(CB_PRIVATE_KEY).export({ format: 'jwk' });
  const seed = Buffer.from(TRADE_PRIVATE_KEY, 'base64').subarray(0, 32);
  const solana = JSON.stringify(world.configuration.venues.find(({ id }) => id === 'solana'));
  const betraying = [
    CB_KEY_NAME.slice(-20),
    ...CB_PRIVATE_KEY.split('\n').slice(1, 3),
    JSON.stringify(CB_PRIVATE_KEY),
    d,
    Buffer.from(d, 'base64url').toString('hex'),
    seed.toString('base64url'),
    seed.toString('hex'),
    JSON.stringify([...seed]),
    DYDX_MNEMONIC,
    encodeURIComponent(DYDX_MNEMONIC),
    solana,
    LENT_PRIVATE_KEY,
    Buffer.from(LENT_PRIVATE_KEY, 'hex').toString('base64'),
    JSON.stringify([...Buffer.from(LENT_PRIVATE_KEY, 'hex')]),
    JSON.stringify(world.configuration.venues.find(({ id }) => id === 'own')),
    new URL(world.streamUrl).pathname.slice(1),
    new URL(world.streamUrl).searchParams.get('token') ?? '',
  ];
  for (const text of betraying) expect([text, world.planted.leaksIn(text).length > 0]).toEqual([text, true]);
  for (const text of betraying.filter(({ length }) => length < 200))
    expect(world.planted.leaksIn(`before ${text.slice(3, 18)} after`)).not.toEqual([]);
  expect(world.planted.leaksIn('nothing of the kind stands here: organizations/1/apiKeys/2')).toEqual([]);
});

describe('with venues that quote what they are sent, and every secret besides, no secret is in', () => {
  it('an answer or an error of any method of any adapter', async () => {
    const loaded = loadConfiguration({ path: config, environment: world.environment });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    const answers: string[] = [];
    for (const venue of loaded.configuration.venues.filter(({ id }) => id !== 'crashing')) {
      const exchange = await openExchange(venue, { now: Date.now });
      const market = venue.kind === 'solana' ? 'SOL/USDC' : 'BTC-USD';
      const instruction = instructionFor(venue.id, market);
      world.echo(false);
      const ready = await exchange.prepareOrder(instruction, AbortSignal.timeout(5_000));
      world.echo(true);
      const order =
        ready.state === 'prepared'
          ? ready.order
          : { instruction, reference: null, payload: '{}', expiresAtHeight: null };
      const moved = {
        transferId: 't',
        venue: venue.id,
        asset: 'SOL',
        amount: amount('0.1'),
        to: RECEIVER,
      };
      world.echo(false);
      const signed = await exchange.prepareTransfer?.(moved, AbortSignal.timeout(5_000));
      world.echo(true);
      const transfer = signed?.state === 'prepared' ? signed.transfer : null;
      expect([venue.kind, transfer !== null]).toEqual([venue.kind, venue.kind === 'solana']);
      for (let round = 0; round < 40; round += 1) {
        const signal = AbortSignal.timeout(5_000);
        const calls = [
          () => exchange.observe({ fillsSinceMs: null, read: round }, signal),
          () => exchange.readActivity({ sinceMs: 0, assets: ['BTC', 'USDC', 'SOL'] }, signal),
          () => exchange.readMarkets([market], signal),
          () => exchange.prepareOrder(instruction, signal),
          () => exchange.submitOrder(order, signal),
          () => exchange.findOrder(order, signal),
          () => exchange.cancelOrder(order, 'order-1', signal),
          async () => exchange.readKeyRights?.(signal),
          async () => exchange.readTradeKeyRights?.(signal),
          async () => transfer && exchange.prepareTransfer?.(moved, signal),
          async () => transfer && exchange.submitTransfer?.(transfer, signal),
          async () => transfer && exchange.findTransfer?.(transfer, signal),
        ];
        for (const call of calls)
          answers.push(
            await call().then(
              (answer) => JSON.stringify(answer) ?? '',
              (error: Error) => `${error.stack} ${JSON.stringify(error.cause)}`,
            ),
          );
      }
      await exchange.close();
    }
    world.echo(false);
    const text = answers.join('\n');
    expect(text.split('[secret]').length).toBeGreaterThan(100);
    expectNoLeak({ answers: text });
    for (const [name, count] of Object.entries(world.echoes()))
      expect([name, count > 20]).toEqual([name, true]);
  }, 120_000);

  it('what a whole run announces, prints, keeps and serves', async () => {
    const { exchange, crash } = crashingExchange();
    const heard: Announcement[] = [];
    const problems: string[] = [];
    const journal = world.folder.path('journal.jsonl');
    const portfolio = await openPortfolio({
      configurationFile: config,
      environment: world.environment,
      mode: 'live',
      journal,
      exchanges: { crashing: exchange },
      onProblem: (problem) => problems.push(problem),
    });
    const types = [
      'venueReportMade',
      'breakerChanged',
      'readRetried',
      'workerChanged',
      'orderChanged',
      'gateChanged',
      'venueModeChanged',
      'rebalancingEnded',
      'streamStateChanged',
      'alertChanged',
      'correctionChanged',
    ] as const;
    for (const type of types) portfolio.on(type, (announcement) => void heard.push(announcement));
    const texts: Record<string, string> = {};
    try {
      await portfolio.reports();
      const before = await portfolio.reconcile();
      expect(before.filter(({ status }) => status === 'inconclusive')).toEqual([]);
      // A deposit that the bot did not tell of: its correction waits for a person.
      world.deposit('500');
      await portfolio.reconcile('cb');
      const [proposal = ''] = (await portfolio.status()).proposals.map(({ id }) => id);
      texts['accept beside it'] = await said(`accept ${UNKNOWN_ID} --config CONFIG --yes`);
      texts['approve with a key in its note'] = await said(
        `approve ${proposal} --config CONFIG --yes --note ${world.environment.CB_KEY_NAME}`,
      );
      texts['approve beside it'] = await said(`approve ${proposal} --config CONFIG --yes --json`);
      expect(texts['approve beside it']).toContain('applied');
      await portfolio.reconcile('cb');
      // Venues are read once more behind an approval: they quote from the first order on.
      portfolio.on('orderChanged', () => world.echo(true));
      const ordered = new Promise((resolve) =>
        portfolio.on('orderChanged', ({ detail }) => (detail === '' ? undefined : resolve(detail))),
      );
      void portfolio.rebalance({ approve: () => true }).catch(() => undefined);
      await ordered;
      world.quoteOnStream();
      for (let round = 0; round < 8; round += 1) await portfolio.reconcile();
      const crashed = new Promise((resolve) => portfolio.on('workerChanged', resolve));
      crash();
      void portfolio.reconcile('crashing').catch(() => undefined);
      await crashed;
      const isTold = () => world.alertsReceived.some(({ body }) => body.includes('workerCrashed'));
      while (!isTold()) await new Promise((resolve) => setImmediate(resolve));
      texts.metrics = await (await fetch(portfolio.metricsUrl ?? '')).text();
      for (const words of ['status', 'history', 'gates', 'discrepancies', 'alerts']) {
        texts[`${words} beside it`] = await said(`${words} --config CONFIG`);
        texts[`${words} beside it, as JSON`] = await said(`${words} --config CONFIG --json`);
      }
      texts['reconcile beside it'] = await said('reconcile --config CONFIG --venue cb --json');
      texts['snapshot beside it'] = await said('snapshot --config CONFIG --venue solana --json');
      texts['plan beside it'] = await said('plan --config CONFIG --json');
      texts['alerts test beside it'] = await said('alerts test --config CONFIG');
      expect(texts['alerts test beside it']?.split('failed').length).toBe(4);
      expect(texts['alerts test beside it']).toMatch(/mail .*554 \[secret\]/);
    } finally {
      await portfolio.close();
      world.echo(false);
    }
    texts.replay = await said(`replay ${journal}`);
    expect(texts.replay).toContain('identical');
    texts.announcements = JSON.stringify(heard);
    // Receivers are sent their own secrets in addresses and signatures, and none of any venue in what they are told.
    texts['messages to people'] = world.alertsReceived.map(({ body }) => body).join('\n');
    expect(texts['messages to people']).toContain('workerCrashed');
    expect(texts['alerts beside it']).toContain('HTTP 400: [secret]');
    texts.problems = problems.join('\n');
    texts.journal = world.written('journal.jsonl').join('');
    texts.database = world.written('book.sqlite').join('');
    for (const name of ['announcements', 'journal', 'database'])
      expect([name, (texts[name] ?? '').includes('[secret]')]).toEqual([name, true]);
    expect(texts.announcements).toContain('worker.crashed');
    const lost = heard.filter((each) => each.type === 'streamStateChanged' && each.state === 'lost');
    for (const venue of ['cb', 'lending'])
      expect(lost).toContainEqual(
        expect.objectContaining({ venue, reason: expect.stringContaining('[secret]') }),
      );
    expectNoLeak(texts);
  }, 120_000);

  it('what any command prints, with a key that works, one that is refused, and venues that are broken', async () => {
    const refused = world.configure('refused.json', {
      ...world.configuration,
      database: 'other.sqlite',
      venues: [{ ...world.configuration.venues[0], streamUrl: undefined, tradeCredentialsEnv: 'STRANGER' }],
    });
    const wrong = world.configure('wrong.json', {
      venues: [{ ...world.configuration.venues[0], credentialsEnv: world.environment.CB_PRIVATE_KEY }],
      [world.environment.TRADE_KEY_NAME]: world.environment.DYDX_MNEMONIC,
    });
    const texts: Record<string, string> = {};
    const ids = [...(await idsInBook()), UNKNOWN_ID];
    expect(ids.length).toBeGreaterThan(2);
    const decisions = ['approve', 'reject', 'reverse', 'accept'].flatMap((decision) =>
      ids.map((id) => `${decision} ${id} --config CONFIG --yes`),
    );
    const book = world.write('own-book.json', '{"BTC": "0.8", "USD": "3000"}');
    for (const isEchoing of [false, true]) {
      world.echo(isEchoing);
      const snapshot = world.write('snapshot.json', await said('snapshot --config CONFIG --venue cb --json'));
      for (const words of [
        'config check CONFIG',
        `config check ${wrong}`,
        'snapshot --config CONFIG --venue cb',
        'snapshot --config CONFIG --venue wallet',
        'snapshot --config CONFIG --venue dydx',
        'snapshot --config CONFIG --venue solana',
        `transfer --config CONFIG --venue solana --asset SOL --amount 0.1 --to ${RECEIVER}`,
        `transfer --config CONFIG --venue solana --asset SOL --amount 0.2 --to ${RECEIVER} --live --yes`,
        'transfers --config CONFIG',
        'status --config CONFIG',
        'history --config CONFIG',
        'gates --config CONFIG',
        'discrepancies --config CONFIG',
        'explain cb --config CONFIG',
        'open --config CONFIG --venue cb --yes',
        'reconcile --config CONFIG',
        'run --config CONFIG --once',
        `run --config ${refused} --once`,
        `run --config ${refused} --once --mode live --yes`,
        `note ${world.environment.CB_KEY_NAME} --config CONFIG`,
        `audit verify --database ${world.folder.path()}`,
        `audit export --database ${world.folder.path()}`,
        'snapshot --config CONFIG --venue own',
        'snapshot --config CONFIG --venue lending',
        `snapshot verify --database ${world.folder.path()}`,
        `diff --book ${book} --snapshot ${snapshot}`,
        `diff --book ${book} --snapshot ${config}`,
        `replay ${snapshot}`,
        'incidents --count 2',
        ...decisions,
      ])
        for (const form of ['', ' --json'])
          texts[
            `${words.replace(world.environment.CB_KEY_NAME, 'KEY')}${form}${isEchoing ? ', echoing' : ''}`
          ] = await said(`${words}${form}`);
    }
    world.echo(false);
    for (const [name, text] of Object.entries(texts)) expect([name, text.length > 0]).toEqual([name, true]);
    texts.databases = [...world.written('book.sqlite'), ...world.written('other.sqlite')].join('');
    expect(
      Object.entries(texts).find(([name]) => name.startsWith(`run --config ${refused} --once`))?.[1],
    ).toContain('expected a key whose rights the venue tells');
    expectNoLeak(texts);
  }, 180_000);
});
