import type { Registry } from 'prom-client';
import type { Announcement, VenueReportMade } from '../../../actors/messages/announcements.ts';
import type { Discrepancy } from '../../domain/reconciliation/discrepancy.ts';
import type { VenueId } from '../../domain/venue/venue.ts';
import { boundedCounter, boundedGauge, boundedHistogram, showState } from './instruments.ts';
import {
  BOOK_EVENT_STATUSES,
  BREAKER_STATES,
  CORRECTION_STATES,
  DISCREPANCY_STATES,
  ENDPOINT_CLASSES,
  ORDER_STATUSES,
  REBALANCE_OUTCOMES,
  REPORT_STATUSES,
  STREAM_STATES,
  UNKNOWN_REASONS,
  WORKER_CHANGES,
} from './label-values.ts';
import { Once } from './once.ts';
import type { RoundTimes } from './round-times.ts';

export interface AnnouncementPorts {
  readonly registry: Registry;
  readonly venues: readonly VenueId[];
  readonly rounds: RoundTimes;
  /** What happened before is not counted, though it may be announced again. */
  readonly startedAtMs: number;
}

/** From a round in memory to one of several reads that are tried again for minutes. */
const ROUND_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300];
/** From one quiet window to a venue that was silent for a day. */
const LATENCY_SECONDS = [0.1, 1, 5, 10, 20, 30, 60, 120, 300, 900, 3_600, 21_600, 86_400];

/** Counts what the service announces. Throws for an announcement that it cannot read. */
export function countAnnouncements(ports: AnnouncementPorts): (announcement: Announcement) => void {
  const { registry, venues, rounds } = ports;
  const reports = reportMetrics(ports);
  const discrepancies = discrepancyMetrics(ports);
  const corrections = boundedCounter(registry, {
    name: 'trueup_corrections_total',
    help: 'Corrections that came to a state.',
    labels: { venue: venues, state: CORRECTION_STATES },
  });
  const bookEvents = boundedCounter(registry, {
    name: 'trueup_book_events_total',
    help: 'Messages of the bot, by what became of them.',
    labels: { status: BOOK_EVENT_STATUSES },
  });
  const orders = boundedCounter(registry, {
    name: 'trueup_orders_total',
    help: 'Orders of plans that came to a status; of each order, every status on its way.',
    labels: { venue: venues, status: ORDER_STATUSES },
  });
  const rebalances = boundedCounter(registry, {
    name: 'trueup_rebalances_total',
    help: 'Rebalances, by how they ended.',
    labels: { outcome: REBALANCE_OUTCOMES },
  });
  const workers = [
    'portfolio',
    'rebalancing',
    'supervisor',
    ...venues.map((venue) => `reconciliation:${venue}`),
  ];
  const workerChanges = boundedCounter(registry, {
    name: 'trueup_worker_changes_total',
    help: 'Crashes, restarts and ends of the workers of the service.',
    labels: { worker: workers, change: WORKER_CHANGES },
  });
  const undelivered = boundedCounter(registry, {
    name: 'trueup_messages_undelivered_total',
    help: 'Messages without effect, because their worker was not running or crashed over them.',
    labels: { worker: workers },
  });
  const breakers = boundedGauge(registry, {
    name: 'trueup_breaker_state',
    help: 'Whether reads of a venue are let through: 1 for the state that holds.',
    labels: { venue: venues, endpoint_class: ENDPOINT_CLASSES, state: BREAKER_STATES },
  });
  // A breaker lives in the process, and begins by letting everything through.
  for (const venue of venues)
    for (const endpoint_class of ENDPOINT_CLASSES)
      showState(breakers, { venue, endpoint_class }, { state: 'closed', states: BREAKER_STATES });
  const retries = boundedCounter(registry, {
    name: 'trueup_read_retries_total',
    help: 'Reads of a venue that failed in passing and are tried again within their round, by reason.',
    labels: { venue: venues, reason: UNKNOWN_REASONS },
  });
  const streams = boundedGauge(registry, {
    name: 'trueup_stream_state',
    help: 'Whether a stream tells of what happens at a venue: 1 for the state that holds, none before one has connected.',
    labels: { venue: venues, state: ['none', ...STREAM_STATES] },
  });
  const showStream = (venue: VenueId, state: (typeof STREAM_STATES)[number] | 'none'): void =>
    showState(streams, { venue }, { state, states: ['none', ...STREAM_STATES] });
  for (const venue of venues) showStream(venue, 'none');
  const streamChanges = boundedCounter(registry, {
    name: 'trueup_stream_changes_total',
    help: 'Streams of venues that came or went.',
    labels: { venue: venues, state: STREAM_STATES },
  });
  return (announcement) => {
    switch (announcement.type) {
      case 'venueReportMade':
        return reports(announcement);
      case 'discrepancyChanged':
        return discrepancies(announcement.discrepancy);
      case 'correctionChanged':
        return corrections.add({ venue: announcement.venue, state: announcement.state });
      case 'bookEventSettled':
        return bookEvents.add({ status: announcement.outcome.status });
      case 'orderChanged':
        return orders.add({ venue: announcement.venue, status: announcement.status });
      case 'rebalancingEnded':
        return rebalances.add({ outcome: announcement.outcome });
      case 'rebalancingRefused':
        return rebalances.add({ outcome: 'refused' });
      case 'workerChanged':
        if (announcement.what === 'worker.crashed') rounds.forgetAll();
        return workerChanges.add({ worker: announcement.worker, change: announcement.what });
      case 'messageUndelivered':
        return undelivered.add({ worker: announcement.worker });
      case 'breakerChanged': {
        const { venue, endpointClass, state } = announcement;
        return showState(
          breakers,
          { venue, endpoint_class: endpointClass },
          { state, states: BREAKER_STATES },
        );
      }
      case 'readRetried':
        return retries.add({ venue: announcement.venue, reason: announcement.reason });
      case 'streamStateChanged': {
        const { venue, state } = announcement;
        streamChanges.add({ venue, state });
        return showStream(venue, state);
      }
      default:
    }
  };
}

function reportMetrics({ registry, venues, rounds }: AnnouncementPorts) {
  const finished = boundedCounter(registry, {
    name: 'trueup_rounds_total',
    help: 'Rounds that are over, by what the venue was found to be.',
    labels: { venue: venues, status: REPORT_STATUSES },
  });
  const seconds = boundedHistogram(registry, {
    name: 'trueup_round_duration_seconds',
    help: 'Time from the first read of a round to its report, in seconds, quiet windows included.',
    labels: { venue: venues },
    buckets: ROUND_SECONDS,
  });
  const unknown = boundedCounter(registry, {
    name: 'trueup_reads_unknown_total',
    help: 'Reads of a venue that came to nothing after all their tries, or were not believed, by reason.',
    labels: { venue: venues, reason: UNKNOWN_REASONS },
  });
  return (report: VenueReportMade): void => {
    const { venue, status, isRoundOver } = report;
    if (report.unknown) unknown.add({ venue, reason: report.unknown.reason });
    if (!isRoundOver) return;
    finished.add({ venue, status });
    const tookMs = rounds.end(venue);
    if (tookMs !== null) seconds.observe({ venue }, tookMs / 1_000);
  };
}

function discrepancyMetrics({ registry, venues, startedAtMs }: AnnouncementPorts) {
  const changes = boundedCounter(registry, {
    name: 'trueup_discrepancy_changes_total',
    help: 'Discrepancies that came to a state.',
    labels: { venue: venues, state: DISCREPANCY_STATES },
  });
  const detected = boundedHistogram(registry, {
    name: 'trueup_time_to_detect_seconds',
    help: 'Time from the last read in which book and venue agreed, or else the first that showed the difference, to its confirmation, in seconds.',
    labels: { venue: venues },
    buckets: LATENCY_SECONDS,
  });
  const explained = boundedHistogram(registry, {
    name: 'trueup_time_to_explain_seconds',
    help: 'Time from the confirmation of a discrepancy to its explanation, in seconds.',
    labels: { venue: venues },
    buckets: LATENCY_SECONDS,
  });
  // One round may take a discrepancy through several states, and each announcement carries all its times.
  const isFirst = new Once();
  return (discrepancy: Discrepancy): void => {
    const { id, venue, state, confirmedAtMs, explainedAtMs, lastAgreedAtMs, firstSeenAtMs } = discrepancy;
    changes.add({ venue, state });
    if (confirmedAtMs === null || confirmedAtMs < startedAtMs) return;
    if (isFirst.time(`confirmed ${id} ${confirmedAtMs}`))
      detected.observe({ venue }, (confirmedAtMs - (lastAgreedAtMs ?? firstSeenAtMs)) / 1_000);
    if (explainedAtMs !== null && isFirst.time(`explained ${id} ${explainedAtMs}`))
      explained.observe({ venue }, (explainedAtMs - confirmedAtMs) / 1_000);
  };
}
