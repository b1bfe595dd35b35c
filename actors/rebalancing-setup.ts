import { assign, enqueueActions, fromPromise, setup } from 'xstate';
import type { BookEvent } from '../src/domain/book/book-event.ts';
import { applyExecutionEvent } from '../src/domain/rebalancing/apply-execution-event.ts';
import type { Execution } from '../src/domain/rebalancing/execution.ts';
import { IDLE_VIEW, nextActions } from '../src/domain/rebalancing/execution-actions.ts';
import { mayBePlannedAgain, shortfallOf } from '../src/domain/rebalancing/execution-end.ts';
import { type ExecutionPorts, executeActions } from './execute-actions.ts';
import type {
  AbortRequested,
  PauseRequested,
  RebalancingMessage,
  RebalancingRequested,
  ResumeRequested,
  VenueReported,
} from './messages/rebalancing-messages.ts';
import {
  abortOf,
  announceNothingLeft,
  approverOf,
  asking,
  endAnnounced,
  eventOf,
  executionOf,
  isApproved,
  isPlanOnly,
  legsNotDue,
  lookUpsDueAfter,
  madeOf,
  mayPlanAgain,
  orderChanged,
  type RebalancingContext,
  type RebalancingDecision,
  type RebalancingInput,
  readingsOf,
  refusalAnnounced,
  requestOf,
  uncertified,
  unsentOf,
  untilLookUpMs,
  workOf,
} from './rebalancing-context.ts';
import type { MadePlan, RebalancingWork, StepOutcome, UnsentOutcome } from './rebalancing-work.ts';

type Decided = AbortRequested | PauseRequested | ResumeRequested;

const KIND_OF = {
  'rebalancing.abortRequested': 'abort',
  'rebalancing.pauseRequested': 'pause',
  'rebalancing.resumeRequested': 'resume',
} as const;

const decisionOf = ({ type, by, reason }: Decided): RebalancingDecision => ({
  kind: KIND_OF[type],
  by,
  reason,
});

/** What was not sent is left to the next plan where its price has moved since it was planned. */
async function withoutOutdated(
  before: Execution,
  { requestId, work }: Pick<RebalancingContext, 'requestId' | 'work'>,
): Promise<Execution> {
  const unsent = before.legs.filter(({ status }) => status === 'waiting');
  if (unsent.length === 0) return before;
  const reason = await work.whyPricesMoved(before.planHash, unsent);
  if (reason === null) return before;
  const event = { type: 'outdated', reason } as const;
  const execution = applyExecutionEvent(before, event);
  await work.keepDecided({ requestId, before, execution, event }, 'rebalancing');
  return execution;
}

/** What the rebalancing actor can do, ask and tell; its machine says when. */
export const rebalancingSetup = setup({
  types: {
    input: {} as RebalancingInput,
    context: {} as RebalancingContext,
    events: {} as RebalancingMessage,
  },
  actors: {
    findUnfinished: fromPromise<Awaited<ReturnType<RebalancingWork['findUnfinished']>>, RebalancingWork>(
      ({ input }) => input.findUnfinished(),
    ),
    makePlan: fromPromise<MadePlan, RebalancingContext>(({ input }) => input.work.makePlan(requestOf(input))),
    begin: fromPromise<StepOutcome, RebalancingContext>(({ input }) => {
      const { execution } = madeOf(input);
      const readings = readingsOf(execution, input);
      return input.work.begin(input.requestId, execution, { by: approverOf(input), readings });
    }),
    keepUnsent: fromPromise<void, RebalancingContext>(({ input }) =>
      input.work.keepUnsent(requestOf(input), input.made?.plan.hash ?? null, unsentOf(input)),
    ),
    act: fromPromise<Execution, RebalancingContext>(({ input, signal }) => {
      const { requestId, announce, portfolio } = input;
      const ports: ExecutionPorts = {
        ...input,
        tellBook: (event: BookEvent) => portfolio().send(event),
        tellLeg: (leg, execution) => announce(orderChanged(leg, execution, input.clock.now())),
      };
      return executeActions(
        { requestId, execution: executionOf(input), actions: input.actions },
        ports,
        signal,
      );
    }),
    whyOutdated: fromPromise<string | null, RebalancingContext>(({ input }) =>
      input.work.whyOutdated(madeOf(input).plan.hash),
    ),
    findLeftToPerson: fromPromise<
      Awaited<ReturnType<RebalancingWork['findLeftToPerson']>>,
      RebalancingContext
    >(({ input }) => input.work.findLeftToPerson()),
    reopen: fromPromise<void, RebalancingContext>(({ input }) =>
      input.work.reopen(input.requestId, executionOf(input)),
    ),
    keepCertified: fromPromise<Execution, RebalancingContext>(async ({ input }) => {
      const { requestId, work } = input;
      const execution = executionOf(input);
      const before = await work.keepCertified(requestId, execution, readingsOf(execution, input));
      return withoutOutdated(before, { requestId, work });
    }),
    keepDecided: fromPromise<{ readonly execution: Execution; readonly count: number }, RebalancingContext>(
      async ({ input }) => {
        const { requestId, work, decisions } = input;
        let before = executionOf(input);
        for (const decision of decisions) {
          const event = eventOf(decision);
          const execution = applyExecutionEvent(before, event);
          await work.keepDecided({ requestId, before, execution, event }, decision.by);
          before = execution;
        }
        const goesOn = decisions.some(({ kind }) => kind === 'resume');
        const execution = goesOn ? await withoutOutdated(before, { requestId, work }) : before;
        return { execution, count: decisions.length };
      },
    ),
    end: fromPromise<void, RebalancingContext>(({ input }) =>
      input.work.end(input.requestId, executionOf(input)),
    ),
  },
  actions: {
    takeRequest: assign(({ context }, { request }: { request: RebalancingRequested }) => ({
      request: { ...request, takenAtMs: context.clock.now() },
      requestId: request.requestId,
      made: null,
      execution: null,
      replans: 0,
      approvedBy: null,
      unsent: null,
      actions: [],
      lookUpsDueAtMs: new Map(),
    })),
    takeDecision: assign(({ context }, { decision }: { decision: Decided }) => ({
      decisions: [...context.decisions, decisionOf(decision)],
    })),
    // What was decided while it was being committed is still to come.
    forgetAll: assign({ decisions: [], before: null }),
    forgetDecided: assign(({ context }, { count }: { count: number }) => ({
      decisions: context.decisions.slice(count),
    })),
    countReplan: assign(({ context }) => ({
      replans: context.replans + 1,
      // A plan that was outdated before it began has no execution that could have ended.
      before: context.execution?.phase === 'done' ? context.execution : context.before,
      made: null,
      execution: null,
      approvedBy: null,
      unsent: null,
      actions: [],
      lookUpsDueAtMs: new Map(),
    })),
    tellIdle: ({ context }) => context.setUnderWay(false),
    tellUnderWay: ({ context }) => context.setUnderWay(true),
    askAll: assign(({ context }) => ({ asked: asking(context, context.venues, 0) })),
    noteReport: assign(({ context }, { report }: { report: VenueReported }) => {
      const asked = context.asked.get(report.venue);
      return asked && report.answers.includes(asked.requestId)
        ? { asked: new Map(context.asked).set(report.venue, { ...asked, status: report.status }) }
        : {};
    }),
    askVenues: enqueueActions(({ context, enqueue }) => {
      for (const [venue, { status, requestId }] of context.asked) {
        if (status === null)
          enqueue.sendTo(context.reconciliation(venue), { type: 'reconciliation.requested', requestId });
      }
    }),
    keepPlan: assign((_, { made }: { made: Extract<MadePlan, { state: 'planned' }> }) => ({
      made,
      execution: made.execution,
      approvedBy: made.approvedBy,
    })),
    approve: assign((_, { by }: { by: string }) => ({ approvedBy: by })),
    resume: assign(({ context }, { requestId, execution }: { requestId: string; execution: Execution }) => {
      const resumed = applyExecutionEvent(execution, { type: 'restarted' });
      return {
        request: null,
        requestId,
        execution: resumed,
        lookUpsDueAtMs: lookUpsDueAfter(context, resumed),
      };
    }),
    choose: assign(({ context }) => {
      const actions = nextActions(executionOf(context), { ...IDLE_VIEW, busyLegs: legsNotDue(context) });
      const reconcile = actions.find((action) => action.kind === 'reconcile');
      return {
        actions,
        asked: reconcile ? asking(context, reconcile.venues, reconcile.revision) : new Map(),
      };
    }),
    keepExecution: assign(({ context }, { execution }: { execution: Execution }) => ({
      execution,
      lookUpsDueAtMs: lookUpsDueAfter(context, execution),
    })),
    announcePlan: ({ context }) => {
      const { plan } = madeOf(context);
      const next = isPlanOnly(context) ? 'none' : isApproved(context) ? 'execution' : 'approval';
      context.announce({
        type: 'planMade',
        atMs: context.clock.now(),
        requestId: context.requestId,
        plan,
        next,
      });
    },
    endUnsent: assign((_, { unsent }: { unsent: UnsentOutcome }) => ({ unsent })),
    endAborted: assign(({ context }) => {
      const { by, reason } = abortOf(context);
      return { unsent: { state: 'aborted', reason: `aborted by ${by}: ${reason}`, by } as const };
    }),
    endUncertified: assign(({ context }) => {
      const reason = `no plan on an uncertified venue: ${uncertified(context).join(', ')}`;
      return { unsent: { state: 'refused', reason, by: null } as const };
    }),
    endOutdated: assign((_, { reason }: { reason: string }) => ({
      unsent: { state: 'outdated', reason: `the plan does not fit any more: ${reason}`, by: null } as const,
    })),
    endUncertifiedAgain: assign(({ context }) => {
      const reason = `nothing is begun on an uncertified venue: ${uncertified(context).join(', ')}`;
      return { unsent: { state: 'outdated', reason, by: null } as const };
    }),
    announceUnsent: ({ context }) => context.announce(refusalAnnounced(context, unsentOf(context).reason)),
    announceOutdated: ({ context }) =>
      context.announce({
        type: 'planOutdated',
        atMs: context.clock.now(),
        requestId: context.requestId,
        planHash: madeOf(context).plan.hash,
        reason: unsentOf(context).reason,
      }),
    announceShort: ({ context }) => {
      const execution = executionOf(context);
      context.announce({
        type: 'planOutdated',
        atMs: context.clock.now(),
        requestId: context.requestId,
        planHash: execution.planHash,
        reason: execution.outdatedReason ?? shortfallOf(execution),
      });
    },
    refuseNothingLeft: ({ context }) =>
      context.announce({
        type: 'rebalancingRefused',
        atMs: context.clock.now(),
        requestId: context.requestId,
        reason: 'nothing is paused, and nothing was left to a person',
      }),
    refuseSecond: ({ context }, { request }: { request: RebalancingRequested }) =>
      context.announce({
        type: 'rebalancingRefused',
        atMs: context.clock.now(),
        requestId: request.requestId,
        reason: 'a rebalance is under way',
      }),
    announceEnd: ({ context }) => context.announce(endAnnounced(context, executionOf(context), '')),
    announceEndBefore: ({ context }) => announceNothingLeft(context),
  },
  guards: {
    mustAbort: ({ context }) => context.decisions.some(({ kind }) => kind === 'abort'),
    mustDecide: ({ context }) => context.decisions.length > 0,
    mustPlanAgain: ({ context }) =>
      mayPlanAgain(context) && context.request?.approval !== 'ask' && mayBePlannedAgain(executionOf(context)),
    allReported: ({ context }) => [...context.asked.values()].every(({ status }) => status !== null),
    allReconciled: ({ context }) =>
      [...context.asked.values()].every(({ status }) => status === 'reconciled'),
    isPlanOnly: ({ context }) => isPlanOnly(context),
    isApproved: ({ context }) => isApproved(context),
    isFinished: ({ context }) => context.actions.some(({ kind }) => kind === 'finish'),
    hasWork: ({ context }) => workOf(context).length > 0,
    mustReconcile: ({ context }) => context.asked.size > 0,
  },
  delays: {
    lookUpInterval: ({ context }) => context.lookUpIntervalMs,
    untilLookUp: ({ context }) => untilLookUpMs(context),
    certificationTimeout: ({ context }) => context.certificationTimeoutMs,
    approvalTimeout: ({ context }) => context.approvalTimeoutMs,
  },
});
