/** Time as the service sees it. XState takes the same object as its clock. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  setTimeout(fn: (...args: unknown[]) => void, timeoutMs: number): unknown;
  clearTimeout(id: unknown): void;
}

/** Real time. The only place that reads the machine's clock for the service. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (fn, timeoutMs) => setTimeout(fn, timeoutMs),
  clearTimeout: (id) => clearTimeout(id as NodeJS.Timeout),
};

/** Milliseconds since some moment, counted by a clock that is never set. Stands still while the machine sleeps. */
export const elapsedMs = (): number => performance.now();
