import { assert } from '../domain/assert.ts';
import type { Clock } from '../platform/clock.ts';
import { DeadlinePassed, withDeadline } from '../platform/deadline.ts';
import {
  type BucketSize,
  fullBucket,
  type RequestClass,
  refilled,
  type TokenBucket,
  takeToken,
} from './token-bucket.ts';

export interface RequestGateOptions extends BucketSize {
  /** Requests that may be under way at once; a cancel may be one more. */
  readonly concurrencyMax: number;
  readonly clock: Clock;
}

export interface RequestGateState {
  readonly tokens: number;
  readonly underWay: number;
  readonly waiting: number;
}

/**
 * How long one request may be under way. A third of what an operation of several requests has unless told otherwise,
 * so that one of them that hangs leaves time for another try.
 */
export const REQUEST_TIMEOUT_MS = 10_000;
/** More requests than this waiting means that they are made faster than the venue will ever answer them: a bug. */
const WAITING_MAX = 10_000;
const CLASSES: readonly RequestClass[] = ['cancel', 'reconcile', 'trade'];

interface Waiter {
  readonly admit: () => void;
}

/**
 * Stands before every request to one venue: keeps to its rate limit and to a number of requests at once. Cancels go
 * first, then what reconciliation reads, then trades; within a class the first that asked.
 *
 * Written here because bottleneck, p-queue and cockatiel's timeout set timers of the machine, which tests
 * and simulations could not move, and because what waits has to know the classes of the bucket.
 */
export class RequestGate {
  readonly #clock: Clock;
  readonly #concurrencyMax: number;
  readonly #waiting: Readonly<Record<RequestClass, Set<Waiter>>> = {
    cancel: new Set(),
    reconcile: new Set(),
    trade: new Set(),
  };
  #bucket: TokenBucket;
  #underWay = 0;
  #timer: unknown = null;

  constructor({ burst, perSecond, concurrencyMax, clock }: RequestGateOptions) {
    assert(burst >= 1 && perSecond > 0 && concurrencyMax >= 1, 'a gate lets something through');
    this.#clock = clock;
    this.#concurrencyMax = concurrencyMax;
    this.#bucket = fullBucket({ burst, perSecond }, clock.now());
  }

  /**
   * Makes a request once it may go out. Whoever aborts while it waits has made none: the signal's reason is thrown.
   *
   * From when it goes out it has `timeoutMs`. It is to end with the signal it is given, and whatever it throws after
   * its deadline is thrown as `DeadlinePassed`.
   */
  async pass<T>(
    requestClass: RequestClass,
    signal: AbortSignal,
    request: (signal: AbortSignal) => Promise<T>,
    timeoutMs = REQUEST_TIMEOUT_MS,
  ): Promise<T> {
    await this.#admission(requestClass, signal);
    try {
      return await withDeadline({ clock: this.#clock, timeoutMs, signal }, (ending) =>
        request(ending).catch((error: unknown) => {
          throw ending.reason instanceof DeadlinePassed ? ending.reason : error;
        }),
      );
    } finally {
      this.#underWay -= 1;
      this.#admitNext();
    }
  }

  state(): RequestGateState {
    const waiting = CLASSES.reduce((sum, each) => sum + this.#waiting[each].size, 0);
    const { tokens } = refilled(this.#bucket, this.#clock.now());
    return { tokens, underWay: this.#underWay, waiting };
  }

  #admission(requestClass: RequestClass, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    assert(this.state().waiting < WAITING_MAX, `at most ${WAITING_MAX} requests wait`);
    return new Promise((resolve, reject) => {
      const queue = this.#waiting[requestClass];
      const abort = (): void => {
        queue.delete(waiter);
        reject(signal.reason);
        // Nobody may be left to come back for: a timer would keep the process alive.
        this.#admitNext();
      };
      const waiter: Waiter = {
        admit: () => {
          signal.removeEventListener('abort', abort);
          resolve();
        },
      };
      signal.addEventListener('abort', abort, { once: true });
      queue.add(waiter);
      this.#admitNext();
    });
  }

  /** Lets through whoever may go, the most urgent first, and comes back when the next one may. */
  #admitNext(): void {
    let shortestMs = Number.POSITIVE_INFINITY;
    for (const requestClass of CLASSES) {
      const roomMax = this.#concurrencyMax + (requestClass === 'cancel' ? 1 : 0);
      for (const waiter of this.#waiting[requestClass]) {
        if (this.#underWay >= roomMax) break;
        const taking = takeToken(this.#bucket, requestClass, this.#clock.now());
        this.#bucket = taking.bucket;
        if (taking.state === 'wait') {
          shortestMs = Math.min(shortestMs, taking.waitMs);
          break;
        }
        this.#waiting[requestClass].delete(waiter);
        this.#underWay += 1;
        waiter.admit();
      }
    }
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    this.#timer = Number.isFinite(shortestMs)
      ? this.#clock.setTimeout(() => this.#admitNext(), shortestMs)
      : null;
  }
}
