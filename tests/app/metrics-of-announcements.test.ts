import { afterEach, describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import type { Announcement } from '../../actors/messages/announcements.ts';
import { type OpenDatabase, openDatabase } from '../../db/database.ts';
import { countAnnouncements } from '../../src/app/metrics/announcement-metrics.ts';
import { openMetrics } from '../../src/app/metrics/portfolio-metrics.ts';
import { RoundTimes } from '../../src/app/metrics/round-times.ts';
import { ServiceMetrics } from '../../src/app/metrics/service-metrics.ts';
import type { Reading } from '../../src/app/portfolio/read-standing.ts';
import { NO_LAG } from '../../src/domain/reconciliation/venue-lag.ts';
import { openInProcessExchange } from '../../src/exchanges/simulated/in-process-exchange.ts';
import { LateListener } from '../../src/platform/late-listener.ts';
import { settle } from '../../src/platform/turn-clock.ts';
import { type Family, parseExposition, sampleOf } from '../support/parse-exposition.ts';
import { realTimeVenue } from '../support/real-time-venue.ts';
import { serviceSettings } from '../support/service-settings.ts';

const START_MS = 1_000_000;
const CB = { venue: 'cb' };

let closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  closing = [];
});

function counting(venues: readonly string[] = ['cb']) {
  let nowMs = START_MS;
  const registry = new Registry();
  const rounds = new RoundTimes(() => nowMs);
  const count = countAnnouncements({ registry, venues, rounds, startedAtMs: START_MS });
  return {
    /** What a test does not need of an announcement, it leaves out. */
    hear: (announcement: object) => count(announcement as Announcement),
    read: rounds.before(
      openInProcessExchange({ venue: realTimeVenue('cb'), kind: 'coinbase', now: () => nowMs }),
    ),
    pass: (ms: number) => {
      nowMs += ms;
    },
    said: async () => parseExposition(await registry.metrics()),
  };
}

const found = (more: object = {}) => ({
  type: 'discrepancyChanged',
  discrepancy: {
    id: 'd1',
    venue: 'cb',
    state: 'confirmed',
    firstSeenAtMs: START_MS + 10_000,
    lastAgreedAtMs: null,
    confirmedAtMs: START_MS + 15_000,
    explainedAtMs: null,
    ...more,
  },
});

const report = (more: object = {}) => ({
  type: 'venueReportMade',
  venue: 'cb',
  status: 'reconciled',
  unknown: null,
  isRoundOver: true,
  ...more,
});

describe('an announcement', () => {
  it.each<[object, string, Readonly<Record<string, string>>]>([
    [report(), 'trueup_rounds_total', { ...CB, status: 'reconciled' }],
    [
      report({ status: 'inconclusive', unknown: { reason: 'stale' } }),
      'trueup_reads_unknown_total',
      { ...CB, reason: 'stale' },
    ],
    [found(), 'trueup_discrepancy_changes_total', { ...CB, state: 'confirmed' }],
    [
      { type: 'correctionChanged', venue: 'cb', state: 'reversed' },
      'trueup_corrections_total',
      { ...CB, state: 'reversed' },
    ],
    [
      { type: 'bookEventSettled', outcome: { status: 'postedAsExternal' } },
      'trueup_book_events_total',
      { status: 'postedAsExternal' },
    ],
    [
      { type: 'orderChanged', venue: 'cb', status: 'partlyFilled' },
      'trueup_orders_total',
      { ...CB, status: 'partlyFilled' },
    ],
    [{ type: 'rebalancingEnded', outcome: 'aborted' }, 'trueup_rebalances_total', { outcome: 'aborted' }],
    [{ type: 'rebalancingRefused' }, 'trueup_rebalances_total', { outcome: 'refused' }],
    [
      { type: 'workerChanged', worker: 'portfolio', what: 'worker.restarted' },
      'trueup_worker_changes_total',
      { worker: 'portfolio', change: 'worker.restarted' },
    ],
    [
      { type: 'messageUndelivered', worker: 'reconciliation:cb' },
      'trueup_messages_undelivered_total',
      { worker: 'reconciliation:cb' },
    ],
  ])('is counted where it belongs: %j', async (announcement, name, labels) => {
    const { hear, said } = counting();
    expect(sampleOf(await said(), name, labels)).toBe(0);
    hear(announcement);
    const after = await said();
    expect(sampleOf(after, name, labels)).toBe(1);
    const others = after.get(name)!.samples.filter((each) => each.value !== 0);
    expect(others).toHaveLength(1);
  });

  it('of a look in between ends no round', async () => {
    const { hear, said } = counting();
    hear(report({ isRoundOver: false, status: 'pending' }));
    expect(sampleOf(await said(), 'trueup_rounds_total', { ...CB, status: 'pending' })).toBe(0);
  });

  it('of a stream counts how often it came and went, and shows the one state that holds', async () => {
    const { hear, said } = counting();
    expect(sampleOf(await said(), 'trueup_stream_state', { ...CB, state: 'none' })).toBe(1);
    for (const state of ['live', 'lost', 'live']) hear({ type: 'streamStateChanged', venue: 'cb', state });
    const families = await said();
    expect(sampleOf(families, 'trueup_stream_state', { ...CB, state: 'live' })).toBe(1);
    expect(sampleOf(families, 'trueup_stream_state', { ...CB, state: 'lost' })).toBe(0);
    expect(sampleOf(families, 'trueup_stream_changes_total', { ...CB, state: 'live' })).toBe(2);
  });

  it('of reads that are tried again counts each try by its reason', async () => {
    const { hear, said } = counting();
    for (const reason of ['timedOut', 'unreachable', 'timedOut'])
      hear({ type: 'readRetried', venue: 'cb', endpointClass: 'account', reason, retryInMs: 125 });
    const families = await said();
    const of = (reason: string) => sampleOf(families, 'trueup_read_retries_total', { ...CB, reason });
    expect([of('timedOut'), of('unreachable'), of('rateLimited')]).toEqual([2, 1, 0]);
  });

  it('of a breaker shows the one state that holds; before it, every breaker is closed', async () => {
    const { hear, said } = counting();
    const of = (families: ReadonlyMap<string, Family>) =>
      ['closed', 'open', 'halfOpen'].map((state) =>
        sampleOf(families, 'trueup_breaker_state', { ...CB, endpoint_class: 'markets', state }),
      );
    expect(of(await said())).toEqual([1, 0, 0]);
    hear({ type: 'breakerChanged', venue: 'cb', endpointClass: 'markets', state: 'open' });
    expect(of(await said())).toEqual([0, 1, 0]);
  });

  it('every label has its values named: venues, workers, and what the types of the domain list (all else is "other")', async () => {
    const { hear, said } = counting();
    const seriesOf = (families: ReadonlyMap<string, Family>) =>
      [...families.values()].reduce((sum, { samples }) => sum + samples.length, 0);
    const before = seriesOf(await said());
    for (let index = 0; index < 1_000; index += 1) {
      hear({ type: 'messageUndelivered', worker: `reconciliation:venue-${index}` });
      hear({ type: 'orderChanged', venue: `venue-${index}`, status: `status-${index}` });
      hear(found({ id: `d${index}`, venue: `venue-${index}` }));
    }
    const after = await said();
    expect(sampleOf(after, 'trueup_messages_undelivered_total', { worker: 'other' })).toBe(1_000);
    expect(sampleOf(after, 'trueup_orders_total', { venue: 'other', status: 'other' })).toBe(1_000);
    expect(sampleOf(after, 'trueup_time_to_detect_seconds_count', { venue: 'other' })).toBe(1_000);
    // One each, and a histogram with its 14 buckets, sum and count.
    expect(seriesOf(after) - before).toBe(1 + 1 + 1 + 16);
  });
});

describe('the time to detect', () => {
  const sumOf = async (said: () => Promise<ReadonlyMap<string, Family>>) =>
    sampleOf(await said(), 'trueup_time_to_detect_seconds_sum', CB);
  const countOf = async (said: () => Promise<ReadonlyMap<string, Family>>) =>
    sampleOf(await said(), 'trueup_time_to_detect_seconds_count', CB);

  it('runs from the last read that agreed, or else from the first that differed', async () => {
    const { hear, said } = counting();
    hear(found());
    expect(await sumOf(said)).toBe(5);
    hear(found({ id: 'd2', lastAgreedAtMs: START_MS + 3_000 }));
    expect(await sumOf(said)).toBe(17);
  });

  it('is taken once, through however many states a discrepancy goes, and again when it comes back', async () => {
    const { hear, said } = counting();
    for (const state of ['proposed', 'corrected', 'closed']) hear(found({ state }));
    expect(await countOf(said)).toBe(1);
    hear(found({ state: 'suspected', confirmedAtMs: null }));
    hear(found({ confirmedAtMs: START_MS + 60_000 }));
    expect(await countOf(said)).toBe(2);
  });

  it('is not taken of what was confirmed before the start', async () => {
    const { hear, said } = counting();
    hear(found({ state: 'closed', confirmedAtMs: START_MS - 1, explainedAtMs: START_MS - 1 }));
    expect(await countOf(said)).toBe(0);
    expect(sampleOf(await said(), 'trueup_time_to_explain_seconds_count', CB)).toBe(0);
  });

  it('is followed by the time to explain, once it is explained', async () => {
    const { hear, said } = counting();
    hear(found());
    hear(found({ state: 'explained', explainedAtMs: START_MS + 17_000 }));
    hear(found({ state: 'proposed', explainedAtMs: START_MS + 17_000 }));
    const families = await said();
    expect(sampleOf(families, 'trueup_time_to_explain_seconds_count', CB)).toBe(1);
    expect(sampleOf(families, 'trueup_time_to_explain_seconds_sum', CB)).toBe(2);
  });
});

describe('the duration of a round', () => {
  const observed = { fillsSinceMs: null };
  const { signal } = new AbortController();
  const durations = async (said: () => Promise<ReadonlyMap<string, Family>>) => {
    const families = await said();
    return [
      sampleOf(families, 'trueup_round_duration_seconds_count', CB),
      sampleOf(families, 'trueup_round_duration_seconds_sum', CB),
    ];
  };

  it('runs from its first read to its report, over reads and looks in between', async () => {
    const { hear, read, pass, said } = counting();
    await read.observe(observed, signal);
    pass(1_500);
    hear(report({ isRoundOver: false }));
    await read.observe(observed, signal);
    pass(500);
    hear(report());
    expect(await durations(said)).toEqual([1, 2]);
    pass(30_000);
    await read.observe(observed, signal);
    pass(1_000);
    hear(report());
    expect(await durations(said)).toEqual([2, 3]);
  });

  it('is not known of a round whose read was not seen, or whose worker crashed', async () => {
    const { hear, read, pass, said } = counting();
    hear(report());
    await read.observe(observed, signal);
    hear({ type: 'workerChanged', worker: 'reconciliation:cb', what: 'worker.crashed' });
    pass(60_000);
    hear(report());
    expect(await durations(said)).toEqual([0, 0]);
  });
});

describe('what goes wrong with a metric', () => {
  const settings = serviceSettings([CB, { venue: 'lost' }]);
  const memory = {
    discrepancies: [],
    gates: { mode: 'active', assets: [] },
    lag: NO_LAG,
    lastCertifiedAtMs: START_MS,
  };
  const unknownOutcomes = new Set<string>();
  /** Of two configured venues the service has lost one, so that half of what is read of them can be read. */
  const reading = (): Reading =>
    ({
      state: { venues: new Map([['cb', memory]]), unknownOutcomes },
      settings,
      nowMs: START_MS,
    }) as unknown as Reading;

  async function measured() {
    const database: OpenDatabase = await openDatabase(':memory:', { nowMs: START_MS });
    closing.push(database.close);
    const problems: string[] = [];
    const metrics = await ServiceMetrics.open({
      settings,
      now: () => START_MS,
      database,
      databasePath: ':memory:',
      journalPath: null,
      gates: new Map(),
      reading,
      health: () => 'healthy',
      onProblem: (problem) => problems.push(problem),
    });
    return { metrics, problems };
  }

  it('nothing here reaches an actor: hearing never throws and never waits, and what fails is told once and left out', async () => {
    const { metrics, problems } = await measured();
    for (let time = 0; time < 3; time += 1) {
      metrics.hear({ type: 'discrepancyChanged', discrepancy: null } as unknown as Announcement);
      metrics.hear(report({ venue: 'lost' }) as unknown as Announcement);
    }
    expect(problems).toEqual([]);
    await settle();
    expect(problems).toEqual([
      "metrics: the counting of discrepancyChanged failed: Cannot destructure property 'id' of 'discrepancy' as it is null.",
      'metrics: the time without a certified read failed: lost is a configured venue',
    ]);
    const said = parseExposition(await metrics.say());
    expect(sampleOf(said, 'trueup_rounds_total', { venue: 'lost', status: 'reconciled' })).toBe(3);
  });

  it('what is not known has no value. It is never zero (what could not be read is left out, and nothing else)', async () => {
    const { metrics, problems } = await measured();
    const first = parseExposition(await metrics.say());
    for (const name of ['discrepancies_open', 'gates', 'venue_mode', 'venue_certified_age_seconds'])
      expect(first.get(`trueup_${name}`)?.samples).toEqual([]);
    expect(sampleOf(first, 'trueup_orders_unknown_outcome')).toBe(0);
    expect(sampleOf(first, 'trueup_audit_sequence')).toBe(0);
    expect(sampleOf(first, 'trueup_service_health', { state: 'healthy' })).toBe(1);
    await metrics.say();
    await settle();
    expect(problems).toEqual(
      ['discrepancies', 'gates', 'modes', 'quiet windows', 'verification'].map(
        (of) => `metrics: the reading of ${of} failed: lost is a configured venue`,
      ),
    );
  });
});

describe('/healthz', () => {
  it.each([
    ['healthy', 200],
    ['degraded', 503],
    ['halted', 503],
    ['stopped', 503],
  ])('says %s with %i, and before the service runs that it starts', async (health, status) => {
    const metrics = await openMetrics({ host: '127.0.0.1', port: 0 }, () => undefined);
    closing.push(metrics.close);
    const place = metrics.url.replace('/metrics', '/healthz');
    const ask = async () => {
      const answer = await fetch(place);
      return [answer.status, answer.headers.get('content-type'), await answer.text()];
    };
    expect(await ask()).toEqual([503, 'application/json', '{"status":"starting"}\n']);
    expect((await fetch(metrics.url)).status).toBe(503);
    const service = { health: () => health, reading: () => ({}) as Reading };
    metrics.follow({ service, announcements: new LateListener<Announcement>() });
    expect(await ask()).toEqual([status, 'application/json', `{"status":"${health}"}\n`]);
  });
});
