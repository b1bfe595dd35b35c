import type { RequestClass } from '../resilience/token-bucket.ts';

/** Stands before every request to a venue, which may have to wait for its turn. An abort while it waits is thrown. */
export type Pace = <T>(
  requestClass: RequestClass,
  signal: AbortSignal,
  request: () => Promise<T>,
) => Promise<T>;

/** Nobody waits, as in simulated time. */
export const UNPACED: Pace = (_requestClass, _signal, request) => request();
