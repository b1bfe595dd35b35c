import { createActor } from 'xstate';
import type { PortfolioMessage } from '../../../actors/messages/portfolio-messages.ts';
import type { ReconciliationMessage } from '../../../actors/messages/reconciliation-messages.ts';
import { rebalancingActor } from '../../../actors/rebalancing-actor.ts';
import type { CommittedStep, RebalancingWork, StepOutcome } from '../../../actors/rebalancing-work.ts';
import type { OpenDatabase } from '../../../db/database.ts';
import type { BookEvent } from '../../../src/domain/book/book-event.ts';
import { holdingOf, totalOf } from '../../../src/domain/book/book-state.ts';
import { sha256Hex } from '../../../src/domain/hash.ts';
import { isPositive } from '../../../src/domain/money/amount.ts';
import { applyExecutionEvent } from '../../../src/domain/rebalancing/apply-execution-event.ts';
import { type Execution, isLive } from '../../../src/domain/rebalancing/execution.ts';
import { startExecution } from '../../../src/domain/rebalancing/execution-start.ts';
import { drawOf } from '../../../src/incidents/draw.ts';
import { settle, TurnClock } from '../../../src/platform/turn-clock.ts';
import { collector } from '../actor-rig.ts';
import { BookHarness } from '../book-harness.ts';
import { serviceSettings } from '../service-settings.ts';
import { FaultyVenue, type Life, never } from './faulty-venue.ts';
import { type FaultName, FaultScript, faultsOf, type Moment } from './placement-faults.ts';
import { PlacementJudge } from './placement-judge.ts';
import { SHAPES } from './placement-plans.ts';
import { recordsInDatabase, recordsInMemory } from './placement-records.ts';

export interface PlacementResult {
  readonly seed: number;
  readonly faults: readonly FaultName[];
  readonly struck: readonly FaultName[];
  readonly plan: string;
  readonly venueKind: string;
  readonly outcome: string;
  readonly intents: number;
  readonly ordersAtVenues: number;
  readonly ordersPerIntentMax: number;
  readonly starts: number;
  readonly violations: readonly string[];
  /** What happened, in order. */
  readonly happened: readonly string[];
}

const START_MS = Date.UTC(2024, 7, 5);
/** Far beyond the longest silences and backoffs that four faults can add up to. */
const ENDS_WITHIN_MS = 12 * 3_600_000;
/** The latest request arrives within this time of its sending. */
const AFTERMATH_MS = 700_000;
const ROUND_MS = 5_000;
const SILENT_ROUND_MS = 30_000;

const MOMENT_OF: Partial<Record<CommittedStep['event']['type'], Moment>> = {
  legIntended: 'intent',
  legSubmitted: 'aboutToSend',
  submitOutcome: 'answer',
  orderSeen: 'seen',
};

/** One plan through the rebalancing actor, its rows in the database, and venues in process that fail as the seed says. */
export async function runPlacement(seed: number, database: OpenDatabase | null): Promise<PlacementResult> {
  const draw = drawOf(seed, 0);
  const faults = faultsOf(seed);
  const script = new FaultScript(faults, draw);
  const clock = new TurnClock(START_MS);
  const happened: string[] = [];
  const say = (what: string): void => {
    happened.push(`${clock.now() - START_MS} ms  ${what}`);
  };
  const kind = draw.pick(['coinbase', 'dydx', 'solana'] as const);
  // Two of three runs have one intent.
  const shape = draw.chance(2 / 3) ? draw.pick(SHAPES.slice(0, 2)) : draw.pick(SHAPES.slice(2));
  const plan = { ...shape.plan, hash: sha256Hex(`placement ${seed}`) };
  const venues = new Map(
    shape.input.venues.map((at) => [at.id, new FaultyVenue(at, { kind, clock, script, say })]),
  );
  const settings = serviceSettings(
    shape.input.venues.map(({ id }) => ({
      venue: id,
      kind,
      numberedAccount: kind === 'dydx' ? `account of ${id}` : null,
      cashAsset: 'USD',
    })),
  );
  const judge = new PlacementJudge(venues);
  const book = openBook(venues);
  const booked = (venue: string, asset: string) => totalOf(holdingOf(book.book, venue, asset));
  const records =
    database === null
      ? recordsInMemory(kind === 'dydx')
      : recordsInDatabase(database, { plan, settings, now: clock.now });
  let last: Execution | null = null;
  let starts = 0;

  /** The records as one process sees them: where it dies at a write, nothing of it happens after. */
  const recordsOf = (life: Life): RebalancingWork => {
    const alive = <T>(work: () => Promise<T>): Promise<T> => (life.isOver ? never() : work());
    const die = (what: string): Promise<never> => {
      say(`the process dies ${what}`);
      life.end();
      return never();
    };
    const commit = async (step: CommittedStep): Promise<StepOutcome> => {
      const moment = MOMENT_OF[step.event.type];
      const fault = moment === undefined ? null : script.strikeAt(moment);
      const isCrash = fault?.startsWith('crash') ?? false;
      const isBefore =
        fault === 'crashBeforeIntent' || (isCrash && fault !== 'crashAfterIntent' && draw.chance(0.5));
      if (isCrash && isBefore) return die(`before it commits ${step.event.type}`);
      const outcome = await records.work.commit(step);
      if (outcome.state === 'refused') {
        judge.violations.push(`${step.event.type} is refused: ${outcome.reason}`);
        return outcome;
      }
      if (step.event.type === 'legIntended' && step.leg)
        judge.intended(await records.work.findInstruction(step.leg.intentId));
      say(`${step.event.type} ${step.leg?.sequence}: ${step.leg?.status}`);
      last = step.execution;
      judge.committed(step.execution, step.event);
      if (isCrash) return die(`after it has committed ${step.event.type}`);
      if (fault !== 'answerTwice') return outcome;
      const execution = applyExecutionEvent(step.execution, step.event);
      const leg = execution.legs.find(({ sequence }) => sequence === step.leg?.sequence) ?? null;
      const again = await records.work.commit({ ...step, before: step.execution, execution, leg });
      say('the answer comes twice');
      judge.committed(execution, step.event);
      return again;
    };
    return {
      ...records.work,
      makePlan: () =>
        alive(async () => {
          await records.keepPlan(plan);
          const execution = startExecution(plan, shape.input);
          return { state: 'planned', plan, execution, approvedBy: 'bot' };
        }),
      end: (requestId, execution) => alive(() => records.work.end(requestId, execution)),
      begin: (requestId, execution, from) =>
        alive(async () => {
          const outcome = await records.work.begin(requestId, execution, from);
          if (outcome.state === 'refused') judge.violations.push(`it may not begin: ${outcome.reason}`);
          last = execution;
          judge.committed(execution, null);
          return outcome;
        }),
      keepCertified: (requestId, execution, readings) =>
        alive(async () => {
          const certified = await records.work.keepCertified(requestId, execution, readings);
          last = certified;
          judge.committed(certified, null);
          return certified;
        }),
      commit: (step) => alive(() => commit(step)),
      whyOutdated: async () => null,
      whyPricesMoved: async () => null,
      availableAt: booked,
    };
  };

  const start = (): { readonly life: Life; readonly actor: ReturnType<typeof newActor> } => {
    starts += 1;
    let isOver = false;
    const life: Life = {
      get isOver() {
        return isOver;
      },
      end: () => {
        isOver = true;
      },
    };
    const newActor = () => {
      const seen = new Map([...venues].map(([id, venue]) => [id, venue.seenBy(life)]));
      const portfolio = collector<PortfolioMessage>((message) => {
        if (life.isOver) return;
        const { kind: outcome } = book.hear(message as BookEvent);
        if (outcome === 'conflict' || outcome === 'rejected')
          judge.violations.push(`the book finds a ${outcome} in ${JSON.stringify(message)}`);
      }).address;
      const rounds = new Map(
        [...venues].map(([id, venue]) => [
          id,
          collector<ReconciliationMessage>((message) => {
            if (message.type !== 'reconciliation.requested') return;
            const { isSilent } = venue;
            clock.setTimeout(
              () => {
                if (life.isOver) return;
                const agrees = venue.engine
                  .balances()
                  .every(({ asset, available }) => booked(id, asset) === available);
                const status = isSilent ? 'inconclusive' : agrees ? 'reconciled' : 'pending';
                say(`${id} is ${status}`);
                const answers = [message.requestId];
                actor.send({
                  type: 'rebalancing.venueReported',
                  venue: id,
                  status,
                  atMs: clock.now(),
                  answers,
                });
              },
              isSilent ? SILENT_ROUND_MS : ROUND_MS,
            );
          }).address,
        ]),
      );
      const of = <T>(from: ReadonlyMap<string, T>, id: string): T => {
        const found = from.get(id);
        if (found === undefined) throw new Error(`no venue ${id}`);
        return found;
      };
      const actor = createActor(rebalancingActor, {
        clock,
        input: {
          venues: [...venues.keys()],
          portfolio: () => portfolio,
          reconciliation: (venue) => of(rounds, venue),
          announce: () => undefined,
          sendsOrders: true,
          lookUpIntervalMs: 2_000,
          certificationTimeoutMs: 180_000,
          approvalTimeoutMs: 600_000,
          replansMax: 0,
          work: recordsOf(life),
          exchangeOf: (venue) => of(seen, venue),
          clock,
          timeoutMs: 30_000,
          setOutcomeUnknown: () => undefined,
          setUnderWay: () => undefined,
        },
      });
      actor.subscribe({ error: (error) => judge.violations.push(`the actor crashes: ${String(error)}`) });
      return actor.start();
    };
    return { life, actor: newActor() };
  };

  let { life, actor } = start();
  await settle();
  actor.send({ type: 'rebalancing.requested', requestId: plan.hash, approval: 'approved', reason: 'drift' });
  for (;;) {
    await settle();
    if (life.isOver) {
      actor.stop();
      ({ life, actor } = start());
      say('it starts again');
      continue;
    }
    if (actor.getSnapshot().status !== 'active' || actor.getSnapshot().value === 'idle') break;
    const dueAtMs = clock.nextDueAtMs();
    if (dueAtMs === null || dueAtMs > START_MS + ENDS_WITHIN_MS) {
      judge.violations.push(`it does not end within ${ENDS_WITHIN_MS} ms`);
      break;
    }
    const isSent = [...venues.values()].some(({ sent }) => sent.length > 0);
    if (isSent && script.strikeAt('wait') === 'restart') life.end();
    else await clock.moveTo(dueAtMs);
  }
  actor.stop();
  await clock.moveTo(clock.now() + AFTERMATH_MS);

  const status = await records.planStatus();
  const intents = await records.intents();
  const execution: Execution = last ?? startExecution(plan, shape.input);
  if (status !== execution.phase)
    judge.violations.push(`the plan is ${status}, and its execution ${execution.phase}`);
  judge.ended(execution, intents, booked);
  // What is left of an execution is set aside for orders that a person has to see to, and for nothing else.
  for (const { venue, asset, amount: left } of (await records.reserved()) ?? []) {
    const isForPerson = execution.legs.some((leg) => leg.venue === venue && isLive(leg));
    if (!isForPerson) judge.violations.push(`${left} ${asset} stay set aside at ${venue}`);
  }
  const perVenue = [...venues.values()].map(({ engine }) => engine.orders().length);
  return {
    seed,
    faults,
    struck: script.struck,
    plan: shape.name,
    venueKind: kind,
    outcome: status,
    intents: judge.intents,
    ordersAtVenues: perVenue.reduce((total, count) => total + count, 0),
    ordersPerIntentMax: judge.ordersPerIntentMax,
    starts,
    violations: judge.violations,
    happened,
  };
}

/** The rules of the book over maps, opened with what the venues hold. */
function openBook(venues: ReadonlyMap<string, FaultyVenue>): BookHarness {
  const book = new BookHarness({
    nowMs: Number.MAX_SAFE_INTEGER - 10_000,
    isVenueConfigured: () => true,
    canHold: () => true,
  });
  for (const [venue, { engine }] of venues) {
    for (const { asset, available } of engine.balances()) {
      if (!isPositive(available)) continue;
      const eventId = `opening ${venue} ${asset}`;
      book.hear({
        type: 'portfolio.depositReported',
        eventId,
        venue,
        atMs: START_MS,
        asset,
        amount: available,
        activityId: null,
      });
    }
  }
  return book;
}
