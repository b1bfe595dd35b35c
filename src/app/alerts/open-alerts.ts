import type { Announcement } from '../../../actors/messages/announcements.ts';
import type { OpenDatabase } from '../../../db/database.ts';
import { type Clock, systemClock } from '../../platform/clock.ts';
import { systemRandom } from '../../platform/random.ts';
import type { EndReason } from '../portfolio-api.ts';
import { AlertSender } from './alert-sender.ts';
import { lastWords, whyNotStarted } from './last-words.ts';
import { openChannels } from './open-channels.ts';
import type { AlertsConfiguration } from './resolve-alerts.ts';

/** How people are told of a running portfolio, beside its service. */
export interface PortfolioAlerts {
  /** Sends what the service writes down from now on, and what an earlier one has left. */
  start(): void;
  /** Nobody looks any more where the worker that does is lost: that is told from here. */
  hear(announcement: Announcement): void;
  /** Tells why there is no service, where that is for more than whoever starts it. */
  endUnstarted(error: unknown): Promise<void>;
  /** Tells why it has ended, unless it was closed. */
  end(reason: EndReason): Promise<void>;
}

export function openAlerts(
  { channels, settings }: AlertsConfiguration,
  ports: {
    readonly database: OpenDatabase;
    readonly machine: Clock;
    readonly onProblem: (problem: string) => void;
  },
): PortfolioAlerts {
  const { database, machine, onProblem } = ports;
  const sender = new AlertSender({
    database,
    channels: openChannels(channels, systemClock.now),
    routes: settings.routes,
    clock: machine,
    random: systemRandom,
    onProblem,
  });
  return {
    start: () => sender.start(),
    hear: (announcement) => {
      if (announcement.type !== 'workerChanged') return;
      const { worker, what, error, atMs } = announcement;
      if (worker !== 'alerts' || what !== 'worker.gaveUp') return;
      const words = lastWords('workerGaveUp', { about: worker, detail: error ?? what }, atMs);
      void sender.say(words, { isKept: true });
    },
    endUnstarted: async (error) => {
      const words = whyNotStarted(error, machine.now());
      if (words !== null) await sender.say(words, { isKept: false });
      await sender.stop();
    },
    end: async ({ kind, reason }) => {
      // The book may be another's by now: what cannot be written is said all the same.
      if (kind !== 'closed')
        await sender.say(lastWords('serviceEnded', { detail: reason }, machine.now()), {
          isKept: kind === 'failed',
        });
      await sender.stop();
    },
  };
}
