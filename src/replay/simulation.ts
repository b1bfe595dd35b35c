import { assert } from '../domain/assert.ts';
import type { TurnClock } from '../platform/turn-clock.ts';
import type { Answer, Intake } from './intake.ts';
import { messageOf, type StartCall } from './ported-exchange.ts';

/** What simulated venues tell about requests that they hold back on purpose. */
export interface Parking {
  parked(): number;
}

interface WaitingCall {
  readonly call: number;
  readonly run: () => Promise<unknown>;
}

/** Turns of the event loop without any progress after which a simulation is stuck, which is a bug. */
const IDLE_TURNS_MAX = 5_000_000;

/**
 * Simulated time over real HTTP on loopback.
 *
 * Venues are asked one at a time and time stands still while an answer is under way, so that the order of
 * everything is the same in every run. A request that a venue holds back on purpose lets time go on; what it is
 * answered with when it is let go waits for its turn, in the order of the questions, however fast the network was.
 */
export class Simulation {
  readonly #clock: TurnClock;
  readonly #worldClock: TurnClock;
  readonly #intake: Intake;
  readonly #parking: readonly Parking[];
  readonly #callMs: number;
  readonly #waiting: WaitingCall[] = [];
  readonly #answered: { readonly call: number; readonly answer: Answer }[] = [];
  #underWay = 0;

  constructor(ports: {
    readonly clock: TurnClock;
    readonly worldClock: TurnClock;
    readonly intake: Intake;
    readonly parking: readonly Parking[];
    /** Simulated time that an answer takes; none unless told. */
    readonly callMs?: number;
  }) {
    this.#clock = ports.clock;
    this.#worldClock = ports.worldClock;
    this.#intake = ports.intake;
    this.#parking = ports.parking;
    this.#callMs = ports.callMs ?? 0;
  }

  readonly startCall: StartCall = (call, run) => {
    this.#waiting.push({ call, run });
  };

  /** Lets the service do all that it can without time passing. */
  async quiesce(): Promise<void> {
    for (;;) {
      await this.#intake.idle();
      await this.#untilAnsweredOrParked();
      if (this.#deliverFirst()) continue;
      const next = this.#waiting.shift();
      if (!next) return;
      await this.#worldClock.moveTo(Math.max(this.#clock.now(), this.#worldClock.now()));
      this.#begin(next);
    }
  }

  /** Moves to a time, through everything that is due on the way. */
  async advanceTo(atMs: number): Promise<void> {
    await this.quiesce();
    for (;;) {
      const nextMs = Math.min(this.#clock.nextDueAtMs() ?? atMs, this.#worldClock.nextDueAtMs() ?? atMs);
      if (nextMs >= atMs) break;
      await this.#tick(nextMs);
    }
    await this.#tick(atMs);
  }

  async #tick(atMs: number): Promise<void> {
    if (atMs > this.#clock.now() || this.#clock.nextDueAtMs() === atMs)
      this.#intake.submit({ kind: 'tick', atMs });
    // The service's clock first: an answer that the venues now let go is read at the time at which it comes.
    await this.#intake.idle();
    await this.#worldClock.moveTo(Math.max(atMs, this.#worldClock.now()));
    await this.quiesce();
  }

  #begin({ call, run }: WaitingCall): void {
    this.#underWay += 1;
    const answer = (answered: Answer): void => {
      this.#underWay -= 1;
      this.#answered.push({ call, answer: answered });
    };
    run().then(
      (value) => answer({ value }),
      (error: unknown) => answer({ thrown: messageOf(error) }),
    );
  }

  /** Hands over the answer to the oldest question; false where none waits. */
  #deliverFirst(): boolean {
    const [first] = this.#answered.sort((a, b) => a.call - b.call);
    if (!first) return false;
    this.#answered.shift();
    this.#intake.submit({ kind: 'answer', atMs: this.#clock.now() + this.#callMs, ...first });
    return true;
  }

  /** Network and timers of the machine run between turns of the event loop; only they can end a call. */
  async #untilAnsweredOrParked(): Promise<void> {
    for (let turn = 0; !this.#isQuiet(); turn++) {
      assert(turn < IDLE_TURNS_MAX, 'a call to a simulated venue is answered or parked');
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  /** One question may be several requests, and a venue that a caller has left notices it a little later. */
  #isQuiet(): boolean {
    const parked = this.#parked();
    return this.#underWay === 0 ? parked === 0 : parked >= this.#underWay;
  }

  #parked(): number {
    return this.#parking.reduce((total, venue) => total + venue.parked(), 0);
  }
}
