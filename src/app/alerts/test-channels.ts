import type { Alert } from '../../domain/alerts/alert.ts';
import { makeNotification } from '../../domain/alerts/notification.ts';
import { sha256Hex } from '../../domain/hash.ts';
import type { Clock } from '../../platform/clock.ts';
import { withDeadline } from '../../platform/deadline.ts';
import { SEND_TIMEOUT_MS } from './alert-sender.ts';
import type { AlertChannel, ChannelConfiguration } from './channel.ts';
import { openChannels } from './open-channels.ts';

export interface TestedChannel {
  readonly channel: string;
  readonly kind: ChannelConfiguration['kind'];
  readonly state: 'delivered' | 'failed';
  /** Why it failed, without secrets; empty where it did not. */
  readonly problem: string;
  readonly tookMs: number;
}

/** Sends one message by each of the channels that are named, once, as it would be sent; no database is asked. */
export function testChannels(
  configurations: readonly ChannelConfiguration[],
  names: ReadonlySet<string>,
  ports: { readonly clock: Clock; readonly by: string },
): Promise<readonly TestedChannel[]> {
  const channels = openChannels(configurations, ports.clock.now);
  return Promise.all(
    configurations.flatMap(({ kind }, index) => {
      const channel = channels[index];
      return channel !== undefined && names.has(channel.name) ? [testChannel(channel, kind, ports)] : [];
    }),
  );
}

async function testChannel(
  { name, send }: AlertChannel,
  kind: ChannelConfiguration['kind'],
  { clock, by }: { readonly clock: Clock; readonly by: string },
): Promise<TestedChannel> {
  const startedAtMs = clock.now();
  const notification = makeNotification(
    'single',
    'info',
    [{ reason: 'opened', alert: testAlert(by, startedAtMs) }],
    startedAtMs,
  );
  const deliveryId = sha256Hex(`test ${name} ${notification.id}`);
  const outcome = await withDeadline({ clock, timeoutMs: SEND_TIMEOUT_MS }, (signal) =>
    send({ deliveryId, notification }, signal),
  );
  const tookMs = clock.now() - startedAtMs;
  return outcome.state === 'delivered'
    ? { channel: name, kind, state: 'delivered', problem: '', tookMs }
    : { channel: name, kind, state: 'failed', problem: `${outcome.reason}: ${outcome.detail}`, tookMs };
}

function testAlert(by: string, atMs: number): Alert {
  return {
    id: sha256Hex(`test ${atMs}`),
    code: 'testMessage',
    level: 'info',
    asset: null,
    venue: null,
    about: null,
    state: 'open',
    detail: `sent by ${by} to see whether it arrives`,
    measure: null,
    openedAtMs: atMs,
    resolvedAtMs: null,
    occurrences: 1,
    lastHappenedAtMs: atMs,
    acknowledgement: null,
    told: { raisedAtMs: null, last: null, mark: null, owesWorsened: false, occurrences: 0, times: 1 },
  };
}
