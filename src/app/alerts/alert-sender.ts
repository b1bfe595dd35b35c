import {
  type AlertDelivery,
  deliveryIdOf,
  endDelivery,
  forgetDeliveries,
  intendDelivery,
  postponeDelivery,
  readDueDeliveries,
} from '../../../db/alert-delivery-repository.ts';
import type { OpenDatabase } from '../../../db/database.ts';
import type { Notification } from '../../domain/alerts/notification.ts';
import type { Unknown } from '../../domain/venue/observation.ts';
import type { Clock } from '../../platform/clock.ts';
import { withDeadline } from '../../platform/deadline.ts';
import type { Random } from '../../platform/random.ts';
import { admit, type CircuitBreaker, NEW_BREAKER, record } from '../../resilience/circuit-breaker.ts';
import { retryDelayMs } from '../../resilience/retry-delay.ts';
import type { AlertRoute } from './alert-settings.ts';
import type { AlertChannel } from './channel.ts';

export interface AlertSenderPorts {
  readonly database: Pick<OpenDatabase, 'db'>;
  readonly channels: readonly AlertChannel[];
  readonly routes: readonly AlertRoute[];
  readonly clock: Clock;
  readonly random: Random;
  readonly onProblem: (problem: string) => void;
}

/** Between two looks at what there is to send. */
const LOOK_INTERVAL_MS = 1_000;
/** One attempt, whatever the receiver does. */
export const SEND_TIMEOUT_MS = 15_000;
/** What is told at the end: nobody waits long for it. */
const LAST_TIMEOUT_MS = 5_000;
/** Messages of one look; the rest are the next look's. */
const DUE_MAX = 20;
/** What could not be delivered for a day is no news any more. */
const AGE_MAX_MS = 86_400_000;
/** What a receiver refuses, it refuses again; a few attempts are for one that is being set up. */
const REFUSALS_MAX = 10;
const RETRY_AFTER_MAX_MS = 3_600_000;
/** Ended messages are kept for so long. */
const KEPT_MS = 30 * 86_400_000;

/**
 * Sends the messages that the service has written down, beside it: each channel by itself, so that one that hangs delays
 * no other, and none of them the service. A message counts as delivered once its receiver has said so and that is on the
 * disk; until then it is sent again, under the same id.
 */
export class AlertSender {
  readonly #ports: AlertSenderPorts;
  readonly #stopping = new AbortController();
  readonly #loops = new Map<string, { looking: Promise<void>; timer: unknown }>();
  readonly #breakers = new Map<string, CircuitBreaker>();
  /** Until when a receiver has asked to be left alone. */
  readonly #askedUntilMs = new Map<string, number>();

  constructor(ports: AlertSenderPorts) {
    this.#ports = ports;
  }

  start(): void {
    const { database, clock, channels, onProblem } = this.#ports;
    forgetDeliveries(database.db, clock.now() - KEPT_MS).catch((error) =>
      onProblem(`old messages of alerts are not forgotten: ${String(error)}`),
    );
    for (const channel of channels) {
      this.#loops.set(channel.name, { looking: Promise.resolve(), timer: null });
      this.#lookLater(channel);
    }
  }

  /** What is on its way is given up, and sent again at the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const { timer } of this.#loops.values()) this.#ports.clock.clearTimeout(timer);
    await Promise.all([...this.#loops.values()].map(({ looking }) => looking));
  }

  /**
   * Tells what the service itself cannot: once to every channel that wants its level, within a few seconds. Kept, it is
   * written down first where that can be done, and sent again at the next start where it did not arrive. Never rejects.
   */
  async say(notification: Notification, { isKept }: { readonly isKept: boolean }): Promise<void> {
    const { routes, channels } = this.#ports;
    const wanting = new Set(
      routes.filter(({ levels }) => levels.includes(notification.level)).map(({ channel }) => channel),
    );
    const told = channels.filter(({ name }) => wanting.has(name));
    await Promise.all(told.map((channel) => this.#sayBy(channel, notification, isKept)));
  }

  async #sayBy(channel: AlertChannel, notification: Notification, isKept: boolean): Promise<void> {
    const { database, clock, onProblem } = this.#ports;
    const deliveryId = deliveryIdOf(notification.id, channel.name);
    try {
      if (isKept)
        await intendDelivery(database.db, { notification, channel: channel.name, atMs: clock.now() });
    } catch (error) {
      onProblem(`an alert cannot be kept: ${String(error)}`);
    }
    try {
      const outcome = await withDeadline({ clock, timeoutMs: LAST_TIMEOUT_MS }, (signal) =>
        channel.send({ deliveryId, notification }, signal),
      );
      if (outcome.state === 'unknown')
        onProblem(`an alert did not arrive by ${channel.name}: ${outcome.detail}`);
      else if (isKept)
        await endDelivery(database.db, {
          id: deliveryId,
          state: 'delivered',
          problem: '',
          atMs: clock.now(),
        });
    } catch (error) {
      onProblem(`an alert did not arrive by ${channel.name}: ${String(error)}`);
    }
  }

  #lookLater(channel: AlertChannel): void {
    const loop = this.#loops.get(channel.name);
    if (loop === undefined || this.#stopping.signal.aborted) return;
    loop.timer = this.#ports.clock.setTimeout(() => {
      loop.looking = this.#look(channel).finally(() => this.#lookLater(channel));
    }, LOOK_INTERVAL_MS);
  }

  async #look(channel: AlertChannel): Promise<void> {
    try {
      await this.#sendDue(channel);
    } catch (error) {
      // Stopped, or the database is busy with another process: what is due stays due.
      if (!this.#stopping.signal.aborted)
        this.#ports.onProblem(`alerts cannot be sent by ${channel.name}: ${String(error)}`);
    }
  }

  async #sendDue(channel: AlertChannel): Promise<void> {
    const { database, clock } = this.#ports;
    const at = { channel: channel.name, nowMs: clock.now(), limit: DUE_MAX };
    for (const delivery of await readDueDeliveries(database.db, at)) {
      if (this.#stopping.signal.aborted) return;
      if (!(await this.#send(channel, delivery))) return;
    }
  }

  /** False where the channel is left alone for now. */
  async #send(channel: AlertChannel, delivery: AlertDelivery): Promise<boolean> {
    const { database, clock, onProblem } = this.#ports;
    const { name } = channel;
    if (clock.now() < (this.#askedUntilMs.get(name) ?? 0)) return false;
    const admission = admit(this.#breakers.get(name) ?? NEW_BREAKER, clock.now());
    if (admission.state === 'held') return false;
    this.#breakers.set(name, admission.breaker);
    const outcome = await withDeadline(
      { clock, timeoutMs: SEND_TIMEOUT_MS, signal: this.#stopping.signal },
      (signal) => channel.send({ deliveryId: delivery.id, notification: delivery.notification }, signal),
    );
    const isFailure = outcome.state === 'unknown' && !this.#stopping.signal.aborted;
    const counted =
      outcome.state === 'delivered'
        ? ({ kind: 'succeeded' } as const)
        : isFailure && outcome.reason !== 'refused' && outcome.reason !== 'rateLimited'
          ? ({ kind: 'failed', detail: outcome.detail } as const)
          : ({ kind: 'uncounted' } as const);
    const before = this.#breakers.get(name) ?? NEW_BREAKER;
    const after = record(before, { ticket: admission.ticket, outcome: counted, atMs: clock.now() });
    this.#breakers.set(name, after);
    if (outcome.state === 'delivered') {
      await endDelivery(database.db, { id: delivery.id, state: 'delivered', problem: '', atMs: clock.now() });
      return true;
    }
    if (!isFailure) return false;
    if (before.state !== 'open' && after.state === 'open')
      onProblem(`alerts cannot be sent by ${name}, it is left alone for a while: ${outcome.detail}`);
    await this.#afterFailure(delivery, outcome);
    return outcome.reason !== 'rateLimited';
  }

  async #afterFailure(delivery: AlertDelivery, { reason, detail, retryAfterMs }: Unknown): Promise<void> {
    const { database, clock, random, onProblem } = this.#ports;
    const { id, channel, intendedAtMs } = delivery;
    const atMs = clock.now();
    const attempts = delivery.attempts + 1;
    const problem = `${reason}: ${detail}`;
    const isGivenUp = atMs - intendedAtMs >= AGE_MAX_MS || (reason === 'refused' && attempts >= REFUSALS_MAX);
    if (isGivenUp) {
      onProblem(`an alert was not delivered by ${channel}, and is given up after ${attempts}: ${problem}`);
      return endDelivery(database.db, { id, state: 'abandoned', problem, atMs });
    }
    if (reason === 'refused' && attempts === 1) onProblem(`an alert was refused by ${channel}: ${detail}`);
    const askedMs = Math.min(retryAfterMs ?? 0, RETRY_AFTER_MAX_MS);
    if (askedMs > 0) this.#askedUntilMs.set(channel, atMs + askedMs);
    const nextAttemptAtMs = atMs + retryDelayMs(attempts, random.next(), askedMs);
    return postponeDelivery(database.db, { id, attempts, nextAttemptAtMs, problem });
  }
}
