import type { Unknown } from '../domain/venue/observation.ts';

/** As the public libraries of these venues do, between nautilus_trader's 1 s to 10 s and ccxt's bursts. */
const FIRST_DELAY_MS = 250;
export const RETRY_DELAY_MAX_MS = 30_000;

/**
 * Whether the same question may bring an answer in a moment: the venue was not reached, was slow or was busy.
 *
 * What a venue refuses or says wrongly it will say again. A venue that asks for more patience than the longest
 * delay is not asked again in passing.
 */
export function isWorthRetrying({ reason, retryAfterMs }: Unknown): boolean {
  if (reason !== 'unreachable' && reason !== 'timedOut' && reason !== 'rateLimited') return false;
  return (retryAfterMs ?? 0) <= RETRY_DELAY_MAX_MS;
}

/**
 * Exponential backoff with full jitter: anything between nothing and 250 ms, 500 ms, 1 s … 30 s, and never less
 * than the venue asked for. `attempt` counts from 1; `jitter` is at least 0 and less than 1.
 *
 * Written here because p-retry and cockatiel draw from the machine's own randomness and wait by its clock: inside the
 * service both are recorded, so that a replay waits as long.
 */
export function retryDelayMs(attempt: number, jitter: number, askedMs = 0): number {
  const ceilingMs = Math.min(RETRY_DELAY_MAX_MS, FIRST_DELAY_MS * 2 ** (attempt - 1));
  return Math.max(Math.round(ceilingMs * jitter), askedMs);
}
