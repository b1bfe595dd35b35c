import { describe, expect, it } from '@jest/globals';
import { createActor } from 'xstate';
import type { Announcement } from '../../actors/messages/announcements.ts';
import type { PortfolioMessage } from '../../actors/messages/portfolio-messages.ts';
import type { RebalancingMessage } from '../../actors/messages/rebalancing-messages.ts';
import type { ReconciliationMessage } from '../../actors/messages/reconciliation-messages.ts';
import { type PortfolioEffects, portfolioActor } from '../../actors/portfolio-actor.ts';
import { settle, TurnClock } from '../../src/platform/turn-clock.ts';
import { collector, deferred } from '../support/actor-rig.ts';

const NOTHING: PortfolioEffects = {
  announcements: [],
  venueReported: null,
  movedVenues: [],
  requestedRounds: [],
};

const GATE_MS = 10_000;
const VALUATION_MS = 70_000;

function start() {
  const clock = new TurnClock(5_000);
  const { address, messages: told } = collector<RebalancingMessage>();
  const { address: reconciliation, messages: toldVenues } = collector<ReconciliationMessage>();
  const announced: Announcement[] = [];
  const works: {
    readonly ids: readonly string[];
    readonly end: ReturnType<typeof deferred<PortfolioEffects>>;
  }[] = [];
  const actor = createActor(portfolioActor, {
    clock,
    input: {
      perform: (messages) => {
        const end = deferred<PortfolioEffects>();
        works.push({ ids: messages.map(idOf), end });
        return end.promise;
      },
      rebalancing: () => address,
      reconciliation: () => reconciliation,
      untilSilenceMs: () => GATE_MS,
      untilValuationMs: () => VALUATION_MS,
      now: clock.now,
      announce: (announcement) => announced.push(announcement),
    },
  });
  const errors: unknown[] = [];
  actor.subscribe({ error: (error) => errors.push(error) });
  actor.start();
  const end = async (work: number, effects = NOTHING): Promise<void> => {
    works[work]?.end.resolve(effects);
    await settle();
  };
  return {
    actor,
    clock,
    works,
    announced,
    told,
    toldVenues,
    errors,
    end,
    ids: () => works.map(({ ids }) => ids),
  };
}

const idOf = (message: PortfolioMessage): string => ('eventId' in message ? message.eventId : message.type);
const fill = (eventId: string) =>
  ({ type: 'portfolio.fillReported', eventId }) as unknown as PortfolioMessage;
const observed = { type: 'portfolio.venueObserved' } as unknown as PortfolioMessage;
const decided = { type: 'portfolio.decisionMade', requestId: 'd-1' } as unknown as PortfolioMessage;
const report = (venue: string) =>
  ({ type: 'rebalancing.venueReported', venue, status: 'reconciled', atMs: 1, answers: [] }) as const;
const settled = (eventId: string): Announcement => ({
  type: 'bookEventSettled',
  outcome: { status: 'posted', eventId, bookVersion: 1 },
});

describe('the portfolio actor', () => {
  it('does one piece of work at a time, in the order of arrival', async () => {
    const { actor, end, ids } = start();
    actor.send(fill('a'));
    actor.send(observed);
    actor.send(fill('b'));
    expect(ids()).toEqual([['a']]);
    await end(0);
    expect(ids()).toEqual([['a'], ['portfolio.venueObserved']]);
    await end(1);
    expect(ids()).toEqual([['a'], ['portfolio.venueObserved'], ['b']]);
  });

  it("takes the bot's messages that wait together, and everything else alone", async () => {
    const { actor, end, ids } = start();
    for (const message of [
      fill('a'),
      fill('b'),
      fill('c'),
      decided,
      fill('d'),
      fill('e'),
      observed,
      observed,
    ])
      actor.send(message);
    for (let work = 0; work < 6; work++) await end(work);
    const alone = ['portfolio.venueObserved'];
    expect(ids()).toEqual([['a'], ['b', 'c'], ['portfolio.decisionMade'], ['d', 'e'], alone, alone]);
  });

  it('takes at most 500 messages in one transaction', async () => {
    const { actor, end, ids } = start();
    for (let count = 0; count <= 1_001; count++) actor.send(fill(String(count)));
    for (let work = 0; work < 4; work++) await end(work);
    expect(ids().map((each) => each.length)).toEqual([1, 500, 500, 1]);
  });

  it('looks at the gates again and again, whether or not anything happens', async () => {
    const { actor, clock, end, ids } = start();
    await clock.moveTo(clock.now() + GATE_MS);
    await end(0);
    actor.send(fill('a'));
    await clock.moveTo(clock.now() + GATE_MS - 1);
    expect(ids()).toEqual([['portfolio.gatesDue'], ['a']]);
    await end(1);
    await clock.moveTo(clock.now() + 1);
    expect(ids()).toEqual([['portfolio.gatesDue'], ['a'], ['portfolio.gatesDue']]);
  });

  it('asks for a valuation whenever one is due, alone', async () => {
    const { actor, clock, ids } = start();
    actor.send(fill('a'));
    await clock.moveTo(clock.now() + VALUATION_MS);
    actor.send(fill('b'));
    expect(ids()).toEqual([['a']]);
    await clock.moveTo(clock.now() + VALUATION_MS - 1);
    const waiting = actor.getSnapshot().context.waiting.map(({ type }) => type);
    expect(waiting.filter((type) => type === 'portfolio.valuationDue')).toHaveLength(1);
    await clock.moveTo(clock.now() + 1);
    const later = actor.getSnapshot().context.waiting.map(({ type }) => type);
    expect(later.filter((type) => type === 'portfolio.valuationDue')).toHaveLength(2);
  });

  it('tells the venues at which fills were booked', async () => {
    const { actor, end, toldVenues } = start();
    actor.send(fill('a'));
    await settle();
    expect(toldVenues).toEqual([]);
    await end(0, { ...NOTHING, movedVenues: ['coinbase'] });
    expect(toldVenues).toEqual([{ type: 'reconciliation.accountMoved' }]);
  });

  it('tells of what happened only when it is committed, and the rebalancing actor of reports', async () => {
    const { actor, end, announced, told } = start();
    actor.send(observed);
    await settle();
    expect([announced, told]).toEqual([[], []]);
    await end(0, {
      announcements: [settled('a')],
      movedVenues: [],
      requestedRounds: [],
      venueReported: report('coinbase'),
    });
    expect(announced).toEqual([settled('a')]);
    expect(told).toEqual([report('coinbase')]);
  });

  it('says which messages are lost when it crashes, so that they can be sent again', async () => {
    const { actor, works, announced, errors } = start();
    for (const message of [fill('a'), fill('b'), decided]) actor.send(message);
    works[0]?.end.reject(new Error('the disk is full'));
    await settle();
    expect(actor.getSnapshot().status).toBe('error');
    expect(String(errors)).toContain('the disk is full');
    const lost = { type: 'messageUndelivered', atMs: 5_000, worker: 'portfolio' };
    expect(announced).toEqual([
      { ...lost, messageType: 'portfolio.fillReported', id: 'a' },
      { ...lost, messageType: 'portfolio.fillReported', id: 'b' },
      { ...lost, messageType: 'portfolio.decisionMade', id: 'd-1' },
    ]);
  });
});
