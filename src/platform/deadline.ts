import type { Clock } from './clock.ts';

/** Why a signal aborts when the time of whatever was given it is over. */
export class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed';

  constructor(timeoutMs: number) {
    super(`no answer within ${timeoutMs} ms`);
  }
}

/** Runs something that honours a signal, and aborts it when its time is over or its caller is stopped. */
export async function withDeadline<T>(
  at: { readonly clock: Clock; readonly timeoutMs: number; readonly signal?: AbortSignal },
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const timer = at.clock.setTimeout(() => deadline.abort(new DeadlinePassed(at.timeoutMs)), at.timeoutMs);
  try {
    return await run(at.signal ? AbortSignal.any([at.signal, deadline.signal]) : deadline.signal);
  } finally {
    at.clock.clearTimeout(timer);
  }
}
