import type { RequestClass } from '../resilience/token-bucket.ts';

/**
 * Stands before every request to a venue, which may have to wait for its turn. An abort while it waits is thrown.
 *
 * The request is to end with the signal that it is given: the caller's, or its own deadline, `timeoutMs` after it went
 * out where that is shorter than usual. A deadline that has passed is thrown as `DeadlinePassed`.
 */
export type Pace = <T>(
  requestClass: RequestClass,
  signal: AbortSignal,
  request: (signal: AbortSignal) => Promise<T>,
  timeoutMs?: number,
) => Promise<T>;

/** Nobody waits and no request has a deadline of its own, as in simulated time. */
export const UNPACED: Pace = (_requestClass, signal, request) => request(signal);

/**
 * The same for what is read to prepare an order: it counts as trading, so that orders never take what is kept for
 * reconciliation.
 */
export const paceOfOrders =
  (pace: Pace): Pace =>
  (_requestClass, signal, request, timeoutMs) =>
    pace('trade', signal, request, timeoutMs);
