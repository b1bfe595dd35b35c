// The one door through which everything enters: messages, answers of venues, the passing of time, random draws.
//
// Invariants:
// 1. One input is delivered at a time; the next waits until everything it set in motion has settled.
// 2. Time stands still within an input: it is the time at which the input came.
// 3. The same inputs in the same order give the same messages and rows, whoever delivers them.
// 4. An input that cannot be delivered ends the intake and reaches whoever drives it; nothing is skipped silently.

import { assert } from '../domain/assert.ts';
import { settle, type TurnClock } from '../platform/turn-clock.ts';

/** What enters the service. `call` numbers a question to a venue in the order in which it was asked. */
export type Input =
  | { readonly kind: 'tick'; readonly atMs: number }
  | { readonly kind: 'message'; readonly atMs: number; readonly message: unknown }
  | { readonly kind: 'answer'; readonly atMs: number; readonly call: number; readonly answer: Answer };

/** What a venue's adapter said, or that it broke: a throw of an adapter is a bug, and replayed as one. */
export type Answer = { readonly value: unknown } | { readonly thrown: string };

/** What leaves the service. */
export type Output =
  | {
      readonly kind: 'call';
      readonly call: number;
      readonly venue: string;
      readonly method: string;
      readonly request: unknown;
    }
  | { readonly kind: 'event'; readonly event: unknown };

export interface Recorder {
  input(input: Input): void;
  random(value: number): void;
  output(atMs: number, output: Output): void;
}

/** More inputs than this waiting at once means that something floods the service faster than it can ever work. */
const QUEUE_MAX = 100_000;

export class Intake {
  readonly #queue: Input[] = [];
  readonly #pending = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: Error) => void }
  >();
  readonly #clock: TurnClock;
  readonly #recorder: Recorder;
  #deliver: (message: unknown) => void = () =>
    assert(false, 'messages are delivered only once the service has started');
  readonly #onFailure: (error: unknown) => void;
  #running: Promise<void> | null = null;
  /** From before the first delivery on: what that sets in motion at once may submit the next input. */
  #isTaking = false;
  #failure: { readonly error: unknown } | null = null;
  #isStopped = false;
  #nextCall = 1;

  /**
   * `onFailure` hears of the input that could not be delivered; nothing is delivered after it. Whoever awaits `idle`
   * gets the same error. Without `onFailure` it is thrown where nobody can miss it.
   */
  constructor(clock: TurnClock, recorder: Recorder, onFailure: (error: unknown) => void = throwUncaught) {
    this.#clock = clock;
    this.#recorder = recorder;
    this.#onFailure = onFailure;
  }

  /** Where messages go. Set once, before the first one. */
  connect(deliver: (message: unknown) => void): void {
    this.#deliver = deliver;
  }

  /**
   * Takes an input; it is delivered after all that came before it.
   *
   * After the end, an answer that comes late and a tick are dropped: what happened at a venue is found again at the
   * next start. A message is refused with an error, because whoever sent it waits for its effect.
   */
  submit(input: Input): void {
    if (this.#isStopped || this.#failure) {
      if (input.kind === 'message') throw new Error('the service takes no messages any more');
      return;
    }
    assert(this.#queue.length < QUEUE_MAX, `at most ${QUEUE_MAX} inputs wait`);
    this.#queue.push(input);
    if (this.#isTaking) return;
    this.#isTaking = true;
    const running = this.#run().finally(() => {
      if (this.#running === running) this.#running = null;
    });
    this.#running = running;
  }

  /** Whether messages are still taken. */
  isOpen(): boolean {
    return !this.#isStopped && this.#failure === null;
  }

  /** Resolves when no input waits and all that was delivered has settled. Rejects when one could not be delivered. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
    if (this.#failure) throw this.#failure.error;
  }

  /** Takes nothing any more, and drops what waits. */
  stop(): void {
    this.#isStopped = true;
    this.#queue.length = 0;
  }

  /** Questions to venues that have not been answered yet, in the order in which they were asked. */
  openCalls(): readonly number[] {
    return [...this.#pending.keys()];
  }

  /** Registers a question to a venue and returns its number and the promise of its answer. */
  ask<T>(question: { readonly venue: string; readonly method: string; readonly request: unknown }): {
    call: number;
    answer: Promise<T>;
  } {
    const call = this.#nextCall++;
    this.#recorder.output(this.#clock.now(), { kind: 'call', call, ...question });
    const answer = new Promise<T>((resolve, reject) => {
      this.#pending.set(call, { resolve: resolve as (value: unknown) => void, reject });
    });
    return { call, answer };
  }

  async #run(): Promise<void> {
    try {
      for (let input = this.#queue.shift(); input; input = this.#queue.shift()) await this.#take(input);
    } catch (error) {
      this.#queue.length = 0;
      this.#failure = { error };
      this.#onFailure(error);
    } finally {
      this.#isTaking = false;
    }
  }

  async #take(input: Input): Promise<void> {
    assert(Number.isSafeInteger(input.atMs), `an input says at what time it came: ${input.atMs}`);
    // A real clock may step back; the service's never does.
    const at = { ...input, atMs: Math.max(input.atMs, this.#clock.now()) };
    this.#recorder.input(at);
    await this.#clock.moveTo(at.atMs);
    this.#handle(at);
    await settle();
  }

  #handle(input: Input): void {
    if (input.kind === 'tick') return;
    if (input.kind === 'message') {
      this.#deliver(input.message);
      return;
    }
    const waiting = this.#pending.get(input.call);
    assert(waiting, `an answer belongs to a question that was asked: call ${input.call}`);
    this.#pending.delete(input.call);
    if ('thrown' in input.answer) waiting.reject(new Error(input.answer.thrown));
    else waiting.resolve(input.answer.value);
  }
}

/** An error in a promise that nobody awaits would leave everything waiting for ever. */
function throwUncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
