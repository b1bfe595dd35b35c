import { afterEach, describe, expect, it } from '@jest/globals';
import { readDeliveries } from '../../../db/alert-delivery-repository.ts';
import { AuditBrokenError } from '../../../db/assert-audit-intact.ts';
import { openDatabaseReadOnly } from '../../../db/database.ts';
import { openAlerts } from '../../../src/app/alerts/open-alerts.ts';
import { openPortfolio } from '../../../src/app/open-portfolio.ts';
import type { Portfolio } from '../../../src/app/portfolio-api.ts';
import { Secret } from '../../../src/app/secret.ts';
import { DEFAULT_COOLDOWN_MS } from '../../../src/domain/alerts/advance-alerts.ts';
import { amount } from '../../../src/domain/money/amount.ts';
import { openReceiver, type Reaction } from '../../support/alert-receiver.ts';
import { NOW_MS } from '../../support/book-harness.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { realTimeConfiguration, realTimeExchange } from '../../support/real-time-venue.ts';
import { DatabaseFolder } from '../../support/temporary-database.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function world() {
  const folder = new DatabaseFolder();
  closing.push(() => folder.clean());
  const problems: string[] = [];
  const receive = async (...reactions: readonly Reaction[]) => {
    const receiver = await openReceiver(...reactions);
    closing.push(receiver.close);
    return receiver;
  };
  const open = async (url: string): Promise<Portfolio> => {
    const channels = [{ kind: 'webhook', name: 'ops', urlEnv: 'OPS_URL' }];
    const more = { alerts: { checkIntervalSeconds: 1, channels } };
    const portfolio = await openPortfolio({
      configuration: realTimeConfiguration({ more }),
      database: folder.path(),
      exchanges: { coinbase: realTimeExchange().exchange },
      environment: { OPS_URL: url },
      onProblem: (problem) => void problems.push(problem),
    });
    closing.push(() => portfolio.close());
    return portfolio;
  };
  const deliveries = async () => {
    const { db, close } = await openDatabaseReadOnly(folder.path());
    const found = await readDeliveries(db, { limit: 100 });
    await close();
    return found;
  };
  return { folder, problems, receive, open, deliveries };
}

const codesOf = (body: string | undefined): readonly string[] =>
  JSON.parse(body ?? '{"alerts":[]}').alerts.map(({ code }: { code: string }) => code);

describe('a portfolio whose receiver hangs', () => {
  it('is reconciled, decided on and closed as ever, and sends the same message at its next start', async () => {
    const { receive, open, deliveries } = await world();
    const hanging = await receive('hang');
    const first = await open(hanging.url);
    await first.reports();
    expect(await first.decide({ kind: 'haltTrading', reason: 'a test' })).toMatchObject({ status: 'done' });
    await hanging.posts(1);
    // The message is on its way from here to the end.
    for (let round = 0; round < 5; round += 1)
      expect((await first.reconcile()).map(({ status }) => status)).toEqual(['reconciled']);
    expect(await first.decide({ kind: 'rearmTrading', reason: 'over' }, 'person:ann')).toMatchObject({
      status: 'done',
    });
    await first.close();
    expect(hanging.received).toHaveLength(1);
    const [left] = (await deliveries()).filter(
      ({ id }) => id === hanging.received[0]?.headers['x-trueup-delivery'],
    );
    expect(left).toMatchObject({ state: 'intended', attempts: 0 });
    const working = await receive({ status: 200 });
    await open(working.url);
    await working.posts(1);
    const [again] = working.received;
    expect(again?.headers['x-trueup-delivery']).toBe(left?.id);
    expect(codesOf(again?.body)).toEqual(['killSwitchOn']);
  }, 30_000);
});

describe('a portfolio that cannot be opened', () => {
  it('tells that its audit log does not verify', async () => {
    const { folder, receive, open } = await world();
    const receiver = await receive({ status: 200 });
    const first = await open(receiver.url);
    await first.reports();
    await first.close();
    folder.tamper('audit_entry', "update audit_entry set body = '{}' where sequence = 2");
    await expect(open(receiver.url)).rejects.toThrow(AuditBrokenError);
    expect(receiver.received.flatMap(({ body }) => codesOf(body))).toEqual(['auditBroken']);
  }, 30_000);
});

describe('the end of a service', () => {
  async function alertsTo(url: string) {
    const { folder, problems } = await world();
    const database = await folder.memory();
    const machine = new ManualClock();
    machine.set(NOW_MS);
    const alerts = openAlerts(
      {
        channels: [{ kind: 'webhook', name: 'ops', url: new Secret(url), signingSecret: null }],
        settings: {
          checkIntervalMs: 5_000,
          cooldownMs: DEFAULT_COOLDOWN_MS,
          quietHours: null,
          strategyDrawdown: amount('0.25'),
          routes: [{ channel: 'ops', levels: ['critical'] }],
        },
      },
      { database, machine, onProblem: (problem) => void problems.push(problem) },
    );
    const states = async () => (await readDeliveries(database.db, { limit: 9 })).map(({ state }) => state);
    return { alerts, machine, states, problems, database };
  }
  const receiverOf = async (reaction: Reaction) => {
    const receiver = await openReceiver(reaction);
    closing.push(receiver.close);
    return receiver;
  };

  it.each([
    ['failed', ['serviceEnded'], ['delivered']],
    // Whoever has the book now may write to it; we may not.
    ['lockLost', ['serviceEnded'], []],
    ['closed', [], []],
  ] as const)('that has %s is told as %j', async (kind, codes, kept) => {
    const receiver = await receiverOf({ status: 200 });
    const { alerts, states } = await alertsTo(receiver.url);
    await alerts.end({ kind, reason: 'so it is' });
    expect(receiver.received.flatMap(({ body }) => codesOf(body))).toEqual(codes);
    expect(await states()).toEqual(kept);
  });

  it('waits a few seconds for a receiver, and leaves the message to the next start', async () => {
    const receiver = await receiverOf('hang');
    const { alerts, machine, states, problems } = await alertsTo(receiver.url);
    const ended = alerts.end({ kind: 'failed', reason: 'so it is' });
    await receiver.posts(1);
    machine.increment(5_000);
    await ended;
    expect(await states()).toEqual(['intended']);
    expect(problems).toEqual([expect.stringContaining('did not arrive by ops')]);
  });

  it('is not waited for where the worker that looks is lost: that is told at once', async () => {
    const receiver = await receiverOf({ status: 200 });
    const { alerts } = await alertsTo(receiver.url);
    const lost = { type: 'workerChanged', atMs: NOW_MS, error: 'a bug' } as const;
    alerts.hear({ ...lost, worker: 'triggers', what: 'worker.gaveUp' });
    alerts.hear({ ...lost, worker: 'alerts', what: 'worker.crashed' });
    alerts.hear({ ...lost, worker: 'alerts', what: 'worker.gaveUp' });
    await receiver.posts(1);
    await alerts.end({ kind: 'closed', reason: 'closed' });
    expect(receiver.received.flatMap(({ body }) => codesOf(body))).toEqual(['workerGaveUp']);
  });
});
