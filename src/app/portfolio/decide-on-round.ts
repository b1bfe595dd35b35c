import type { VenueObserved } from '../../../actors/messages/portfolio-messages.ts';
import { countAppliedByAsset, readDecidedCorrections } from '../../../db/correction-repository.ts';
import { versionsAt, viewOf } from '../../domain/book/book-state.ts';
import type { AdvancedDiscrepancies } from '../../domain/reconciliation/advance-discrepancies.ts';
import { type Correction, isStale } from '../../domain/reconciliation/correction.ts';
import { decideCorrection } from '../../domain/reconciliation/correction-policy.ts';
import { type Discrepancy, moveDiscrepancy } from '../../domain/reconciliation/discrepancy.ts';
import type { Explanation } from '../../domain/reconciliation/explain.ts';
import { applyCorrection, findBookedPart, keepProposal } from './apply-correction.ts';
import { quietWindowAt, transfersAtStakeAt, valueBook } from './read-standing.ts';
import type { RoundContext } from './round-context.ts';

const DAY_MS = 86_400_000;
/** What a person has taken back is not applied unasked for so long; venues show what happened for less. */
const REVERSAL_HEEDED_MS = 30 * DAY_MS;

/** Takes the round's explanations over, applies the corrections that the policy allows and proposes the others. */
export async function decideOnRound(
  message: VenueObserved,
  advanced: AdvancedDiscrepancies,
  context: RoundContext,
): Promise<readonly Discrepancy[]> {
  const { explained } = message;
  if (!explained) return advanced.discrepancies;
  const byId = new Map(advanced.discrepancies.map((discrepancy) => [discrepancy.id, discrepancy]));
  for (const explanation of explained.explanations) takeExplanation(explanation, byId, context.nowMs);
  for (const correction of explained.corrections) await decide(correction, byId, context);
  return advanced.discrepancies.map(({ id }) => byId.get(id) as Discrepancy);
}

function takeExplanation(explanation: Explanation, byId: Map<string, Discrepancy>, nowMs: number): void {
  for (const id of explanation.discrepancyIds) {
    const before = byId.get(id);
    if (before === undefined || !EXPLAINABLE.has(before.state)) continue;
    const { verdict, cause, events } = explanation;
    const isExplained = verdict === 'unique' || verdict === 'ambiguous' || events.length > 0;
    const to = isExplained ? 'explained' : 'unexplained';
    const isFirst = isExplained && before.state !== 'explained';
    const found = {
      explanation: verdict,
      cause,
      explainedAtMs: isFirst ? nowMs : before.explainedAtMs,
      explanationsTried: before.explanationsTried + (isFirst ? 0 : 1),
      explanationTriedAtMs: isFirst ? before.explanationTriedAtMs : nowMs,
      leads: isExplained ? [] : explanation.leads.map(({ description }) => description),
    };
    byId.set(id, before.state === to ? { ...before, ...found } : moveDiscrepancy(before, to, found));
  }
}

/** States in which a cause is looked for. What is explained and waits for nobody is derived again. */
const EXPLAINABLE: ReadonlySet<string> = new Set(['confirmed', 'unexplained', 'explained']);

async function decide(
  correction: Correction,
  byId: Map<string, Discrepancy>,
  context: RoundContext,
): Promise<void> {
  const { state, settings, nowMs, change } = context;
  const { venue, discrepancyIds } = correction;
  const isDue = discrepancyIds.every((id) => byId.get(id)?.state === 'explained');
  // The book moved while the venue was asked: the next round derives it again on the present book.
  if (!isDue || isStale(correction, versionsAt(state.book, venue))) return;
  if ((await findBookedPart(correction, context.db)) !== null) return;
  const policy = settings.venues.find((each) => each.venue === venue)?.policy;
  if (!policy) throw new Error(`${venue} is a configured venue`);
  const { decision, reason } = decideCorrection(correction, policy, await contextOf(correction, context));
  if (decision === 'observe') return;
  await keepProposal(correction, context);
  const isApplied =
    decision === 'apply' && (await applyCorrection(correction, { decidedBy: 'policy', reason }, context));
  const to = isApplied ? 'corrected' : 'proposed';
  for (const id of discrepancyIds) {
    const discrepancy = byId.get(id);
    if (discrepancy)
      byId.set(id, moveDiscrepancy(discrepancy, to, isApplied ? { resolution: 'corrected' } : {}));
  }
  if (isApplied) return;
  change.audit.push({
    atMs: nowMs,
    actor: 'policy',
    kind: 'correctionProposed',
    body: { correction, reason },
  });
  change.announcements.push({
    type: 'correctionChanged',
    atMs: nowMs,
    correctionId: correction.id,
    venue,
    discrepancyIds,
    state: 'proposed',
    causes: correction.cause.split(' + '),
    by: 'policy',
    reason,
  });
}

async function contextOf(correction: Correction, context: RoundContext) {
  const { db, state, settings, nowMs } = context;
  const appliedToday = await countAppliedByAsset(db, {
    venue: correction.venue,
    decidedBy: 'policy',
    sinceMs: nowMs - DAY_MS,
  });
  const reversed = await readDecidedCorrections(db, {
    venue: correction.venue,
    state: 'reversed',
    sinceMs: nowMs - REVERSAL_HEEDED_MS,
  });
  const awaiting = viewOf(state.book, correction.venue, nowMs).liveOrders.filter(({ clientOrderId }) =>
    state.unknownOutcomes.has(clientOrderId),
  );
  const valued = valueBook({ state, settings, nowMs });
  return {
    navUsd: state.prices.size === 0 ? null : valued.totalUsd,
    quietWindowMs: quietWindowAt(context, correction.venue),
    sources: settings.venues.find(({ venue }) => venue === correction.venue)?.sources ?? 1,
    appliedToday,
    reversedEvidence: new Set(reversed.flatMap(({ body }) => (body as Correction).evidence)),
    assetsAwaitingOutcome: new Set([
      ...awaiting.flatMap(({ base, quote }) => [base, quote]),
      ...transfersAtStakeAt(state, correction.venue).map(({ request }) => request.asset),
    ]),
  };
}
