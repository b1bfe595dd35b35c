import { readAudit } from '../../db/audit-repository.ts';
import type { ServiceSettings, TriggerSettings } from '../../src/app/portfolio/service-settings.ts';
import { amount } from '../../src/domain/money/amount.ts';
import { TurnClock } from '../../src/platform/turn-clock.ts';
import { type HarnessOptions, openHarness } from '../../src/replay/harness.ts';
import { serviceSettings } from './service-settings.ts';
import { MINUTE_MS, START_MS, simulatedAccount } from './trading-session.ts';

export const HYBRID: TriggerSettings = {
  triggers: [{ kind: 'hybrid525' }],
  combination: 'any',
  gates: { confirmations: 2, confirmationSpacingMs: MINUTE_MS, minIntervalMs: 24 * 60 * MINUTE_MS },
  checkIntervalMs: MINUTE_MS,
  approval: {
    kind: 'policy',
    limits: { maxUsd: amount('1000000'), maxNavFraction: amount('1'), maxUsdPerDay: amount('10000000') },
  },
};

/** An account far from its targets, read every half minute. */
export async function startWithTriggers(
  triggers: TriggerSettings,
  more: Partial<HarnessOptions> = {},
  pollIntervalMs = MINUTE_MS / 2,
  changed: Partial<ServiceSettings> = {},
) {
  const startMs = more.startMs ?? START_MS;
  const worldClock = new TurnClock(startMs);
  const { venue, exchange } = simulatedAccount('coinbase', worldClock);
  const plain = serviceSettings([{ markets: ['BTC-USD', 'ETH-USD'], cashAsset: 'USD' }], { triggers });
  const settings = {
    ...plain,
    reconciliation: { ...plain.reconciliation, pollIntervalMs },
    targets: { BTC: '0.4', ETH: '0.4', CASH: '0.2' },
    limits: { maxOrderUsd: amount('10000'), maxSlippageBps: amount('50'), minTradeUsd: amount('10') },
    ...changed,
  };
  const harness = await openHarness({
    settings,
    exchanges: [exchange],
    startMs,
    worldClock,
    parking: [exchange],
    ...more,
  });
  const at = (minutes: number) => harness.advanceTo(startMs + minutes * MINUTE_MS);
  const ended = () => harness.events.filter((event) => event.type === 'rebalancingEnded');
  const made = () => harness.events.filter((event) => event.type === 'planMade');
  const entries = async () => {
    const read = await readAudit(harness.database.db, {
      afterSequence: 0,
      limit: 1_000,
      kind: 'triggersChecked',
    });
    return read.map(({ body }) => body as { outcome: { state: string } });
  };
  const states = async () => (await entries()).map(({ outcome }) => outcome.state);
  return { harness, venue, exchange, at, ended, made, entries, states };
}
