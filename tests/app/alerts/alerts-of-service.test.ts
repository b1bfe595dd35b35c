import { afterEach, describe, expect, it } from '@jest/globals';
import { readDeliveries } from '../../../db/alert-delivery-repository.ts';
import { readAlerts } from '../../../db/alert-repository.ts';
import { openDatabaseReadOnly } from '../../../db/database.ts';
import type { AlertSettings } from '../../../src/app/alerts/alert-settings.ts';
import { DEFAULT_COOLDOWN_MS } from '../../../src/domain/alerts/advance-alerts.ts';
import { amount } from '../../../src/domain/money/amount.ts';
import {
  MINUTE_MS,
  openWorld,
  placeOrder,
  SECOND_MS,
  type World,
} from '../../support/reconciliation-world.ts';
import { DatabaseFolder } from '../../support/temporary-database.ts';

const ALERTS: AlertSettings = {
  cooldownMs: DEFAULT_COOLDOWN_MS,
  quietHours: null,
  strategyDrawdown: amount('0.25'),
  checkIntervalMs: 5_000,
  routes: [
    { channel: 'ops', levels: ['critical', 'warning', 'info'] },
    { channel: 'pager', levels: ['critical'] },
  ],
};

let folder = new DatabaseFolder();
let world: World | null = null;
afterEach(async () => {
  await world?.close();
  world = null;
  await folder.clean();
  folder = new DatabaseFolder();
});

const open = async (settings: Parameters<typeof openWorld>[0] = {}): Promise<World> => {
  world = await openWorld({
    ...settings,
    database: folder.path(),
    settings: { alerts: ALERTS, ...settings?.settings },
  });
  await world.pass(60 * SECOND_MS);
  return world;
};
const changes = (of: World) =>
  of.events('alertChanged').map(({ change, alert }) => `${change} ${alert.code} ${alert.asset ?? '-'}`);

async function kept() {
  const { db, close } = await openDatabaseReadOnly(folder.path());
  const alerts = await readAlerts(db, { isOpen: false, limit: 100 });
  const deliveries = await readDeliveries(db, { limit: 100 });
  await close();
  return { alerts, deliveries };
}

describe('a service that looks for what people have to know', () => {
  it('finds nothing where all is well', async () => {
    expect(changes(await open())).toEqual([]);
  });

  it('tells of a difference that was confirmed, writes the messages with it, and ends it with the difference', async () => {
    const of = await open({
      venue: {
        policy: { mode: 'propose', valueMaxUsd: amount('0'), navShareMax: amount('0'), perAssetAndDayMax: 0 },
      },
    });
    of.venue.deposit('USD', amount('500'));
    await of.reconcile(90 * SECOND_MS);
    expect(changes(of)).toContain('opened discrepancyOpen USD');
    expect(changes(of)).toContain('opened correctionWaits -');
    const { alerts, deliveries } = await kept();
    expect(alerts.map(({ state }) => state)).not.toContain('resolved');
    expect(deliveries.map(({ channel, state }) => `${channel} ${state}`)).toContain('ops intended');
    const levels = new Set(deliveries.filter(({ channel }) => channel === 'pager').map(({ level }) => level));
    expect([...levels].filter((level) => level !== 'critical')).toEqual([]);
  });

  it('tells of a venue that falls silent, and that it is back', async () => {
    const of = await open({ reconciliation: { gateTimeLimitMs: 300_000, pollIntervalMs: 60_000 } });
    of.inject({ kind: 'requestLost' }, '/', 10_000);
    await of.pass(10 * MINUTE_MS);
    expect(changes(of)).toContain('opened venueUncertified -');
    expect(changes(of)).toContain('opened breakerOpen -');
  });

  it('stops repeating what a person has acknowledged, also after a restart', async () => {
    const of = await open();
    placeOrder(of.venue, { id: 'missed' });
    await of.pass(10);
    await of.harness.send({
      to: 'portfolio',
      message: {
        type: 'portfolio.decisionMade',
        requestId: 'halt-1',
        by: 'person:ann',
        decision: { kind: 'haltTrading', reason: 'a test' },
      },
    });
    await of.pass(10 * SECOND_MS);
    const opened = of.events('alertChanged').find(({ alert }) => alert.code === 'killSwitchOn');
    expect(opened).toMatchObject({
      change: 'opened',
      alert: { level: 'warning', detail: expect.stringContaining('a test') },
    });
    await of.harness.send({
      to: 'portfolio',
      message: {
        type: 'portfolio.decisionMade',
        requestId: 'acknowledge-1',
        by: 'person:ann',
        decision: { kind: 'acknowledgeAlert', alertId: opened?.alert.id ?? '', reason: 'that was me' },
      },
    });
    await of.pass(SECOND_MS);
    expect(of.events('decisionAnswered').at(-1)).toMatchObject({ answer: { status: 'done' } });
    await of.restart();
    await of.pass(62 * MINUTE_MS);
    const { alerts, deliveries } = await kept();
    const alert = alerts.find(({ code }) => code === 'killSwitchOn');
    expect(alert).toMatchObject({
      state: 'open',
      acknowledgement: { by: 'person:ann', reason: 'that was me' },
    });
    const told = deliveries.flatMap(({ channel, notification }) =>
      channel === 'ops' ? notification.tellings.filter((each) => each.alert.code === 'killSwitchOn') : [],
    );
    expect(told.map(({ reason }) => reason)).toEqual(['opened']);
  });

  it('tells of a message of the bot that contradicts another, though the process ended before it looked', async () => {
    const of = await open();
    const event = {
      type: 'portfolio.depositReported',
      eventId: 'deposit-1',
      venue: 'coinbase',
      atMs: of.worldClock.now(),
      asset: 'USD',
      fee: null,
      activityId: null,
    } as const;
    await of.report({ ...event, amount: amount('5') } as never, { ...event, amount: amount('6') } as never);
    await of.restart();
    await of.pass(10 * SECOND_MS);
    expect(changes(of).filter((change) => change.includes('messageConflict'))).toEqual([
      'opened messageConflict -',
    ]);
  });
});
