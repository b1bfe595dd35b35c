import type { Announcement } from '../../../actors/messages/announcements.ts';
import type {
  RebalancingMessage,
  RebalancingRequested,
} from '../../../actors/messages/rebalancing-messages.ts';
import type { Plan } from '../../domain/rebalancing/plan.ts';
import { PendingAnswers } from '../pending-answers.ts';
import {
  type Approval,
  type DecisionAnswer,
  type PersonDecision,
  PortfolioUnavailableError,
  RebalancingRefusedError,
  type RebalancingResult,
  type RequestedRebalance,
} from '../portfolio-api.ts';
import { whyNothingIsSent } from './rebalance-words.ts';

type Told<T extends Announcement['type']> = Extract<Announcement, { readonly type: T }>;
type Approver = Extract<Approval, (plan: Plan) => unknown>;

/** Asks the rebalancing actor for plans and rebalances, decides on them, and gives each caller what became of theirs. */
export class RebalanceDesk {
  readonly #send: (message: RebalancingMessage) => void;
  readonly #plans = new PendingAnswers<Told<'planMade'>>();
  readonly #ends = new PendingAnswers<Told<'rebalancingEnded'>>();
  /** Who decides on the plans of a request: on the first one, and on those that follow where that one was outdated. */
  readonly #approvers = new Map<string, Approver>();
  /** The last plan of each request that is waited for. */
  readonly #lastPlans = new Map<string, Plan>();
  /** Those of them of which an order has been heard: they are taken up again after a crash. */
  readonly #begun = new Set<string>();
  #awaitedPlan: { readonly requestId: string; readonly hash: string } | null = null;
  /** Why the actor does not run now; null while it does. */
  #lost: string | null = null;

  constructor(send: (message: RebalancingMessage) => void) {
    this.#send = send;
  }

  async plan(requestId: string): Promise<Plan> {
    const made = this.#plans.ask(requestId);
    this.#request(requestId, 'planOnly');
    return (await made).plan;
  }

  async rebalance(requestId: string, approve: Approval): Promise<RebalancingResult> {
    const made = this.#plans.ask(requestId);
    const ended = this.#ends.ask(requestId);
    if (typeof approve === 'function') this.#approvers.set(requestId, approve);
    try {
      this.#request(requestId, approve === true ? 'approved' : 'ask');
      const { plan, next } = await made;
      this.#lastPlans.set(requestId, plan);
      const reason = whyNothingIsSent(plan, next);
      if (reason !== null) {
        this.#ends.refuse(requestId, new RebalancingRefusedError(reason));
        return { outcome: 'planned', plan, reason };
      }
      const end = await ended;
      return { outcome: end.outcome, plan: this.#lastPlans.get(requestId) ?? plan, reason: end.reason };
    } catch (error) {
      if (!(error instanceof RebalancingRefusedError)) throw error;
      return { outcome: 'refused', plan: this.#lastPlans.get(requestId) ?? null, reason: error.message };
    } finally {
      this.#approvers.delete(requestId);
      this.#lastPlans.delete(requestId);
      this.#begun.delete(requestId);
    }
  }

  async requestRebalance(
    requestId: string,
    asked: Pick<RebalancingRequested, 'reason' | 'origin'>,
  ): Promise<RequestedRebalance> {
    const made = this.#plans.ask(requestId);
    this.#request(requestId, 'ask', asked);
    try {
      const { plan, next } = await made;
      const why = whyNothingIsSent(plan, next);
      return { outcome: why === null ? 'waiting' : 'planned', plan, reason: why ?? '' };
    } catch (error) {
      if (!(error instanceof RebalancingRefusedError)) throw error;
      return { outcome: 'refused', plan: null, reason: error.message };
    }
  }

  decide(decision: PlanDecision | RebalanceDecision, by: string): DecisionAnswer {
    if ('planHash' in decision) {
      const { kind, planHash } = decision;
      if (this.#awaitedPlan?.hash !== planHash)
        return { status: 'refused', reason: `no plan ${planHash} waits for a decision` };
      this.#awaitedPlan = null;
      this.#decidePlan(planHash, kind === 'approvePlan' ? 'approve' : 'reject', by);
      return { status: 'done', reason: kind === 'approvePlan' ? 'approved' : 'rejected' };
    }
    this.#assertWorks('decide again');
    const { type, said } = ON_REBALANCE[decision.kind];
    this.#send({ type, by, reason: decision.reason });
    return { status: 'done', reason: said };
  }

  /** What is under way is aborted where the actor runs; where it does not, nothing is sent. */
  abortBecause(reason: string, by: string): void {
    if (this.#lost === null) this.#send({ type: 'rebalancing.abortRequested', by, reason });
  }

  hear(announcement: Announcement): void {
    switch (announcement.type) {
      case 'planMade':
        this.#hearPlan(announcement);
        return;
      case 'rebalancingRefused': {
        const refusal = new RebalancingRefusedError(announcement.reason);
        this.#forget(announcement.requestId);
        this.#plans.refuse(announcement.requestId, refusal);
        this.#ends.refuse(announcement.requestId, refusal);
        return;
      }
      case 'planOutdated':
        this.#forget(announcement.requestId);
        return;
      case 'orderChanged':
        for (const [requestId, { hash }] of this.#lastPlans)
          if (hash === announcement.planHash) this.#begun.add(requestId);
        return;
      case 'rebalancingEnded':
        this.#forget(announcement.requestId);
        this.#ends.answer(announcement.requestId, announcement);
        return;
      case 'workerChanged':
        if (announcement.worker === 'rebalancing') this.#hearWorker(announcement);
        return;
      default:
    }
  }

  refuseAll(error: Error): void {
    this.#plans.refuseAll(error);
    this.#ends.refuseAll(error);
  }

  #hearPlan(made: Told<'planMade'>): void {
    const { requestId, plan, next } = made;
    this.#awaitedPlan = next === 'approval' ? { requestId, hash: plan.hash } : null;
    if (this.#lastPlans.has(requestId)) this.#lastPlans.set(requestId, plan);
    this.#plans.answer(requestId, made);
    const approve = this.#approvers.get(requestId);
    if (approve === undefined || next !== 'approval') return;
    this.#decideBy(approve, plan).catch((error) => this.#ends.refuse(requestId, error));
  }

  #hearWorker({ what, error }: Told<'workerChanged'>): void {
    this.#lost = what === 'worker.restarted' ? null : (error ?? what);
    if (this.#lost === null) return;
    const lost = new PortfolioUnavailableError(`rebalancing crashed before it answered: ${this.#lost}`);
    this.#awaitedPlan = null;
    this.#plans.refuseAll(lost);
    if (what === 'worker.gaveUp') this.#ends.refuseAll(lost);
    // An execution that has begun is taken up again after a restart, and ends under the same name.
    for (const requestId of this.#lastPlans.keys())
      if (!this.#begun.has(requestId)) this.#ends.refuse(requestId, lost);
  }

  /** Nothing of a request waits for a decision any more, and no order of its next plan is known yet. */
  #forget(requestId: string): void {
    if (this.#awaitedPlan?.requestId === requestId) this.#awaitedPlan = null;
    this.#begun.delete(requestId);
  }

  async #decideBy(approve: Approver, plan: Plan): Promise<void> {
    let isApproved = false;
    try {
      isApproved = (await approve(plan)) === true;
    } finally {
      if (this.#awaitedPlan?.hash === plan.hash) this.#awaitedPlan = null;
      this.#decidePlan(plan.hash, isApproved ? 'approve' : 'reject', 'bot');
    }
  }

  #decidePlan(planHash: string, decision: 'approve' | 'reject', by: string): void {
    this.#send({ type: 'rebalancing.planDecided', planHash, decision, by });
  }

  #request(
    requestId: string,
    approval: 'planOnly' | 'approved' | 'ask',
    asked: Pick<RebalancingRequested, 'reason' | 'origin'> = { reason: 'asked for' },
  ): void {
    this.#assertWorks('ask again');
    this.#send({ type: 'rebalancing.requested', requestId, approval, ...asked });
  }

  #assertWorks(advice: string): void {
    if (this.#lost !== null)
      throw new PortfolioUnavailableError(`rebalancing is not running, ${advice}: ${this.#lost}`);
  }
}

const ON_REBALANCE = {
  abortRebalance: {
    type: 'rebalancing.abortRequested',
    said: 'nothing more is sent; what is live is followed to its end',
  },
  pauseRebalance: {
    type: 'rebalancing.pauseRequested',
    said: 'nothing more is begun or sent until it is resumed; what is live is followed',
  },
  resumeRebalance: { type: 'rebalancing.resumeRequested', said: 'it goes on' },
} as const;

type RebalanceDecision = Extract<PersonDecision, { readonly kind: keyof typeof ON_REBALANCE }>;
type PlanDecision = Extract<PersonDecision, { readonly planHash: string }>;

/** Whether a decision is of a plan or of a rebalance under way. */
export const isOfRebalance = (decision: PersonDecision): decision is PlanDecision | RebalanceDecision =>
  'planHash' in decision || Object.hasOwn(ON_REBALANCE, decision.kind);
