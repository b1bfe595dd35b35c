import { assign, enqueueActions, fromPromise, setup } from 'xstate';
import type { BookEvent } from '../src/domain/book/book-event.ts';
import { applyExecutionEvent } from '../src/domain/rebalancing/apply-execution-event.ts';
import type { Execution } from '../src/domain/rebalancing/execution.ts';
import { IDLE_VIEW, nextActions } from '../src/domain/rebalancing/execution-actions.ts';
import { shortfallOf } from '../src/domain/rebalancing/execution-end.ts';
import { type ExecutionPorts, executeActions } from './execute-actions.ts';
import type {
  AbortRequested,
  RebalancingMessage,
  RebalancingRequested,
  VenueReported,
} from './messages/rebalancing-messages.ts';
import {
  abortOf,
  asking,
  endOf,
  executionOf,
  isApproved,
  legsNotDue,
  lookUpsDueAfter,
  madeOf,
  orderChanged,
  type RebalancingContext,
  type RebalancingInput,
  readingsOf,
  requestOf,
  uncertified,
  untilLookUpMs,
  workOf,
} from './rebalancing-context.ts';
import type { MadePlan, RebalancingWork, StepOutcome } from './rebalancing-work.ts';

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
    makePlan: fromPromise<MadePlan, RebalancingContext>(({ input }) =>
      input.work.makePlan(requestOf(input).requestId),
    ),
    begin: fromPromise<StepOutcome, RebalancingContext>(({ input }) => {
      const { execution } = madeOf(input);
      return input.work.begin(requestOf(input).requestId, execution, readingsOf(execution, input));
    }),
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
    keepCertified: fromPromise<Execution, RebalancingContext>(({ input }) => {
      const execution = executionOf(input);
      return input.work.keepCertified(input.requestId, execution, readingsOf(execution, input));
    }),
    keepAborted: fromPromise<Execution, RebalancingContext>(async ({ input }) => {
      const { requestId, work } = input;
      const { by, reason } = abortOf(input);
      const before = executionOf(input);
      const event = { type: 'abortRequested', reason: `${by}: ${reason}` } as const;
      const execution = applyExecutionEvent(before, event);
      await work.keepAborted({ requestId, before, execution, event }, by);
      return execution;
    }),
    end: fromPromise<void, RebalancingContext>(({ input }) =>
      input.work.setPlanStatus(executionOf(input).planHash, 'executing', executionOf(input).phase),
    ),
  },
  actions: {
    takeRequest: assign((_, { request }: { request: RebalancingRequested }) => ({
      request,
      requestId: request.requestId,
      made: null,
      execution: null,
      abort: null,
      actions: [],
      lookUpsDueAtMs: new Map(),
    })),
    takeAbort: assign((_, { abort: { by, reason } }: { abort: AbortRequested }) => ({
      abort: { by, reason },
    })),
    forgetAbort: assign({ abort: null }),
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
    })),
    resume: assign(({ context }, { requestId, execution }: { requestId: string; execution: Execution }) => {
      const resumed = applyExecutionEvent(execution, { type: 'restarted' });
      return { requestId, execution: resumed, lookUpsDueAtMs: lookUpsDueAfter(context, resumed) };
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
      const next =
        !context.sendsOrders || requestOf(context).approval === 'planOnly'
          ? 'none'
          : isApproved(context)
            ? 'execution'
            : 'approval';
      context.announce({
        type: 'planMade',
        atMs: context.clock.now(),
        requestId: context.requestId,
        plan,
        next,
      });
    },
    refuse: ({ context }, { reason }: { reason: string }) =>
      context.announce({
        type: 'rebalancingRefused',
        atMs: context.clock.now(),
        requestId: context.requestId,
        reason,
      }),
    refuseAborted: ({ context }) =>
      context.announce({
        type: 'rebalancingRefused',
        atMs: context.clock.now(),
        requestId: context.requestId,
        reason: `aborted by ${abortOf(context).by}: ${abortOf(context).reason}`,
      }),
    refuseSecond: ({ context }, { request }: { request: RebalancingRequested }) =>
      context.announce({
        type: 'rebalancingRefused',
        atMs: context.clock.now(),
        requestId: request.requestId,
        reason: 'a rebalance is under way',
      }),
    refuseUncertified: ({ context }) =>
      context.announce({
        type: 'rebalancingRefused',
        atMs: context.clock.now(),
        requestId: context.requestId,
        reason: `no plan on an uncertified venue: ${uncertified(context).join(', ')}`,
      }),
    announceEnd: ({ context }) => {
      const execution = executionOf(context);
      const { planHash, phase } = execution;
      context.announce({
        type: 'rebalancingEnded',
        atMs: context.clock.now(),
        requestId: context.requestId,
        planHash,
        outcome: endOf(phase),
        reason: shortfallOf(execution),
      });
    },
  },
  guards: {
    mustAbort: ({ context }) => context.abort !== null,
    allReported: ({ context }) => [...context.asked.values()].every(({ status }) => status !== null),
    allReconciled: ({ context }) =>
      [...context.asked.values()].every(({ status }) => status === 'reconciled'),
    isPlanOnly: ({ context }) =>
      !context.sendsOrders ||
      requestOf(context).approval === 'planOnly' ||
      madeOf(context).plan.orders.length === 0,
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
