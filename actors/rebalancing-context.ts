import { assert } from '../src/domain/assert.ts';
import {
  type Execution,
  type ExecutionEvent,
  type ExecutionLeg,
  type ExecutionPhase,
  isLive,
} from '../src/domain/rebalancing/execution.ts';
import type { ExecutionAction } from '../src/domain/rebalancing/execution-actions.ts';
import { accountsOf } from '../src/domain/rebalancing/execution-cash.ts';
import { shortfallOf } from '../src/domain/rebalancing/execution-end.ts';
import { lookUpWaitMs } from '../src/domain/rebalancing/execution-leg.ts';
import type { ReportStatus } from '../src/domain/reconciliation/report-status.ts';
import type { VenueId } from '../src/domain/venue/venue.ts';
import type { Address } from './address.ts';
import type { ExecutionPorts } from './execute-actions.ts';
import type { Announcement } from './messages/announcements.ts';
import type { PortfolioMessage } from './messages/portfolio-messages.ts';
import type { ReconciliationMessage } from './messages/reconciliation-messages.ts';
import type {
  CertifiedReading,
  MadePlan,
  RebalancingWork,
  StepOutcome,
  TakenRequest,
  UnsentOutcome,
} from './rebalancing-work.ts';

export interface RebalancingInput extends Omit<ExecutionPorts, 'tellBook' | 'tellLeg'> {
  readonly venues: readonly VenueId[];
  readonly portfolio: () => Address<PortfolioMessage>;
  readonly reconciliation: (venue: VenueId) => Address<ReconciliationMessage>;
  /** Must not throw. */
  readonly announce: (announcement: Announcement) => void;
  /** Told whenever a request is taken up, and when nothing of it is left to be done or to be decided. */
  readonly setUnderWay: (isUnderWay: boolean) => void;
  /** False in paper: a plan is made and kept, and nothing is sent. */
  readonly sendsOrders: boolean;
  /** Between two looks at an order that has not ended; longer while its venue is silent. */
  readonly lookUpIntervalMs: number;
  /** How long venues may take to be certified before a plan. */
  readonly certificationTimeoutMs: number;
  /** How long a plan waits for a person: prices do not stand still. */
  readonly approvalTimeoutMs: number;
  /** How often a request is planned again, where the world moved or a plan came short. */
  readonly replansMax: number;
}

/** What somebody wants of an execution as a whole. */
export interface RebalancingDecision {
  readonly kind: 'abort' | 'pause' | 'resume';
  readonly by: string;
  readonly reason: string;
}

export interface Asked {
  readonly requestId: string;
  readonly revision: number;
  /** The newest cash event that was known when it was asked. */
  readonly cashEvent: number;
  /** Null until a round that began after the question is over. */
  readonly status: ReportStatus | null;
}

export interface RebalancingContext extends RebalancingInput {
  readonly request: TakenRequest | null;
  /** What each venue reported since it was asked; the revision is the execution's at that moment. */
  readonly asked: ReadonlyMap<VenueId, Asked>;
  readonly made: Extract<MadePlan, { state: 'planned' }> | null;
  readonly execution: Execution | null;
  /** What was decided and is not committed yet, in order. */
  readonly decisions: readonly RebalancingDecision[];
  /** The execution of this request that ended short, and that another plan is to follow. */
  readonly before: Execution | null;
  /** How often this request was planned again. */
  readonly replans: number;
  /** Who approved the plan; null while nobody has. */
  readonly approvedBy: string | null;
  /** How the request ended without an order, until that is kept and told. */
  readonly unsent: UnsentOutcome | null;
  readonly requestId: string;
  readonly actions: readonly ExecutionAction[];
  /** When an order that was looked up may be looked up again, by its leg. */
  readonly lookUpsDueAtMs: ReadonlyMap<number, number>;
}

export function requestOf({ request }: RebalancingContext): TakenRequest {
  assert(request, 'a plan is made on request');
  return request;
}

export function madeOf({ made }: RebalancingContext): Extract<MadePlan, { state: 'planned' }> {
  assert(made, 'a plan was made');
  return made;
}

export function executionOf({ execution }: Pick<RebalancingContext, 'execution'>): Execution {
  assert(execution, 'an execution is under way');
  return execution;
}

export function abortOf({ decisions }: Pick<RebalancingContext, 'decisions'>): RebalancingDecision {
  const abort = decisions.find(({ kind }) => kind === 'abort');
  assert(abort, 'somebody wants it aborted');
  return abort;
}

/** What a decision is to an execution. */
export function eventOf({ kind, by, reason }: RebalancingDecision): ExecutionEvent {
  switch (kind) {
    case 'abort':
      return { type: 'abortRequested', reason: `${by}: ${reason}` };
    case 'pause':
      return { type: 'pauseRequested', reason: `${by}: ${reason}` };
    case 'resume':
      return { type: 'resumeRequested' };
  }
}

/** An outdated plan, or one that came short, is followed by another one, as often as it may be. */
export const mayPlanAgain = ({ request, replans, replansMax, decisions }: RebalancingContext): boolean =>
  request !== null && replans < replansMax && !decisions.some(({ kind }) => kind === 'abort');

export function unsentOf({ unsent }: RebalancingContext): UnsentOutcome {
  assert(unsent, 'a request ended without an order');
  return unsent;
}

export function approverOf({ approvedBy }: RebalancingContext): string {
  assert(approvedBy, 'a plan was approved before it is carried out');
  return approvedBy;
}

export function unfinishedOf(found: Awaited<ReturnType<RebalancingWork['findUnfinished']>>) {
  assert(found, 'a guard has found an execution');
  return found;
}

export function plannedOf(made: MadePlan): Extract<MadePlan, { state: 'planned' }> {
  assert(made.state === 'planned', 'a guard has found a plan');
  return made;
}

export const reasonOf = (made: MadePlan): string => (made.state === 'refused' ? made.reason : '');
export const refusalOf = (outcome: StepOutcome): string =>
  outcome.state === 'refused' ? outcome.reason : '';
/** Nothing is sent, and nobody is asked. */
export const isPlanOnly = (context: RebalancingContext): boolean =>
  !context.sendsOrders ||
  requestOf(context).approval === 'planOnly' ||
  madeOf(context).plan.orders.length === 0;
export const isApproved = ({ approvedBy }: RebalancingContext): boolean => approvedBy !== null;

/** What an executor does itself; venues are reconciled by their own actors. */
export const workOf = ({ actions }: RebalancingContext): readonly ExecutionAction[] =>
  actions.filter(({ kind }) => kind !== 'reconcile' && kind !== 'finish');

/** Orders that have just been looked at are given time. */
export const legsNotDue = ({ lookUpsDueAtMs, clock }: RebalancingContext): readonly number[] =>
  [...lookUpsDueAtMs].filter(([, dueAtMs]) => dueAtMs > clock.now()).map(([sequence]) => sequence);

export const untilLookUpMs = ({ lookUpsDueAtMs, lookUpIntervalMs, clock }: RebalancingContext): number =>
  lookUpsDueAtMs.size === 0
    ? lookUpIntervalMs
    : Math.max(0, Math.min(...lookUpsDueAtMs.values()) - clock.now());

/** Every look-up that ends or teaches nothing is counted in its leg: a leg whose counts have moved has been looked up. */
export function lookUpsDueAfter(context: RebalancingContext, next: Execution): ReadonlyMap<number, number> {
  const { execution, lookUpsDueAtMs, lookUpIntervalMs, clock } = context;
  const countsBefore = new Map(execution?.legs.map((leg) => [leg.sequence, countsOf(leg)]));
  return new Map(
    next.legs.filter(isLive).flatMap((leg): readonly (readonly [number, number])[] => {
      const { sequence } = leg;
      const counts = countsOf(leg);
      if (counts === '0 0') return [];
      const known = counts === countsBefore.get(sequence) ? lookUpsDueAtMs.get(sequence) : undefined;
      return [[sequence, known ?? clock.now() + lookUpWaitMs(leg, lookUpIntervalMs)]];
    }),
  );
}

const countsOf = ({ lookUpsInVain, lookUpsUnanswered }: ExecutionLeg): string =>
  `${lookUpsInVain} ${lookUpsUnanswered}`;

export const asking = (
  { requestId, clock, work }: RebalancingContext,
  venues: readonly VenueId[],
  revision: number,
): RebalancingContext['asked'] =>
  new Map(
    venues.map((venue) => [
      venue,
      {
        requestId: `${requestId}:${revision}:${clock.now()}`,
        revision,
        cashEvent: work.newestCashEvent(),
        status: null,
      },
    ]),
  );

export const uncertified = ({ asked }: RebalancingContext): readonly string[] =>
  [...asked]
    .filter(([, { status }]) => status !== 'reconciled')
    .map(([venue, { status }]) => `${venue} is ${status ?? 'silent'}`);

/** What the venues that reconciled have confirmed, of the accounts that an execution reserves in. */
export function readingsOf(
  execution: Execution,
  { asked, work }: RebalancingContext,
): readonly CertifiedReading[] {
  return execution.venues.flatMap((at) => {
    const { venue } = at;
    const answer = asked.get(venue);
    if (answer?.status !== 'reconciled') return [];
    const { revision, cashEvent } = answer;
    const confirmed = accountsOf(execution, at).map((asset) => [asset, work.availableAt(venue, asset)]);
    return [{ venue, revision, cashEvent, confirmed: Object.fromEntries(confirmed) }];
  });
}

const endOf = (phase: ExecutionPhase): 'done' | 'aborted' | 'needsPerson' =>
  phase === 'done' || phase === 'aborted' ? phase : 'needsPerson';

/** How an execution ended; `why` no other followed, where one should have. */
export function endAnnounced(
  { clock, requestId }: RebalancingContext,
  execution: Execution,
  why: string,
): Announcement {
  const { planHash, phase } = execution;
  const reason = [shortfallOf(execution), why].filter((each) => each !== '').join('; ');
  return { type: 'rebalancingEnded', atMs: clock.now(), requestId, planHash, outcome: endOf(phase), reason };
}

/** Nothing was begun for a request; or nothing more, where a plan of it has ended short. */
export function refusalAnnounced(context: RebalancingContext, reason: string): Announcement {
  const { clock, requestId, before } = context;
  if (before !== null) return endAnnounced(context, before, `not planned again: ${reason}`);
  return { type: 'rebalancingRefused', atMs: clock.now(), requestId, reason };
}

/** A plan after one that came short, or that was outdated, may have nothing left to do: the request ends with it. */
export function announceNothingLeft(context: RebalancingContext): void {
  const { announce, before, replans } = context;
  if (before !== null) announce(endAnnounced(context, before, ''));
  else if (replans > 0) announce(refusalAnnounced(context, 'nothing is to be traded any more'));
}

export function orderChanged(
  leg: Execution['legs'][number],
  { planHash }: Execution,
  atMs: number,
): Announcement {
  const {
    sequence,
    venue,
    market,
    side,
    quantity,
    limitPrice,
    status,
    filledQuantity,
    clientOrderId,
    reason,
  } = leg;
  const order = {
    sequence,
    venue,
    market,
    side,
    quantity,
    limitPrice,
    status,
    filledQuantity,
    clientOrderId,
  };
  return { type: 'orderChanged', atMs, planHash, ...order, detail: reason ?? '' };
}
