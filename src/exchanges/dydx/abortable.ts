/** Given instead of a value where the signal came first. */
export const ABORTED: unique symbol = Symbol('aborted');

/**
 * Waits for work that takes no signal, until the signal aborts. The work goes on; what becomes of it then is nobody's
 * concern any more, so its rejection is taken note of and dropped.
 */
export async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T | typeof ABORTED> {
  if (signal.aborted) {
    work.catch(() => undefined);
    return ABORTED;
  }
  let leave: () => void = () => undefined;
  const aborted = new Promise<typeof ABORTED>((resolve) => {
    leave = () => resolve(ABORTED);
    signal.addEventListener('abort', leave, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', leave);
    work.catch(() => undefined);
  }
}
