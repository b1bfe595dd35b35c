import { describe, expect, it } from '@jest/globals';
import type { Announcement } from '../../actors/messages/announcements.ts';
import type { RebalancingMessage } from '../../actors/messages/rebalancing-messages.ts';
import { RebalanceDesk } from '../../src/app/rebalancing/rebalance-desk.ts';
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
});
