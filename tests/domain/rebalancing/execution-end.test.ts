import { describe, expect, it } from '@jest/globals';
import { amount, ZERO } from '../../../src/domain/money/amount.ts';
import { applyExecutionEvent } from '../../../src/domain/rebalancing/apply-execution-event.ts';
import type { ExecutionEvent } from '../../../src/domain/rebalancing/execution.ts';
import { shortfallOf } from '../../../src/domain/rebalancing/execution-end.ts';
import { legOf, startTwoVenues } from './execution-fixtures.ts';

const start = startTwoVenues();
const executed = (...events: readonly ExecutionEvent[]) => events.reduce(applyExecutionEvent, start);
const planned = legOf(start, 1).quantity;
const sent: readonly ExecutionEvent[] = [
  { type: 'legIntended', leg: 1, quantity: planned, reservation: ZERO },
  { type: 'legPrepared', leg: 1 },
  { type: 'legSubmitted', leg: 1 },
];
const ended = (filled: string): ExecutionEvent => ({
  type: 'orderSeen',
  leg: 1,
  lookup: {
    state: 'found',
    venueOrderId: 'o',
    status: 'cancelled',
    filledQuantity: amount(filled),
    fills: [],
  },
});

describe('what an execution fell short of', () => {
  it('is nothing of an order that filled whole', () => {
    expect(shortfallOf(executed(...sent, ended(planned)))).not.toContain('sell 1');
  });

  it('names an order that filled in part, with how much', () => {
    expect(shortfallOf(executed(...sent, ended('2')))).toContain(
      `sell 1 in A-USD at north filled 2 of ${planned} (partlyFilled)`,
    );
  });

  it('says what denied an order, and that it was aborted', () => {
    const denied = executed(sent[0] as ExecutionEvent, {
      type: 'legDenied',
      leg: 1,
      reason: 'no credentials',
    });
    expect(shortfallOf(denied)).toContain('filled 0 of');
    expect(shortfallOf(denied)).toContain('(deniedLocally: no credentials)');
    expect(shortfallOf(executed({ type: 'abortRequested', reason: 'kill switch' }))).toMatch(
      /^aborted: kill switch; /,
    );
  });

  it('says that confirmed cash allowed a smaller order', () => {
    const smaller = executed(
      { ...sent[0], quantity: amount('3') } as ExecutionEvent,
      ...sent.slice(1),
      ended('3'),
    );
    expect(shortfallOf(smaller)).toContain('3 of it ordered: confirmed cash allowed no more');
  });
});
