import { correctionTransaction } from '../domain/book/correction-transaction.ts';
import { inferFill } from '../domain/book/inferred-fill.ts';
import { type Amount, amount, ONE, ZERO } from '../domain/money/amount.ts';
import { advanceDiscrepancies } from '../domain/reconciliation/advance-discrepancies.ts';
import type { Candidate } from '../domain/reconciliation/candidate.ts';
import { candidatesFrom } from '../domain/reconciliation/candidates.ts';
import { type Comparison, compareVenue } from '../domain/reconciliation/compare.ts';
import { type Correction, proposeCorrection } from '../domain/reconciliation/correction.ts';
import { type CorrectionPolicy, decideCorrection } from '../domain/reconciliation/correction-policy.ts';
import type { Discrepancy } from '../domain/reconciliation/discrepancy.ts';
import { type Explanation, explainDiscrepancies } from '../domain/reconciliation/explain.ts';
import { defaultTolerances, type Tolerances } from '../domain/reconciliation/tolerance.ts';
import { certify } from '../domain/venue/observation.ts';
import type { Incident, VenueInput, VenueRead } from './incident.ts';

/** What the core made of one venue in one round. */
export interface CoreRound {
  readonly input: VenueInput;
  readonly comparison: Comparison;
  readonly candidates: readonly Candidate[];
  readonly discrepancies: readonly Discrepancy[];
  readonly explanations: readonly Explanation[];
  readonly corrections: readonly DecidedCorrection[];
}

export interface DecidedCorrection {
  readonly correction: Correction;
  readonly explanation: Explanation;
  /** Applied by itself, or by a person who approves every proposal with one explanation, or by nobody. */
  readonly applied: 'unasked' | 'approved' | null;
}

export interface CoreRun {
  readonly rounds: readonly CoreRound[];
  /** What the pure core took for all of it; without reading the book and posting to it. */
  readonly coreMs: number;
  /** What still differs at the end, at each venue. */
  readonly left: readonly Comparison[];
}

/** A total hides that its hold differs as well: that shows once the total is corrected. */
const ROUNDS_MAX = 3;

/** Automatic, with its caps lifted: what is measured is whether it is right, not how much it may move. */
const UNCAPPED: CorrectionPolicy = {
  mode: 'auto',
  valueMaxUsd: amount('1000000000000'),
  navShareMax: ONE,
  perAssetAndDayMax: 1_000,
};
const NAV_USD = amount('1000000000000');

/** Every difference counts, down to the last digit. */
const NO_TOLERANCE: Tolerances = { ...defaultTolerances(), relative: ZERO, valueUsd: ZERO, dustUsd: ZERO };

/** Runs the pure core on an incident and posts what it corrects. Sees everything of the incident but its truth. */
export function runCore(incident: Omit<Incident, 'truth'>, elapsedMs: () => number): CoreRun {
  const rounds: CoreRound[] = [];
  let coreMs = 0;
  const arrived = new Set<string>();
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    let hasApplied = false;
    for (const input of incident.venues) {
      const state = stateOf(incident, { input, round, arrived });
      const startedMs = elapsedMs();
      const found = roundOf(incident, state);
      coreMs += elapsedMs() - startedMs;
      rounds.push(found);
      for (const { correction, applied } of found.corrections) {
        if (applied === null) continue;
        hasApplied = true;
        for (const id of correction.evidence) arrived.add(id);
        applyCorrection(incident, correction);
      }
    }
    if (!hasApplied) break;
  }
  const left = incident.venues.map((input) => {
    const { book, second } = stateOf(incident, { input, round: ROUNDS_MAX, arrived });
    return compareVenue({ ...comparing(incident), book, snapshot: second });
  });
  return { rounds, coreMs, left };
}

interface RoundState {
  readonly input: VenueInput;
  readonly book: ReturnType<Incident['book']['viewOf']>;
  readonly transactions: ReturnType<Incident['book']['transactionsOf']>;
  readonly first: VenueRead;
  readonly second: VenueRead;
  readonly arrived: ReadonlySet<string>;
}

function stateOf(
  incident: Omit<Incident, 'truth'>,
  at: { readonly input: VenueInput; readonly round: number; readonly arrived: ReadonlySet<string> },
): RoundState {
  const firstAtMs = incident.observedAtMs + at.round * 4 * incident.quietWindowMs;
  return {
    input: at.input,
    book: incident.book.viewOf(at.input.venue),
    transactions: incident.book.transactionsOf(at.input.venue),
    first: readAt(at.input, firstAtMs),
    second: readAt(at.input, firstAtMs + incident.quietWindowMs),
    arrived: new Set(at.arrived),
  };
}

const comparing = ({ prices }: Pick<Incident, 'prices'>) => ({
  inFlight: [],
  tolerances: NO_TOLERANCE,
  priceOf: (asset: string): Amount | null => prices.get(asset) ?? null,
  navUsd: NAV_USD,
});

function roundOf(incident: Omit<Incident, 'truth'>, state: RoundState): CoreRound {
  const { input, book, first, second } = state;
  const { quietWindowMs } = incident;
  const context = comparing(incident);
  let discrepancies: readonly Discrepancy[] = [];
  let comparison: Comparison | null = null;
  for (const snapshot of [first, second]) {
    comparison = compareVenue({ ...context, book, snapshot });
    const { observedAtMs } = comparison;
    discrepancies = advanceDiscrepancies(discrepancies, comparison, {
      nowMs: observedAtMs,
      quietWindowMs,
      confirmations: 2,
      previousReadAtMs: null,
    }).discrepancies;
  }
  if (comparison === null) throw new Error('a round reads twice');
  const confirmed = discrepancies.filter(({ state: stands }) => stands === 'confirmed');
  const candidates = candidatesFrom({
    venue: input.venue,
    fills: second.value.fills,
    activity: input.activity,
    recentVenueIds: book.recentVenueIds,
    recentSinceMs: book.recentSinceMs,
    openedAtMs: input.openedAtMs,
    fillsSinceMs: input.fillsSinceMs,
    tradesAreActivity: input.kind === 'solana',
    activityScope: { sinceMs: input.activitySinceMs, assets: new Set(input.assets) },
    bookTransactions: state.transactions,
    differences: comparison.differences,
    holdings: book.holdings,
    accrued: second.value.accrued,
    transfersInTransit: incident.transfersInTransit.filter(
      ({ transferId }) => !state.arrived.has(transferId),
    ),
    wrappedPairs: input.wrappedPairs,
    correctedTransactionIds: state.arrived,
    observedAtMs: comparison.observedAtMs,
  });
  const explanations = explainDiscrepancies({
    venue: input.venue,
    discrepancies: confirmed,
    differences: comparison.differences,
    candidates,
  });
  const bookVersions = new Map(book.holdings.map(({ asset, version }) => [asset, version]));
  const corrections = explanations.flatMap((explanation): DecidedCorrection[] => {
    const correction = proposeCorrection({
      discrepancies: confirmed,
      explanation,
      certificate: second.certificate,
      bookVersions,
      priceOf: context.priceOf,
    });
    if (correction === null) return [];
    const { decision } = decideCorrection(correction, UNCAPPED, {
      navUsd: NAV_USD,
      quietWindowMs,
      sources: 1,
      appliedToday: new Map(),
      reversedEvidence: new Set<string>(),
      assetsAwaitingOutcome: new Set(),
    });
    const isApproved = correction.verdict === 'unique' && !correction.isPartial;
    const applied = decision === 'apply' ? 'unasked' : isApproved ? 'approved' : null;
    return [{ correction, explanation, applied }];
  });
  return { input, comparison, candidates, discrepancies: confirmed, explanations, corrections };
}

/** Posts each part, and counts fills that stand behind it towards their orders, as the service does. */
function applyCorrection({ book }: Pick<Incident, 'book'>, correction: Correction): void {
  for (const part of correction.parts) {
    const posted = correctionTransaction(part);
    book.post(posted);
    const fill = correction.fills.find(({ venueId }) => venueId === part.venueId);
    const order = fill?.clientOrderId == null ? null : book.orderOf(fill.clientOrderId);
    if (fill === undefined || order === null) continue;
    const change = inferFill(order, { correction: posted, venueId: fill.venueId, quantity: fill.quantity });
    if (change.transaction !== null) book.post(change.transaction);
    book.replaceOrder(change.order);
  }
}

/** The venue answers the same as long as nothing happens there. */
export function readAt({ venue, kind, held }: VenueInput, observedAtMs: number): VenueRead {
  const watermark = { activity: 'unmoved', height: null };
  const read = certify(held, {
    venue,
    kind,
    scope: `${venue}/account`,
    complete: true,
    observedAtMs,
    clockSkewMs: 0,
    watermarkBefore: watermark,
    watermarkAfter: watermark,
    pages: [],
    sources: ['incident'],
  });
  if (read.state === 'unknown') throw new Error(`an incident's reads are certified: ${read.detail}`);
  return read;
}
