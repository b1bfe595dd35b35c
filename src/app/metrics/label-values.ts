// Every value that a label may have, so that no metric grows without bound. A member that a type has and a list
// lacks does not compile.

import type { Announcement } from '../../../actors/messages/announcements.ts';
import type { BookEventOutcome } from '../../domain/book/book-event.ts';
import type { LegStatus } from '../../domain/rebalancing/execution.ts';
import type { DifferenceClass } from '../../domain/reconciliation/compare.ts';
import type { DiscrepancyState } from '../../domain/reconciliation/discrepancy.ts';
import type { VenueMode } from '../../domain/reconciliation/gate.ts';
import type { ReportStatus } from '../../domain/reconciliation/report-status.ts';
import type { UnknownReason } from '../../domain/venue/observation.ts';

type Told<T extends Announcement['type']> = Extract<Announcement, { readonly type: T }>;

const everyOne = <T extends string>(members: Readonly<Record<T, true>>): readonly T[] =>
  Object.keys(members) as T[];

export const REPORT_STATUSES = everyOne<ReportStatus>({
  reconciled: true,
  pending: true,
  discrepant: true,
  critical: true,
  inconclusive: true,
});

export const UNKNOWN_REASONS = everyOne<UnknownReason>({
  unreachable: true,
  timedOut: true,
  rateLimited: true,
  refused: true,
  malformed: true,
  incomplete: true,
  incoherent: true,
  stale: true,
  wrongScope: true,
  suspectSource: true,
});

export const DISCREPANCY_STATES = everyOne<DiscrepancyState>({
  suspected: true,
  confirmed: true,
  explained: true,
  unexplained: true,
  proposed: true,
  corrected: true,
  accepted: true,
  rejected: true,
  closed: true,
});

/** Those of a discrepancy that someone still has to do something about. */
export const OPEN_STATES = everyOne<Exclude<DiscrepancyState, 'corrected' | 'accepted' | 'closed'>>({
  suspected: true,
  confirmed: true,
  explained: true,
  unexplained: true,
  proposed: true,
  rejected: true,
});

/** What agrees, or is too small to matter, is no discrepancy. */
export const DISCREPANCY_CLASSES = everyOne<Exclude<DifferenceClass, 'agreed' | 'rounding' | 'dust'>>({
  pending: true,
  missingAtVenue: true,
  unknownToBook: true,
  quantityMismatch: true,
  holdMismatch: true,
  positionMismatch: true,
  orderMismatch: true,
});

export const CORRECTION_STATES = everyOne<Told<'correctionChanged'>['state']>({
  proposed: true,
  applied: true,
  rejected: true,
  stale: true,
  reversed: true,
});

export const GATE_STATES = everyOne<Told<'gateChanged'>['state']>({ open: true, closed: true });

export const VENUE_MODES = everyOne<VenueMode>({
  unopened: true,
  active: true,
  reduceOnly: true,
  halted: true,
});

export const ENDPOINT_CLASSES = everyOne<Told<'breakerChanged'>['endpointClass']>({
  account: true,
  activity: true,
  markets: true,
});

export const BREAKER_STATES = everyOne<Told<'breakerChanged'>['state']>({
  closed: true,
  open: true,
  halfOpen: true,
});

export const STREAM_STATES = everyOne<Told<'streamStateChanged'>['state']>({ live: true, lost: true });

export const BOOK_EVENT_STATUSES = everyOne<BookEventOutcome['status']>({
  posted: true,
  duplicate: true,
  conflict: true,
  rejected: true,
  postedAsExternal: true,
});

export const ORDER_STATUSES = everyOne<LegStatus>({
  waiting: true,
  intended: true,
  prepared: true,
  submitted: true,
  unknown: true,
  working: true,
  filled: true,
  partlyFilled: true,
  cancelled: true,
  rejected: true,
  deniedLocally: true,
  absent: true,
  skipped: true,
});

export const REBALANCE_OUTCOMES = everyOne<Told<'rebalancingEnded'>['outcome'] | 'refused'>({
  done: true,
  aborted: true,
  needsPerson: true,
  refused: true,
});

/** What befalls a worker. */
export const WORKER_CHANGES = everyOne<Told<'workerChanged'>['what']>({
  'worker.crashed': true,
  'worker.restarted': true,
  'worker.finished': true,
  'worker.gaveUp': true,
});

export const HEALTH_STATES = ['healthy', 'degraded', 'halted', 'stopped'] as const;
