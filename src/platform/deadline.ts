import type { Clock } from './clock.ts';

/** Runs something that honours a signal, and aborts it when its time is over or its caller is stopped. */
export async function withDeadline<T>(
  at: { readonly clock: Clock; readonly timeoutMs: number; readonly signal?: AbortSignal },
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const timer = at.clock.setTimeout(() => deadline.abort(), at.timeoutMs);
  try {
    return await run(at.signal ? AbortSignal.any([at.signal, deadline.signal]) : deadline.signal);
  } finally {
    at.clock.clearTimeout(timer);
  }
}
