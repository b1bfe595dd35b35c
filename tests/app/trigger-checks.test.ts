import { afterAll, describe, expect, it } from '@jest/globals';
import type { TriggerSettings } from '../../src/app/portfolio/service-settings.ts';
import { listRebalances } from '../../src/app/rebalancing/list-rebalances.ts';
import { whyOf } from '../../src/app/rebalancing/rebalance-words.ts';
import { amount } from '../../src/domain/money/amount.ts';
import type { RebalanceRecord } from '../../src/domain/rebalancing/history/rebalance-record.ts';
import { replayService } from '../../src/replay/replay-service.ts';
import { recordedText, withJournalFile } from '../support/journal-file.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';
import { MINUTE_MS, START_MS } from '../support/trading-session.ts';
import { HYBRID, startWithTriggers as start } from '../support/trigger-session.ts';

const folder = new DatabaseFolder();
afterAll(() => folder.clean());

describe('a service with triggers', () => {
  it('asks again at a time of the calendar until a plan answers it, and then no more', async () => {
    // Taken into service before 00:10 of START_MS, when the one venue has less than the limit wants.
    const schedule = { every: 'day', zone: 'UTC', hour: 0, minute: 10 } as const;
    const calendar: TriggerSettings = {
      ...HYBRID,
      triggers: [{ kind: 'calendar', schedule, catchUp: true, force: true }],
    };
    const wanting = (minimumBalanceUsd: string) => ({
      limits: { maxOrderUsd: amount('10000'), minimumBalanceUsd: amount(minimumBalanceUsd) },
      limitsWritten: ['minimumBalanceUsd'],
    });
    const asked = (session: Awaited<ReturnType<typeof start>>) =>
      session.harness.events.filter(({ type }) => type === 'rebalancingRefused' || type === 'planMade')
        .length;
    const refused = await start(calendar, {}, MINUTE_MS / 2, wanting('100000000'));
    await refused.at(20);
    expect(asked(refused)).toBeGreaterThan(2);
    expect(refused.made()).toEqual([]);
    await refused.harness.close();
    const planned = await start(calendar, {}, MINUTE_MS / 2, wanting('1'));
    await planned.at(9);
    expect(asked(planned)).toBe(0);
    await planned.at(60);
    expect(asked(planned)).toBe(1);
    await planned.harness.close();
  });

  it('rebalances by itself once it is confirmed, and leaves a day until the next time', async () => {
    const { harness, venue, at, ended, states } = await start(HYBRID);
    await at(30);
    expect(ended()).toMatchObject([{ outcome: 'done', requestId: expect.stringMatching(/^trigger-\d+$/) }]);
    expect(await states()).toEqual(['held', 'due', 'quiet']);
    // The history has what fired, by how much, and that the policy approved it.
    const [rebalance] = await listRebalances(harness.database.db, { sinceMs: null, limit: 2 });
    expect(rebalance).toMatchObject({
      state: 'done',
      decidedBy: 'policy',
      origin: {
        kind: 'triggers',
        fired: [{ kind: 'hybrid525', metric: expect.any(String), threshold: '0.05', group: 'BTC' }],
      },
    });
    expect(whyOf(rebalance as RebalanceRecord)).toMatch(/^hybrid525 BTC 0\.\d+, from 0\.05 on$/);
    // Far off again by a deposit that the book hears of.
    await harness.send({
      to: 'portfolio',
      message: {
        type: 'portfolio.depositReported',
        eventId: 'deposit-1',
        venue: 'coinbase',
        asset: 'USD',
        amount: amount('50000'),
        activityId: null,
        atMs: harness.clock.now(),
      },
    });
    venue.deposit('USD', amount('50000'));
    await at(60);
    expect((await states()).slice(3)).toContain('held');
    expect(ended()).toHaveLength(1);
    await harness.close();
  });

  it('waits for a person where it is told to ask', async () => {
    const { harness, at, ended, made } = await start({ ...HYBRID, approval: { kind: 'ask' } });
    await at(6);
    expect(made()[0]).toMatchObject({ next: 'approval', requestId: expect.stringMatching(/^trigger-/) });
    expect(ended()).toEqual([]);
    await harness.close();
  });

  it('asks for nothing where no group is outside its band', async () => {
    const triggers = { ...HYBRID, triggers: [{ kind: 'total', threshold: amount('0.9') }] } as const;
    const { harness, at, made, states } = await start(triggers);
    await at(20);
    expect(made()).toEqual([]);
    expect(await states()).toEqual(['quiet']);
    await harness.close();
  });

  it('asks for nothing while a plan of its own waits for a person, and confirms anew afterwards', async () => {
    const { harness, at, made, states } = await start({ ...HYBRID, approval: { kind: 'ask' } });
    const refused = () => harness.events.filter((event) => event.type === 'rebalancingRefused');
    await at(9);
    expect(made()).toHaveLength(1);
    expect(refused()).toEqual([]);
    // Ten minutes are left to a person: the next plan is of two checks after those.
    await at(20);
    expect(refused()).toMatchObject([{ reason: 'nobody approved the plan in time' }]);
    expect(made()).toHaveLength(2);
    expect(await states()).toEqual(['held', 'due', 'held', 'due', 'held']);
    expect(Number(made()[1]?.requestId.slice('trigger-'.length))).toBe(START_MS + 13 * MINUTE_MS);
    await harness.close();
  });

  it.each([
    ['as they stand by default', 30_000, 5 * MINUTE_MS],
    ['where venues are read less often than triggers are checked', 60 * MINUTE_MS, 5 * MINUTE_MS],
    ['where venues are not read on a schedule', 3_155_760_000_000, MINUTE_MS],
  ])('decides on fresh prices: %s', async (_, pollIntervalMs, checkIntervalMs) => {
    const { harness, at, ended, states } = await start({ ...HYBRID, checkIntervalMs }, {}, pollIntervalMs);
    await at(60);
    expect(ended()).toMatchObject([{ outcome: 'done' }]);
    expect((await states()).slice(-3)).toEqual(['held', 'due', 'quiet']);
    await harness.close();
  });

  it('says once that it cannot judge, where a venue gives no prices that a plan would take', async () => {
    const { harness, exchange, at, made, states } = await start(HYBRID);
    exchange.inject({ kind: 'unknown', method: 'readMarkets', reason: 'unreachable' }, 1_000);
    await at(9);
    expect(made()).toEqual([]);
    expect((await states()).at(-1)).toBe('undecidable');
    expect((await states()).filter((state) => state === 'undecidable')).toHaveLength(1);
    await harness.close();
  });

  it('goes on after a restart: what was confirmed once is due at the next check', async () => {
    const database = folder.path('restart.sqlite');
    const first = await start(HYBRID, { database });
    for (let minute = 1; !(await first.states()).includes('held'); minute += 1) {
      if (minute > 20) throw new Error('it is held within twenty minutes');
      await first.at(minute);
    }
    expect(first.made()).toEqual([]);
    const stoppedAtMs = first.harness.clock.now();
    await first.harness.close();
    const second = await start(HYBRID, { database, startMs: stoppedAtMs + MINUTE_MS / 2 });
    const before = (await second.states()).length;
    await second.at(1.5);
    expect((await second.states()).slice(before)).toEqual(['due']);
    await second.harness.close();
  });

  it('is the same in a replay of its journal', async () => {
    const text = await recordedText(async (journal) => {
      const { harness, at, ended } = await start(HYBRID, { journal });
      await at(30);
      expect(ended()).toHaveLength(1);
      await harness.close();
    });
    expect(await withJournalFile(text, (path) => replayService(path))).toMatchObject({ identical: true });
  });
});
