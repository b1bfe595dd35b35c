import { type Observation, type Snapshot, unknown } from '../domain/venue/observation.ts';
import type { Exchange } from '../exchanges/exchange.ts';
import type { Clock } from '../platform/clock.ts';

/**
 * One certified reading of a venue with all the fills that it still has.
 *
 * Unknown (timedOut) when the deadline passes, also where an adapter does not settle after it was told to stop.
 */
export async function observeVenue(
  exchange: Exchange,
  options: { readonly timeoutMs: number; readonly clock: Clock },
): Promise<Observation<Snapshot>> {
  const controller = new AbortController();
  let timer: unknown;
  const deadline = new Promise<Observation<Snapshot>>((resolve) => {
    timer = options.clock.setTimeout(() => {
      controller.abort();
      resolve(unknown('timedOut', `no complete answer within ${options.timeoutMs} ms`));
    }, options.timeoutMs);
  });
  try {
    return await Promise.race([exchange.observe({ fillsSinceMs: null }, controller.signal), deadline]);
  } finally {
    options.clock.clearTimeout(timer);
  }
}
