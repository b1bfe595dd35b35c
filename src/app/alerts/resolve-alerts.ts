import { ALERT_LEVELS } from '../../domain/alerts/alert-codes.ts';
import type { QuietHours } from '../../domain/alerts/quiet-hours.ts';
import type { ConfigurationProblem } from '../configuration-problem.ts';
import { isLoopback } from '../metrics/metrics-address.ts';
import type { Environment } from '../reconciliation-overrides.ts';
import { Secret } from '../secret.ts';
import type { AlertRoute, AlertSettings } from './alert-settings.ts';
import type { WrittenAlerts } from './alerts-schema.ts';
import type { ChannelConfiguration } from './channel.ts';

export interface AlertsConfiguration {
  readonly settings: AlertSettings;
  readonly channels: readonly ChannelConfiguration[];
}

interface Sources {
  readonly environment: Environment;
  readonly readFile: (path: string) => string;
}

type WrittenChannel = WrittenAlerts['channels'][number];

const URL_TEXT = 'a URL that starts with https://, or with http:// to this machine';

/** The section with its secrets in hand. No problem holds anything of a secret. */
export function resolveAlerts(
  written: WrittenAlerts,
  sources: Sources,
): { readonly alerts: AlertsConfiguration; readonly problems: readonly ConfigurationProblem[] } {
  const problems: ConfigurationProblem[] = [];
  const channels = written.channels.flatMap((channel) => resolveChannel(channel, sources, problems) ?? []);
  const names = written.channels.map(({ name }) => name);
  for (const [index, name] of names.entries())
    if (names.indexOf(name) !== index)
      problems.push({
        path: `alerts.channels[${index}].name`,
        expected: 'a name of its own',
        found: `"${name}"`,
      });
  for (const [index, { channel }] of (written.routes ?? []).entries())
    if (!names.includes(channel))
      problems.push({
        path: `alerts.routes[${index}].channel`,
        expected: names.length === 0 ? 'no route, as there is no channel' : `one of ${names.join(', ')}`,
        found: `"${channel}"`,
      });
  const routes: readonly AlertRoute[] =
    written.routes ?? names.map((channel) => ({ channel, levels: ALERT_LEVELS }));
  const { cooldownSeconds, checkIntervalSeconds } = written;
  const settings: AlertSettings = {
    checkIntervalMs: milliseconds(checkIntervalSeconds),
    cooldownMs: {
      critical: milliseconds(cooldownSeconds.critical),
      warning: milliseconds(cooldownSeconds.warning),
      info: milliseconds(cooldownSeconds.info),
    },
    strategyDrawdown: written.strategyDrawdown,
    quietHours: quietHoursOf(written),
    routes,
  };
  return { alerts: { settings, channels }, problems };
}

function quietHoursOf({ quietHours }: WrittenAlerts): QuietHours | null {
  if (quietHours === undefined) return null;
  const { from, to, zone } = quietHours;
  return { zone, fromMinute: minuteOf(from), toMinute: minuteOf(to) };
}

const minuteOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
const milliseconds = (seconds: number): number => Math.round(seconds * 1_000);

function resolveChannel(
  channel: WrittenChannel,
  sources: Sources,
  problems: ConfigurationProblem[],
): ChannelConfiguration | null {
  const read = (variable: string): Secret | null => readSecret(variable, sources, problems);
  const { name } = channel;
  switch (channel.kind) {
    case 'webhook': {
      const url = checkedUrl(channel.urlEnv, read(channel.urlEnv), problems);
      const { signingSecretEnv } = channel;
      const signingSecret = signingSecretEnv === undefined ? null : read(signingSecretEnv);
      return url && { kind: 'webhook', name, url, signingSecret };
    }
    case 'slack': {
      const url = checkedUrl(channel.urlEnv, read(channel.urlEnv), problems);
      return url && { kind: 'slack', name, url };
    }
    case 'telegram': {
      const { tokenEnv, chatId, baseUrl } = channel;
      const token = read(tokenEnv);
      if (!isAllowed(baseUrl)) {
        problems.push({ path: `alerts.channels.${name}.baseUrl`, expected: URL_TEXT, found: 'another' });
        return null;
      }
      return token && { kind: 'telegram', name, baseUrl, token, chatId };
    }
    case 'email': {
      const { host, port, secure, user = null, passwordEnv, from, to } = channel;
      const password = passwordEnv === undefined ? null : read(passwordEnv);
      if ((user === null) !== (passwordEnv === undefined))
        problems.push({
          path: `alerts.channels.${name}`,
          expected: 'user and passwordEnv, or neither',
          found: 'one of them',
        });
      return { kind: 'email', name, host, port, isSecure: secure, user, password, from, to };
    }
  }
}

function readSecret(
  variable: string,
  { environment, readFile }: Sources,
  problems: ConfigurationProblem[],
): Secret | null {
  const file = environment[`${variable}_FILE`];
  const value = environment[variable] ?? (file === undefined ? undefined : textOf(file, readFile));
  if (value !== undefined && value.trim() !== '') return new Secret(value.trim());
  problems.push({
    path: variable,
    expected: `a value, or a file that ${variable}_FILE names`,
    found: 'nothing',
  });
  return null;
}

function textOf(file: string, readFile: Sources['readFile']): string | undefined {
  try {
    return readFile(file);
  } catch {
    return undefined;
  }
}

function checkedUrl(variable: string, url: Secret | null, problems: ConfigurationProblem[]): Secret | null {
  if (url === null || isAllowed(url.reveal())) return url;
  problems.push({ path: variable, expected: URL_TEXT, found: 'a value that is not shown' });
  return null;
}

/** Nothing that is told leaves this machine in the clear. */
function isAllowed(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, username, password } = new URL(url);
  if (username !== '' || password !== '') return false;
  const host = hostname.replace(/^\[|\]$/g, '');
  return protocol === 'https:' || (protocol === 'http:' && (host === 'localhost' || isLoopback(host)));
}
