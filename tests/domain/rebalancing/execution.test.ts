import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type Amount,
  add,
  amount,
  isLess,
  isMore,
  isPositive,
  subtract,
  sum,
  ZERO,
} from '../../../src/domain/money/amount.ts';
import { applyExecutionEvent } from '../../../src/domain/rebalancing/apply-execution-event.ts';
import {
  applyCashEvent,
  type CashEvent,
  openVenueCash,
  type VenueCash,
} from '../../../src/domain/rebalancing/cash-protocol.ts';
import {
  type Execution,
  type ExecutionEvent,
  isLive,
  isSettled,
  isTerminal,
  LOOK_UPS_IN_VAIN_MAX,
  SENDS_MAX,
  venueOf,
} from '../../../src/domain/rebalancing/execution.ts';
import { IDLE_VIEW, nextActions } from '../../../src/domain/rebalancing/execution-actions.ts';
import {
  accountEventsOf,
  accountsOf,
  floorAt,
  settledOrders,
} from '../../../src/domain/rebalancing/execution-cash.ts';
import { mayBePlannedAgain } from '../../../src/domain/rebalancing/execution-end.ts';
import { lookUpWaitMs, PREPARE_FAILURES_MAX } from '../../../src/domain/rebalancing/execution-leg.ts';
import { seededRandom } from '../../../src/platform/random.ts';
import {
  checkExecution,
  committed,
  legOf,
  lookUp,
  partOf,
  place,
  startOneVenue,
  startTwoVenues,
  startWorld,
  type World,
} from './execution-fixtures.ts';

/** Sendings of one order that the model follows. */
const SENDS_IN_MODEL = 2;

/** What a venue says that takes the same bytes once at the most. */
const UNSEEN = { state: 'absent', isProven: false, mayResend: true, detail: 'not seen yet' } as const;

const ENDS = ['done', 'aborted', 'needsPerson'];
const apply = (execution: Execution, ...events: readonly ExecutionEvent[]): Execution =>
  events.reduce(applyExecutionEvent, execution);

const kinds = (execution: Execution): readonly string[] =>
  nextActions(execution, IDLE_VIEW).map((a) => ('leg' in a ? `${a.kind} ${a.leg}` : a.kind));

const sent = (leg: number, quantity: string): readonly ExecutionEvent[] => [
  { type: 'legIntended', leg, quantity: amount(quantity), reservation: ZERO },
  { type: 'legPrepared', leg },
  { type: 'legSubmitted', leg },
];

const found = (leg: number, status: 'filled' | 'cancelled' | 'open', filled: string): ExecutionEvent => ({
  type: 'orderSeen',
  leg,
  lookup: { state: 'found', venueOrderId: `o${leg}`, status, filledQuantity: amount(filled), fills: [] },
});

describe('the execution of a plan', () => {
  it('has sells 1 and 2 at two venues and a buy at each that needs its sell', () => {
    const execution = startTwoVenues();
    expect(execution.legs.map((leg) => [leg.sequence, leg.venue, leg.side, leg.fundedBy])).toEqual([
      [1, 'north', 'sell', []],
      [2, 'south', 'sell', []],
      [3, 'north', 'buy', [1]],
      [4, 'south', 'buy', [2]],
    ]);
    expect(execution.phase).toBe('selling');
  });

  it('sells at all venues at once, and buys at a venue as soon as its own sells are settled', () => {
    const start = startTwoVenues();
    expect(kinds(start)).toEqual(['intend 1', 'intend 2']);
    const sold = apply(
      start,
      ...sent(1, legOf(start, 1).quantity),
      found(1, 'filled', legOf(start, 1).quantity),
    );
    expect(kinds(sold)).toEqual(['intend 2', 'reconcile']);
    const settled = apply(sold, {
      type: 'venueCertified',
      venue: 'north',
      confirmedCash: amount('1000'),
      revision: sold.revision,
    });
    expect(kinds(settled)).toEqual(['intend 2', 'intend 3']);
    expect(settled.phase).toBe('selling');
  });

  it('buys as soon as the proceeds of one sell are confirmed, while another is under way', () => {
    const start = startOneVenue('streaming');
    expect(start.legs.map(({ side }) => side)).toEqual(['sell', 'sell', 'buy', 'buy']);
    const first = apply(start, ...sent(1, '4'), found(1, 'filled', '4'));
    expect(kinds(first)).toEqual(['intend 2', 'reconcile']);
    const both = apply(first, ...sent(2, '4'), { type: 'restarted' });
    expect(kinds(both)).toEqual(['lookUp 2', 'reconcile']);
    const read = (confirmed: string) =>
      apply(both, {
        type: 'venueCertified',
        venue: 'north',
        confirmedCash: amount(confirmed),
        revision: both.revision,
      });
    const whole = legOf(start, 3).plannedQuantity;
    expect(kinds(read('20'))).toEqual(['lookUp 2']);
    expect(nextActions(read('415.6'), IDLE_VIEW)).toContainEqual(
      expect.objectContaining({ kind: 'intend', leg: 3, quantity: whole }),
    );
    const behind = { ...both, release: 'barrier' } as const;
    expect(kinds(behind)).toEqual(['lookUp 2']);
  });

  it('does not take a reading that began before the sell ended for its proceeds', () => {
    const start = startTwoVenues('barrier');
    const sold = apply(
      start,
      ...sent(1, legOf(start, 1).quantity),
      found(1, 'filled', legOf(start, 1).quantity),
    );
    const old = apply(sold, {
      type: 'venueCertified',
      venue: 'north',
      confirmedCash: amount('1000'),
      revision: sold.revision - 1,
    });
    expect(kinds(old)).toContain('reconcile');
    expect(kinds(old)).not.toContain('intend 3');
  });

  it('buys less where a sell filled partly, down to whole steps of what confirmed cash allows', () => {
    const start = startTwoVenues();
    const sold = apply(start, ...sent(1, legOf(start, 1).quantity), found(1, 'cancelled', '2'));
    expect(legOf(sold, 1).status).toBe('partlyFilled');
    const settled = apply(sold, {
      type: 'venueCertified',
      venue: 'north',
      confirmedCash: amount('220'),
      revision: sold.revision,
    });
    const intend = nextActions(settled, IDLE_VIEW).find((a) => a.kind === 'intend' && a.leg === 3);
    expect(intend).toMatchObject({ quantity: '1' });
  });

  it('skips a buy whose sell was rejected, and says what was there', () => {
    const start = startTwoVenues();
    const rejected = apply(start, ...sent(1, legOf(start, 1).quantity), {
      type: 'submitOutcome',
      leg: 1,
      outcome: { state: 'rejected', reason: 'no' },
    });
    const settled = apply(rejected, {
      type: 'venueCertified',
      venue: 'north',
      confirmedCash: amount('20'),
      revision: rejected.revision,
    });
    expect(nextActions(settled, IDLE_VIEW)).toContainEqual({
      kind: 'skip',
      leg: 3,
      reason: 'confirmed cash at north leaves 0, which buys less than the smallest order',
    });
  });

  it('keeps an order without an answer unknown until the venue shows it or proves it absent', () => {
    const start = apply(startTwoVenues(), ...sent(1, '5'), {
      type: 'submitOutcome',
      leg: 1,
      outcome: { state: 'outcomeUnknown', detail: 'timed out' },
    });
    expect(kinds(start)).toEqual(['lookUp 1', 'intend 2']);
    const unproven = apply(start, {
      type: 'orderSeen',
      leg: 1,
      lookup: { state: 'absent', isProven: false, detail: 'not yet' },
    });
    expect(legOf(unproven, 1).status).toBe('unknown');
    const proven = apply(unproven, {
      type: 'orderSeen',
      leg: 1,
      lookup: { state: 'absent', isProven: true, detail: 'expired' },
    });
    expect(legOf(proven, 1).status).toBe('absent');
    expect(legOf(apply(unproven, found(1, 'filled', '5')), 1).status).toBe('filled');
  });

  it('takes an order that was on its way at a crash for unknown, and sends a prepared one', () => {
    const start = startTwoVenues();
    const [intended, prepared] = sent(2, legOf(start, 2).quantity);
    const crashed = apply(start, ...sent(1, '5'), intended as ExecutionEvent, prepared as ExecutionEvent);
    const restarted = apply(structuredClone(crashed), { type: 'restarted' });
    expect(kinds(restarted)).toEqual(['lookUp 1', 'submit 2']);
  });

  it('never submits a leg twice', () => {
    const once = apply(startTwoVenues(), ...sent(1, '5'));
    expect(() => apply(once, { type: 'legSubmitted', leg: 1 })).toThrow('prepared');
  });

  const unseen = (leg: number): ExecutionEvent =>
    ({ type: 'orderSeen', leg, lookup: UNSEEN }) as ExecutionEvent;
  const paused: ExecutionEvent = { type: 'pauseRequested', reason: 'lunch' };
  const resumed: ExecutionEvent = { type: 'resumeRequested' };
  const resent: ExecutionEvent = { type: 'legResent', leg: 1 };
  const lost: ExecutionEvent = {
    type: 'submitOutcome',
    leg: 1,
    outcome: { state: 'outcomeUnknown', detail: 'timed out' },
  };

  it.each([
    ['whose outcome is unknown', lost, 'unknown'],
    ['that was accepted', { ...lost, outcome: { state: 'accepted', venueOrderId: 'o1' } }, 'working'],
  ] as const)(
    'sends an order %s again where the venue takes its bytes once and has not seen them',
    (_which, answer, status) => {
      const asked = apply(startTwoVenues(), ...sent(1, '5'), answer as ExecutionEvent);
      expect(kinds(asked)).toContain('lookUp 1');
      const absent = apply(asked, unseen(1));
      expect(kinds(absent)).toContain('resend 1');
      const again = apply(absent, resent);
      expect(legOf(again, 1)).toMatchObject({ status, sends: 2, mayResend: false });
      expect(kinds(again)).toContain('lookUp 1');
      expect(legOf(apply(again, found(1, 'filled', '5')), 1).status).toBe('filled');
    },
  );

  it.each(['rejected', 'deniedLocally'] as const)(
    'does not take a second sending that is %s for the end of the first',
    (state) => {
      const again = apply(startTwoVenues(), ...sent(1, '5'), lost, unseen(1), resent);
      const answered = apply(again, { type: 'submitOutcome', leg: 1, outcome: { state, reason: 'expired' } });
      expect(legOf(answered, 1).status).toBe('unknown');
    },
  );

  it.each<[string, readonly ExecutionEvent[]]>([
    ['before it was looked up', [lost]],
    [
      'where its venue may take the bytes twice',
      [lost, { ...unseen(1), lookup: { ...UNSEEN, mayResend: false } } as ExecutionEvent],
    ],
    ['of which something has filled', [lost, found(1, 'open', '2'), unseen(1)]],
    ['that the venue shows', [lost, unseen(1), found(1, 'open', '0')]],
    ['after a restart, before it was looked up', [lost, unseen(1), { type: 'restarted' }]],
    ['once the execution is aborted', [lost, unseen(1), { type: 'abortRequested', reason: 'kill switch' }]],
    [
      'as often as it may be',
      [lost, ...Array.from({ length: SENDS_MAX - 1 }, () => [unseen(1), resent]).flat(), unseen(1)],
    ],
  ])('does not send an order again %s', (_when, events) => {
    const execution = apply(startTwoVenues(), ...sent(1, '5'), ...events);
    expect(kinds(execution)).toContain('lookUp 1');
    expect(() => apply(execution, resent)).toThrow('may be sent again');
  });

  it('sends nothing again while paused, and looks on', () => {
    const execution = apply(startTwoVenues(), ...sent(1, '5'), lost, unseen(1), paused);
    expect(kinds(execution)).toEqual(['lookUp 1']);
    expect(kinds(apply(execution, resumed))).toEqual(['resend 1', 'intend 2']);
  });

  it('refuses a buy before its sells are settled, and one beyond the cash there is', () => {
    const start = startTwoVenues();
    const early: ExecutionEvent = {
      type: 'legIntended',
      leg: 3,
      quantity: amount('1'),
      reservation: amount('1'),
    };
    expect(() => apply(start, early)).toThrow('sells settle before buys');
    const sold = apply(start, ...sent(1, '5'), found(1, 'filled', '5'));
    const settled = apply(sold, {
      type: 'venueCertified',
      venue: 'north',
      confirmedCash: amount('100'),
      revision: sold.revision,
    });
    expect(() => apply(settled, { ...early, reservation: amount('80.01') })).toThrow(
      'at most what is spendable',
    );
  });

  it('makes a venue uncertified again when a fill comes late', () => {
    const start = startTwoVenues();
    const sold = apply(start, ...sent(1, '5'), found(1, 'cancelled', '2'));
    const settled = apply(sold, {
      type: 'venueCertified',
      venue: 'north',
      confirmedCash: amount('217'),
      revision: sold.revision,
    });
    const late = apply(settled, found(1, 'cancelled', '3'));
    expect(legOf(late, 1).filledQuantity).toBe('3');
    expect(kinds(late)).toContain('reconcile');
    expect(apply(late, found(1, 'cancelled', '2')).legs).toEqual(late.legs);
  });

  const lookedUp = (execution: Execution, leg: number, times: number, lookup: object): Execution => {
    const event = { type: 'orderSeen', leg, lookup } as ExecutionEvent;
    return apply(execution, ...Array.from({ length: times }, () => event));
  };
  const NOT_THERE = { state: 'absent', isProven: false, detail: 'not in the record' };
  const unknownTo = (reason: string) => ({ state: 'unknown', reason, detail: reason });

  it.each([
    ['shows no trace of the order', NOT_THERE],
    ['says what nobody can read', unknownTo('malformed')],
    ['refuses to look', unknownTo('refused')],
  ])(
    'calls a person when the venue %s at every look-up, and goes on when evidence comes after all',
    (_, lookup) => {
      const sold = apply(startTwoVenues(), ...sent(1, '5'));
      expect(lookedUp(sold, 1, LOOK_UPS_IN_VAIN_MAX - 1, lookup).phase).toBe('selling');
      const execution = lookedUp(sold, 1, LOOK_UPS_IN_VAIN_MAX, lookup);
      expect(execution.phase).toBe('needsPerson');
      expect(kinds(execution)).toEqual(['finish']);
      expect(apply(execution, found(1, 'filled', '5')).phase).toBe('selling');
    },
  );

  it.each(['unreachable', 'timedOut', 'rateLimited'])(
    'follows an order for as long as its venue is silent (%s), and less and less often',
    (reason) => {
      let execution = apply(startTwoVenues(), ...sent(1, '5'), { type: 'restarted' });
      const waits: number[] = [];
      for (let n = 0; n < 10 * LOOK_UPS_IN_VAIN_MAX; n++) {
        execution = lookedUp(execution, 1, 1, unknownTo(reason));
        waits.push(lookUpWaitMs(legOf(execution, 1), 2_000));
      }
      expect(waits.slice(0, 7)).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
      expect(waits.at(-1)).toBe(60_000);
      expect([execution.phase, legOf(execution, 1).status]).toEqual(['selling', 'unknown']);
      expect(kinds(execution)).toContain('lookUp 1');
      expect(legOf(apply(execution, found(1, 'filled', '5')), 1).status).toBe('filled');
      const answered = legOf(lookedUp(execution, 1, 1, NOT_THERE), 1);
      expect([answered.lookUpsInVain, lookUpWaitMs(answered, 2_000)]).toEqual([1, 2_000]);
    },
  );

  it('does not take silence between two answers for new evidence', () => {
    let execution = apply(startTwoVenues(), ...sent(1, '5'));
    for (let n = 0; n < LOOK_UPS_IN_VAIN_MAX; n++) {
      expect(execution.phase).toBe('selling');
      execution = lookedUp(lookedUp(execution, 1, 3, unknownTo('timedOut')), 1, 1, NOT_THERE);
    }
    expect(execution.phase).toBe('needsPerson');
  });

  it('follows the other orders to their ends before it leaves one to a person', () => {
    const both = apply(startTwoVenues(), ...sent(1, '5'), ...sent(2, '5'), { type: 'restarted' });
    const forPerson = lookedUp(both, 1, LOOK_UPS_IN_VAIN_MAX, NOT_THERE);
    expect(forPerson.phase).toBe('needsPerson');
    expect(kinds(forPerson)).toEqual(['lookUp 1', 'lookUp 2']);
    const ended = apply(forPerson, found(2, 'filled', '5'));
    expect(kinds(ended)).toEqual(['lookUp 1', 'reconcile', 'finish']);
  });

  it('gives up a leg that cannot be prepared, without anything having been sent', () => {
    let execution = apply(startTwoVenues(), ...sent(1, '5').slice(0, 1));
    for (let n = 0; n < PREPARE_FAILURES_MAX; n++) {
      execution = apply(execution, { type: 'legPrepareFailed', leg: 1, detail: 'no height' });
    }
    expect(legOf(execution, 1).status).toBe('deniedLocally');
  });

  it('sends nothing new once aborted, follows what is live, and ends aborted', () => {
    const aborted = apply(
      startTwoVenues(),
      ...sent(1, '5'),
      { type: 'abortRequested', reason: 'kill switch' },
      { type: 'restarted' },
    );
    expect(kinds(aborted)).toEqual(['lookUp 1']);
    const ended = apply(aborted, found(1, 'filled', '5'));
    const settled = apply(ended, {
      type: 'venueCertified',
      venue: 'north',
      confirmedCash: amount('500'),
      revision: ended.revision,
    });
    expect(settled.phase).toBe('aborted');
  });

  it('starts nothing while paused', () => {
    const execution = apply(startTwoVenues(), paused, { type: 'pauseRequested', reason: 'another' });
    expect(kinds(execution)).toEqual([]);
    expect([execution.phase, execution.pauseReason]).toEqual(['selling', 'lunch']);
    const goesOn = apply(execution, resumed);
    expect([kinds(goesOn), goesOn.pauseReason]).toEqual([['intend 1', 'intend 2'], null]);
  });

  it('looks an order up anew that waited for a person, once it is told to go on', () => {
    const execution = lookedUp(
      apply(startTwoVenues(), ...sent(1, '5'), ...sent(2, '5')),
      1,
      LOOK_UPS_IN_VAIN_MAX,
      NOT_THERE,
    );
    expect(execution.phase).toBe('needsPerson');
    const goesOn = apply(execution, resumed);
    expect([goesOn.phase, legOf(goesOn, 1).lookUpsInVain]).toEqual(['selling', 0]);
  });

  it('leaves to the next plan what was not sent when the world has moved, and follows what is live', () => {
    const start = apply(startTwoVenues(), ...sent(1, '5'), ...sent(2, '5').slice(0, 2), {
      type: 'outdated',
      reason: 'A has moved',
    });
    const { legs, outdatedReason } = apply(start, { type: 'restarted' });
    expect(legs.map(({ status }) => status)).toEqual(['unknown', 'deniedLocally', 'skipped', 'skipped']);
    expect([outdatedReason, legs[2]?.reason]).toEqual(['A has moved', 'outdated: A has moved']);
    const ended = apply(start, { type: 'restarted' }, found(1, 'filled', '5'));
    const settled = apply(ended, {
      type: 'venueCertified',
      venue: 'north',
      confirmedCash: amount('500'),
      revision: ended.revision,
    });
    expect([settled.phase, mayBePlannedAgain(settled)]).toEqual(['done', true]);
  });
});

interface Node {
  readonly execution: Execution;
  readonly world: World;
  readonly crashes: number;
  /** What led here from the node before. */
  readonly events?: readonly ExecutionEvent[];
}

/** Every way one action can turn out. */
function outcomes(node: Node): readonly Node[] {
  const { execution, world } = node;
  const next: Node[] = [];
  const step = (events: readonly ExecutionEvent[], after: World = world): void => {
    next.push({ ...node, execution: apply(execution, ...events), world: after, events });
  };
  for (const action of nextActions(execution, IDLE_VIEW)) {
    const event = committed(action);
    if (action.kind === 'submit' && event !== null) {
      const leg = legOf(execution, action.leg);
      const answer = (outcome: object): ExecutionEvent =>
        ({ type: 'submitOutcome', leg: leg.sequence, outcome }) as ExecutionEvent;
      for (const percent of [0, 50, 100]) {
        const placed = place(world, leg, partOf(leg.quantity, percent));
        step([event, answer({ state: 'accepted', venueOrderId: `o${leg.sequence}` })], placed);
        step([event, answer({ state: 'outcomeUnknown', detail: 'lost' })], placed);
      }
      step([event, answer({ state: 'rejected', reason: 'no' })]);
      step([event, answer({ state: 'outcomeUnknown', detail: 'never arrived' })]);
      if (node.crashes < 2) {
        const events: readonly ExecutionEvent[] = [event, { type: 'restarted' }];
        const crashed = { execution: apply(execution, ...events), crashes: node.crashes + 1, events };
        next.push({ ...crashed, world });
        next.push({ ...crashed, world: place(world, leg, leg.quantity) });
      }
    } else if (action.kind === 'resend' && event !== null) {
      const leg = legOf(execution, action.leg);
      const lost: ExecutionEvent = {
        type: 'submitOutcome',
        leg: leg.sequence,
        outcome: { state: 'outcomeUnknown', detail: 'lost' },
      };
      // The first sending may have arrived in the meantime: the bytes are the same, and the venue has them once.
      const arrived = world.orders[leg.sequence] === undefined ? place(world, leg, leg.quantity) : world;
      for (const after of [world, arrived]) {
        step([event, lost], after);
        step([event, { ...lost, outcome: { state: 'rejected', reason: 'it is here already' } }], after);
        step([event, { type: 'restarted' }], after);
      }
    } else if (event !== null) step([event]);
    else if (action.kind === 'lookUp') {
      const leg = legOf(execution, action.leg);
      step([lookUp(world, leg, true)]);
      if (world.orders[leg.sequence] === undefined && leg.sends < SENDS_IN_MODEL)
        step([{ type: 'orderSeen', leg: leg.sequence, lookup: UNSEEN }]);
    } else if (action.kind === 'reconcile') {
      for (const venue of action.venues) {
        const confirmedCash = world.cash[venue] ?? ZERO;
        step([{ type: 'venueCertified', venue, confirmedCash, revision: action.revision }]);
      }
    }
  }
  return next;
}

/** Revisions only order readings; what matters of them is whether a leg is settled. */
function identity(node: Node): string {
  const { execution, world } = node;
  const legs = execution.legs.map((leg) => {
    const venue = execution.venues.find((v) => v.venue === leg.venue);
    const isCertified =
      leg.endedAtRevision === null || (venue?.certifiedRevision ?? 0) >= leg.endedAtRevision;
    const { status, quantity, filledQuantity, reservation, sends, mayResend } = leg;
    return [status, quantity, filledQuantity, reservation, sends, mayResend, isCertified];
  });
  const cash = execution.venues.map((v) => v.confirmedCash);
  return JSON.stringify([legs, cash, world, execution.abortReason, node.crashes]);
}

describe('an exhaustive walk over two venues, two sells, two buys and two crashes', () => {
  // A change of a number is a change of the machine or of the model: it is looked at, then written down.
  it.each([
    ['two venues, with a barrier', () => startTwoVenues('barrier'), 30_829],
    ['two venues, streaming', () => startTwoVenues('streaming'), 30_829],
    ['one venue, with a barrier', () => startOneVenue('barrier'), 33_108],
    ['one venue, streaming', () => startOneVenue('streaming'), 147_451],
  ])(
    'over %s never spends above confirmed cash, never sends twice, has no dead end, and always ends',
    (name, begin, states) => {
      const start = begin();
      const seen = new Set<string>();
      const ends: Record<string, number> = {};
      const frontier: Node[] = [{ execution: start, world: startWorld(start), crashes: 0 }];
      while (frontier.length > 0) {
        const node = frontier.pop() as Node;
        const key = identity(node);
        if (seen.has(key)) continue;
        seen.add(key);
        checkExecution(node.execution);
        for (const cash of Object.values(node.world.cash)) {
          if (isLess(cash, amount('20'))) throw new Error(`cash below what must stay: ${cash}`);
        }
        const next = outcomes(node);
        if (ENDS.includes(node.execution.phase)) {
          ends[node.execution.phase] = (ends[node.execution.phase] ?? 0) + 1;
          continue;
        }
        if (next.length === 0) throw new Error(`dead end: ${key}`);
        frontier.push(...next);
      }
      process.stderr.write(`${name}: ${seen.size} distinct states, ends ${JSON.stringify(ends)}\n`);
      expect(seen.size).toBe(states);
      expect(frontier).toEqual([]);
      expect(Object.keys(ends)).toEqual(['done']);
    },
  );
});

describe('any run over two venues', () => {
  it('keeps every invariant under partial fills, lost answers, crashes and an abort, and ends', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat({ max: 1_000_000 })), (choices) => {
        const start = startTwoVenues();
        let node: Node = { execution: start, world: startWorld(start), crashes: 0 };
        const draw = (below: number): number => (choices.next().value ?? 0) % below;
        for (let steps = 0; steps < 200; steps++) {
          checkExecution(node.execution);
          if (ENDS.includes(node.execution.phase)) return true;
          if (draw(40) === 0) {
            node = { ...node, execution: apply(structuredClone(node.execution), { type: 'restarted' }) };
          }
          if (draw(60) === 0)
            node = { ...node, execution: apply(node.execution, { type: 'abortRequested', reason: 'test' }) };
          const next = outcomes(node);
          if (next.length === 0) return ENDS.includes(node.execution.phase);
          node = next[draw(next.length)] as Node;
        }
        return false;
      }),
      { numRuns: 300, seed: 3 },
    );
  });
});

/** What a venue may say of an order besides the truth: nothing, less than it knows, or the truth once it has ended. */
function misreports({ execution, world }: Node): readonly ExecutionEvent[] {
  return execution.legs.flatMap((leg): readonly ExecutionEvent[] => {
    const order = world.orders[leg.sequence];
    const seen = (lookup: object): ExecutionEvent =>
      ({ type: 'orderSeen', leg: leg.sequence, lookup }) as ExecutionEvent;
    if (order !== undefined && isTerminal(leg)) return [lookUp(world, leg, true)];
    if (!isLive(leg)) return [];
    const nothing = seen({ state: 'unknown', reason: 'timedOut', detail: 'slow' });
    if (order === undefined)
      return [nothing, seen({ state: 'absent', isProven: false, detail: 'not yet in the record' })];
    const shown = (status: string, percent: number) =>
      seen({
        state: 'found',
        venueOrderId: 'o',
        status,
        filledQuantity: partOf(order.filled, percent),
        fills: [],
      });
    return [nothing, shown('open', 20), shown('open', 80), shown('cancelled', 50)];
  });
}

/** Every event of a run, each with the states before and after it. */
interface Step {
  readonly before: Execution;
  readonly event: ExecutionEvent;
  readonly after: Execution;
}

const STARTS = [
  () => startTwoVenues('barrier'),
  () => startTwoVenues('streaming'),
  () => startOneVenue('barrier'),
  () => startOneVenue('streaming'),
];

function stepsOf(seed: number): readonly Step[] {
  const random = seededRandom(seed);
  const start = (STARTS[seed % STARTS.length] ?? startTwoVenues)();
  const steps: Step[] = [];
  let node: Node = { execution: start, world: startWorld(start), crashes: 0 };
  const draw = (below: number): number => Math.floor(random.next() * below);
  const take = (next: Node): void => {
    let before = node.execution;
    for (const event of next.events ?? []) {
      const after = applyExecutionEvent(before, event);
      steps.push({ before, event, after });
      before = after;
    }
    node = next;
  };
  const hear = (event: ExecutionEvent): void =>
    take({ ...node, execution: apply(node.execution, event), events: [event] });
  for (let turn = 0; turn < 300 && !ENDS.includes(node.execution.phase); turn++) {
    if (draw(40) === 0) hear({ type: 'restarted' });
    if (draw(80) === 0) hear({ type: 'abortRequested', reason: 'test' });
    const said = misreports(node);
    if (said.length > 0 && draw(4) === 0) hear(said[draw(said.length)] as ExecutionEvent);
    const next = outcomes(node);
    if (next.length > 0) take(next[draw(next.length)] as Node);
  }
  return steps;
}

const runs = new Map<number, readonly Step[]>();

/** Over runs that are made once for all the tests that look at them. */
function holdsInEveryRun(check: (steps: readonly Step[]) => void): void {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const steps = runs.get(seed) ?? stepsOf(seed);
      runs.set(seed, steps);
      check(steps);
    }),
    { numRuns: 200, seed: 11 },
  );
}

describe('invariants of an execution', () => {
  it('1. No buy is submitted before confirmed cash covers it whole and every sell at its venue was sent; behind a barrier, or where it is made smaller, not before every sell is confirmed terminal and the venue is certified afterwards.', () => {
    let settledBuys = 0;
    let streamedBuys = 0;
    holdsInEveryRun((steps) => {
      const ended = new Map<number, number>();
      const confirmed = new Set<number>();
      const sentLegs = new Set<number>();
      for (const { before, event, after } of steps) {
        for (const leg of after.legs) {
          if (isTerminal(leg) && !ended.has(leg.sequence)) {
            ended.set(leg.sequence, after.revision);
            // What was never at the venue has nothing to confirm.
            if (leg.endedAtRevision === null) confirmed.add(leg.sequence);
          }
          const isRead = event.type === 'venueCertified' && event.venue === leg.venue;
          if (isRead && event.revision >= (ended.get(leg.sequence) ?? Number.POSITIVE_INFINITY))
            confirmed.add(leg.sequence);
        }
        if (event.type !== 'legSubmitted') continue;
        sentLegs.add(event.leg);
        const { venue, side, quantity, plannedQuantity, reservation } = legOf(before, event.leg);
        if (side !== 'buy') continue;
        const sells = before.legs.filter((leg) => leg.venue === venue && leg.side === 'sell');
        expect(sells.length).toBeGreaterThan(0);
        const isSettledBuy = sells.every((sell) => confirmed.has(sell.sequence));
        const mayStream = before.release === 'streaming' && quantity === plannedQuantity;
        expect(isSettledBuy || mayStream).toBe(true);
        for (const sell of sells)
          expect([sell.sequence, sentLegs.has(sell.sequence) || isTerminal(sell)]).toEqual([
            sell.sequence,
            true,
          ]);
        expect(isPositive(reservation)).toBe(true);
        if (isSettledBuy) settledBuys += 1;
        else streamedBuys += 1;
      }
    });
    expect(settledBuys).toBeGreaterThan(100);
    expect(streamedBuys).toBeGreaterThan(5);
  });

  it('2. At most one order is ever live for one intent: a leg is submitted once, and nothing is sent again but the same bytes, where the venue takes them once at the most.', () => {
    let resends = 0;
    holdsInEveryRun((steps) => {
      const sentLegs = new Set<number>();
      const unseenLegs = new Set<number>();
      for (const { event, after } of steps) {
        if (event.type === 'legSubmitted') {
          expect(sentLegs.has(event.leg)).toBe(false);
          sentLegs.add(event.leg);
        }
        // Sent again is only what the venue said last that it takes once and has not seen.
        if (event.type === 'orderSeen') unseenLegs.delete(event.leg);
        if (event.type === 'orderSeen' && event.lookup === UNSEEN) unseenLegs.add(event.leg);
        if (event.type === 'legResent') {
          expect(unseenLegs.has(event.leg)).toBe(true);
          unseenLegs.delete(event.leg);
          resends += 1;
        }
        for (const action of nextActions(after, IDLE_VIEW)) {
          if (action.kind === 'intend' || action.kind === 'prepare' || action.kind === 'submit')
            expect(sentLegs.has(action.leg)).toBe(false);
        }
      }
      const end = steps.at(-1)?.after;
      if (end === undefined) return;
      for (const leg of sentLegs)
        expect(() => apply(end, { type: 'legSubmitted', leg })).toThrow('is prepared when this happens');
    });
    expect(resends).toBeGreaterThan(20);
  });

  it('3. An unknown outcome keeps its reservation until the venue gives evidence: found, or absent and proven so.', () => {
    let proven = 0;
    holdsInEveryRun((steps) => {
      const reserved = new Map<number, string>();
      for (const { before, event, after } of steps) {
        if (event.type === 'legIntended') reserved.set(event.leg, event.reservation);
        for (const leg of before.legs.filter(({ status }) => status === 'unknown')) {
          const now = legOf(after, leg.sequence);
          expect(now.reservation).toBe(reserved.get(leg.sequence));
          if (now.status === 'unknown') continue;
          proven += 1;
          if (event.type !== 'orderSeen') throw new Error(`${event.type} ends no unknown outcome`);
          const { lookup } = event;
          expect(lookup.state === 'found' || (lookup.state === 'absent' && lookup.isProven)).toBe(true);
        }
      }
    });
    expect(proven).toBeGreaterThan(100);
  });

  it('4. No reservation is made beyond confirmed cash above the floor.', () => {
    let made = 0;
    holdsInEveryRun((steps) => {
      for (const { event, after } of steps) {
        if (event.type !== 'legIntended' || legOf(after, event.leg).side !== 'buy') continue;
        const { venue } = legOf(after, event.leg);
        const { confirmedCash, cashFloor } = venueOf(after, venue);
        const reserved = after.legs.filter((leg) => leg.venue === venue).map((leg) => leg.reservation);
        expect(isMore(sum(reserved), subtract(confirmedCash, cashFloor))).toBe(false);
        made += 1;
      }
    });
    expect(made).toBeGreaterThan(100);
  });

  it('5. What has filled only grows; a late fill makes its venue uncertified again.', () => {
    let late = 0;
    holdsInEveryRun((steps) => {
      for (const { before, after } of steps) {
        for (const leg of before.legs) {
          const now = legOf(after, leg.sequence);
          expect(isLess(now.filledQuantity, leg.filledQuantity)).toBe(false);
          if (!isTerminal(leg) || now.filledQuantity === leg.filledQuantity) continue;
          late += 1;
          expect(isSettled(now, after)).toBe(false);
        }
      }
    });
    expect(late).toBeGreaterThan(10);
  });

  it('6. It ends in done, aborted or needsPerson; the state is plain JSON, and restored from it goes on the same.', () => {
    const ends = new Set<string>();
    holdsInEveryRun((steps) => {
      for (const { before, event, after } of steps) {
        const restored = JSON.parse(JSON.stringify(before)) as Execution;
        expect(restored).toEqual(before);
        expect(nextActions(restored, IDLE_VIEW)).toEqual(nextActions(before, IDLE_VIEW));
        expect(applyExecutionEvent(restored, event)).toEqual(after);
      }
      ends.add(steps.at(-1)?.after.phase ?? 'none');
    });
    expect([...ends].filter((phase) => !ENDS.includes(phase))).toEqual([]);
    expect(ends.size).toBeGreaterThan(1);
  });
});

describe('what an execution tells the accounts that it reserves in', () => {
  /** What it has set aside by itself, of cash for buys and of the asset for sells, by order. */
  const ownReservations = ({ legs, ...rest }: Execution): ReadonlyMap<string, string> =>
    new Map(
      legs.flatMap((leg) => {
        const isOver = leg.status === 'waiting' || (isTerminal(leg) && isSettled(leg, { legs, ...rest }));
        return isOver ? [] : [[leg.intentId, leg.side === 'sell' ? leg.quantity : leg.reservation]];
      }),
    );

  it('is that they have reserved what it has, less the fills that were booked.', () => {
    let fills = 0;
    let settled = 0;
    holdsInEveryRun((steps) => {
      const start = steps[0]?.before ?? startTwoVenues();
      const accounts = new Map<string, VenueCash>();
      for (const at of start.venues)
        for (const asset of accountsOf(start, at))
          accounts.set(
            `${at.venue} ${asset}`,
            openVenueCash(
              asset === 'USD' ? at.confirmedCash : amount('10'),
              floorAt(start, at, { asset, unreserved: at.confirmedCash }),
            ),
          );
      const debits = new Map<string, Amount>();
      // A late fill unsettles its order again, and takes nothing back that was given back.
      const given = new Set<string>();
      const tell = (venue: string, asset: string, event: CashEvent): void => {
        const key = `${venue} ${asset}`;
        const before = accounts.get(key) as VenueCash;
        const outcome = applyCashEvent(before, event);
        accounts.set(key, outcome.cash);
        if (event.type !== 'fill' || outcome.state === 'repeated') return;
        // A fill that comes after its order was settled has nothing to be taken from.
        const isLate = !before.reservations.some(({ order }) => order === event.order);
        expect(outcome.state).toBe(isLate ? 'premiseBroken' : 'applied');
        if (!isLate) debits.set(event.order, add(debits.get(event.order) ?? ZERO, event.debit));
        fills += 1;
      };
      for (const { before, event, after } of steps) {
        for (const told of accountEventsOf(before, after, event)) tell(told.venue, told.asset, told.event);
        if (event.type === 'venueCertified') {
          const at = venueOf(after, event.venue);
          const orders = settledOrders(after, event.venue);
          for (const order of orders) given.add(order);
          settled += orders.length;
          for (const asset of accountsOf(after, at)) {
            const cash = accounts.get(`${event.venue} ${asset}`) as VenueCash;
            tell(event.venue, asset, {
              type: 'certified',
              readingId: `${after.revision}`,
              confirmed: asset === 'USD' ? event.confirmedCash : cash.confirmed,
              floor: floorAt(after, at, { asset, unreserved: event.confirmedCash }),
              sinceVersion: cash.version,
              settled: orders,
            });
          }
        }
        const reserved = [...accounts.values()].flatMap(({ reservations }) => reservations);
        const whole = new Map(
          reserved.map(({ order, amount: left }) => [order, add(left, debits.get(order) ?? ZERO)]),
        );
        // What a reading did not cover has given nothing back yet; the next one does.
        if ([...accounts.values()].some(({ halted }) => halted !== null)) continue;
        const own = [...ownReservations(after)].filter(([order]) => !given.has(order));
        expect(new Map([...whole].sort())).toEqual(new Map(own.sort()));
      }
    });
    expect(fills).toBeGreaterThan(100);
    expect(settled).toBeGreaterThan(100);
  });
});
