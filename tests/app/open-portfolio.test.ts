import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import SqliteDatabase from 'better-sqlite3';
import { openDatabase, openDatabaseReadOnly } from '../../db/database.ts';
import { readLock, takeLock } from '../../db/lock-repository.ts';
import { MIGRATIONS } from '../../db/migrate.ts';
import { verifyAudit } from '../../db/verify-audit.ts';
import { BookEventError } from '../../src/app/book-event-schema.ts';
import { openPortfolio, type PortfolioOptions } from '../../src/app/open-portfolio.ts';
import { BookOwnedError } from '../../src/app/owner-lock.ts';
import { type Portfolio, PortfolioUnavailableError } from '../../src/app/portfolio-api.ts';
import { ConfigurationError } from '../../src/app/portfolio-configuration.ts';
import { amount } from '../../src/domain/money/amount.ts';
import { realTimeConfiguration, realTimeExchange, TARGETS } from '../support/real-time-venue.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';

let folder: DatabaseFolder;
const open: Portfolio[] = [];
beforeEach(() => {
  folder = new DatabaseFolder();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((portfolio) => portfolio.close()));
  await folder.clean();
});

async function start(
  options: Partial<PortfolioOptions> = {},
  changes: Parameters<typeof realTimeConfiguration>[0] = {},
) {
  const { venue, exchange } = realTimeExchange();
  const portfolio = await openPortfolio({
    configuration: realTimeConfiguration(changes),
    database: folder.path(),
    exchanges: { coinbase: exchange },
    environment: {},
    onProblem: () => undefined,
    ...options,
  });
  open.push(portfolio);
  return { portfolio, venue, exchange };
}

const deposit = (fields: object = {}) => ({
  type: 'portfolio.depositReported' as const,
  eventId: 'deposit-1',
  venue: 'coinbase',
  atMs: Date.now(),
  asset: 'USD',
  amount: '100.50',
  activityId: null,
  ...fields,
});

const bought = (venue: ReturnType<typeof realTimeExchange>['venue']) =>
  venue.submit({
    clientOrderId: 'bot-1',
    market: 'BTC-USD',
    side: 'buy',
    quantity: amount('0.0001'),
    limitPrice: amount('60000'),
    timeInForce: 'immediateOrCancel',
    reduceOnly: false,
  });

describe('an open portfolio', () => {
  it('opens its venue, says that it agrees, and shows what the book holds', async () => {
    const { portfolio } = await start();
    await portfolio.reports();
    const [report] = await portfolio.reconcile();
    expect(report).toMatchObject({
      venue: 'coinbase',
      status: 'reconciled',
      unknown: null,
      discrepancies: [],
    });
    expect(portfolio.balances()).toMatchObject([
      {
        venue: 'coinbase',
        balances: [
          { asset: 'BTC', available: '0.1', total: '0.1' },
          { asset: 'ETH', total: '1' },
          { asset: 'USD', total: '3000' },
        ],
      },
    ]);
    expect(await portfolio.history({ limit: 1 })).toMatchObject([{ status: 'reconciled' }]);
    expect(await portfolio.status()).toMatchObject({
      runtime: {
        health: 'healthy',
        mode: 'paper',
        venues: [{ venue: 'coinbase', retries: 0, stream: null }],
      },
      owner: { processId: process.pid, isAlive: true },
      venues: [{ venue: 'coinbase', opening: 'fromSnapshot', mode: 'active' }],
    });
  });

  it('answers a report with a round that began after the question', async () => {
    const { portfolio, exchange, venue } = await start();
    await portfolio.reports();
    venue.deposit('USD', amount('500'));
    const [report] = await portfolio.reconcile('coinbase');
    expect(report?.status).not.toBe('reconciled');
    exchange.inject({ kind: 'unknown', method: 'observe', reason: 'refused' });
    const [unknown] = await portfolio.reconcile();
    expect(unknown).toMatchObject({ status: 'inconclusive', unknown: { reason: 'refused' } });
    await expect(portfolio.reconcile('nowhere')).rejects.toThrow('expected one of coinbase, found nowhere');
  });

  it('reconciles again by itself as real time passes', async () => {
    const { portfolio } = await start({}, { reconciliation: { intervalSeconds: 1 } });
    await portfolio.reports();
    await new Promise<void>((resolve) => {
      portfolio.on('venueReportMade', ({ isRoundOver }) => {
        if (isRoundOver) resolve();
      });
    });
    expect((await portfolio.history()).length).toBeGreaterThanOrEqual(2);
  });

  it('finds a fill that the bot missed and corrects the book by policy', async () => {
    const { portfolio, venue } = await start();
    await portfolio.reports();
    await portfolio.reconcile();
    bought(venue);
    const corrected = new Promise((resolve) => portfolio.on('correctionChanged', resolve));
    await portfolio.reconcile();
    expect(await corrected).toMatchObject({ state: 'applied', causes: ['missedFill'], by: 'policy' });
    const [after] = await portfolio.reconcile();
    expect(after).toMatchObject({ status: 'reconciled' });
  });
});

describe('a message of the bot', () => {
  it('is on the disk when its report resolves, once however often it is reported', async () => {
    const { portfolio } = await start();
    await portfolio.reports();
    const event = deposit();
    expect(await portfolio.report(event)).toMatchObject({ status: 'posted', eventId: 'deposit-1' });
    const beside = folder.keep(await openDatabaseReadOnly(folder.path()));
    const rows = await beside.db.selectFrom('balance').selectAll().execute();
    expect(JSON.stringify(rows)).toContain('3100.5');
    expect(await portfolio.report({ ...event, amount: '100.5' })).toMatchObject({ status: 'duplicate' });
    expect(await portfolio.report({ ...event, amount: '7' })).toMatchObject({
      status: 'conflict',
      place: 'eventId',
    });
  });

  it('gets its own answer when many are reported at once', async () => {
    const { portfolio } = await start();
    await portfolio.reports();
    const ids = Array.from({ length: 50 }, (_, index) => `deposit-${index}`);
    const outcomes = await Promise.all(ids.map((eventId) => portfolio.report(deposit({ eventId }))));
    expect(outcomes.map(({ eventId }) => eventId)).toEqual(ids);
    expect(outcomes.every(({ status }) => status === 'posted')).toBe(true);
  });

  it.each([
    ['an amount that is a number', { amount: 100.5 }, 'amount', '100.5'],
    ['an amount with an exponent', { amount: '1e3' }, 'amount', '"1e3"'],
    ['a type that nobody knows', { type: 'portfolio.unheardOf' }, 'type', '"portfolio.unheardOf"'],
    ['a missing asset', { asset: undefined }, 'asset', 'nothing'],
    ['a key that nobody knows', { colour: 'red' }, 'colour', 'an unknown key'],
  ])('is refused with its place when it holds %s', async (_name, fields, place, found) => {
    const { portfolio } = await start();
    const refusal = await portfolio.report(deposit(fields) as never).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(BookEventError);
    expect(refusal).toMatchObject({ place, found });
  });

  it('is to be reported again when the book could not be written', async () => {
    const { portfolio } = await start();
    await portfolio.reports();
    const blocker = folder.keep(await openDatabaseReadOnly(folder.path()));
    await blocker.close();
    folder.tamper('audit_entry', 'drop table audit_head');
    const refusal = await portfolio.report(deposit()).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(PortfolioUnavailableError);
    expect(String(refusal)).toContain('report it again');
    await expect(portfolio.report(deposit({ eventId: 'next' }))).rejects.toThrow('report it again');
  });
});

describe('a listener', () => {
  it('hears of its type until it stops, and breaks nothing when it throws', async () => {
    const problems: string[] = [];
    const { portfolio } = await start({ onProblem: (problem) => problems.push(problem) });
    const heard: string[] = [];
    portfolio.on('bookEventSettled', () => {
      throw new Error('my own fault');
    });
    portfolio.on('bookEventSettled', () => Promise.reject(new Error('later')));
    const stop = portfolio.on('bookEventSettled', ({ outcome }) => void heard.push(outcome.eventId));
    await portfolio.report(deposit({ eventId: 'one' }));
    stop();
    await portfolio.report(deposit({ eventId: 'two' }));
    expect(heard).toEqual(['one']);
    expect(problems).toContain('a listener of bookEventSettled failed: my own fault');
    expect(problems).toContain('a listener of bookEventSettled failed: later');
  });
});

describe('whether an asset is tradable', () => {
  it('is no before the venue is certified, and yes after', async () => {
    const { portfolio } = await start();
    expect(portfolio.isTradable('coinbase', 'BTC')).toBe(false);
    await portfolio.reports();
    await portfolio.reconcile();
    expect(portfolio.isTradable('coinbase', 'BTC')).toBe(true);
    expect(portfolio.isTradable('elsewhere', 'BTC')).toBe(false);
  });

  it('is no once the venue has been silent beyond the limit', async () => {
    const { portfolio } = await start({}, { reconciliation: { gateTimeLimitSeconds: 1 } });
    await portfolio.reports();
    await portfolio.reconcile();
    const certifiedAtMs = performance.now();
    while (portfolio.isTradable('coinbase', 'BTC') && performance.now() - certifiedAtMs < 3_000)
      await new Promise((resolve) => setImmediate(resolve));
    expect(performance.now() - certifiedAtMs).toBeGreaterThan(800);
    expect(performance.now() - certifiedAtMs).toBeLessThan(2_500);
  });
});

describe('rebalancing', () => {
  it('plans in paper mode and sends nothing, also when it is approved', async () => {
    const { portfolio, venue } = await start({}, { more: TARGETS });
    await portfolio.reports();
    await portfolio.reconcile();
    const plan = await portfolio.plan();
    expect(plan.orders.map(({ side }) => side)).toEqual(['sell', 'buy']);
    const result = await portfolio.rebalance({ approve: true });
    expect(result).toMatchObject({ outcome: 'planned', reason: 'paper mode sends no order' });
    expect(venue.orders()).toEqual([]);
  });

  it('sells before it buys once the plan is approved, live', async () => {
    const { portfolio, venue } = await start({ mode: 'live' }, { more: TARGETS });
    await portfolio.reports();
    await portfolio.reconcile();
    let shown = 0;
    const result = await portfolio.rebalance({
      approve: async (plan) => {
        shown = plan.orders.length;
        return true;
      },
    });
    expect(shown).toBe(2);
    expect(result).toMatchObject({ outcome: 'done' });
    expect(venue.orders().map(({ side, status }) => [side, status])).toEqual([
      ['buy', 'filled'],
      ['sell', 'filled'],
    ]);
  });

  it('sends nothing when the plan is turned down, or when whoever is asked throws', async () => {
    const { portfolio, venue } = await start({ mode: 'live' }, { more: TARGETS });
    await portfolio.reports();
    await portfolio.reconcile();
    expect(await portfolio.rebalance({ approve: () => false })).toMatchObject({
      outcome: 'refused',
      reason: 'bot rejected the plan',
    });
    const thrown = portfolio.rebalance({
      approve: () => {
        throw new Error('no answer');
      },
    });
    await expect(thrown).rejects.toThrow('no answer');
    expect(await portfolio.rebalance({ approve: () => false })).toMatchObject({ outcome: 'refused' });
    expect(venue.orders()).toEqual([]);
  });

  it('waits for a decision where it is to ask, and refuses a second rebalance meanwhile', async () => {
    const { portfolio } = await start({ mode: 'live' }, { more: TARGETS });
    await portfolio.reports();
    await portfolio.reconcile();
    const made = new Promise<string>((resolve) => portfolio.on('planMade', ({ plan }) => resolve(plan.hash)));
    const result = portfolio.rebalance({ approve: 'ask' });
    const planHash = await made;
    expect(await portfolio.rebalance({ approve: true })).toMatchObject({
      outcome: 'refused',
      reason: 'a rebalance is under way',
    });
    expect(await portfolio.decide({ kind: 'approvePlan', planHash: 'another' })).toMatchObject({
      status: 'refused',
    });
    expect(await portfolio.decide({ kind: 'approvePlan', planHash }, 'person:me')).toMatchObject({
      status: 'done',
    });
    expect(await result).toMatchObject({ outcome: 'done' });
  });

  it('says what is missing where no plan can be made', async () => {
    const { portfolio } = await start();
    await portfolio.reports();
    await portfolio.reconcile();
    await expect(portfolio.plan()).rejects.toThrow('no targets are configured');
  });
});

describe('a decision', () => {
  it('opens a venue that waits for a person', async () => {
    const { portfolio } = await start({}, { venue: { opening: 'confirm' } });
    await portfolio.reports();
    expect(portfolio.balances()).toEqual([{ venue: 'coinbase', balances: [] }]);
    const decision = { kind: 'openVenue', venue: 'coinbase' } as const;
    expect(await portfolio.decide(decision, 'person:me')).toMatchObject({ status: 'done' });
    expect(await portfolio.decide(decision)).toEqual({
      status: 'refused',
      reason: 'coinbase is open already',
    });
    expect(portfolio.balances()[0]?.balances).toHaveLength(3);
  });
});

describe('closing', () => {
  it('keeps the book: the next start goes on with it, and the audit log verifies', async () => {
    const first = await start();
    await first.portfolio.reports();
    await first.portfolio.report(deposit());
    await first.portfolio.close();
    expect(await first.portfolio.ended).toEqual({ kind: 'closed', reason: 'closed' });
    const { portfolio } = await start();
    expect(portfolio.balances()[0]?.balances.find(({ asset }) => asset === 'USD')?.total).toBe('3100.5');
    await portfolio.close();
    const beside = folder.keep(await openDatabaseReadOnly(folder.path()));
    expect(await verifyAudit(beside.db)).toMatchObject({ verified: true });
  });

  it('gives the book back also where its journal cannot be ended, and says why', async () => {
    const { portfolio } = await start({ journal: folder.path('journal.jsonl') });
    await portfolio.reports();
    // Rows without a key have no order to be hashed in.
    new SqliteDatabase(folder.path()).exec('create table foreign_rows (value text)').close();
    await expect(portfolio.close()).rejects.toMatchObject({
      message: expect.stringContaining('syntax error'),
    });
    expect(await portfolio.ended).toEqual({ kind: 'closed', reason: 'closed' });
    open.splice(0);
    const beside = folder.keep(await openDatabaseReadOnly(folder.path()));
    expect(await readLock(beside.db)).toBeNull();
  });

  it('waits for the answer of an order that has left', async () => {
    const { portfolio, venue, exchange } = await start({ mode: 'live' }, { more: TARGETS });
    await portfolio.reports();
    await portfolio.reconcile();
    let answer: () => void = () => {};
    const asked = new Promise<void>((left) => {
      const submit = exchange.submitOrder.bind(exchange);
      exchange.submitOrder = async (order, signal) => {
        left();
        await new Promise<void>((resolve) => {
          answer = resolve;
        });
        return submit(order, signal);
      };
    });
    const result = portfolio.rebalance({ approve: true }).catch((error: unknown) => error);
    await asked;
    const closed = portfolio.close();
    answer();
    await closed;
    expect(await result).toBeInstanceOf(PortfolioUnavailableError);
    expect(venue.orders()).toHaveLength(1);
    const beside = folder.keep(await openDatabaseReadOnly(folder.path()));
    const intents = await beside.db.selectFrom('order_intent').selectAll().execute();
    expect(intents.map(({ status }) => status)).not.toContain('submitting');
    const next = await start(
      { mode: 'live', exchanges: { coinbase: realTimeExchange().exchange } },
      { more: TARGETS },
    );
    await next.portfolio.close();
    await expect(start({ mode: 'paper' }, { more: TARGETS })).rejects.toThrow(
      'is under way: expected mode "live"',
    );
  });

  it('refuses everything afterwards, and ends what nobody has answered', async () => {
    const { portfolio, exchange } = await start();
    exchange.inject({ kind: 'hang', method: 'observe' }, 5);
    await portfolio.report(deposit({ eventId: 'before' }));
    const round = portfolio.reconcile().catch((error: unknown) => error);
    await portfolio.close();
    await portfolio.close();
    expect(await round).toBeInstanceOf(PortfolioUnavailableError);
    await expect(portfolio.report(deposit())).rejects.toThrow('the portfolio is closed');
    expect(portfolio.isTradable('coinbase', 'BTC')).toBe(false);
  });

  it('ends its journal with the hash of every row', async () => {
    const journal = folder.path('journal.jsonl');
    const { portfolio } = await start({ journal });
    await portfolio.reports();
    await portfolio.report(deposit());
    await portfolio.close();
    const lines = readFileSync(journal, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines[0]).toMatchObject({ kind: 'start', service: { mode: 'paper' } });
    expect(lines.at(-1)).toMatchObject({ kind: 'close', stateHash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(lines.some(({ kind }) => kind === 'answer')).toBe(true);
  });
});

describe('the owner of a book', () => {
  it('is one: a second one is refused with its process and since when', async () => {
    await start();
    const refusal = await start().catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(BookOwnedError);
    expect(String(refusal)).toContain(`owned by process ${process.pid}`);
    expect(String(refusal)).toMatch(/since \d{4}-\d\d-\d\dT/);
  });

  it('keeps its schema: nobody brings it up to date beneath one that lives', async () => {
    const older = MIGRATIONS.slice(0, -1);
    const { db, close } = await openDatabase(folder.path(), { nowMs: Date.now(), migrations: older });
    await takeLock(db, {
      owner: { processId: process.pid, host: hostname(), startedAtMs: Date.now() },
      nowMs: Date.now(),
      staleAfterMs: 30_000,
      isProcessAlive: () => true,
    });
    await close();
    await expect(start()).rejects.toThrow(BookOwnedError);
    const after = await openDatabase(folder.path(), { nowMs: Date.now(), migrations: older });
    await after.close();
  });

  it('may own several books in one process', async () => {
    const one = await start();
    const two = await start({ database: folder.path('other.sqlite') });
    const reports = await Promise.all([one.portfolio.reports(), two.portfolio.reports()]);
    expect(reports.flat()).toHaveLength(2);
  });
});

describe('opening a portfolio', () => {
  it('is refused with every problem of the configuration, and without a secret', async () => {
    const configuration = {
      venues: [
        {
          id: 'cb',
          kind: 'coinbase',
          credentials: { keyName: 'k', privateKey: 'planted-c0ffee' },
          policy: 'never',
        },
      ],
    };
    const refusal = await openPortfolio({ configuration, environment: {} }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ConfigurationError);
    expect(String(refusal)).toContain(
      'venues[0].policy: expected one of "observe", "propose", "auto", found "never"',
    );
    expect(String(refusal)).not.toContain('planted');
  });
});
