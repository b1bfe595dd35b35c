import type { Announcement } from '../../actors/messages/announcements.ts';
import { type OpenDatabase, openDatabase } from '../../db/database.ts';
import { stateHash } from '../../db/state-hash.ts';
import type { ServiceSettings } from '../app/portfolio/service-settings.ts';
import { type Delivery, type Service, startService } from '../app/service.ts';
import type { Exchange } from '../exchanges/exchange.ts';
import { seededRandom } from '../platform/random.ts';
import { TurnClock } from '../platform/turn-clock.ts';
import { Intake, type Output, type Recorder } from './intake.ts';
import { JournalWriter } from './journal.ts';
import { portExchange } from './ported-exchange.ts';
import { recordedRandom } from './recorded-random.ts';
import { type Parking, Simulation } from './simulation.ts';

export interface HarnessOptions {
  readonly settings: ServiceSettings;
  /** Scripted, simulated, or real adapters against simulated venues. */
  readonly exchanges: readonly Exchange[];
  readonly startMs: number;
  readonly seed?: number;
  /** A file, or ":memory:" where none is given. */
  readonly database?: string;
  /** Where to keep the journal; none is kept without. */
  readonly journal?: string;
  /** The clock of the simulated venues, which runs along; its own where none is given. */
  readonly worldClock?: TurnClock;
  /** Simulated venues that may hold requests back. */
  readonly parking?: readonly Parking[];
  /** Simulated time that every answer of a venue takes; none unless told. */
  readonly callMs?: number;
}

/** A service on a manual clock: messages and venue answers in; messages, events and rows out. */
export interface Harness {
  readonly clock: TurnClock;
  readonly service: Service;
  readonly database: OpenDatabase;
  /** Everything that left the service, in order. */
  readonly outputs: readonly (Output & { readonly atMs: number })[];
  readonly events: readonly Announcement[];
  send(delivery: Delivery): Promise<void>;
  /** Moves time, through everything that is due on the way. */
  advanceTo(atMs: number): Promise<void>;
  /** Lets everything happen that can without time passing. */
  settle(): Promise<void>;
  stateHash(): Promise<string>;
  close(): Promise<void>;
}

/**
 * Starts a service in simulated time. Venues are asked one at a time, so that every run of the same sequence gives
 * the same outputs and rows. Uses no network of its own and no time of the machine.
 */
export async function openHarness(options: HarnessOptions): Promise<Harness> {
  const clock = new TurnClock(options.startMs);
  const worldClock = options.worldClock ?? new TurnClock(options.startMs);
  const database = await openDatabase(options.database ?? ':memory:', { nowMs: options.startMs });
  const journal = options.journal === undefined ? null : new JournalWriter(options.journal, clock.now);
  const outputs: (Output & { atMs: number })[] = [];
  const events: Announcement[] = [];
  const recorder: Recorder = {
    input: (input) => journal?.input(input),
    random: (value) => journal?.random(value),
    output: (atMs, output) => {
      journal?.output(atMs, output);
      outputs.push({ ...output, atMs });
      if (output.kind === 'event') events.push(output.event as Announcement);
    },
  };
  // Whoever drives the harness awaits it, and gets what could not be delivered.
  const intake = new Intake(clock, recorder, () => undefined);
  const simulation = new Simulation({
    clock,
    worldClock,
    intake,
    parking: options.parking ?? [],
    callMs: options.callMs ?? 0,
  });
  const exchanges = new Map(
    options.exchanges.map((target) => [
      target.venue,
      portExchange(target, intake, { target, start: simulation.startCall }),
    ]),
  );
  journal?.start(options.settings, await stateHash(database.db));
  const random = recordedRandom(seededRandom(options.seed ?? 1), recorder);
  const service = await startService(
    { clock, intake, random, recorder, database, exchanges },
    options.settings,
  );
  return {
    clock,
    service,
    database,
    outputs,
    events,
    send: async (delivery) => {
      intake.submit({ kind: 'message', atMs: clock.now(), message: delivery });
      await simulation.quiesce();
    },
    advanceTo: (atMs) => simulation.advanceTo(atMs),
    settle: () => simulation.quiesce(),
    stateHash: () => stateHash(database.db),
    close: async () => {
      await simulation.quiesce();
      journal?.close(await stateHash(database.db));
      await service.stop();
      await database.close();
      for (const exchange of options.exchanges) await exchange.close();
    },
  };
}
