import { assert } from '../domain/assert.ts';
import type { Clock } from './clock.ts';

interface Timer {
  readonly id: number;
  readonly dueAtMs: number;
  readonly fire: () => void;
}

/**
 * Time that moves only when it is told to: every input of the service says at what time it came, and what
 * was due until then happens first, in order, each at its own time.
 *
 * The same class keeps time in production, in simulations and in a replay; only who moves it differs.
 */
export class TurnClock implements Clock {
  #nowMs: number;
  #nextId = 1;
  readonly #timers = new Map<number, Timer>();
  #onTimersChanged: () => void = () => {};

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  readonly now = (): number => this.#nowMs;

  readonly setTimeout = (fn: (...args: unknown[]) => void, timeoutMs: number): number => {
    const id = this.#nextId++;
    this.#timers.set(id, { id, dueAtMs: this.#nowMs + Math.max(0, timeoutMs), fire: () => fn() });
    this.#onTimersChanged();
    return id;
  };

  readonly clearTimeout = (id: unknown): void => {
    if (this.#timers.delete(id as number)) this.#onTimersChanged();
  };

  /** Tells whoever moves the clock that another time may be due next. One listener. */
  onTimersChanged(listener: () => void): void {
    this.#onTimersChanged = listener;
  }

  /** When the next timer is due; null without one. */
  nextDueAtMs(): number | null {
    return this.#next()?.dueAtMs ?? null;
  }

  /** Moves to a time that is not in the past, firing what is due; lets promises settle after each timer. */
  async moveTo(atMs: number): Promise<void> {
    assert(atMs >= this.#nowMs, `time does not run backwards: ${this.#nowMs} to ${atMs}`);
    for (let timer = this.#next(); timer && timer.dueAtMs <= atMs; timer = this.#next()) {
      this.#timers.delete(timer.id);
      this.#nowMs = Math.max(this.#nowMs, timer.dueAtMs);
      timer.fire();
      await settle();
    }
    this.#nowMs = atMs;
    this.#onTimersChanged();
  }

  #next(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers.values()) {
      if (!first || timer.dueAtMs < first.dueAtMs || (timer.dueAtMs === first.dueAtMs && timer.id < first.id))
        first = timer;
    }
    return first;
  }
}

/** Resolves once every promise that can settle without new input has done so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
