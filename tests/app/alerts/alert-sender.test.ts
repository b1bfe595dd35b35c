import { createHmac } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import 'nodemailer';
import { SMTPServer } from 'smtp-server';
import { deliveryIdOf, intendDelivery, readDeliveries } from '../../../db/alert-delivery-repository.ts';
import type { OpenDatabase } from '../../../db/database.ts';
import { AlertSender, SEND_TIMEOUT_MS } from '../../../src/app/alerts/alert-sender.ts';
import type { ChannelConfiguration } from '../../../src/app/alerts/channel.ts';
import { openChannels } from '../../../src/app/alerts/open-channels.ts';
import { Secret } from '../../../src/app/secret.ts';
import { advanceAlerts, DEFAULT_COOLDOWN_MS, NO_ALERTS } from '../../../src/domain/alerts/advance-alerts.ts';
import type { Notification } from '../../../src/domain/alerts/notification.ts';
import { seen, sighting } from '../../../src/domain/alerts/observation.ts';
import { openReceiver, type Reaction } from '../../support/alert-receiver.ts';
import { NOW_MS } from '../../support/book-harness.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { DatabaseFolder } from '../../support/temporary-database.ts';

const LEVELS = ['critical', 'warning', 'info'] as const;
/** What a receiver on this machine may take to answer, however busy it is. */
const ANSWER_TIME_MS = 5_000;
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Alerts of so many venues, each opened now: one message each, or a digest of more than five. */
function notifications(count: number, detail = 'it is 2 & <more>'): readonly Notification[] {
  const found = Array.from({ length: count }, (_, index) =>
    sighting('leverage', { venue: `v${index}`, detail }),
  );
  const looks = [seen('leverage', found)];
  return advanceAlerts(NO_ALERTS, { looks, occurrences: [] }, NOW_MS, {
    cooldownMs: DEFAULT_COOLDOWN_MS,
    quietHours: null,
  }).notifications;
}

async function openSender(channels: readonly ChannelConfiguration[], database?: OpenDatabase) {
  const folder = new DatabaseFolder();
  const opened = database ?? (await folder.memory());
  const clock = new ManualClock();
  clock.set(NOW_MS);
  const problems: string[] = [];
  // Since when, of the machine's time, a message is on its way by a channel.
  const sendingSinceMs = new Map<string, number>();
  const attended = openChannels(channels, clock.now.bind(clock)).map((channel) => ({
    name: channel.name,
    send: async (...message: Parameters<typeof channel.send>) => {
      sendingSinceMs.set(channel.name, performance.now());
      try {
        return await channel.send(...message);
      } finally {
        sendingSinceMs.delete(channel.name);
      }
    },
  }));
  const mayPass = () =>
    [...sendingSinceMs.values()].every((sinceMs) => performance.now() - sinceMs > ANSWER_TIME_MS);
  const open = () =>
    new AlertSender({
      database: opened,
      channels: attended,
      routes: channels.map(({ name }) => ({ channel: name, levels: LEVELS })),
      clock,
      random: { next: () => 0.999 },
      onProblem: (problem) => void problems.push(problem),
    });
  const sender = open();
  closing.push(async () => {
    await sender.stop();
    await folder.clean();
  });
  const states = async (channel = channels[0]?.name) =>
    (await readDeliveries(opened.db, { limit: 100 }))
      .filter((each) => each.channel === channel)
      .map(({ state, attempts }) => `${state} ${attempts}`)
      .sort();
  return {
    sender,
    clock,
    problems,
    states,
    database: opened,
    open,
    delivery: async () => (await readDeliveries(opened.db, { limit: 1 }))[0],
    intend: async (told: readonly Notification[], atMs = NOW_MS) => {
      for (const notification of told)
        for (const { name } of channels)
          await intendDelivery(opened.db, { notification, channel: name, atMs });
    },
    /** Moves the clock on by a second at a time, but not while an answer is awaited, until the messages are so. */
    until: async (expected: readonly (string | RegExp)[], channel?: string) => {
      const areSo = (found: readonly string[]): boolean =>
        found.length === expected.length &&
        expected.every((each, index) =>
          typeof each === 'string' ? each === found[index] : each.test(found[index] ?? ''),
        );
      for (let passed = 0; passed < 3_600; ) {
        if (areSo(await states(channel))) return;
        if (mayPass()) {
          clock.increment(1_000);
          passed += 1;
        }
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
      expect(await states(channel)).toEqual(expected);
    },
  };
}

const receiverOf = async (...reactions: readonly Reaction[]) => {
  const receiver = await openReceiver(...reactions);
  closing.push(receiver.close);
  return receiver;
};
const webhook = (url: string, name = 'ops'): ChannelConfiguration => ({
  kind: 'webhook',
  name,
  url: new Secret(`${url}/hooks/a-long-secret-token`),
  signingSecret: new Secret('a-signing-secret-of-some-length'),
});
const telegram = (url: string): ChannelConfiguration => ({
  kind: 'telegram',
  name: 'phone',
  baseUrl: url,
  token: new Secret('123456:a-bot-token-of-some-length'),
  chatId: '-100',
});

describe('a webhook', () => {
  it('gets each message once, with its id, and signed so that the receiver can tell', async () => {
    const receiver = await receiverOf({ status: 204 });
    const sender = await openSender([webhook(receiver.url)]);
    const told = notifications(2);
    await sender.intend(told);
    sender.sender.start();
    await sender.until(['delivered 0', 'delivered 0']);
    expect(receiver.received).toHaveLength(2);
    const ids = told.map(({ id }) => deliveryIdOf(id, 'ops')).sort();
    expect(receiver.received.map(({ headers }) => headers['x-trueup-delivery']).sort()).toEqual(ids);
    for (const { headers, body, path } of receiver.received) {
      expect(path).toBe('/hooks/a-long-secret-token');
      // As docs/ALERTS.md has it, with nothing of the program's.
      const timestamp = String(headers['x-trueup-timestamp']);
      const expected = createHmac('sha256', 'a-signing-secret-of-some-length')
        .update(`${timestamp}.${body}`)
        .digest('hex');
      expect(headers['x-trueup-signature']).toBe(`v1=${expected}`);
      expect(Math.abs(Number(timestamp) * 1_000 - NOW_MS)).toBeLessThan(600_000);
      expect(JSON.parse(body)).toMatchObject({
        id: headers['x-trueup-delivery'],
        level: 'critical',
        alerts: [{ reason: 'opened', code: 'leverage', detail: 'it is 2 & <more>', value: null }],
      });
    }
  });

  it.each<[string, Reaction]>([
    ['fails', { status: 500, body: 'no' }],
    ['is busy', { status: 429, headers: { 'retry-after': '30' } }],
    ['resets the connection', 'reset'],
  ])('that %s is tried again, under the same id', async (_, first) => {
    const receiver = await receiverOf(first, { status: 200 });
    const sender = await openSender([webhook(receiver.url)]);
    await sender.intend(notifications(1));
    sender.sender.start();
    await sender.until(['delivered 1']);
    const [failed, taken] = receiver.received;
    expect(receiver.received).toHaveLength(2);
    expect(taken?.headers['x-trueup-delivery']).toBe(failed?.headers['x-trueup-delivery']);
    expect(taken?.body).toBe(failed?.body);
    const waitedMs =
      Number(taken?.headers['x-trueup-timestamp']) - Number(failed?.headers['x-trueup-timestamp']);
    if (typeof first === 'object' && first.status === 429) expect(waitedMs).toBeGreaterThanOrEqual(30);
  });

  it('that asks to wait is asked nothing else meanwhile', async () => {
    const receiver = await receiverOf({ status: 429, headers: { 'retry-after': '60' } }, { status: 200 });
    const sender = await openSender([webhook(receiver.url)]);
    await sender.intend(notifications(2));
    sender.sender.start();
    await sender.until(['delivered 0', 'delivered 1']);
    const [first, second] = receiver.received.map(({ headers }) => Number(headers['x-trueup-timestamp']));
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(60);
  });

  it('that hangs is given up at its deadline and tried again, and delays no other channel', async () => {
    const hanging = await receiverOf('hang', { status: 200 });
    const quick = await receiverOf({ status: 200 });
    const sender = await openSender([webhook(hanging.url), webhook(quick.url, 'other')]);
    await sender.intend(notifications(1));
    sender.sender.start();
    sender.clock.increment(1_000);
    await hanging.posts(1);
    await sender.until(['delivered 0'], 'other');
    expect((await sender.states())[0]).toBe('intended 0');
    sender.clock.increment(SEND_TIMEOUT_MS);
    await sender.until(['delivered 1']);
    expect(hanging.received).toHaveLength(2);
  });

  it('that redirects is not followed, and refuses for good after ten attempts', async () => {
    const target = await receiverOf({ status: 200 });
    const receiver = await receiverOf({ status: 307, headers: { location: `${target.url}/elsewhere` } });
    const sender = await openSender([webhook(receiver.url)]);
    await sender.intend(notifications(1));
    sender.sender.start();
    await sender.until(['abandoned 9']);
    expect([receiver.received.length, target.received.length]).toEqual([10, 0]);
    expect(await sender.delivery()).toMatchObject({
      problem: expect.stringContaining('redirects are not followed'),
    });
    expect(sender.problems.join(' ')).toContain('given up after 10');
  });

  it('that is dead is left alone more and more, and no message of a day is lost', async () => {
    const receiver = await receiverOf(...Array.from({ length: 8 }, () => 'reset' as const), { status: 200 });
    const sender = await openSender([webhook(receiver.url)]);
    await sender.intend(notifications(3));
    sender.sender.start();
    await sender.until([/^delivered /, /^delivered /, /^delivered /]);
    expect(receiver.received).toHaveLength(11);
    expect(sender.problems.some((problem) => problem.includes('left alone for a while'))).toBe(true);
    expect(sender.problems.join(' ')).not.toContain('a-long-secret-token');
  });

  it('what may have been sent and is not known to have arrived is sent again, under the same id', async () => {
    const receiver = await receiverOf({ status: 200 });
    const sender = await openSender([webhook(receiver.url)]);
    await sender.intend(notifications(1));
    const { db } = sender.database;
    // The process ends before the mark: nothing that it would have written is on the disk.
    const dying = new Proxy(db, {
      get: (target, key) =>
        key === 'updateTable'
          ? () => {
              throw new Error('killed');
            }
          : Reflect.get(target, key).bind(target),
    });
    const killed = new AlertSender({
      database: { db: dying },
      channels: openChannels([webhook(receiver.url)], () => NOW_MS),
      routes: [],
      clock: sender.clock,
      random: { next: () => 0 },
      onProblem: () => undefined,
    });
    killed.start();
    sender.clock.increment(1_000);
    await receiver.posts(1);
    await killed.stop();
    expect(await sender.states()).toEqual(['intended 0']);
    sender.sender.start();
    await sender.until(['delivered 0']);
    const ids = receiver.received.map(({ headers }) => headers['x-trueup-delivery']);
    expect([ids.length, new Set(ids).size]).toEqual([2, 1]);
  });
});

describe('a receiver that speaks as Slack does', () => {
  it('gets text and blocks within their bounds, with nothing in them that has a meaning', async () => {
    const receiver = await receiverOf({ status: 200, body: 'ok' });
    const sender = await openSender([
      { kind: 'slack', name: 'team', url: new Secret(`${receiver.url}/services/T/B/x`) },
    ]);
    await sender.intend(notifications(8, `<!channel> & ${'x'.repeat(5_000)}`));
    sender.sender.start();
    await sender.until(['delivered 0']);
    const body = JSON.parse(receiver.received[0]?.body ?? '');
    expect(body.text).toBe('[critical] 8 alerts');
    expect(body.blocks.length).toBeLessThanOrEqual(50);
    const sections = body.blocks.filter(({ type }: { type: string }) => type === 'section');
    expect(sections).toHaveLength(8);
    for (const { text } of sections) {
      expect(text.text.length).toBeLessThanOrEqual(3_000);
      expect(text.text).toContain('&lt;!channel&gt; &amp; x');
      expect(text.text).not.toContain('<!channel>');
    }
  });
});

describe('a receiver that speaks as Telegram does', () => {
  const shownOf = (text: string) =>
    text
      .replaceAll(/<\/?b>/g, '')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&');
  it('gets one message of at most 4096 shown characters, escaped', async () => {
    const receiver = await receiverOf({ status: 200, body: '{"ok":true}' });
    const sender = await openSender([telegram(receiver.url)]);
    await sender.intend(notifications(7, `<b>&${'<'.repeat(2_000)}`));
    sender.sender.start();
    await sender.until(['delivered 0']);
    const [post] = receiver.received;
    expect(post?.path).toBe('/bot123456:a-bot-token-of-some-length/sendMessage');
    const body = JSON.parse(post?.body ?? '');
    expect(body).toMatchObject({ chat_id: '-100', parse_mode: 'HTML' });
    expect(shownOf(body.text).length).toBeLessThanOrEqual(4_096);
    expect(shownOf(body.text)).toContain('<b>&<<<');
    expect(body.text.replace(/^<b>[^<]*<\/b>/, '')).not.toMatch(/[<>]/);
  });

  it('is waited for as long as it asks', async () => {
    const busy = { ok: false, error_code: 429, parameters: { retry_after: 40 } };
    const receiver = await receiverOf(
      { status: 429, body: JSON.stringify(busy) },
      { status: 200, body: '{"ok":true}' },
    );
    const sender = await openSender([telegram(receiver.url)]);
    await sender.intend(notifications(1));
    sender.sender.start();
    sender.clock.increment(1_000);
    await receiver.posts(1);
    await sender.until(['intended 1']);
    expect(((await sender.delivery())?.nextAttemptAtMs ?? 0) - sender.clock.now()).toBeGreaterThan(30_000);
    await sender.until(['delivered 1']);
  });

  it('that says no with a yes of HTTP has refused, and its token is in no problem', async () => {
    const receiver = await receiverOf({
      status: 200,
      body: '{"ok":false,"description":"123456:a-bot-token-of-some-length"}',
    });
    const sender = await openSender([telegram(receiver.url)]);
    await sender.intend(notifications(1));
    sender.sender.start();
    await sender.until(['intended 1']);
    const { problem = '' } = (await sender.delivery()) ?? {};
    expect(problem).toContain('[secret]');
    expect([problem, ...sender.problems].join(' ')).not.toContain('a-bot-token');
  });
});

describe('a mail server', () => {
  async function mailServer(refuses: { times: number } = { times: 0 }, responseCode = 451) {
    const mails: string[] = [];
    const server = new SMTPServer({
      authOptional: false,
      // It would ask a name server who its caller is.
      disableReverseLookup: true,
      allowInsecureAuth: true,
      disabledCommands: ['STARTTLS'],
      onAuth: ({ username, password }, _, callback) =>
        username === 'bot' && password === 'a-password-of-some-length'
          ? callback(null, { user: username })
          : callback(new Error('who are you, a-password-of-some-length?')),
      onData: (stream, _, callback) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          if (refuses.times > 0) {
            refuses.times -= 1;
            callback(Object.assign(new Error('later'), { responseCode }));
            return;
          }
          mails.push(Buffer.concat(chunks).toString('utf8'));
          callback();
        });
      },
    });
    server.on('error', () => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => new Promise((resolve) => server.close(() => resolve())));
    const { port } = server.server.address() as AddressInfo;
    return { mails, port };
  }
  const email = (port: number, password = 'a-password-of-some-length'): ChannelConfiguration => ({
    kind: 'email',
    name: 'mail',
    host: '127.0.0.1',
    port,
    isSecure: false,
    user: 'bot',
    password: new Secret(password),
    from: 'bot@example.org',
    to: ['ann@example.org', 'bob@example.org'],
  });

  it('gets a mail with the id of the message, and is tried again where it says later', async () => {
    const { mails, port } = await mailServer({ times: 1 });
    const sender = await openSender([email(port)]);
    const told = notifications(1);
    await sender.intend(told);
    sender.sender.start();
    await sender.until(['delivered 1']);
    expect(mails).toHaveLength(1);
    const id = deliveryIdOf(told[0]?.id ?? '', 'mail');
    expect(mails[0]?.replaceAll(/\r\n /g, ' ')).toMatch(new RegExp(`^Message-ID: +<${id}@example.org>`, 'm'));
    expect(mails[0]).toContain('To: ann@example.org, bob@example.org');
    expect(mails[0]).toMatch(/^Subject: \[critical\] leverage is above its limit/m);
    expect(mails[0]).toContain('do: reduce positions, or pay in');
  });

  it('that refuses the password has refused, and the password is in no problem', async () => {
    const { port } = await mailServer();
    const sender = await openSender([email(port, 'a-wrong-password')]);
    await sender.intend(notifications(1));
    sender.sender.start();
    await sender.until(['intended 1']);
    expect((await sender.delivery())?.problem).toMatch(/^refused: /);
    expect(sender.problems.join(' ')).not.toContain('a-wrong-password');
  });
});
