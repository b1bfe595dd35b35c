import type { Registry } from 'prom-client';
import type { VenueId } from '../../domain/venue/venue.ts';
import type { RequestGate } from '../../resilience/request-gate.ts';
import type { Collector } from './collector.ts';
import { boundedGauge } from './instruments.ts';

/** How far each venue's rate limit is used up, and who waits for it. */
export function requestCollector(ports: {
  readonly registry: Registry;
  readonly venues: readonly VenueId[];
  readonly gates: ReadonlyMap<VenueId, RequestGate>;
}): Collector {
  const { registry, venues, gates } = ports;
  const labels = { venue: venues };
  const budget = boundedGauge(registry, {
    name: 'trueup_requests_budget',
    help: 'Requests that the rate limit of a venue allows at once now.',
    labels,
  });
  const underWay = boundedGauge(registry, {
    name: 'trueup_requests_under_way',
    help: 'Requests to a venue that have no answer yet.',
    labels,
  });
  const waiting = boundedGauge(registry, {
    name: 'trueup_requests_waiting',
    help: 'Requests to a venue that wait for its rate limit.',
    labels,
  });
  return {
    of: 'requests',
    clear: () => {
      for (const gauge of [budget, underWay, waiting]) gauge.clear();
    },
    collect: () => {
      for (const [venue, gate] of gates) {
        const state = gate.state();
        budget.set({ venue }, state.tokens);
        underWay.set({ venue }, state.underWay);
        waiting.set({ venue }, state.waiting);
      }
    },
  };
}
