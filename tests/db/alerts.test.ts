import { afterAll, describe, expect, it } from '@jest/globals';
import {
  deliveryIdOf,
  endDelivery,
  forgetDeliveries,
  intendDelivery,
  postponeDelivery,
  readDeliveries,
  readDueDeliveries,
  readWaitingChannels,
} from '../../db/alert-delivery-repository.ts';
import {
  countOpenAlerts,
  findAlertsBeginningWith,
  readAlertMemory,
  readAlerts,
  readRememberedAlerts,
  saveAlertMemory,
  saveAlerts,
} from '../../db/alert-repository.ts';
import type { OpenDatabase } from '../../db/database.ts';
import { inTransaction, openDatabase } from '../../db/database.ts';
import { advanceAlerts, DEFAULT_COOLDOWN_MS, NO_ALERTS } from '../../src/domain/alerts/advance-alerts.ts';
import { seen, sighting } from '../../src/domain/alerts/observation.ts';
import { NOW_MS } from '../support/book-harness.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';

const folder = new DatabaseFolder();
afterAll(() => folder.clean());

const POLICY = { cooldownMs: DEFAULT_COOLDOWN_MS, quietHours: null };
const opened = (venues: readonly string[], nowMs = NOW_MS) =>
  advanceAlerts(
    NO_ALERTS,
    {
      looks: [
        seen(
          'leverage',
          venues.map((venue) => sighting('leverage', { venue, detail: 'high' })),
        ),
      ],
      occurrences: [],
    },
    nowMs,
    POLICY,
  );

describe('alerts', () => {
  it('are read as they were kept, and what is not remembered stays as a record', async () => {
    const { db } = await folder.memory();
    const first = opened(['north', 'south']);
    await saveAlerts(db, { before: new Map(), after: first.state.alerts });
    const kept = await readRememberedAlerts(db);
    expect(kept).toEqual(new Map([...first.state.alerts].sort(([, a], [, b]) => (a.id < b.id ? -1 : 1))));
    expect(await countOpenAlerts(db)).toEqual({ critical: 2, warning: 0, info: 0 });
    const over = advanceAlerts(
      first.state,
      { looks: [seen('leverage', [])], occurrences: [] },
      NOW_MS + 1,
      POLICY,
    );
    await saveAlerts(db, { before: kept, after: over.state.alerts });
    expect(await countOpenAlerts(db)).toEqual({ critical: 0, warning: 0, info: 0 });
    const later = advanceAlerts(over.state, { looks: [], occurrences: [] }, NOW_MS + 600_000, POLICY);
    expect(later.state.alerts.size).toBe(0);
    await saveAlerts(db, { before: await readRememberedAlerts(db), after: later.state.alerts });
    expect((await readRememberedAlerts(db)).size).toBe(0);
    const record = await readAlerts(db, { isOpen: false, limit: 10 });
    expect(record.map(({ state, venue }) => `${venue} ${state}`).sort()).toEqual([
      'north resolved',
      'south resolved',
    ]);
    expect(await readAlerts(db, { isOpen: true, limit: 10 })).toEqual([]);
    const [{ id = '' } = {}] = record;
    const found = await findAlertsBeginningWith(db, { beginning: id.slice(0, 8), limit: 2 });
    expect(found.map((alert) => alert.id)).toEqual([id]);
  });

  it('keep what the next look goes on from', async () => {
    const { db } = await folder.memory();
    expect(await readAlertMemory(db)).toBe(null);
    await saveAlertMemory(db, { wasQuiet: false, auditSequence: 3 });
    await saveAlertMemory(db, { wasQuiet: true, auditSequence: 7 });
    expect(await readAlertMemory(db)).toEqual({ wasQuiet: true, auditSequence: 7 });
  });
});

describe('messages of alerts', () => {
  const [notification] = opened(['north']).notifications;
  if (notification === undefined) throw new Error('an alert that opens is told');
  const intend = (db: OpenDatabase['db'], channel: string, atMs = NOW_MS) =>
    intendDelivery(db, { notification, channel, atMs });
  const due = async (db: OpenDatabase['db'], channel: string, nowMs: number) =>
    (await readDueDeliveries(db, { channel, nowMs, limit: 10 })).map(({ id, attempts }) => ({
      id,
      attempts,
    }));
  const id = deliveryIdOf(notification.id, 'ops');

  it('are written once, wait for their time, and end once', async () => {
    const { db } = await folder.memory();
    for (const channel of ['ops', 'ops', 'phone']) await intend(db, channel);
    expect(await due(db, 'ops', NOW_MS - 1)).toEqual([]);
    expect(await due(db, 'ops', NOW_MS)).toEqual([{ id, attempts: 0 }]);
    expect(
      (await readDueDeliveries(db, { channel: 'ops', nowMs: NOW_MS, limit: 1 }))[0]?.notification,
    ).toEqual(notification);
    await postponeDelivery(db, { id, attempts: 1, nextAttemptAtMs: NOW_MS + 500, problem: 'it hung' });
    expect(await due(db, 'ops', NOW_MS + 499)).toEqual([]);
    expect(await due(db, 'ops', NOW_MS + 500)).toEqual([{ id, attempts: 1 }]);
    expect(await readWaitingChannels(db)).toEqual([
      { channel: 'ops', waiting: 1, problem: 'it hung' },
      { channel: 'phone', waiting: 1, problem: '' },
    ]);
    await endDelivery(db, { id, state: 'delivered', problem: '', atMs: NOW_MS + 600 });
    await endDelivery(db, { id, state: 'abandoned', problem: 'late', atMs: NOW_MS + 700 });
    await postponeDelivery(db, { id, attempts: 9, nextAttemptAtMs: NOW_MS, problem: 'late' });
    expect(await due(db, 'ops', NOW_MS + 800)).toEqual([]);
    const ended = (await readDeliveries(db, { limit: 10 })).find((each) => each.id === id);
    expect(ended).toMatchObject({ state: 'delivered', attempts: 1, endedAtMs: NOW_MS + 600, problem: '' });
    // Said again, it is not sent again.
    await intend(db, 'ops');
    expect(await due(db, 'ops', NOW_MS + 800)).toEqual([]);
    await forgetDeliveries(db, NOW_MS + 601);
    expect((await readDeliveries(db, { limit: 10 })).map(({ channel }) => channel)).toEqual(['phone']);
  });

  it('a message is written down with the change that it tells of, before it is sent', async () => {
    const { db } = await folder.memory();
    const { state } = opened(['north']);
    const failing = inTransaction(db, async (trx) => {
      await saveAlerts(trx, { before: new Map(), after: state.alerts });
      await intend(trx, 'ops');
      throw new Error('the disk is full');
    });
    await expect(failing).rejects.toThrow('the disk is full');
    expect([
      await readDeliveries(db, { limit: 10 }),
      await readAlerts(db, { isOpen: false, limit: 10 }),
    ]).toEqual([[], []]);
  });

  it('outlive the process under the same id', async () => {
    const first = await folder.file('killed.sqlite');
    await intend(first.db, 'ops');
    await first.close();
    const second = folder.keep(await openDatabase(folder.path('killed.sqlite'), { nowMs: NOW_MS }));
    expect(await due(second.db, 'ops', NOW_MS)).toEqual([{ id, attempts: 0 }]);
  });
});
