import type { DecisionMade } from '../../../actors/messages/portfolio-messages.ts';
import { acknowledgeKept } from '../alerts/acknowledge-kept.ts';
import { noteEntry } from '../note-entry.ts';
import { confirmToken } from '../targeting/confirm-token.ts';
import { acceptDiscrepancy } from './accept-discrepancy.ts';
import { type Answer, done, refused } from './answer.ts';
import { decideOnCorrection } from './decide-on-correction.ts';
import { openFromReads } from './open-from-reads.ts';
import type { RoundContext } from './round-context.ts';
import { setGates } from './set-gates.ts';
import { turnKillSwitch } from './turn-kill-switch.ts';

/** Carries out what a person decided, or says why it cannot be done any more. */
export async function decideForPerson(message: DecisionMade, context: RoundContext): Promise<void> {
  const { requestId, by, decision } = message;
  if (decision.kind === 'addNote') return keepNote(decision, message, context);
  const answer = await carryOut(decision, by, context);
  context.change.audit.push({
    atMs: context.nowMs,
    actor: by,
    kind: 'decisionMade',
    body: { requestId, decision, answer },
  });
  context.change.announcements.push({ type: 'decisionAnswered', requestId, answer });
}

/** A note is the entry itself. */
async function keepNote(
  { text, venue, on }: Extract<DecisionMade['decision'], { kind: 'addNote' }>,
  { requestId, by }: DecisionMade,
  { db, nowMs, change }: RoundContext,
): Promise<void> {
  const outcome = await noteEntry(db, { text, venue, on }, { by, atMs: nowMs });
  const answer = outcome.status === 'fits' ? done('kept') : refused(outcome.reason);
  if (outcome.status === 'fits') change.audit.push(outcome.entry);
  change.announcements.push({ type: 'decisionAnswered', requestId, answer });
}

function carryOut(
  decision: Exclude<DecisionMade['decision'], { kind: 'addNote' }>,
  by: string,
  context: RoundContext,
): Promise<Answer> {
  switch (decision.kind) {
    case 'openVenue':
      return open(decision.venue, by, context);
    case 'acceptDiscrepancy':
      return acceptDiscrepancy(decision.discrepancyId, by, context);
    case 'haltTrading':
    case 'rearmTrading': {
      const { reason, kind } = decision;
      const turn = { by, atMs: context.nowMs, reason };
      return turnKillSwitch(kind === 'haltTrading' ? 'on' : 'off', turn, context);
    }
    case 'acknowledgeAlert':
      return acknowledgeKept(decision, by, context);
    case 'confirmToken':
      return confirmToken(decision, by, context);
    default:
      return decideOnCorrection(decision.correctionId, decision.kind, by, context);
  }
}

async function open(venue: string, by: string, context: RoundContext): Promise<Answer> {
  const memory = context.state.venues.get(venue);
  if (!memory) return refused(`expected a configured venue, found ${venue}`);
  if (memory.opening.state !== 'unopened') return refused(`${venue} is open already`);
  if (!memory.openable) return refused(`no two certified reads of ${venue} agree yet`);
  await openFromReads({ venue, ...memory.openable, by }, context);
  await setGates(venue, memory.discrepancies, { ...context, lastCertifiedAtMs: memory.lastCertifiedAtMs });
  return { status: 'done', reason: 'opened with the balances of two reads that agree' };
}
