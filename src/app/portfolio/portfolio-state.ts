import { readHalfTransfers } from '../../../db/book-event-repository.ts';
import type { OpenDatabase } from '../../../db/database.ts';
import { readDiscrepancies } from '../../../db/discrepancy-repository.ts';
import { readKillSwitch } from '../../../db/kill-switch-repository.ts';
import { loadBook } from '../../../db/ledger-repository.ts';
import { readIntentsUnderWay } from '../../../db/order-intent-repository.ts';
import { readPerformance } from '../../../db/performance-repository.ts';
import { readNewestSnapshots } from '../../../db/snapshot-repository.ts';
import { readTransfersUnderWay } from '../../../db/transfer-repository.ts';
import { readLearned } from '../../../db/venue-memory-repository.ts';
import { readVenueStates } from '../../../db/venue-state-repository.ts';
import { type Book, restoreBook } from '../../domain/book/book-state.ts';
import type { Opening } from '../../domain/book/event-context.ts';
import type { TransferState } from '../../domain/book/transfer-state.ts';
import type { Discrepancy } from '../../domain/reconciliation/discrepancy.ts';
import type { DriftBudgets } from '../../domain/reconciliation/drift-budget.ts';
import type { ActivityBasis } from '../../domain/reconciliation/explain-round.ts';
import type { GateDecision, StreamHold } from '../../domain/reconciliation/gate.ts';
import type { ReportStatus } from '../../domain/reconciliation/report-status.ts';
import { NO_LAG, type VenueLag } from '../../domain/reconciliation/venue-lag.ts';
import type { KillSwitch } from '../../domain/risk/kill-switch.ts';
import type { Performance } from '../../domain/risk/performance.ts';
import { type EstimatedCovariance, estimateCovariance } from '../../domain/targets/estimate-covariance.ts';
import { isAtStake, type TransferIntent } from '../../domain/transfer/transfer-intent.ts';
import type { Known, Snapshot } from '../../domain/venue/observation.ts';
import { NO_READINGS, type PriceReadings } from '../../domain/venue/price-readings.ts';
import type { GroupPrices } from '../../domain/venue/prices.ts';
import type { AssetId, Market, VenueId } from '../../domain/venue/venue.ts';
import { loadTargetMemory, type TargetMemory } from '../targeting/target-memory.ts';

/** What the service remembers of one venue between two messages. */
export interface VenueMemory {
  opening: Opening;
  /** Open ones, and those that may come back. */
  discrepancies: readonly Discrepancy[];
  lastCertifiedAtMs: number | null;
  /** The last read that was believed, also before a restart. */
  lastSnapshot: Known<Snapshot> | null;
  drift: DriftBudgets;
  lag: VenueLag;
  /** What the last explanation since the start rested on; null before one. */
  lastActivity: ActivityBasis | null;
  /** Assets of fills that were booked without their order and that no read has confirmed, with when they were booked. */
  unclaimed: ReadonlyMap<AssetId, number>;
  lastReport: { readonly status: ReportStatus; readonly atMs: number } | null;
  markets: readonly Market[];
  marketsAtMs: number | null;
  /** What its markets have cost since the start. */
  readings: PriceReadings;
  gates: GateDecision | null;
  /** What the venue's stream last said of itself; null while there is none. */
  stream: 'live' | 'lost' | null;
  /** Since a live stream was lost, until a read that began after it. */
  hold: StreamHold | null;
  /** Two reads that agree on an unopened venue, while a person has not said yes. */
  openable: { readonly first: Known<Snapshot>; readonly second: Known<Snapshot> } | null;
}

/** The PortfolioActor's local state: a cache of the database, changed only after a commit. */
export interface PortfolioState {
  readonly book: Book;
  readonly venues: ReadonlyMap<VenueId, VenueMemory>;
  prices: GroupPrices;
  halfTransfers: readonly TransferState[];
  /** Client order ids whose outcome at the venue is not known. */
  readonly unknownOutcomes: Set<string>;
  /** Whether a person has stopped trading. */
  killSwitch: KillSwitch;
  /** As last measured; null before the first time. */
  performance: Performance | null;
  /** A request for a rebalance is being answered: planned, waiting for a person, or carried out. */
  isRebalanceUnderWay: boolean;
  /** Transfers that may have left and that the book has not, by their id. */
  readonly transfersAtStake: Map<string, TransferIntent>;
  readonly targets: TargetMemory;
  /** By the file of returns as it was last read. Not in the database: it is read again at every start. */
  covariance: EstimatedCovariance;
}

export const COVARIANCE_NOT_READ = estimateCovariance({
  state: 'unread',
  source: 'rebalancing.returnsFile',
  reason: 'it has not been read yet',
});

/** How long a venue's ids are remembered to recognise what was booked already. */
export const VENUE_IDS_KEPT_MS = 14 * 86_400_000;

/** Rebuilds the state from the database: nothing that an actor knows lives only in memory. */
export async function loadPortfolioState(
  { db }: OpenDatabase,
  venueIds: readonly VenueId[],
  nowMs: number,
): Promise<PortfolioState> {
  const book = restoreBook(await loadBook(db, nowMs - VENUE_IDS_KEPT_MS));
  const states = new Map((await readVenueStates(db)).map((state) => [state.venue, state]));
  // What may have been sent before the process ended excuses differences until evidence comes.
  const underWay = await readIntentsUnderWay(db, null);
  const stored = await readDiscrepancies(db, { states: REMEMBERED });
  const learned = await readLearned(db);
  const snapshots = new Map<VenueId, Known<Snapshot>>();
  for (const venue of venueIds) {
    const [newest] = await readNewestSnapshots(db, venue, 1);
    if (newest) snapshots.set(venue, newest.observation);
  }
  const venues = new Map(
    venueIds.map((venue): [VenueId, VenueMemory] => [
      venue,
      {
        opening: states.get(venue)?.opening ?? { state: 'unopened' },
        discrepancies: stored.filter((each) => each.venue === venue).map(({ body }) => discrepancyFrom(body)),
        // A restart closes every gate until a fresh read: what was certified before says nothing of now.
        lastCertifiedAtMs: null,
        lastSnapshot: snapshots.get(venue) ?? null,
        drift: learned.get(venue)?.drift ?? new Map(),
        lag: learned.get(venue)?.lag ?? NO_LAG,
        lastActivity: null,
        unclaimed: new Map(),
        lastReport: null,
        markets: [],
        marketsAtMs: null,
        readings: NO_READINGS,
        gates: null,
        stream: null,
        hold: null,
        openable: null,
      },
    ]),
  );
  return {
    book,
    venues,
    prices: new Map(),
    halfTransfers: await readHalfTransfers(db),
    isRebalanceUnderWay: false,
    unknownOutcomes: new Set(
      underWay
        .filter(({ status }) => status !== 'recorded' && status !== 'prepared')
        .map(({ instruction }) => instruction.clientOrderId),
    ),
    killSwitch: await readKillSwitch(db),
    performance: await readPerformance(db),
    transfersAtStake: new Map(
      (await readTransfersUnderWay(db))
        .filter(isAtStake)
        .map((intent) => [intent.request.transferId, intent]),
    ),
    targets: await loadTargetMemory({ db }),
    covariance: COVARIANCE_NOT_READ,
  };
}

/** What was kept before these fields existed: a read that agreed once, and nothing tried. */
const EARLIER = {
  agreeingReads: 1,
  sources: [],
  lastAgreedAtMs: null,
  explainedAtMs: null,
  explanationsTried: 0,
  explanationTriedAtMs: null,
  leads: [],
} satisfies Partial<Discrepancy>;

const discrepancyFrom = (body: unknown): Discrepancy => ({ ...EARLIER, ...(body as Discrepancy) });

const REMEMBERED = ['suspected', 'confirmed', 'explained', 'unexplained', 'proposed', 'rejected', 'accepted'];
