import { expect, it } from '@jest/globals';
import { readDayJudgement } from '../../db/day-judgement-repository.ts';
import { DEFAULT_COOLDOWN_MS } from '../../src/domain/alerts/advance-alerts.ts';
import type { BookEvent } from '../../src/domain/book/book-event.ts';
import { amount } from '../../src/domain/money/amount.ts';
import type { DayJudgement } from '../../src/domain/risk/day-judgement.ts';
import { replayService } from '../../src/replay/replay-service.ts';
import { recordedText, withJournalFile } from '../support/journal-file.ts';
import { serviceSettings } from '../support/service-settings.ts';
import { MINUTE_MS, openSession, START_MS, tradeOfBot } from '../support/trading-session.ts';

const HOUR_MS = 60 * MINUTE_MS;

it('a replay of two days is the same, with what was worked out after each midnight and the alerts of it', async () => {
  let day: DayJudgement | null = null;
  let changes: readonly string[] = [];
  const text = await recordedText(async (journal) => {
    const { reconciliation } = serviceSettings([]);
    const { harness, accounts } = await openSession({
      journal,
      more: {
        reconciliation: { ...reconciliation, pollIntervalMs: 50 * MINUTE_MS, gateTimeLimitMs: HOUR_MS },
        valuations: { intervalMs: 30 * MINUTE_MS, retention: { rawMs: 1e12, hourlyMs: 1e12 } },
        alerts: {
          cooldownMs: DEFAULT_COOLDOWN_MS,
          quietHours: null,
          // The market fell by more on the first of these days.
          strategyDrawdown: amount('0.03'),
          checkIntervalMs: HOUR_MS,
          routes: [],
        },
      },
    });
    await harness.advanceTo(START_MS + 36 * MINUTE_MS);
    for (const event of tradeOfBot(accounts[0].venue, harness.clock.now(), 'bot-1')) {
      const message = event.type === 'portfolio.orderSubmitted' ? { ...event, strategy: 'trend' } : event;
      await harness.send({ to: 'portfolio', message: message as BookEvent });
    }
    await harness.advanceTo(START_MS + 50 * HOUR_MS);
    day = await readDayJudgement(harness.database.db);
    changes = harness.events.flatMap((event) =>
      event.type === 'alertChanged' && event.alert.code === 'strategyDrawdown' ? [event.change] : [],
    );
    await harness.close();
  });
  expect(day).toMatchObject({
    valuedAtMs: START_MS + 48 * HOUR_MS,
    correlation: { state: 'unknown' },
    strategies: [{ strategy: 'trend', fall: { state: 'known' } }],
  });
  expect(changes[0]).toBe('opened');
  expect(await withJournalFile(text, (path) => replayService(path))).toMatchObject({ identical: true });
}, 60_000);
