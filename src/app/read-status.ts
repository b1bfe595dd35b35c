import { countOpenAlerts } from '../../db/alert-repository.ts';
import { readCorrections } from '../../db/correction-repository.ts';
import type { OpenDatabase } from '../../db/database.ts';
import { readDayJudgement } from '../../db/day-judgement-repository.ts';
import { readDiscrepancies } from '../../db/discrepancy-repository.ts';
import { findUnfinishedExecution } from '../../db/execution-repository.ts';
import { readGates } from '../../db/gate-repository.ts';
import { readKillSwitch } from '../../db/kill-switch-repository.ts';
import { type LockState, readLock, readRuntime } from '../../db/lock-repository.ts';
import { readPerformance } from '../../db/performance-repository.ts';
import { readPlans } from '../../db/plan-repository.ts';
import { readReports } from '../../db/report-repository.ts';
import { type ReservedAmount, readReserved } from '../../db/venue-cash-repository.ts';
import { readVenueStates, type VenueState } from '../../db/venue-state-repository.ts';
import type { AlertLevel } from '../domain/alerts/alert-codes.ts';
import type { DayJudgement } from '../domain/risk/day-judgement.ts';
import type { KillSwitch } from '../domain/risk/kill-switch.ts';
import type { Performance } from '../domain/risk/performance.ts';
import { isProcessAlive, STALE_AFTER_MS } from './owner-lock.ts';
import type { RuntimeState } from './runtime-state.ts';
import { shortIdsOf } from './short-ids.ts';

const OPEN_STATES = ['suspected', 'confirmed', 'explained', 'unexplained', 'proposed', 'rejected'];

/** Reports that are looked through for venues that never were certified. */
const REPORTS_MAX = 500;

/** How the book and its venues stood when they were last written. */
export interface StatusDocument {
  readonly atMs: number;
  /** The process that owns the book; null where none runs. */
  readonly owner: (LockState & { readonly isAlive: boolean }) | null;
  /** What the owner said of itself with its last heartbeat; null where none runs, or it has said nothing yet. */
  readonly runtime: RuntimeState | null;
  readonly venues: readonly VenueStatus[];
  readonly discrepancies: readonly {
    readonly id: string;
    /** What a command takes for it. */
    readonly shortId: string;
    readonly venue: string;
    readonly asset: string;
    readonly class: string;
    readonly severity: string;
    readonly state: string;
    readonly firstSeenAtMs: number;
  }[];
  /** Corrections that wait for a person. */
  readonly proposals: readonly {
    readonly id: string;
    readonly shortId: string;
    readonly venue: string;
    readonly proposedAtMs: number;
  }[];
  readonly lastPlan: { readonly hash: string; readonly atMs: number; readonly status: string } | null;
  /** The rebalance under way; null where there is none. */
  readonly rebalance: {
    readonly planHash: string;
    readonly phase: string;
    /** Why it is paused; null while it is not. */
    readonly pauseReason: string | null;
  } | null;
  /** How many alerts are open, by level: `trueup alerts` lists them. */
  readonly alerts: Readonly<Record<AlertLevel, number>>;
  /** Whether a person has stopped trading. */
  readonly killSwitch: KillSwitch;
  /** What the limits on losses are judged by, with the halts; null before anything was measured. */
  readonly losses: Performance | null;
  /** Correlation risk, and falls of strategies, by the newest valuation of a day; null before the first. */
  readonly day: DayJudgement | null;
  /** What orders have set aside, of accounts where anything is. */
  readonly reserved: readonly ReservedAmount[];
}

export interface VenueStatus {
  readonly venue: string;
  readonly kind: string | null;
  readonly opening: 'unopened' | 'fromSnapshot' | 'fromMessages';
  readonly mode: string;
  readonly reason: string;
  readonly lastReport: {
    readonly status: string;
    readonly atMs: number;
    readonly unknownReason: string | null;
  } | null;
  readonly lastCertifiedAtMs: number | null;
  readonly openDiscrepancies: number;
  readonly closedAssets: readonly { readonly asset: string; readonly reason: string }[];
}

/** Reads the status from the database, beside whoever owns it. Writes nothing. */
export async function readStatus(
  { db }: Pick<OpenDatabase, 'db'>,
  at: { readonly nowMs: number; readonly host: string },
): Promise<StatusDocument> {
  const lock = await readLock(db);
  const runtime = await readRuntime(db);
  const states = await readVenueStates(db);
  const discrepancies = await readDiscrepancies(db, { states: OPEN_STATES });
  const gates = await readGates(db, null);
  const venues: VenueStatus[] = [];
  // A venue that never could be read has reports and nothing else.
  const reported = (await readReports(db, { venue: null, limit: REPORTS_MAX })).map(({ venue }) => venue);
  for (const venue of [...new Set([...states.map((state) => state.venue), ...reported])].sort()) {
    const state = states.find((each) => each.venue === venue) ?? null;
    const [report] = await readReports(db, { venue, limit: 1 });
    venues.push({
      venue,
      kind: state?.account?.kind ?? null,
      opening: state?.opening.state ?? 'unopened',
      ...modeOf(state),
      lastReport: report
        ? { status: report.status, atMs: report.atMs, unknownReason: report.unknownReason }
        : null,
      lastCertifiedAtMs: state?.lastObservedAtMs ?? null,
      openDiscrepancies: discrepancies.filter((each) => each.venue === venue).length,
      closedAssets: gates
        .filter((gate) => gate.venue === venue && gate.state === 'closed')
        .map(({ asset, reason }) => ({ asset, reason })),
    });
  }
  const proposals = await readCorrections(db, ['proposed']);
  const [plan] = await readPlans(db, { limit: 1 });
  const underWay = (await findUnfinishedExecution(db))?.execution ?? null;
  const short = await shortIdsOf(
    db,
    [...discrepancies, ...proposals].map(({ id }) => id),
  );
  const withShortId = <T extends { readonly id: string }>(row: T) => ({
    ...row,
    shortId: short.get(row.id) ?? row.id,
  });
  return {
    atMs: at.nowMs,
    owner: lock && { ...lock, isAlive: isAlive(lock, at) },
    runtime: lock && runtime && isAlive(lock, at) ? (JSON.parse(runtime) as RuntimeState) : null,
    venues,
    discrepancies: discrepancies.map(({ body: _body, lastSeenAtMs: _last, ...rest }) => withShortId(rest)),
    proposals: proposals.map(({ id, venue, proposedAtMs }) => withShortId({ id, venue, proposedAtMs })),
    lastPlan: plan ? { hash: plan.hash, atMs: plan.atMs, status: plan.status } : null,
    rebalance: underWay && {
      planHash: underWay.planHash,
      phase: underWay.phase,
      pauseReason: underWay.pauseReason,
    },
    alerts: await countOpenAlerts(db),
    killSwitch: await readKillSwitch(db),
    losses: await readPerformance(db),
    day: await readDayJudgement(db),
    reserved: await readReserved(db),
  };
}

/** Whether the owner that the lock names still keeps it. */
export function isAlive(lock: LockState, at: { readonly nowMs: number; readonly host: string }): boolean {
  if (lock.host === at.host && !isProcessAlive(lock.processId)) return false;
  return at.nowMs - lock.heartbeatAtMs <= STALE_AFTER_MS;
}

const modeOf = (state: VenueState | null): Pick<VenueStatus, 'mode' | 'reason'> =>
  state === null || state.opening.state === 'unopened'
    ? { mode: 'unopened', reason: 'the venue has not been opened' }
    : { mode: state.mode, reason: state.modeReason };
