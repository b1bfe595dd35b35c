import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openPortfolio, type PortfolioOptions } from '../../src/app/open-portfolio.ts';
import type { Portfolio } from '../../src/app/portfolio-api.ts';
import { ConfigurationError } from '../../src/app/portfolio-configuration.ts';
import { amount } from '../../src/domain/money/amount.ts';
import { settle } from '../../src/platform/turn-clock.ts';
import { type Family, parseExposition, sampleOf } from '../support/parse-exposition.ts';
import { realTimeConfiguration, realTimeExchange } from '../support/real-time-venue.ts';
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
    configuration: realTimeConfiguration({ ...changes, more: { metrics: { port: 0 }, ...changes.more } }),
    database: folder.path(),
    exchanges: { coinbase: exchange },
    environment: {},
    onProblem: () => undefined,
    ...options,
  });
  open.push(portfolio);
  const scrape = async (): Promise<ReadonlyMap<string, Family>> => {
    const answer = await fetch(String(portfolio.metricsUrl));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    return parseExposition(await answer.text());
  };
  const health = async () => {
    const answer = await fetch(String(portfolio.metricsUrl).replace('/metrics', '/healthz'));
    return { status: answer.status, body: await answer.text() };
  };
  return { portfolio, venue, exchange, scrape, health };
}

const COINBASE = { venue: 'coinbase' };
const deposit = (eventId: string, amountText: string) => ({
  type: 'portfolio.depositReported' as const,
  eventId,
  venue: 'coinbase',
  asset: 'USD',
  amount: amountText,
  activityId: null,
});

describe('the metrics of a portfolio', () => {
  it('are served nowhere unless the configuration says so', async () => {
    const { portfolio } = await start({ configuration: realTimeConfiguration() });
    expect(portfolio.metricsUrl).toBeNull();
  });

  it('follow a difference from its detection to its explanation and its correction', async () => {
    const { portfolio, venue, scrape } = await start({}, { venue: { policy: 'propose' } });
    await portfolio.reports();
    await portfolio.reconcile();
    const agreed = await scrape();
    const discrepancies = (families: ReadonlyMap<string, Family>): number =>
      families.get('trueup_discrepancies_open')!.samples.reduce((sum, { value }) => sum + value, 0);
    expect(discrepancies(agreed)).toBe(0);
    expect(sampleOf(agreed, 'trueup_time_to_detect_seconds_count', COINBASE)).toBe(0);
    expect(sampleOf(agreed, 'trueup_venue_mode', { ...COINBASE, state: 'active' })).toBe(1);
    expect(sampleOf(agreed, 'trueup_gates', { ...COINBASE, state: 'closed' })).toBe(0);
    expect(sampleOf(agreed, 'trueup_gates', { ...COINBASE, state: 'open' })).toBe(3);

    venue.deposit('USD', amount('5'));
    venue.deposit('BTC', amount('0.001'));
    await portfolio.reconcile();
    const differing = await scrape();
    expect(discrepancies(differing)).toBe(2);
    const proposed = differing
      .get('trueup_discrepancies_open')!
      .samples.filter(({ labels, value }) => labels.state === 'proposed' && value > 0);
    expect(proposed).toMatchObject([{ labels: { ...COINBASE, class: 'quantityMismatch' }, value: 2 }]);
    expect(sampleOf(differing, 'trueup_time_to_detect_seconds_count', COINBASE)).toBe(2);
    expect(sampleOf(differing, 'trueup_time_to_detect_seconds_sum', COINBASE)).toBeGreaterThan(0.02);
    expect(sampleOf(differing, 'trueup_time_to_explain_seconds_count', COINBASE)).toBe(2);
    expect(sampleOf(differing, 'trueup_corrections_total', { ...COINBASE, state: 'proposed' })).toBe(2);
    expect(sampleOf(differing, 'trueup_corrections_total', { ...COINBASE, state: 'applied' })).toBe(0);
    expect(sampleOf(differing, 'trueup_rounds_total', { ...COINBASE, status: 'critical' })).toBe(0);
    expect(sampleOf(differing, 'trueup_gates', { ...COINBASE, state: 'closed' })).toBeGreaterThan(0);
  });

  it('count rounds and how long they take, and reads that are unknown by reason', async () => {
    const { portfolio, exchange, scrape } = await start({}, { reconciliation: { retryCount: 0 } });
    await portfolio.reports();
    exchange.inject({ kind: 'unknown', method: 'observe', reason: 'refused' });
    await portfolio.reconcile();
    await portfolio.reconcile();
    const found = await scrape();
    const rounds = ['reconciled', 'pending', 'discrepant', 'critical', 'inconclusive'].map((status) =>
      sampleOf(found, 'trueup_rounds_total', { ...COINBASE, status }),
    );
    const finished = rounds.reduce((sum: number, count) => sum + (count ?? 0), 0);
    expect(finished).toBeGreaterThanOrEqual(3);
    expect(sampleOf(found, 'trueup_round_duration_seconds_count', COINBASE)).toBe(finished);
    // The first round opened the venue, with a quiet window of 20 ms between two reads.
    expect(sampleOf(found, 'trueup_round_duration_seconds_sum', COINBASE)).toBeGreaterThan(0.02);
    expect(sampleOf(found, 'trueup_reads_unknown_total', { ...COINBASE, reason: 'refused' })).toBe(1);
    expect(sampleOf(found, 'trueup_reads_unknown_total', { ...COINBASE, reason: 'stale' })).toBe(0);
    expect(sampleOf(found, 'trueup_rounds_total', { ...COINBASE, status: 'inconclusive' })).toBeGreaterThan(
      0,
    );
  });

  it('count what becomes of the messages of the bot', async () => {
    const { portfolio, scrape } = await start();
    await portfolio.reports();
    const atMs = Date.now();
    await portfolio.report({ ...deposit('one', '10'), atMs });
    await portfolio.report({ ...deposit('one', '10'), atMs });
    await portfolio.report({ ...deposit('one', '11'), atMs });
    const found = await scrape();
    const of = (status: string) => sampleOf(found, 'trueup_book_events_total', { status });
    expect([of('posted'), of('duplicate'), of('conflict'), of('rejected'), of('postedAsExternal')]).toEqual([
      1, 1, 1, 0, 0,
    ]);
  });

  it('tell how much is written, and nothing of what is not there', async () => {
    const { portfolio, scrape } = await start({ journal: folder.path('run.jsonl') });
    await portfolio.reports();
    const before = await scrape();
    await portfolio.report({ ...deposit('one', '10'), atMs: Date.now() });
    const after = await scrape();
    const sequence = sampleOf(after, 'trueup_audit_sequence') ?? 0;
    expect(sequence).toBe((sampleOf(before, 'trueup_audit_sequence') ?? 0) + 1);
    expect(sampleOf(after, 'trueup_audit_entries_total')).toBe(sequence);
    // A page of SQLite; the rest waits in its log until a checkpoint.
    expect(sampleOf(after, 'trueup_database_size_bytes', { file: 'database' })).toBeGreaterThanOrEqual(4_096);
    expect(sampleOf(after, 'trueup_database_size_bytes', { file: 'log' })).toBeGreaterThan(4_096);
    expect(sampleOf(after, 'trueup_journal_size_bytes')).toBeGreaterThan(
      sampleOf(before, 'trueup_journal_size_bytes') ?? Number.POSITIVE_INFINITY,
    );
    await portfolio.close();

    const journal = folder.path('memory.jsonl');
    const problems: string[] = [];
    const onProblem = (problem: string): void => void problems.push(problem);
    const inMemory = await start({ database: ':memory:', journal, onProblem });
    const found = await inMemory.scrape();
    expect(found.get('trueup_database_size_bytes')?.samples).toEqual([]);
    expect(sampleOf(found, 'trueup_journal_size_bytes')).toBeGreaterThan(0);
    expect(problems.filter((problem) => problem.includes('metrics'))).toEqual([]);
    await inMemory.portfolio.close();

    // A second start counts its own entries only.
    const again = await start();
    const restarted = await again.scrape();
    expect(restarted.get('trueup_journal_size_bytes')?.samples).toEqual([]);
    expect(sampleOf(restarted, 'trueup_audit_sequence')).toBeGreaterThanOrEqual(sequence);
    expect(sampleOf(restarted, 'trueup_audit_entries_total')).toBeLessThan(sequence);
  });

  it('call a venue unverified for as long as no certified read is within the time limit', async () => {
    const { portfolio, exchange, scrape } = await start({}, { reconciliation: { gateTimeLimitSeconds: 1 } });
    await portfolio.reports();
    await portfolio.reconcile();
    const verified = await scrape();
    const total = (families: ReadonlyMap<string, Family>) =>
      sampleOf(families, 'trueup_venue_unverified_seconds_total', COINBASE) ?? Number.NaN;
    expect(sampleOf(verified, 'trueup_venue_certified_age_seconds', COINBASE)).toBeLessThan(1);
    exchange.inject({ kind: 'unknown', method: 'observe', reason: 'refused' }, 1_000);
    let silent = verified;
    while (total(silent) === total(verified)) silent = await scrape();
    // The time limit may have passed between two of its figures.
    silent = await scrape();
    expect(sampleOf(silent, 'trueup_venue_certified_age_seconds', COINBASE)).toBeGreaterThan(1);
    expect(sampleOf(silent, 'trueup_venue_mode', { ...COINBASE, state: 'reduceOnly' })).toBe(1);
    expect(sampleOf(silent, 'trueup_gates', { ...COINBASE, state: 'open' })).toBe(0);
  });

  it('are in the text format of Prometheus to the last line, and hold nothing that is secret', async () => {
    const { portfolio, scrape } = await start();
    await portfolio.reports();
    const families = await scrape();
    for (const { name, type, samples } of families.values()) {
      expect(name).toMatch(/^trueup_[a-z_]+$/);
      expect(name.endsWith('_total')).toBe(type === 'counter');
      if (type === 'histogram') expectBuckets(samples);
    }
    const labels = [...families.values()].flatMap(({ samples }) =>
      samples.flatMap((each) => Object.keys(each.labels)),
    );
    expect([...new Set(labels)].sort()).toEqual(
      // Of assets, accounts, scopes, orders and discrepancies nothing is said.
      [
        'change',
        'class',
        'endpoint_class',
        'file',
        'kind',
        'le',
        'level',
        'node',
        'outcome',
        'reason',
        'state',
        'status',
        'venue',
        'version',
        'worker',
      ],
    );
  });

  it('stand beside the health of the service', async () => {
    const { portfolio, health } = await start();
    await portfolio.reports();
    expect(await health()).toEqual({ status: 200, body: '{"status":"healthy"}\n' });
  });

  it('count the crash of a worker', async () => {
    const { portfolio, exchange, scrape } = await start();
    await portfolio.reports();
    const lost = new Promise<void>((resolve) => {
      portfolio.on('workerChanged', ({ what }) => {
        if (what === 'worker.crashed') resolve();
      });
    });
    exchange.observe = () => Promise.reject(new Error('a bug'));
    portfolio.reconcile().catch(() => undefined);
    await lost;
    const found = await scrape();
    const worker = { worker: 'reconciliation:coinbase', change: 'worker.crashed' };
    expect(sampleOf(found, 'trueup_worker_changes_total', worker)).toBe(1);
  });
});

describe('the port of the metrics', () => {
  it('is taken before anything else is done, and an error says where it is in use', async () => {
    const first = await start();
    const port = Number(new URL(String(first.portfolio.metricsUrl)).port);
    const problem = await start(
      { database: folder.path('second.sqlite') },
      { more: { metrics: { port } } },
    ).catch((error: unknown) => error);
    expect(String(problem)).toBe(
      `Error: metrics.port: expected a free port of 127.0.0.1, found ${port}, which is in use`,
    );
    expect(existsSync(folder.path('second.sqlite'))).toBe(false);
  });

  it.each([
    ['another process owns the book', 'book.sqlite', 'is owned by process'],
    ['the database cannot be opened', 'no-folder/book.sqlite', 'directory does not exist'],
  ])('is given back where %s', async (_name, file, reason) => {
    const first = await start();
    const port = Number(new URL(String(first.portfolio.metricsUrl)).port);
    await first.portfolio.close();
    const metrics = { more: { metrics: { port } } };
    await start({ configuration: realTimeConfiguration() });
    const refused = await start({ database: folder.path(file) }, metrics).catch((error: unknown) => error);
    expect(String(refused)).toContain(reason);
    const { portfolio } = await start({ database: ':memory:' }, metrics);
    expect(portfolio.metricsUrl).toBe(`http://127.0.0.1:${port}/metrics`);
  });

  it.each(['0.0.0.0', '::', '192.168.1.5', 'localhost', '127.1', ''])('is never one of %j', async (host) => {
    const problem = await start({}, { more: { metrics: { port: 0, host } } }).catch(
      (error: unknown) => error,
    );
    expect(problem).toBeInstanceOf(ConfigurationError);
    expect((problem as ConfigurationError).problems).toEqual([
      {
        path: 'metrics.host',
        expected: 'an address of this machine alone, such as "127.0.0.1" or "::1"',
        found: JSON.stringify(host),
      },
    ]);
  });

  it('is let go with every socket when the portfolio closes', async () => {
    const handles = () => process.getActiveResourcesInfo().filter((name) => /^TCP|^HTTP/.test(name));
    const { portfolio, scrape } = await start();
    await portfolio.reports();
    await scrape();
    expect(handles()).toContain('TCPServerWrap');
    await portfolio.close();
    // A handle is let go some turns after its end was told.
    for (let turn = 0; turn < 100 && handles().includes('TCPServerWrap'); turn += 1) await settle();
    expect(handles()).not.toContain('TCPServerWrap');
  });
});

function expectBuckets(samples: Family['samples']): void {
  const counts = new Map<string, number>();
  for (const { name, labels, value } of samples) {
    const key = JSON.stringify({ ...labels, le: undefined });
    if (name.endsWith('_bucket')) {
      // Cumulative, so that none is below the one before it.
      expect(value).toBeGreaterThanOrEqual(counts.get(key) ?? 0);
      counts.set(key, value);
    }
    if (name.endsWith('_count')) expect(value).toBe(counts.get(key));
  }
}
