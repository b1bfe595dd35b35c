import { describe, expect, it } from '@jest/globals';
import { loadConfiguration } from '../../../src/app/configuration.ts';
import { serviceSettingsOf } from '../../../src/app/settings-of-configuration.ts';

const ENVIRONMENT = {
  OPS_URL: 'https://example.org/hooks/a-long-token',
  OPS_KEY_FILE: '/secrets/ops',
  PLAIN_URL: 'http://example.org/hooks/a-long-token',
  LOCAL_URL: 'http://[::1]:8080/x',
  USER_URL: 'https://ann:word@example.org/x',
  BOT_TOKEN: 'a-bot-token-of-some-length',
};

const load = (alerts: unknown) =>
  loadConfiguration({
    path: '/trueup.json',
    environment: ENVIRONMENT,
    readFile: (path) => {
      if (path === '/secrets/ops') return 'a-signing-key-of-some-length\n';
      if (path !== '/trueup.json') throw Object.assign(new Error('none'), { code: 'ENOENT' });
      return JSON.stringify({ venues: [], alerts });
    },
  });
const hook = (urlEnv: string, more: object = {}) => ({ kind: 'webhook', name: 'ops', urlEnv, ...more });

describe('the section alerts', () => {
  it('has everything in its defaults, and holds no secret in what the service gets', () => {
    const loaded = load({ channels: [hook('OPS_URL', { signingSecretEnv: 'OPS_KEY' })] });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    const { alerts } = loaded.configuration;
    expect(alerts.settings).toEqual({
      checkIntervalMs: 5_000,
      cooldownMs: { critical: 300_000, warning: 3_600_000, info: 86_400_000 },
      strategyDrawdown: '0.25',
      quietHours: null,
      routes: [{ channel: 'ops', levels: ['critical', 'warning', 'info'] }],
    });
    const [channel] = alerts.channels;
    if (channel?.kind !== 'webhook') throw new Error('one webhook is configured');
    expect([channel.url.reveal(), channel.signingSecret?.reveal()]).toEqual([
      ENVIRONMENT.OPS_URL,
      'a-signing-key-of-some-length',
    ]);
    const text = JSON.stringify([serviceSettingsOf(loaded.configuration, 'live'), alerts.channels]);
    expect(text).not.toMatch(/a-long-token|a-signing-key/);
  });

  it('is there without being written, so that alerts are kept and announced all the same', () => {
    const loaded = load(undefined);
    expect(loaded.ok && loaded.configuration.alerts).toMatchObject({
      channels: [],
      settings: { routes: [] },
    });
  });

  it.each<[string, unknown, string, string]>([
    [
      'a network in the clear',
      { channels: [hook('PLAIN_URL')] },
      'PLAIN_URL',
      'a URL that starts with https://',
    ],
    ['a user in a URL', { channels: [hook('USER_URL')] }, 'USER_URL', 'a URL that starts with https://'],
    ['a variable that is empty', { channels: [hook('NOBODY')] }, 'NOBODY', 'a value, or a file'],
    [
      'two channels of one name',
      { channels: [hook('OPS_URL'), hook('LOCAL_URL')] },
      'alerts.channels[1].name',
      'a name of its own',
    ],
    [
      'a route to nowhere',
      { channels: [hook('OPS_URL')], routes: [{ channel: 'pos', levels: ['info'] }] },
      'alerts.routes[0].channel',
      'one of ops',
    ],
    [
      'a zone that is none',
      { quietHours: { from: '22:00', to: '07:00', zone: 'Europe/Nowhere' } },
      'alerts.quietHours.zone',
      'a zone of the IANA database',
    ],
    [
      'a time that is none',
      { quietHours: { from: '25:00', to: '07:00' } },
      'alerts.quietHours.from',
      'a time such as',
    ],
    [
      'a bot at another place in the clear',
      {
        channels: [
          { kind: 'telegram', name: 'p', tokenEnv: 'BOT_TOKEN', chatId: '1', baseUrl: 'http://example.org' },
        ],
      },
      'alerts.channels.p.baseUrl',
      'a URL that starts with https://',
    ],
    [
      'a user without a password',
      {
        channels: [
          { kind: 'email', name: 'm', host: 'h', user: 'bot', from: 'a@example.org', to: ['b@example.org'] },
        ],
      },
      'alerts.channels.m',
      'user and passwordEnv, or neither',
    ],
    [
      'a URL in the file',
      { channels: [{ ...hook('OPS_URL'), url: 'https://x' }] },
      'alerts.channels[0].url',
      '',
    ],
  ])('refuses %s, and shows no secret', (_, alerts, path, expected) => {
    const loaded = load(alerts);
    const problems = loaded.ok ? [] : loaded.problems;
    expect(problems.map((problem) => problem.path)).toEqual([path]);
    expect(problems[0]?.expected).toContain(expected);
    expect(JSON.stringify(problems)).not.toMatch(/a-long-token|ann:word/);
  });
});
