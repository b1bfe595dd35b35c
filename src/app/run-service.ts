import type { Announcement } from '../../actors/messages/announcements.ts';
import type { OpenDatabase } from '../../db/database.ts';
import { stateHash } from '../../db/state-hash.ts';
import type { Exchange } from '../exchanges/exchange.ts';
import type { Clock } from '../platform/clock.ts';
import { LateListener } from '../platform/late-listener.ts';
import { systemRandom } from '../platform/random.ts';
import { TurnClock } from '../platform/turn-clock.ts';
import { Intake, type Recorder } from '../replay/intake.ts';
import { JournalWriter } from '../replay/journal.ts';
import { portExchange, startConcurrently } from '../replay/ported-exchange.ts';
import { recordedRandom } from '../replay/recorded-random.ts';
import type { ServiceSettings } from './portfolio/service-settings.ts';
import { runInRealTime } from './real-time.ts';
import { type Service, startService } from './service.ts';

export interface RunServicePorts {
  readonly settings: ServiceSettings;
  /** Steady time and real timers. */
  readonly machine: Clock;
  readonly database: OpenDatabase;
  readonly exchanges: readonly Exchange[];
  /** A file for the journal; none is kept without. */
  readonly journal: string | undefined;
  /** Hears when the service cannot go on. */
  readonly onFailure: (error: unknown) => void;
}

/** A service in real time, and what its end takes. */
export interface RunningService {
  readonly service: Service;
  readonly intake: Intake;
  /** Everything that the service announces, from its start on. */
  readonly announcements: LateListener<Announcement>;
  /** No timer fires any more. */
  readonly stopTime: () => void;
  /** Nothing is recorded any more. A journal without an end is one of a service that failed. */
  readonly endJournal: (stateHash: string) => void;
}

/** Starts a service on the machine's time: venues are asked at once, and their answers enter as they come. */
export async function runService(ports: RunServicePorts): Promise<RunningService> {
  const { settings, machine, database, onFailure } = ports;
  const clock = new TurnClock(machine.now());
  const journal = ports.journal === undefined ? null : new JournalWriter(ports.journal, clock.now);
  const announcements = new LateListener<Announcement>();
  let isRecording = true;
  const recorder: Recorder = {
    input: (input) => (isRecording ? journal?.input(input) : undefined),
    random: (value) => (isRecording ? journal?.random(value) : undefined),
    output: (atMs, output) => {
      if (!isRecording) return;
      journal?.output(atMs, output);
      if (output.kind === 'event') announcements.tell(output.event as Announcement);
    },
  };
  const intake = new Intake(clock, recorder, onFailure);
  const start = startConcurrently(intake, machine.now);
  const exchanges = new Map(
    ports.exchanges.map((target) => [target.venue, portExchange(target, intake, { target, start })]),
  );
  journal?.start(settings, await stateHash(database.db));
  const random = recordedRandom(systemRandom, recorder);
  const service = await startService({ clock, intake, random, recorder, database, exchanges }, settings);
  const { stop } = runInRealTime({ clock, intake, machine });
  return {
    service,
    intake,
    announcements,
    stopTime: stop,
    endJournal: (hash) => {
      isRecording = false;
      journal?.close(hash);
    },
  };
}
