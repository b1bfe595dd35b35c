import type { Registry } from 'prom-client';
import { isOpenDiscrepancy } from '../../domain/reconciliation/discrepancy.ts';
import type { VenueMode } from '../../domain/reconciliation/gate.ts';
import type { VenueId } from '../../domain/venue/venue.ts';
import type { VenueMemory } from '../portfolio/portfolio-state.ts';
import { memoryOf, quietWindowAt, type Reading } from '../portfolio/read-standing.ts';
import { isTradableAt } from '../portfolio-views.ts';
import type { Collector } from './collector.ts';
import { boundedCounter, boundedGauge, showState } from './instruments.ts';
import { DISCREPANCY_CLASSES, GATE_STATES, OPEN_STATES, VENUE_MODES } from './label-values.ts';
import { UnverifiedTime } from './unverified-time.ts';

export interface StandingPorts {
  readonly registry: Registry;
  readonly venues: readonly VenueId[];
  readonly startedAtMs: number;
  /** Venues silent for longer are not verified. */
  readonly timeLimitMs: number;
  /** What the service knows now. */
  readonly reading: () => Reading;
}

/** What the service knows of its venues, read when somebody asks. */
export function standingCollectors(ports: StandingPorts): readonly Collector[] {
  return [
    discrepancyCollector(ports),
    gateCollector(ports),
    modeCollector(ports),
    orderCollector(ports),
    quietWindowCollector(ports),
  ];
}

function discrepancyCollector({ registry, venues, reading }: StandingPorts): Collector {
  const labels = { venue: venues, class: DISCREPANCY_CLASSES, state: OPEN_STATES };
  const open = boundedGauge(registry, {
    name: 'trueup_discrepancies_open',
    help: 'Discrepancies that are open now.',
    labels,
  });
  return {
    of: 'discrepancies',
    clear: open.clear,
    collect: () => {
      const { state } = reading();
      for (const venue of venues) {
        const found = memoryOf(state, venue).discrepancies.filter(isOpenDiscrepancy);
        for (const kind of DISCREPANCY_CLASSES)
          for (const stage of OPEN_STATES) {
            const count = found.filter((each) => each.class === kind && each.state === stage).length;
            open.set({ venue, class: kind, state: stage }, count);
          }
      }
    },
  };
}

function gateCollector({ registry, venues, reading }: StandingPorts): Collector {
  const gates = boundedGauge(registry, {
    name: 'trueup_gates',
    help: 'Assets whose gate is open or closed now. Absent before the first round of the venue.',
    labels: { venue: venues, state: GATE_STATES },
  });
  return {
    of: 'gates',
    clear: gates.clear,
    collect: () => {
      const now = reading();
      for (const venue of venues) {
        const decided = memoryOf(now.state, venue).gates;
        if (!decided) continue;
        const open = decided.assets.filter(({ asset }) => isTradableAt(now, venue, asset)).length;
        gates.set({ venue, state: 'open' }, open);
        gates.set({ venue, state: 'closed' }, decided.assets.length - open);
      }
    },
  };
}

function modeCollector({ registry, venues, reading }: StandingPorts): Collector {
  const modes = boundedGauge(registry, {
    name: 'trueup_venue_mode',
    help: 'Mode of a venue: 1 for the one that holds. Absent before the first round of the venue.',
    labels: { venue: venues, state: VENUE_MODES },
  });
  return {
    of: 'modes',
    clear: modes.clear,
    collect: () => {
      const { state, settings, nowMs } = reading();
      for (const venue of venues) {
        const mode = modeAt(memoryOf(state, venue), nowMs, settings.reconciliation.gateTimeLimitMs);
        if (mode !== null) showState(modes, { venue }, { state: mode, states: VENUE_MODES });
      }
    },
  };
}

/** As it was last decided; a venue that has been silent for too long since takes no new risk, whatever was decided. */
function modeAt(
  { gates, lastCertifiedAtMs }: VenueMemory,
  nowMs: number,
  timeLimitMs: number,
): VenueMode | null {
  if (gates?.mode !== 'active') return gates?.mode ?? null;
  const isSilent = lastCertifiedAtMs === null || nowMs - lastCertifiedAtMs > timeLimitMs;
  return isSilent ? 'reduceOnly' : 'active';
}

function orderCollector({ registry, reading }: StandingPorts): Collector {
  const unknown = boundedGauge(registry, {
    name: 'trueup_orders_unknown_outcome',
    help: 'Orders whose outcome at the venue is not known now.',
    labels: {},
  });
  return {
    of: 'orders',
    clear: unknown.clear,
    collect: () => unknown.set({}, reading().state.unknownOutcomes.size),
  };
}

function quietWindowCollector({ registry, venues, reading }: StandingPorts): Collector {
  const window = boundedGauge(registry, {
    name: 'trueup_quiet_window_seconds',
    help: 'How long a venue gets to settle, by what it has shown so far.',
    labels: { venue: venues },
  });
  return {
    of: 'quiet windows',
    clear: window.clear,
    collect: () => {
      for (const venue of venues) window.set({ venue }, quietWindowAt(reading(), venue) / 1_000);
    },
  };
}

/** How long venues have gone without being certified; `hear` wants to be told of every report. */
export function verificationCollector(
  ports: StandingPorts,
): Collector & { readonly hear: (venue: VenueId) => void } {
  const { registry, venues, startedAtMs, timeLimitMs, reading } = ports;
  const age = boundedGauge(registry, {
    name: 'trueup_venue_certified_age_seconds',
    help: 'Seconds since the last certified read; before the first one, since the service started.',
    labels: { venue: venues },
  });
  const total = boundedCounter(registry, {
    name: 'trueup_venue_unverified_seconds_total',
    help: 'Seconds in which no certified read was within the time limit of the gates.',
    labels: { venue: venues },
  });
  const unverified = new UnverifiedTime(startedAtMs, timeLimitMs);
  const pass = ({ state, nowMs }: Reading, venue: VenueId): void => {
    const passedMs = unverified.pass(venue, nowMs, memoryOf(state, venue).lastCertifiedAtMs);
    total.add({ venue }, passedMs / 1_000);
  };
  return {
    of: 'verification',
    clear: age.clear,
    collect: () => {
      const now = reading();
      for (const venue of venues) {
        const sinceMs = memoryOf(now.state, venue).lastCertifiedAtMs ?? startedAtMs;
        age.set({ venue }, (now.nowMs - sinceMs) / 1_000);
        pass(now, venue);
      }
    },
    hear: (venue) => pass(reading(), venue),
  };
}
