import { assign, enqueueActions, fromPromise, setup } from 'xstate';
import { assert } from '../src/domain/assert.ts';
import type { BookEvent } from '../src/domain/book/book-event.ts';
import { applyExecutionEvent } from '../src/domain/rebalancing/apply-execution-event.ts';
import type { Execution, ExecutionPhase } from '../src/domain/rebalancing/execution.ts';
import { type ExecutionAction, IDLE_VIEW, nextActions } from '../src/domain/rebalancing/execution-actions.ts';
import type { ReportStatus } from '../src/domain/reconciliation/report-status.ts';
import type { VenueId } from '../src/domain/venue/venue.ts';
import type { Address } from './address.ts';
import { type ExecutionPorts, executeActions } from './execute-actions.ts';
import type { Announcement } from './messages/announcements.ts';
import type { PortfolioMessage } from './messages/portfolio-messages.ts';
import type {
  RebalancingMessage,
  RebalancingRequested,
  VenueReported,
} from './messages/rebalancing-messages.ts';
import type { ReconciliationMessage } from './messages/reconciliation-messages.ts';
import type { MadePlan, RebalancingWork } from './rebalancing-work.ts';

export interface RebalancingInput extends Omit<ExecutionPorts, 'tellBook' | 'tellLeg'> {
  readonly venues: readonly VenueId[];
  readonly portfolio: () => Address<PortfolioMessage>;
  readonly reconciliation: (venue: VenueId) => Address<ReconciliationMessage>;
  /** Must not throw. */
  readonly announce: (announcement: Announcement) => void;
  /** False in paper: a plan is made and kept, and nothing is sent. */
  readonly sendsOrders: boolean;
  /** Between two looks at orders that have not ended. */
  readonly lookUpIntervalMs: number;
  /** How long venues may take to be certified before a plan. */
  readonly certificationTimeoutMs: number;
  /** How long a plan waits for a person: prices do not stand still. */
  readonly approvalTimeoutMs: number;
}

interface Asked {
  readonly requestId: string;
  readonly revision: number;
  /** Null until a round that began after the question is over. */
  readonly status: ReportStatus | null;
}

interface RebalancingContext extends RebalancingInput {
  readonly request: RebalancingRequested | null;
  /** What each venue reported since it was asked; the revision is the execution's at that moment. */
  readonly asked: ReadonlyMap<VenueId, Asked>;
  readonly made: Extract<MadePlan, { state: 'planned' }> | null;
  readonly execution: Execution | null;
  readonly requestId: string;
  readonly actions: readonly ExecutionAction[];
}

/** Moves the portfolio to its targets: plans on certified venues only, sells, waits for confirmed proceeds, then buys. */
export const rebalancingActor = setup({
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
    begin: fromPromise<void, RebalancingContext>(async ({ input }) => {
      const { plan, execution } = madeOf(input);
      await input.work.setPlanStatus(plan.hash, 'planned', 'executing');
      await input.work.keepExecution(requestOf(input).requestId, execution);
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
    keepCertified: fromPromise<Execution, RebalancingContext>(async ({ input }) => {
      const execution = withCertified(executionOf(input), input);
      await input.work.keepExecution(input.requestId, execution);
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
      actions: [],
    })),
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
    resume: assign((_, { requestId, execution }: { requestId: string; execution: Execution }) => ({
      requestId,
      execution: applyExecutionEvent(execution, { type: 'restarted' }),
    })),
    choose: assign(({ context }) => {
      const actions = nextActions(executionOf(context), IDLE_VIEW);
      const reconcile = actions.find((action) => action.kind === 'reconcile');
      return {
        actions,
        asked: reconcile ? asking(context, reconcile.venues, reconcile.revision) : new Map(),
      };
    }),
    keepExecution: assign((_, { execution }: { execution: Execution }) => ({ execution })),
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
      const { planHash, phase, abortReason, legs } = executionOf(context);
      const outcome = endOf(phase);
      const reason =
        abortReason ?? legs.find((leg) => leg.reason !== null && outcome === 'needsPerson')?.reason ?? '';
      context.announce({
        type: 'rebalancingEnded',
        atMs: context.clock.now(),
        requestId: context.requestId,
        planHash,
        outcome,
        reason,
      });
    },
  },
  guards: {
    allReported: ({ context }) => [...context.asked.values()].every(({ status }) => status !== null),
    allReconciled: ({ context }) =>
      [...context.asked.values()].every(({ status }) => status === 'reconciled'),
    isPlanOnly: ({ context }) =>
      !context.sendsOrders ||
      requestOf(context).approval === 'planOnly' ||
      madeOf(context).plan.orders.length === 0,
    isApproved: ({ context }) => isApproved(context),
    isFinished: ({ context }) => context.actions.some(({ kind }) => kind === 'finish'),
    hasWork: ({ context }) => workOf(context).length > 0 && !isWaitingOnly(context),
    mustReconcile: ({ context }) => context.asked.size > 0,
  },
  delays: {
    lookUpInterval: ({ context }) => context.lookUpIntervalMs,
    certificationTimeout: ({ context }) => context.certificationTimeoutMs,
    approvalTimeout: ({ context }) => context.approvalTimeoutMs,
  },
}).createMachine({
  id: 'rebalancing',
  context: ({ input }) => ({
    ...input,
    request: null,
    asked: new Map(),
    made: null,
    execution: null,
    requestId: '',
    actions: [],
  }),
  initial: 'restoring',
  on: {
    'rebalancing.requested': {
      actions: { type: 'refuseSecond', params: ({ event }) => ({ request: event }) },
    },
    'rebalancing.venueReported': {
      actions: { type: 'noteReport', params: ({ event }) => ({ report: event }) },
    },
  },
  states: {
    restoring: {
      invoke: {
        src: 'findUnfinished',
        input: ({ context }) => context.work,
        onDone: [
          // In paper nothing is sent, whatever another mode has left unfinished: it waits until that mode is back.
          {
            guard: ({ context, event }) => event.output !== null && context.sendsOrders,
            target: 'executing',
            actions: { type: 'resume', params: ({ event }) => unfinishedOf(event.output) },
          },
          { target: 'idle' },
        ],
      },
    },
    idle: {
      on: {
        'rebalancing.requested': {
          target: 'certifying',
          actions: [{ type: 'takeRequest', params: ({ event }) => ({ request: event }) }, 'askAll'],
        },
      },
    },
    certifying: {
      entry: 'askVenues',
      always: [
        { guard: 'allReconciled', target: 'planning' },
        { guard: 'allReported', target: 'idle', actions: 'refuseUncertified' },
      ],
      after: { certificationTimeout: { target: 'idle', actions: 'refuseUncertified' } },
    },
    planning: {
      invoke: {
        src: 'makePlan',
        input: ({ context }) => context,
        onDone: [
          {
            guard: ({ event }) => event.output.state === 'refused',
            target: 'idle',
            actions: { type: 'refuse', params: ({ event }) => ({ reason: reasonOf(event.output) }) },
          },
          {
            target: 'planned',
            actions: [
              { type: 'keepPlan', params: ({ event }) => ({ made: plannedOf(event.output) }) },
              'announcePlan',
            ],
          },
        ],
      },
    },
    planned: {
      always: [
        { guard: 'isPlanOnly', target: 'idle' },
        { guard: 'isApproved', target: 'beginning' },
        { target: 'approving' },
      ],
    },
    approving: {
      on: {
        'rebalancing.planDecided': [
          {
            guard: ({ context, event }) =>
              event.planHash === context.made?.plan.hash && event.decision === 'approve',
            target: 'beginning',
          },
          {
            guard: ({ context, event }) => event.planHash === context.made?.plan.hash,
            target: 'idle',
            actions: { type: 'refuse', params: ({ event }) => ({ reason: `${event.by} rejected the plan` }) },
          },
        ],
      },
      after: {
        approvalTimeout: {
          target: 'idle',
          actions: { type: 'refuse', params: { reason: 'nobody approved the plan in time' } },
        },
      },
    },
    beginning: { invoke: { src: 'begin', input: ({ context }) => context, onDone: 'executing' } },
    executing: {
      initial: 'choosing',
      states: {
        choosing: {
          entry: 'choose',
          always: [
            { guard: 'hasWork', target: 'acting' },
            { guard: 'mustReconcile', target: 'certifying' },
            { guard: 'isFinished', target: '#rebalancing.ending' },
            { target: 'waiting' },
          ],
        },
        acting: {
          invoke: {
            src: 'act',
            input: ({ context }) => ({ ...context, actions: workOf(context) }),
            onDone: {
              target: 'choosing',
              actions: { type: 'keepExecution', params: ({ event }) => ({ execution: event.output }) },
            },
          },
        },
        waiting: {
          after: { lookUpInterval: 'lookingUp' },
        },
        lookingUp: {
          invoke: {
            src: 'act',
            input: ({ context }) => ({ ...context, actions: workOf(context) }),
            onDone: {
              target: 'choosing',
              actions: { type: 'keepExecution', params: ({ event }) => ({ execution: event.output }) },
            },
          },
        },
        certifying: {
          entry: 'askVenues',
          always: [
            { guard: 'allReconciled', target: 'certified' },
            { guard: 'allReported', target: 'uncertified' },
          ],
          after: { certificationTimeout: 'uncertified' },
        },
        certified: {
          invoke: {
            src: 'keepCertified',
            input: ({ context }) => context,
            onDone: [
              // A venue that is not certified must not keep the orders at the others from being followed.
              {
                guard: ({ context }) => workOf(context).length > 0,
                target: 'lookingUp',
                actions: { type: 'keepExecution', params: ({ event }) => ({ execution: event.output }) },
              },
              {
                target: 'choosing',
                actions: { type: 'keepExecution', params: ({ event }) => ({ execution: event.output }) },
              },
            ],
          },
        },
        // What did reconcile counts; the others are asked again after a while, for as long as it takes.
        uncertified: { after: { lookUpInterval: 'certified' } },
      },
    },
    ending: {
      invoke: {
        src: 'end',
        input: ({ context }) => context,
        onDone: { target: 'idle', actions: 'announceEnd' },
      },
    },
  },
});

function requestOf({ request }: RebalancingContext): RebalancingRequested {
  assert(request, 'a plan is made on request');
  return request;
}

function madeOf({ made }: RebalancingContext): Extract<MadePlan, { state: 'planned' }> {
  assert(made, 'a plan was made');
  return made;
}

function executionOf({ execution }: Pick<RebalancingContext, 'execution'>): Execution {
  assert(execution, 'an execution is under way');
  return execution;
}

function unfinishedOf(found: Awaited<ReturnType<RebalancingWork['findUnfinished']>>) {
  assert(found, 'a guard has found an execution');
  return found;
}

function plannedOf(made: MadePlan): Extract<MadePlan, { state: 'planned' }> {
  assert(made.state === 'planned', 'a guard has found a plan');
  return made;
}

const reasonOf = (made: MadePlan): string => (made.state === 'refused' ? made.reason : '');
const isApproved = (context: RebalancingContext): boolean => requestOf(context).approval === 'approved';

/** What an executor does itself; venues are reconciled by their own actors. */
const workOf = ({ actions }: RebalancingContext): readonly ExecutionAction[] =>
  actions.filter(({ kind }) => kind !== 'reconcile' && kind !== 'finish');

/** Only looks at orders that have just been looked at: they are given time. */
const isWaitingOnly = (context: RebalancingContext): boolean =>
  workOf(context).every(
    (action) => action.kind === 'lookUp' && wasLookedUp(executionOf(context), action.leg),
  );

const wasLookedUp = (execution: Execution, sequence: number): boolean =>
  (execution.legs.find((leg) => leg.sequence === sequence)?.lookUpsInVain ?? 0) > 0;

const asking = (
  { requestId, clock }: RebalancingContext,
  venues: readonly VenueId[],
  revision: number,
): RebalancingContext['asked'] =>
  new Map(
    venues.map((venue) => [
      venue,
      { requestId: `${requestId}:${revision}:${clock.now()}`, revision, status: null },
    ]),
  );

const uncertified = ({ asked }: RebalancingContext): readonly string[] =>
  [...asked]
    .filter(([, { status }]) => status !== 'reconciled')
    .map(([venue, { status }]) => `${venue} is ${status ?? 'silent'}`);

function withCertified(execution: Execution, { asked, work }: RebalancingContext): Execution {
  return [...asked]
    .filter(([, { status }]) => status === 'reconciled')
    .reduce(
      (state, [venue, { revision }]) =>
        applyExecutionEvent(state, {
          type: 'venueCertified',
          venue,
          confirmedCash: work.cashAt(venue),
          revision,
        }),
      execution,
    );
}

const endOf = (phase: ExecutionPhase): 'done' | 'aborted' | 'needsPerson' =>
  phase === 'done' || phase === 'aborted' ? phase : 'needsPerson';

function orderChanged(leg: Execution['legs'][number], { planHash }: Execution, atMs: number): Announcement {
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
