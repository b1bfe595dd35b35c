import { describe, expect, it } from '@jest/globals';
import type { Announcement } from '../../actors/messages/announcements.ts';
import type { RebalancingMessage } from '../../actors/messages/rebalancing-messages.ts';
import { RebalanceDesk } from '../../src/app/rebalancing/rebalance-desk.ts';
import { ZERO } from '../../src/domain/money/amount.ts';
import type { Plan } from '../../src/domain/rebalancing/plan.ts';
import { twoVenues } from '../domain/rebalancing/execution-fixtures.ts';
import { planned } from '../domain/rebalancing/plan-fixtures.ts';

const PLAN = planned(twoVenues);
const made = (plan: Plan, next: 'none' | 'execution' | 'approval' = 'approval'): Announcement => ({
  type: 'planMade',
  atMs: 1,
  requestId: 'r-1',
  plan,
  next,
});
const ended: Announcement = {
  type: 'rebalancingEnded',
  atMs: 2,
  requestId: 'r-1',
  planHash: 'second',
  outcome: 'done',
  reason: '',
};

const CRASHED = {
  type: 'workerChanged',
  atMs: 2,
  worker: 'rebalancing',
  what: 'worker.crashed',
  error: 'it broke',
} as const;
const ordered = (planHash: string): Announcement => {
  const [order] = PLAN.orders;
  if (order === undefined) throw new Error('the plan has orders');
  const { sequence, venue, market, side, quantity, limitPrice } = order;
  const rest = { status: 'intended', filledQuantity: ZERO, clientOrderId: 'c', detail: '' } as const;
  return {
    type: 'orderChanged',
    atMs: 2,
    planHash,
    sequence,
    venue,
    market,
    side,
    quantity,
    limitPrice,
    ...rest,
  };
};

function open() {
  const sent: RebalancingMessage[] = [];
  return { sent, desk: new RebalanceDesk((message) => sent.push(message)) };
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
};

describe('the desk of rebalances', () => {
  it('asks the approver of a request for every plan of it, and gives back the last one', async () => {
    const { sent, desk } = open();
    const asked: string[] = [];
    const result = desk.rebalance('r-1', ({ hash }) => {
      asked.push(hash);
      return true;
    });
    const second = { ...PLAN, hash: 'second' };
    for (const each of [made(PLAN), made(second)]) {
      desk.hear(each);
      await turns();
    }
    desk.hear(ended);
    expect(await result).toEqual({ outcome: 'done', plan: second, reason: '' });
    expect(asked).toEqual([PLAN.hash, 'second']);
    expect(sent.flatMap((each) => (each.type === 'rebalancing.planDecided' ? [each.decision] : []))).toEqual([
      'approve',
      'approve',
    ]);
  });

  it('rejects the plan of an approver who throws, and tells the caller why', async () => {
    const { sent, desk } = open();
    const result = desk.rebalance('r-1', () => {
      throw new Error('the bot is wrong');
    });
    desk.hear(made(PLAN));
    await expect(result).rejects.toThrow('the bot is wrong');
    expect(sent).toContainEqual(expect.objectContaining({ decision: 'reject' }));
  });

  it('asks nobody once the request is over', async () => {
    const { sent, desk } = open();
    const result = desk.rebalance('r-1', () => true);
    desk.hear({ type: 'rebalancingRefused', atMs: 1, requestId: 'r-1', reason: 'no targets' });
    expect(await result).toEqual({ outcome: 'refused', plan: null, reason: 'no targets' });
    desk.hear(made(PLAN));
    await turns();
    expect(sent.map(({ type }) => type)).toEqual(['rebalancing.requested']);
  });

  it('tells who waits for a plan that was not begun that the worker crashed, and keeps who waits for orders', async () => {
    const { desk } = open();
    const waiting = desk.rebalance('r-1', true);
    desk.hear(made(PLAN));
    await turns();
    desk.hear(CRASHED);
    await expect(waiting).rejects.toThrow('rebalancing crashed before it answered: it broke');
    desk.hear({ ...CRASHED, what: 'worker.restarted', error: null });
    const begun = desk.rebalance('r-1', true);
    desk.hear(made(PLAN, 'execution'));
    await turns();
    desk.hear(ordered(PLAN.hash));
    desk.hear(CRASHED);
    desk.hear(ended);
    expect(await begun).toMatchObject({ outcome: 'done' });
  });

  it.each<readonly [string, Announcement]>([
    ['expired', { type: 'rebalancingRefused', atMs: 2, requestId: 'r-1', reason: 'nobody approved it' }],
    [
      'was outdated',
      { type: 'planOutdated', atMs: 2, requestId: 'r-1', planHash: PLAN.hash, reason: 'moved' },
    ],
    ['was lost', CRASHED],
  ])('approves no plan that %s', async (_, announcement) => {
    const { desk, sent } = open();
    const asked = desk.requestRebalance('r-1', { reason: 'drift', origin: { kind: 'bot' } });
    desk.hear(made(PLAN));
    await asked;
    desk.hear(announcement);
    const answer = desk.decide({ kind: 'approvePlan', planHash: PLAN.hash }, 'person:a');
    expect(answer).toEqual({ status: 'refused', reason: `no plan ${PLAN.hash} waits for a decision` });
    expect(sent.map(({ type }) => type)).not.toContain('rebalancing.planDecided');
  });

  it('still decides on a plan while another request is refused', async () => {
    const { desk } = open();
    const asked = desk.requestRebalance('r-1', { reason: 'drift', origin: { kind: 'bot' } });
    desk.hear(made(PLAN));
    await asked;
    desk.hear({ type: 'rebalancingRefused', atMs: 2, requestId: 'r-2', reason: 'a rebalance is under way' });
    expect(desk.decide({ kind: 'approvePlan', planHash: PLAN.hash }, 'person:a').status).toBe('done');
  });
});
