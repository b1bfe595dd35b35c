import type { BreakerChanged, EndpointClass } from '../../actors/messages/announcements.ts';
import { type Unknown, unknown } from '../domain/venue/observation.ts';
import { type Exchange, keyRightsOf, transfersOf } from '../exchanges/exchange.ts';
import {
  type Admission,
  admit,
  type CircuitBreaker,
  NEW_BREAKER,
  type Outcome,
  record,
} from '../resilience/circuit-breaker.ts';
import { RETRY_DELAY_MAX_MS } from '../resilience/retry-delay.ts';

export interface BreakerPorts {
  readonly now: () => number;
  /** Must not throw. */
  readonly announce: (announcement: BreakerChanged) => void;
  /** How often the venue is reconciled. A breaker puts no round off beyond that, or gates would close late. */
  readonly pollIntervalMs: number;
}

/**
 * A venue whose reads ask a circuit breaker first, one for each class of endpoints.
 *
 * What a breaker holds back is answered at once with `unreachable`. Only the transport counts: what a venue refuses
 * or says wrongly, it has said.
 *
 * What has to do with orders is never held back and never counted, neither to prepare, send and cancel one nor to look
 * it up: an unknown outcome keeps its reservation until the venue gives evidence, and waits no longer than the venue
 * makes it. Rights of keys are read apart, once unless the venue gave no answer.
 */
export function breakExchange(exchange: Exchange, ports: BreakerPorts): Exchange {
  const account = openBreaker(exchange.venue, 'account', ports);
  const activity = openBreaker(exchange.venue, 'activity', ports);
  const markets = openBreaker(exchange.venue, 'markets', ports);
  return {
    venue: exchange.venue,
    kind: exchange.kind,
    clientOrderIds: exchange.clientOrderIds,
    observe: (request, signal) => account(() => exchange.observe(request, signal)),
    readActivity: (request, signal) => activity(() => exchange.readActivity(request, signal)),
    readMarkets: (names, signal) => markets(() => exchange.readMarkets(names, signal)),
    prepareOrder: (instruction, signal) => exchange.prepareOrder(instruction, signal),
    submitOrder: (order, signal) => exchange.submitOrder(order, signal),
    findOrder: (order, signal) => exchange.findOrder(order, signal),
    cancelOrder: (order, venueOrderId, signal) => exchange.cancelOrder(order, venueOrderId, signal),
    ...transfersOf(exchange),
    ...keyRightsOf(exchange),
    close: () => exchange.close(),
  };
}

type Read = <T extends object>(read: () => Promise<T | Unknown>) => Promise<T | Unknown>;

function openBreaker(venue: string, endpointClass: EndpointClass, ports: BreakerPorts): Read {
  const { now, announce } = ports;
  let breaker = NEW_BREAKER;

  function become(next: CircuitBreaker): void {
    const isChanged = next.state !== breaker.state;
    breaker = next;
    if (!isChanged) return;
    const { state } = next;
    announce({ type: 'breakerChanged', atMs: now(), venue, endpointClass, state, reason: reasonOf(next) });
  }

  return async (read) => {
    const admission = admit(breaker, now());
    if (admission.state === 'held') return heldBack(admission, `${venue} ${endpointClass}`, ports);
    become(admission.breaker);
    // An adapter that throws has a bug, which says nothing of the venue.
    let outcome: Outcome = { kind: 'uncounted' };
    try {
      const answer = await read();
      outcome = outcomeOf(answer);
      return answer;
    } finally {
      become(record(breaker, { ticket: admission.ticket, outcome, atMs: now() }));
    }
  };
}

/** A rate limit is the venue's word, and is waited for apart. */
function outcomeOf(answer: object): Outcome {
  if (!('state' in answer) || answer.state !== 'unknown') return { kind: 'succeeded' };
  const { reason, detail } = answer as Unknown;
  if (reason === 'unreachable' || reason === 'timedOut') return { kind: 'failed', detail };
  return { kind: reason === 'rateLimited' ? 'uncounted' : 'succeeded' };
}

/**
 * Asks for more patience than a retry has, so that the round ends here and the venue is left alone. The next one comes
 * when the breaker lets a probe through, or when it is due.
 */
function heldBack(
  { breaker }: Extract<Admission, { state: 'held' }>,
  name: string,
  { now, pollIntervalMs }: BreakerPorts,
): Unknown {
  const remainingMs = breaker.state === 'open' ? breaker.untilMs - now() : 0;
  const state = breaker.state === 'open' ? `is open for another ${remainingMs} ms` : 'waits for its probe';
  const retryAfterMs = Math.max(Math.min(remainingMs, pollIntervalMs), RETRY_DELAY_MAX_MS + 1);
  return unknown('unreachable', `the circuit breaker of ${name} ${state} ${after(breaker)}`, retryAfterMs);
}

function reasonOf(breaker: CircuitBreaker): string {
  if (breaker.state === 'closed') return 'the venue answered the probe';
  if (breaker.state === 'halfOpen') return `one probe ${after(breaker)}`;
  return `open for ${breaker.openForMs} ms ${after(breaker)}`;
}

const after = ({ failures, lastDetail }: Exclude<CircuitBreaker, { state: 'closed' }>): string =>
  `after ${failures} failures: ${lastDetail}`;
