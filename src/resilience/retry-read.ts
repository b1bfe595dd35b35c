import type { Unknown } from '../domain/venue/observation.ts';
import type { Clock } from '../platform/clock.ts';
import { isWorthRetrying, retryDelayMs } from './retry-delay.ts';

export interface RetryPorts {
  readonly clock: Clock;
  /** At least 0 and less than 1. */
  readonly random: () => number;
  /** Tries after the first one. */
  readonly retryCount: number;
  /** Hears of every wait before another try, and must not throw. */
  readonly onRetry: (failure: Unknown, retryInMs: number) => void;
}

/**
 * Asks again, each time after a longer wait, as long as what came is worth it and the signal allows it; then says what
 * came last. For reads alone: whatever has an effect is never asked twice.
 */
export async function retryRead<T extends object>(
  ports: RetryPorts,
  signal: AbortSignal,
  read: () => Promise<T | Unknown>,
): Promise<T | Unknown> {
  const { clock, random, retryCount, onRetry } = ports;
  for (let retried = 0; ; retried += 1) {
    const answer = await read();
    if (!isUnknown(answer) || retried >= retryCount || !isWorthRetrying(answer) || signal.aborted)
      return answer;
    const retryInMs = retryDelayMs(retried + 1, random(), answer.retryAfterMs);
    onRetry(answer, retryInMs);
    await wait(clock, retryInMs, signal);
    if (signal.aborted) return answer;
  }
}

const isUnknown = (answer: object): answer is Unknown => 'state' in answer && answer.state === 'unknown';

/** Until the time is over, or the signal aborts. */
function wait(clock: Clock, timeoutMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clock.clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.setTimeout(end, timeoutMs);
    signal.addEventListener('abort', end, { once: true });
  });
}
