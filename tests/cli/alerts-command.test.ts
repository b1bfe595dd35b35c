import { afterEach, describe, expect, it } from '@jest/globals';
import { openReceiver, type Reaction } from '../support/alert-receiver.ts';
import { BookRig } from './book-rig.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const KEY = 'a-signing-key-of-some-length';

async function open(...reactions: readonly Reaction[]) {
  const receiver = await openReceiver(...reactions);
  closing.push(receiver.close);
  const alerts = {
    checkIntervalSeconds: 1,
    channels: [
      { kind: 'webhook', name: 'ops', urlEnv: 'OPS_URL', signingSecretEnv: 'OPS_KEY' },
      { kind: 'slack', name: 'team', urlEnv: 'TEAM_URL' },
    ],
    routes: [{ channel: 'ops', levels: ['critical', 'warning'] }],
  };
  const rig = await BookRig.open();
  closing.push(() => rig.close());
  Object.assign(rig.world.environment, {
    OPS_URL: `${receiver.url}/ops`,
    TEAM_URL: `${receiver.url}/team/some-long-token`,
    OPS_KEY: KEY,
  });
  rig.configure({ venue: { policy: 'propose' }, more: { alerts } });
  return { receiver, rig };
}

describe('trueup alerts', () => {
  it('tests every channel, or one, and ends with 1 where a message did not arrive', async () => {
    const { receiver, rig } = await open({ status: 200, body: 'ok' });
    const all = await rig.run('alerts test --config CONFIG --json');
    expect(JSON.parse(all.out).channels).toMatchObject([
      { channel: 'ops', kind: 'webhook', state: 'delivered' },
      { channel: 'team', kind: 'slack', state: 'delivered' },
    ]);
    expect(all.exitCode).toBe(0);
    expect(receiver.received.map(({ path }) => path).sort()).toEqual(['/ops', '/team/some-long-token']);
    const one = await rig.run('alerts test --config CONFIG --channel team');
    expect([one.exitCode, one.out]).toEqual([
      0,
      expect.stringMatching(/^team {2}slack {2}delivered in \d+ ms\n$/),
    ]);
    expect(receiver.received).toHaveLength(3);
    const none = await rig.run('alerts test --config CONFIG --channel nobody');
    expect([none.exitCode, none.err]).toEqual([
      2,
      expect.stringContaining('expected "ops", "team", found "nobody"'),
    ]);
  });

  it('says what a receiver said, without what is secret', async () => {
    const { rig } = await open({ status: 403, body: `no: /team/some-long-token ${KEY}` });
    const { exitCode, out, err } = await rig.run('alerts test --config CONFIG');
    expect(exitCode).toBe(1);
    expect(out).toContain('team  slack  failed: refused: HTTP 403: no:');
    expect(out + err).not.toMatch(/some-long-token|a-signing-key/);
  });

  it('lists what a running service found, sends it, and takes a word on it', async () => {
    const { receiver, rig } = await open({ status: 200 });
    expect(await rig.run('alerts --config CONFIG')).toMatchObject({ exitCode: 0, out: 'no alert is open\n' });
    await rig.startRun();
    await rig.run(['halt', '--config', 'CONFIG', '--reason', 'a test', '--yes']);
    await receiver.posts(1);
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({
      level: 'warning',
      alerts: [{ code: 'killSwitchOn', reason: 'opened' }],
    });
    const listed = await rig.document('alerts --config CONFIG --json');
    const alert = listed.alerts.find(({ code }: { code: string }) => code === 'killSwitchOn');
    expect(alert).toMatchObject({ level: 'warning', state: 'open', acknowledgement: null });
    expect((await rig.document('status --database DATABASE --json')).alerts).toEqual(listed.open);
    expect((await rig.run('status --database DATABASE')).out).toContain(
      'alerts  0 critical, 1 warning, 0 info',
    );
    const words = ['alerts', 'acknowledge', alert.shortId, '--config', 'CONFIG', '--reason', 'that was me'];
    expect(await rig.run(words)).toMatchObject({
      exitCode: 0,
      out: expect.stringContaining('not told again'),
    });
    const after = await rig.run('alerts --database DATABASE');
    expect(after.out).toMatch(/acknowledged by person:\w+: that was me/);
    expect(
      (await rig.run(['alerts', 'acknowledge', 'ffffffff', '--config', 'CONFIG', '--reason', 'x'])).exitCode,
    ).toBe(2);
    expect((await rig.run(['alerts', 'acknowledge', alert.id, '--config', 'CONFIG'])).err).toContain(
      '--reason',
    );
  });
});
