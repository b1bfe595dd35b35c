import type { VenueObserved } from '../../../actors/messages/portfolio-messages.ts';
import { saveDiscrepancy } from '../../../db/discrepancy-repository.ts';
import { saveReport } from '../../../db/report-repository.ts';
import { saveSnapshot } from '../../../db/snapshot-repository.ts';
import { saveLearned } from '../../../db/venue-memory-repository.ts';
import { pinVenue, recordObserved } from '../../../db/venue-state-repository.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';
import { sha256Hex } from '../../domain/hash.ts';
import {
  type AdvancedDiscrepancies,
  advanceDiscrepancies,
} from '../../domain/reconciliation/advance-discrepancies.ts';
import type { Comparison } from '../../domain/reconciliation/compare.ts';
import type { Discrepancy } from '../../domain/reconciliation/discrepancy.ts';
import type { StreamHold } from '../../domain/reconciliation/gate.ts';
import { reportStatus } from '../../domain/reconciliation/report-status.ts';
import type { RoundVerdict } from '../../domain/reconciliation/venue-round.ts';
import { type Known, type Snapshot, type Unknown, unknown } from '../../domain/venue/observation.ts';
import { withReadings } from '../../domain/venue/price-readings.ts';
import { withMarkets } from '../../domain/venue/prices.ts';
import type { AssetId } from '../../domain/venue/venue.ts';
import { decideOnRound } from './decide-on-round.ts';
import { haltOnForcedFills } from './halt-on-forced-fills.ts';
import { learnEntryPrices } from './learn-entry-prices.ts';
import { openFromReads } from './open-from-reads.ts';
import { groupsOf, memoryOf, quietWindowAt } from './read-standing.ts';
import type { RoundContext } from './round-context.ts';
import { setGates } from './set-gates.ts';
import { withdrawProposals } from './withdraw-proposals.ts';

/** Writes what a round of one venue came to, decides on its corrections and sets its gates. */
export async function recordRound(message: VenueObserved, context: RoundContext): Promise<void> {
  const { observation, markets, venue } = message;
  if (markets) rememberMarkets(message, context);
  if (observation.state === 'unknown') return recordUnknown(message, observation, context);
  const pinned = await pinVenue(context.db, {
    venue,
    kind: observation.certificate.kind,
    scope: observation.certificate.scope,
    atMs: context.nowMs,
  });
  if (pinned.status === 'wrongScope') {
    const found = `${observation.certificate.kind} ${observation.certificate.scope}`;
    return recordUnknown(
      message,
      unknown('wrongScope', `expected ${pinned.pinned}, found ${found}`),
      context,
    );
  }
  // Certified, and yet not believed: nothing of it is kept but the report.
  if (message.verdict.kind === 'distrusted') {
    await keepLearned(message, message.verdict, context);
    return recordUnknown(message, message.verdict.unknown, context);
  }
  await recordKnown(message, observation, context);
}

async function recordKnown(
  message: VenueObserved,
  observation: Known<Snapshot>,
  context: RoundContext,
): Promise<void> {
  const { db, state, settings, change } = context;
  const { venue, verdict } = message;
  const { observedAtMs } = observation.certificate;
  const hold = heldAfter(message, memoryOf(state, venue).hold);
  const killSwitch = await haltOnForcedFills(venue, observation.value.fills, context);
  const snapshotId = await saveSnapshot(db, observation);
  await recordObserved(db, venue, observedAtMs);
  change.afterwards.push((after) => {
    memoryOf(after, venue).lastCertifiedAtMs = observedAtMs;
    memoryOf(after, venue).lastSnapshot = observation;
    memoryOf(after, venue).hold = hold;
  });
  if (verdict.kind === 'openable') {
    await openFromReads({ venue, first: verdict.first, second: verdict.second, by: 'policy' }, context);
  }
  if (verdict.kind !== 'compared') {
    await report(
      message,
      { status: 'inconclusive', snapshotId, unknown: null, body: { verdict: verdict.kind } },
      context,
    );
    return setGates(venue, memoryOf(state, venue).discrepancies, {
      ...context,
      lastCertifiedAtMs: observedAtMs,
      hold,
      killSwitch,
    });
  }
  await keepLearned(message, verdict, context);
  await learnEntryPrices(venue, observation.value.positions, context);
  // Persons may have decided on some since the comparison was made; what they decided stands.
  const advanced = advanceDiscrepancies(memoryOf(state, venue).discrepancies, verdict.comparison, {
    nowMs: observedAtMs,
    quietWindowMs: quietWindowAt(context, venue),
    confirmations: settings.reconciliation.confirmations,
    previousReadAtMs: memoryOf(state, venue).lastSnapshot?.certificate.observedAtMs ?? null,
  });
  const decided = await decideOnRound(message, advanced, context);
  const discrepancies = await withdrawProposals(venue, decided, context);
  change.afterwards.push((after) => {
    const memory = memoryOf(after, venue);
    if (message.explained) memory.lastActivity = message.explained.basis;
    memory.unclaimed = stillUnclaimed(memory.unclaimed, verdict.comparison);
  });
  await keepDiscrepancies(venue, memoryOf(state, venue).discrepancies, discrepancies, advanced, context);
  const status = reportStatus(verdict.comparison, discrepancies);
  const { differences, compared, agreed } = verdict.comparison;
  await report(
    message,
    { status, snapshotId, unknown: null, body: { compared, agreed, differences } },
    context,
  );
  const unclaimed = stillUnclaimed(memoryOf(state, venue).unclaimed, verdict.comparison);
  await setGates(venue, discrepancies, {
    ...context,
    lastCertifiedAtMs: observedAtMs,
    unclaimed,
    hold,
    killSwitch,
  });
}

/**
 * A read that began before the stream was lost may have missed what the stream missed. Of two things in one
 * millisecond the question tells which came first; where its reader crashed over it, time has to.
 */
function heldAfter(
  { readBeganAtMs, askedBefore }: VenueObserved,
  hold: StreamHold | null,
): StreamHold | null {
  if (hold === null) return null;
  return askedBefore.includes(hold.requestId) || readBeganAtMs > hold.sinceMs ? null : hold;
}

/** A read that is newer than the booking and agrees on the asset confirms a fill whose order nobody has told of. */
function stillUnclaimed(
  unclaimed: ReadonlyMap<AssetId, number>,
  { observedAtMs, differences }: Comparison,
): ReadonlyMap<AssetId, number> {
  const differs = new Set(differences.filter(({ isMaterial }) => isMaterial).map(({ asset }) => asset));
  return new Map([...unclaimed].filter(([asset, atMs]) => observedAtMs <= atMs || differs.has(asset)));
}

/** How the venue drifts and how long it takes, also of reads that are not believed. */
async function keepLearned(
  { venue }: VenueObserved,
  verdict: Extract<RoundVerdict, { kind: 'compared' | 'distrusted' }>,
  { db, state, change }: RoundContext,
): Promise<void> {
  const { lag } = verdict;
  const drift = verdict.kind === 'compared' ? verdict.drift : memoryOf(state, venue).drift;
  await saveLearned(db, venue, { drift, lag });
  change.afterwards.push((after) => {
    Object.assign(memoryOf(after, venue), { drift, lag });
  });
}

async function recordUnknown(message: VenueObserved, found: Unknown, context: RoundContext): Promise<void> {
  const { venue } = message;
  const { lastCertifiedAtMs, discrepancies } = memoryOf(context.state, venue);
  await report(
    message,
    { status: 'inconclusive', snapshotId: null, unknown: found, body: { detail: found.detail } },
    context,
  );
  await setGates(venue, discrepancies, { ...context, lastCertifiedAtMs });
}

async function report(
  message: VenueObserved,
  made: {
    readonly status: ReturnType<typeof reportStatus>;
    readonly snapshotId: string | null;
    readonly unknown: Unknown | null;
    readonly body: unknown;
  },
  { db, nowMs, change }: RoundContext,
): Promise<void> {
  const { venue, isRoundOver, answers } = message;
  const { status, snapshotId, body } = made;
  const reportId = await saveReport(db, {
    venue,
    atMs: nowMs,
    status,
    snapshotId,
    unknownReason: made.unknown?.reason ?? null,
    body,
  });
  change.audit.push({
    atMs: nowMs,
    actor: `reconciliation:${venue}`,
    kind: 'venueReported',
    body: {
      venue,
      status,
      reportId,
      snapshotId,
      unknownReason: made.unknown?.reason ?? null,
      isRoundOver,
      evidenceHash: evidenceHash(message),
    },
  });
  change.announcements.push({
    type: 'venueReportMade',
    venue,
    atMs: nowMs,
    status,
    unknown: made.unknown === null ? null : { reason: made.unknown.reason, detail: made.unknown.detail },
    isRoundOver,
    answers,
  });
  change.afterwards.push((after) => {
    memoryOf(after, venue).lastReport = { status, atMs: nowMs };
  });
  if (isRoundOver)
    change.venueReported = { type: 'rebalancing.venueReported', venue, status, atMs: nowMs, answers };
}

/** Over all that the venue answered in this round: also what led to nothing, such as a price or an activity. */
function evidenceHash({ observation, markets, explained }: VenueObserved): string {
  return sha256Hex(canonicalJson({ observation, markets, activityHash: explained?.activityHash ?? null }));
}

/** Keeps what moved on, with the reason, and remembers what may still move or come back. */
async function keepDiscrepancies(
  venue: string,
  before: readonly Discrepancy[],
  after: readonly Discrepancy[],
  { changes }: AdvancedDiscrepancies,
  { db, nowMs, change }: RoundContext,
): Promise<void> {
  const known = new Map(before.map((discrepancy) => [discrepancy.id, discrepancy]));
  for (const discrepancy of after) {
    const was = known.get(discrepancy.id);
    if (was && was.state === discrepancy.state && was.lastSeenAtMs === discrepancy.lastSeenAtMs) continue;
    const advance = changes.find(({ id }) => id === discrepancy.id);
    const reason = advance?.reason ?? `seen again, ${discrepancy.state}`;
    await saveDiscrepancy(db, { ...discrepancy, body: discrepancy }, { atMs: nowMs, note: reason });
    if (was?.state === discrepancy.state) continue;
    change.audit.push({
      atMs: nowMs,
      actor: `reconciliation:${venue}`,
      kind: 'discrepancyChanged',
      body: { discrepancy, reason },
    });
    change.announcements.push({ type: 'discrepancyChanged', atMs: nowMs, discrepancy, reason });
  }
  change.afterwards.push((state) => {
    memoryOf(state, venue).discrepancies = after.filter(mayMatterAgain(nowMs));
  });
}

/** How long something that ended is remembered in case it returns. */
const REMEMBERED_MS = 86_400_000;

const mayMatterAgain =
  (nowMs: number) =>
  ({ state, lastSeenAtMs }: Discrepancy): boolean =>
    (state !== 'closed' && state !== 'corrected') || nowMs - lastSeenAtMs < REMEMBERED_MS;

function rememberMarkets({ venue, markets, atMs }: VenueObserved, { settings, change }: RoundContext): void {
  if (markets) change.markets.set(venue, { markets, marketsAtMs: atMs });
  change.afterwards.push((state) => {
    const memory = memoryOf(state, venue);
    memory.markets = markets ?? [];
    memory.marketsAtMs = atMs;
    memory.readings = withReadings(memory.readings, memory.markets, atMs);
    state.prices = withMarkets(state.prices, memory.markets, groupsOf(settings));
  });
}
