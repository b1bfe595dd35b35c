import type { PortfolioMessage } from '../../../actors/messages/portfolio-messages.ts';
import type { PortfolioEffects } from '../../../actors/portfolio-actor.ts';
import { appendAudit } from '../../../db/audit-repository.ts';
import { inTransaction, type OpenDatabase } from '../../../db/database.ts';
import { keepSignals, takeReturns } from '../targeting/keep-signals.ts';
import { valueOnSchedule } from '../valuations/take-valuation.ts';
import { closeSilentVenues, silentVenues } from './close-silent-venues.ts';
import { noChange, takeOver } from './committed-change.ts';
import { decideForPerson } from './decide-for-person.ts';
import { followStreamChange } from './follow-stream-change.ts';
import { measurePerformance } from './measure-performance.ts';
import type { PortfolioState } from './portfolio-state.ts';
import { postBookEvent } from './post-book-events.ts';
import { recordRound } from './record-round.ts';
import type { ServiceSettings } from './service-settings.ts';

export interface PortfolioWork {
  readonly database: OpenDatabase;
  readonly state: PortfolioState;
  readonly settings: ServiceSettings;
  readonly now: () => number;
}

/** Does the work of messages in one transaction, and follows it in memory once it is on the disk. */
export async function performPortfolioWork(
  { database, state, settings, now }: PortfolioWork,
  messages: readonly PortfolioMessage[],
): Promise<PortfolioEffects> {
  const change = noChange();
  const nowMs = now();
  if (messages.every(isGatesDue) && silentVenues({ state, settings, nowMs }).length === 0) return NOTHING;
  await inTransaction(database.db, async (db) => {
    const context = { db, state, settings, nowMs, change };
    for (const message of messages) {
      if (message.type === 'portfolio.venueObserved') await recordRound(message, context);
      else if (message.type === 'portfolio.decisionMade') await decideForPerson(message, context);
      else if (message.type === 'portfolio.gatesDue') await closeSilentVenues(context);
      else if (message.type === 'portfolio.valuationDue') await valueOnSchedule(context);
      else if (message.type === 'portfolio.streamChanged') await followStreamChange(message, context);
      else if (message.type === 'portfolio.signalsReported') await keepSignals(message, context);
      else if (message.type === 'portfolio.returnsRead') takeReturns(message, context);
      else await postBookEvent(message, context);
    }
    await measurePerformance(messages, context);
    await appendAudit(db, change.audit);
  });
  takeOver(state, change);
  return {
    announcements: change.announcements,
    venueReported: change.venueReported,
    movedVenues: [...change.movedVenues],
    requestedRounds: [...change.requestedRounds].map(([venue, requestId]) => ({ venue, requestId })),
  };
}

const isGatesDue = ({ type }: PortfolioMessage): boolean => type === 'portfolio.gatesDue';

const NOTHING: PortfolioEffects = {
  announcements: [],
  venueReported: null,
  movedVenues: [],
  requestedRounds: [],
};
