import { describe, expect, it } from '@jest/globals';
import type { Announcement } from '../../actors/messages/announcements.ts';
import { startExecution } from '../../src/domain/rebalancing/execution-start.ts';
import { unknown } from '../../src/domain/venue/observation.ts';
import { place, twoVenues } from '../domain/rebalancing/execution-fixtures.ts';
import { planned } from '../domain/rebalancing/plan-fixtures.ts';
import { newOutside, type RigOptions, request, startRebalancing } from '../support/rebalancing-rig.ts';

const ORDERS = 4;
const MINUTE_MS = 60_000;

async function runOnce(options: RigOptions & { readonly approval?: 'planOnly' | 'approved' | 'ask' } = {}) {
  const outside = newOutside();
  const rig = startRebalancing(outside, options);
  await rig.run(0);
  rig.actor.send(request(options.approval ?? 'approved'));
  await rig.run(0);
  return { outside, ...rig };
}

const ended = (announced: readonly Announcement[]) =>
  announced.filter(({ type }) => type === 'rebalancingEnded' || type === 'rebalancingRefused');

describe('the rebalancing actor', () => {
  it('asks every venue, plans, sells, waits for certified proceeds, then buys', async () => {
    const { outside, announced, run, asked } = await runOnce();
    await run(MINUTE_MS);
    expect(ended(announced)).toMatchObject([{ type: 'rebalancingEnded', requestId: 'r-1', outcome: 'done' }]);
    expect(asked.slice(0, 2)).toEqual(['north', 'south']);
    const sides = announced.flatMap((each) =>
      each.type === 'orderChanged' && each.status === 'submitted' ? [`${each.venue} ${each.side}`] : [],
    );
    expect(sides.toSorted()).toEqual(['north buy', 'north sell', 'south buy', 'south sell']);
    for (const venue of ['north', 'south'])
      expect(sides.indexOf(`${venue} sell`)).toBeLessThan(sides.indexOf(`${venue} buy`));
    expect(new Set(outside.sent).size).toBe(ORDERS);
    expect(outside.rows.status).toBe('done');
  });

  it('sends the same bytes again, once a look-up, where the venue takes them once and has not seen them', async () => {
    const { outside, announced, run } = await runOnce({ requestsLost: 3 });
    await run(MINUTE_MS);
    expect(ended(announced)).toMatchObject([{ type: 'rebalancingEnded', outcome: 'done' }]);
    const times = (id: string) => outside.sent.filter((each) => each === id).length;
    expect([...new Set(outside.sent)].map(times)).toEqual([4, 4, 4, 4]);
    const submitted = announced.filter((each) => each.type === 'orderChanged' && each.status === 'submitted');
    expect(submitted).toHaveLength(ORDERS);
  });

  const abort = {
    type: 'rebalancing.abortRequested',
    by: 'person:a',
    reason: 'the market is moving',
  } as const;

  it('sends nothing more once it is aborted, follows what is live to its end, and says who wanted it', async () => {
    const { outside, announced, run, actor } = await runOnce({ requestsLost: 1 });
    const sent = outside.sent.length;
    expect(sent).toBeGreaterThan(0);
    actor.send(abort);
    await run(0);
    outside.world =
      outside.rows.execution?.legs
        .filter(({ sequence }) => sequence === 1 || sequence === 2)
        .reduce((world, leg) => place(world, leg, leg.quantity), outside.world) ?? outside.world;
    await run(MINUTE_MS);
    expect(outside.sent).toHaveLength(sent);
    expect(ended(announced)).toMatchObject([
      {
        type: 'rebalancingEnded',
        outcome: 'aborted',
        reason: expect.stringMatching(/^aborted: person:a: the market/),
      },
    ]);
    expect(outside.rows.status).toBe('aborted');
    expect(actor.getSnapshot().value).toBe('idle');
  });

  it('does not begin a plan that waits for approval once it is aborted, and takes the next request', async () => {
    const { outside, announced, run, actor } = await runOnce({ approval: 'ask' });
    actor.send(abort);
    await run(0);
    expect(ended(announced)).toMatchObject([{ reason: 'aborted by person:a: the market is moving' }]);
    expect(outside.sent).toEqual([]);
    actor.send(request('approved', 'r-2'));
    await run(MINUTE_MS);
    expect(ended(announced)).toMatchObject([{}, { requestId: 'r-2', outcome: 'done' }]);
  });

  it('is aborted still after a crash behind the commit of the abort, and goes on after one before it', async () => {
    for (const [when, outcome] of [
      ['afterWrite', 'aborted'],
      ['beforeWrite', 'done'],
    ] as const) {
      const outside = newOutside();
      const first = startRebalancing(outside, {
        requestsLost: 1,
        [when]: (what: string) => {
          if (what === 'abortRequested') throw new Error('killed');
        },
      });
      await first.run(0);
      first.actor.send(request('approved'));
      await first.run(0);
      first.actor.send(abort);
      await first.run(0);
      const second = startRebalancing(outside);
      await second.run(MINUTE_MS);
      expect(ended(second.announced)).toMatchObject([{ outcome }]);
    }
  });

  it('is not held up by an abort when nothing is under way', async () => {
    const outside = newOutside();
    const rig = startRebalancing(outside);
    await rig.run(0);
    rig.actor.send(abort);
    rig.actor.send(request('approved'));
    await rig.run(MINUTE_MS);
    expect(ended(rig.announced)).toMatchObject([{ outcome: 'done' }]);
  });

  const pause = { type: 'rebalancing.pauseRequested', by: 'person:a', reason: 'lunch' } as const;
  const resume = { type: 'rebalancing.resumeRequested', by: 'person:a', reason: 'back' } as const;

  it('begins and sends nothing while it is paused, over a restart, and goes on when it is told to', async () => {
    const outside = newOutside();
    const first = startRebalancing(outside);
    await first.run(0);
    first.actor.send(request('approved'));
    first.actor.send(pause);
    await first.run(MINUTE_MS);
    expect(outside.sent).toEqual([]);
    expect(outside.rows.execution?.pauseReason).toBe('person:a: lunch');
    first.actor.stop();
    const second = startRebalancing(outside);
    await second.run(MINUTE_MS);
    expect(outside.sent).toEqual([]);
    expect(ended(second.announced)).toEqual([]);
    second.actor.send(resume);
    await second.run(MINUTE_MS);
    expect(ended(second.announced)).toMatchObject([{ outcome: 'done' }]);
    expect(new Set(outside.sent).size).toBe(ORDERS);
  });

  it('leaves what was not sent before a pause to the next plan where its price has moved meanwhile', async () => {
    const outside = newOutside();
    const rig = startRebalancing(outside, { pricesMoved: () => 'A at north has moved by 60 bps' });
    await rig.run(0);
    rig.actor.send(request('approved'));
    rig.actor.send(pause);
    await rig.run(0);
    rig.actor.send(resume);
    await rig.run(MINUTE_MS);
    expect(outside.sent).toEqual([]);
    expect(outside.rows.execution?.outdatedReason).toBe('A at north has moved by 60 bps');
    expect(ended(rig.announced)).toMatchObject([{ outcome: 'done' }]);
  });

  it('aborts what is paused', async () => {
    const { outside, announced, run, actor } = await runOnce({ requestsLost: 1 });
    actor.send(pause);
    actor.send(abort);
    await run(0);
    expect(outside.rows.execution).toMatchObject({
      pauseReason: 'person:a: lunch',
      abortReason: 'person:a: the market is moving',
    });
    expect(ended(announced)).toEqual([]);
  });

  it('takes up again what was left to a person, looks its orders up anew, and sends nothing twice', async () => {
    const nothing = { state: 'absent', isProven: false, detail: 'no trace' } as const;
    let isShown = false;
    const lost = { state: 'outcomeUnknown', detail: 'no answer' } as const;
    const { outside, announced, run, actor } = await runOnce({
      lookUp: () => (isShown ? null : nothing),
      submitOutcome: () => lost,
    });
    await run(10 * MINUTE_MS);
    expect(ended(announced)).toMatchObject([{ outcome: 'needsPerson' }]);
    expect(outside.rows.status).toBe('needsPerson');
    const { sent } = outside;
    isShown = true;
    actor.send(resume);
    await run(10 * MINUTE_MS);
    expect(ended(announced)).toMatchObject([{ outcome: 'needsPerson' }, { outcome: 'done' }]);
    expect(new Set(sent).size).toBe(sent.length);
  });

  it('refuses to go on where nothing is paused and nothing was left', async () => {
    const { announced, run, actor } = await runOnce();
    await run(MINUTE_MS);
    actor.send(resume);
    await run(0);
    expect(ended(announced).at(-1)).toMatchObject({
      reason: 'nothing is paused, and nothing was left to a person',
    });
  });

  it('plans again where the world has moved since the plan, as often as it may, and begins no plan that is outdated', async () => {
    let left = 2;
    const outdated = () => (left-- > 0 ? 'cash at north was 20 and is 10' : null);
    const again = await runOnce({ outdated, replansMax: 2 });
    await again.run(MINUTE_MS);
    expect(again.types().filter((type) => type === 'planOutdated')).toHaveLength(2);
    expect(ended(again.announced)).toMatchObject([{ outcome: 'done' }]);
    const never = await runOnce({ outdated: () => 'A has moved', replansMax: 1 });
    await never.run(MINUTE_MS);
    expect(never.outside.sent).toEqual([]);
    expect(ended(never.announced)).toMatchObject([
      { type: 'rebalancingRefused', reason: 'the plan does not fit any more: A has moved' },
    ]);
  });

  it('says that nothing is left where a plan is outdated and the next one has no orders', async () => {
    const full = planned(twoVenues);
    const plan = { ...full, orders: [] };
    const execution = startExecution(plan, twoVenues);
    let plans = 0;
    const { announced, outside, run } = await runOnce({
      plan: () => (plans++ === 0 ? null : { state: 'planned', plan, execution, approvedBy: 'bot' }),
      outdated: () => 'A has moved',
      replansMax: 2,
    });
    await run(MINUTE_MS);
    expect(outside.sent).toEqual([]);
    expect(ended(announced)).toMatchObject([
      { type: 'rebalancingRefused', requestId: 'r-1', reason: 'nothing is to be traded any more' },
    ]);
  });

  it('reads the venues again after a person has approved, and plans anew where one does not reconcile any more', async () => {
    let isLost = false;
    const statusOf = (venue: string) => (isLost && venue === 'south' ? 'inconclusive' : 'reconciled');
    const { outside, announced, run, actor, asked } = await runOnce({ approval: 'ask', statusOf });
    const [made] = announced;
    if (made?.type !== 'planMade') throw new Error('no plan was made');
    const planHash = made.plan.hash;
    isLost = true;
    actor.send({ type: 'rebalancing.planDecided', planHash, decision: 'approve', by: 'a person' });
    await run(0);
    expect(asked).toEqual(['north', 'south', 'north', 'south']);
    expect(outside.sent).toEqual([]);
    expect(outside.rows.unsent).toMatchObject([
      { state: 'outdated', reason: 'nothing is begun on an uncertified venue: south is inconclusive' },
    ]);
    expect(ended(announced)).toMatchObject([
      {
        type: 'rebalancingRefused',
        reason: 'nothing is begun on an uncertified venue: south is inconclusive',
      },
    ]);
  });

  it('asks a person anew where the plan that was approved is outdated', async () => {
    let left = 1;
    const { announced, run, actor, outside, types } = await runOnce({
      approval: 'ask',
      outdated: () => (left-- > 0 ? 'A has moved' : null),
      replansMax: 2,
    });
    const [made] = announced;
    if (made?.type !== 'planMade') throw new Error('no plan was made');
    const approve = () =>
      actor.send({
        type: 'rebalancing.planDecided',
        planHash: made.plan.hash,
        decision: 'approve',
        by: 'a person',
      });
    approve();
    await run(0);
    expect(types()).toEqual(['planMade', 'planOutdated', 'planMade']);
    expect(outside.sent).toEqual([]);
    approve();
    await run(MINUTE_MS);
    expect(ended(announced)).toMatchObject([{ outcome: 'done' }]);
  });

  it('buys nothing at prices that have moved since the plan, and plans what is left again', async () => {
    let left = 1;
    const { announced, run, outside } = await runOnce({
      pricesMoved: () => (left-- > 0 ? 'B at north has moved by 60 bps' : null),
      replansMax: 1,
    });
    await run(0);
    const outdated = announced.find(({ type }) => type === 'planOutdated');
    expect(outdated).toMatchObject({ reason: 'B at north has moved by 60 bps' });
    const { legs } = startExecution(planned(twoVenues), twoVenues);
    const buys = legs.filter(({ side }) => side === 'buy').map(({ clientOrderId }) => clientOrderId);
    expect(outside.sent.filter((id) => buys.includes(id))).toEqual([]);
    expect(announced.filter(({ type }) => type === 'planMade')).toHaveLength(2);
  });

  it('refuses a second rebalance under its own name, and goes on with the first', async () => {
    const { actor, announced, run } = await runOnce({ approval: 'ask' });
    actor.send(request('approved', 'r-2'));
    const [made] = announced;
    if (made?.type !== 'planMade') throw new Error('no plan was made');
    const { hash } = made.plan;
    actor.send({ type: 'rebalancing.planDecided', planHash: hash, decision: 'approve', by: 'a person' });
    await run(MINUTE_MS);
    expect(ended(announced)).toMatchObject([
      { type: 'rebalancingRefused', requestId: 'r-2', reason: 'a rebalance is under way' },
      { type: 'rebalancingEnded', requestId: 'r-1', outcome: 'done' },
    ]);
  });

  it('makes no plan on a venue that is not certified', async () => {
    const statusOf = (venue: string) => (venue === 'south' ? 'inconclusive' : 'reconciled');
    const { announced, outside } = await runOnce({ statusOf });
    expect(ended(announced)).toMatchObject([
      { reason: 'no plan on an uncertified venue: south is inconclusive', requestId: 'r-1' },
    ]);
    expect(outside.rows.status).toBe('none');
  });

  it('does not take the report of a round that began before it asked, and gives up in time', async () => {
    const { announced, run } = await runOnce({ answersOf: () => ['another question'] });
    expect(announced).toEqual([]);
    await run(180_000);
    expect(ended(announced)).toMatchObject([
      { reason: 'no plan on an uncertified venue: north is silent, south is silent' },
    ]);
  });

  it.each([
    ['in paper', { sendsOrders: false }],
    ['for a plan only', { approval: 'planOnly' }],
  ] as const)('sends nothing %s', async (_when, options) => {
    const { announced, outside, run, actor } = await runOnce(options);
    await run(MINUTE_MS);
    expect(announced).toMatchObject([{ type: 'planMade', next: 'none' }]);
    expect(outside.sent).toEqual([]);
    expect(actor.getSnapshot().value).toBe('idle');
  });

  it('sends nothing in paper of what another mode has left unfinished', async () => {
    const { outside, actor } = await runOnce({ beforeWrite: dieAt(8) });
    expect(actor.getSnapshot().status).toBe('error');
    const before = [...outside.sent];
    const paper = startRebalancing(outside, { sendsOrders: false });
    await paper.run(MINUTE_MS);
    expect(outside.sent).toEqual(before);
    expect(paper.actor.getSnapshot().value).toBe('idle');
    const live = startRebalancing(outside);
    await live.run(MINUTE_MS);
    expect(outside.sent).toHaveLength(ORDERS);
  });

  it('waits for a person, and begins at their word', async () => {
    const { actor, announced, outside, run } = await runOnce({ approval: 'ask' });
    const [made] = announced;
    if (made?.type !== 'planMade') throw new Error('no plan was made');
    expect(made.next).toBe('approval');
    const decided = { type: 'rebalancing.planDecided', by: 'a person' } as const;
    actor.send({ ...decided, planHash: 'another', decision: 'approve' });
    await run(1_000);
    expect(outside.sent).toEqual([]);
    actor.send({ ...decided, planHash: made.plan.hash, decision: 'approve' });
    await run(MINUTE_MS);
    expect(outside.sent).toHaveLength(ORDERS);
  });

  it('drops a plan that a person rejects, and one that nobody decides on in time', async () => {
    const first = await runOnce({ approval: 'ask' });
    const [made] = first.announced;
    if (made?.type !== 'planMade') throw new Error('no plan was made');
    const { hash } = made.plan;
    first.actor.send({ type: 'rebalancing.planDecided', planHash: hash, decision: 'reject', by: 'a person' });
    await first.run(0);
    expect(ended(first.announced)).toMatchObject([{ reason: 'a person rejected the plan' }]);
    const second = await runOnce({ approval: 'ask' });
    await second.run(600_000);
    expect(ended(second.announced)).toMatchObject([{ reason: 'nobody approved the plan in time' }]);
    expect([...first.outside.sent, ...second.outside.sent]).toEqual([]);
    expect([...first.outside.rows.unsent, ...second.outside.rows.unsent]).toMatchObject([
      { requestId: 'r-1', hasPlan: true, state: 'rejected', by: 'a person' },
      { requestId: 'r-1', hasPlan: true, state: 'expired', by: null },
    ]);
  });

  it('tells nothing of an end that could not be kept', async () => {
    const beforeWrite = (what: string) => {
      if (what === 'keepUnsent') throw new Error('no space');
    };
    const { announced, errors } = await runOnce({
      plan: () => ({ state: 'refused', reason: 'no targets are configured' }),
      beforeWrite,
    });
    expect(ended(announced)).toEqual([]);
    expect(errors).toMatchObject([{ message: 'no space' }]);
  });

  it.each([
    ['before', 'beforeWrite', 0],
    ['after', 'afterWrite', ORDERS],
  ] as const)(
    'begins in one write: killed %s it, all orders follow or none does',
    async (_, when, orders) => {
      const outside = newOutside();
      const first = startRebalancing(outside, {
        [when]: (what: string) => {
          if (what === 'begin') throw new Error('killed');
        },
      });
      await first.run(0);
      first.actor.send(request('approved'));
      await first.run(0);
      expect(outside.sent).toEqual([]);
      const second = startRebalancing(outside);
      await second.run(MINUTE_MS);
      expect(outside.sent).toHaveLength(orders);
    },
  );

  it('says why there is no plan', async () => {
    const { announced } = await runOnce({
      plan: () => ({ state: 'refused', reason: 'no targets are configured' }),
    });
    expect(ended(announced)).toMatchObject([{ reason: 'no targets are configured', requestId: 'r-1' }]);
  });

  it('looks an order up whose answer was lost, and sends it once', async () => {
    const submitOutcome = () => ({ state: 'outcomeUnknown', detail: 'no answer' }) as const;
    const { announced, outside, run } = await runOnce({ submitOutcome });
    await run(MINUTE_MS);
    expect(ended(announced)).toMatchObject([{ outcome: 'done' }]);
    expect(new Set(outside.sent).size).toBe(outside.sent.length);
  });

  it('asks a silent venue less and less often, for as long as it takes and after a restart too', async () => {
    const outside = newOutside();
    const askedAtMs: number[] = [];
    let isSilent = true;
    const options: RigOptions = {
      submitOutcome: () => ({ state: 'outcomeUnknown', detail: 'no answer' }),
      lookUp: (venue) => {
        if (!isSilent) return null;
        if (venue === 'north') askedAtMs.push(outside.clock.now());
        return unknown('unreachable', 'no route');
      },
    };
    const first = startRebalancing(outside, options);
    await first.run(0);
    first.actor.send(request('approved'));
    await first.run(130_000);
    first.actor.stop();
    const again = startRebalancing(outside, options);
    await again.run(60 * MINUTE_MS);
    const gaps = askedAtMs.slice(1).map((atMs, index) => atMs - (askedAtMs[index] ?? 0));
    expect(gaps.slice(0, 6)).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 60_000]);
    expect(Math.max(...gaps.slice(6, 8))).toBeLessThanOrEqual(2 * MINUTE_MS);
    expect(gaps.slice(8).every((gap) => gap === 60_000)).toBe(true);
    expect(gaps.length).toBeGreaterThan(60);
    expect(ended(again.announced)).toEqual([]);
    isSilent = false;
    await again.run(5 * MINUTE_MS);
    expect(ended(again.announced)).toMatchObject([{ outcome: 'done' }]);
    expect(new Set(outside.sent).size).toBe(outside.sent.length);
  });

  it('follows the orders at one venue while another cannot be certified', async () => {
    let isSouthSilent = true;
    let wasSent = false;
    let lookUps = 0;
    const statusOf = (venue: string) =>
      venue === 'south' && wasSent && isSouthSilent ? ('inconclusive' as const) : ('reconciled' as const);
    const { announced, run, actor } = await runOnce({
      statusOf,
      lookUp: (venue) => {
        lookUps += 1;
        return venue === 'north' && lookUps < 6 ? unknown('unreachable', 'no route') : null;
      },
      submitOutcome: () => {
        wasSent = true;
        return { state: 'outcomeUnknown', detail: 'no answer' };
      },
    });
    await run(MINUTE_MS);
    const done = announced.flatMap((each) =>
      each.type === 'orderChanged' && each.status === 'filled' ? [`${each.venue} ${each.side}`] : [],
    );
    expect(done).toEqual(expect.arrayContaining(['north sell', 'north buy', 'south sell']));
    expect(done).not.toContain('south buy');
    isSouthSilent = false;
    await run(MINUTE_MS);
    expect(actor.getSnapshot().value).toBe('idle');
    expect(ended(announced)).toMatchObject([{ outcome: 'done' }]);
  });
});

/** Throws at the write of this number, counted from one. */
function dieAt(number: number): (what: string) => void {
  let writes = 0;
  return (what) => {
    writes += 1;
    if (writes === number) throw new Error(`the process dies at write ${number}, ${what}`);
  };
}

describe('a rebalancing actor that dies', () => {
  /** Writes of a run that nothing disturbs. */
  async function countWrites(): Promise<number> {
    let writes = 0;
    const { run } = await runOnce({
      afterWrite: () => {
        writes += 1;
      },
    });
    await run(MINUTE_MS);
    return writes;
  }

  it.each(['beforeWrite', 'afterWrite'] as const)(
    'at any write (%s) goes on from there when it starts again, and sends no order twice',
    async (moment) => {
      const writes = await countWrites();
      expect(writes).toBeGreaterThan(20);
      for (let number = 1; number <= writes; number++) {
        const { outside, actor } = await runOnce({ [moment]: dieAt(number) });
        if (actor.getSnapshot().status !== 'error') {
          actor.stop();
          continue;
        }
        const wasExecuting = outside.rows.status === 'executing' && outside.rows.execution !== null;
        const again = startRebalancing(outside);
        await again.run(5 * MINUTE_MS);
        expect([number, new Set(outside.sent).size]).toEqual([number, outside.sent.length]);
        expect(again.actor.getSnapshot().value).toBe('idle');
        if (!wasExecuting) continue;
        expect([number, outside.rows.status]).toEqual([number, 'done']);
        // An order that was about to be sent is proven absent, and what it was to pay for is not bought.
        const filled = outside.rows.execution?.legs.filter(({ status }) => status === 'filled');
        expect([number, filled?.length]).toEqual([number, outside.sent.length]);
      }
    },
  );
});
