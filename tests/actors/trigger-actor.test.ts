import { describe, expect, it } from '@jest/globals';
import { createActor } from 'xstate';
import type { RebalancingMessage } from '../../actors/messages/rebalancing-messages.ts';
import type { ReconciliationMessage } from '../../actors/messages/reconciliation-messages.ts';
import { triggerActor } from '../../actors/trigger-actor.ts';
import { settle, TurnClock } from '../../src/platform/turn-clock.ts';
import { collector } from '../support/actor-rig.ts';

/** An actor that checks every five minutes, with prices that grow old unless somebody makes them fresh. */
function start({ stale, isDue = true }: { stale: readonly string[]; isDue?: boolean }) {
  const clock = new TurnClock(0);
  const world = { stale };
  const checkedAtMs: number[] = [];
  const asked: string[] = [];
  const toRebalancing = collector<RebalancingMessage>();
  const actor = createActor(triggerActor, {
    clock,
    input: {
      check: async () => {
        checkedAtMs.push(clock.now());
        return isDue
          ? { type: 'rebalancing.requested', requestId: 'trigger-1', approval: 'ask', reason: 'drift' }
          : null;
      },
      rebalancing: () => toRebalancing.address,
      reconciliation: (venue) =>
        collector<ReconciliationMessage>(({ type }) => asked.push(`${venue} ${type}`)).address,
      venuesWithStalePrices: () => world.stale,
      now: clock.now,
      checkIntervalMs: 300_000,
      refreshTimeoutMs: 60_000,
    },
  });
  actor.start();
  const at = async (ms: number) => {
    await clock.moveTo(ms);
    await settle();
  };
  return { world, checkedAtMs, asked, received: toRebalancing.messages, at };
}

describe('the trigger actor', () => {
  it('checks at its pace, and asks no venue for prices that are fresh', async () => {
    const { at, checkedAtMs, asked, received } = start({ stale: [] });
    await at(299_999);
    expect(checkedAtMs).toEqual([]);
    await at(300_000);
    expect(checkedAtMs).toEqual([300_000]);
    expect(asked).toEqual([]);
    expect(received).toMatchObject([{ type: 'rebalancing.requested' }]);
  });

  it('asks for what is stale once, and judges within a second of its being fresh', async () => {
    const { at, world, checkedAtMs, asked } = start({ stale: ['north', 'south'] });
    await at(310_000);
    expect(asked).toEqual(['north reconciliation.requested', 'south reconciliation.requested']);
    expect(checkedAtMs).toEqual([]);
    world.stale = [];
    await at(311_000);
    expect(checkedAtMs).toEqual([311_000]);
  });

  it('judges what it has where a venue does not answer', async () => {
    const { at, checkedAtMs, asked, received } = start({ stale: ['north'], isDue: false });
    await at(359_999);
    expect(checkedAtMs).toEqual([]);
    await at(360_000);
    expect(checkedAtMs).toEqual([360_000]);
    expect(asked).toHaveLength(1);
    expect(received).toEqual([]);
    await at(720_000);
    expect(checkedAtMs).toEqual([360_000, 720_000]);
  });
});
