import { afterEach, describe, expect, it } from '@jest/globals';
import { readPlans } from '../../db/plan-repository.ts';
import { DEFAULT_GROUPS } from '../../src/app/asset-groups.ts';
import { bookLotsDocument } from '../../src/app/tax/book-lots-document.ts';
import type { TaxTerms } from '../../src/domain/lots/tax-terms.ts';
import { amount } from '../../src/domain/money/amount.ts';
import type { Plan } from '../../src/domain/rebalancing/plan.ts';
import type { PlanInput } from '../../src/domain/rebalancing/plan-input.ts';
import { replayService } from '../../src/replay/replay-service.ts';
import { recordedText, withJournalFile } from '../support/journal-file.ts';
import { MINUTE_MS, openWorld, SECOND_MS, type World } from '../support/reconciliation-world.ts';
import { playSession } from '../support/trading-session.ts';

const a = (text: string) => amount(text);
const worlds: World[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

const TAX: TaxTerms = {
  method: 'mintax',
  methods: {},
  rates: { shortTerm: a('0.37'), longTerm: a('0.15'), usableLoss: a('1') },
  longTerm: 'ownRate',
  networkFee: 'disposal',
  zone: 'UTC',
  aversion: a('1'),
};

async function rebalanced(tax: TaxTerms | null): Promise<World> {
  const world = await openWorld({
    venue: { markets: ['BTC-USD', 'ETH-USD'], cashAsset: 'USD' },
    settings: {
      targets: { BTC: '0.6', ETH: '0.2', CASH: '0.2' },
      limits: { maxSlippageBps: a('50') },
      ...(tax ? { tax } : {}),
    },
  });
  worlds.push(world);
  await world.pass(MINUTE_MS);
  await world.harness.send({
    to: 'rebalancing',
    message: { type: 'rebalancing.requested', requestId: 'r-1', approval: 'approved', reason: 'drift' },
  });
  await world.pass(20 * SECOND_MS);
  expect(world.events('rebalancingEnded')).toMatchObject([{ outcome: 'done' }]);
  return world;
}

async function keptPlan(world: World) {
  const [stored] = await readPlans(world.harness.database.db, { limit: 1 });
  return stored?.body as { readonly plan: Plan; readonly input: PlanInput };
}

describe('a plan of the service, where tax is configured', () => {
  it('is kept with the lots that the book has, and with what its sells are taxed', async () => {
    const world = await rebalanced(TAX);
    const { plan, input } = await keptPlan(world);
    expect(input.tax?.lots.map(({ asset, basis }) => [asset, basis.state])).toEqual([
      ['BTC', 'unknown'],
      ['ETH', 'unknown'],
    ]);
    const sells = plan.orders.filter(({ side }) => side === 'sell');
    expect(sells.length).toBeGreaterThan(0);
    expect(plan.tax?.orders.map(({ sequence }) => sequence)).toEqual(sells.map(({ sequence }) => sequence));
    expect(plan.tax?.tax).toEqual({
      unknown: expect.stringContaining(
        'made up at the opening of the venue: the book does not know what it cost',
      ),
    });
    expect(Number(plan.tax?.countedUsd)).toBeGreaterThan(0);
  });

  it('leads to lots that the book knows the cost of, as they were filled', async () => {
    const world = await rebalanced(TAX);
    const { db } = world.harness.database;
    const request = { groups: DEFAULT_GROUPS, tax: TAX, method: null, venue: null, asset: 'ETH' };
    const outcome = await bookLotsDocument(db, request);
    if (outcome.state !== 'accounted') throw new Error(JSON.stringify(outcome));
    const { lots } = outcome.document;
    const opened = lots.filter(({ basis }) => typeof basis === 'object');
    expect(opened.map(({ quantity }) => quantity)).toEqual(['1']);
    const filled = lots.filter((lot) => !opened.includes(lot));
    expect(filled.length).toBeGreaterThan(0);
    for (const { basis, quantity } of filled) expect(Number(basis) / Number(quantity)).toBeGreaterThan(100);
  });

  it('has the orders and the hash that it had, where none is', async () => {
    const [taxed, untaxed] = [
      await keptPlan(await rebalanced({ ...TAX, aversion: a('0') })),
      await keptPlan(await rebalanced(null)),
    ];
    expect(taxed.plan.orders).toEqual(untaxed.plan.orders);
    expect([untaxed.plan.tax, untaxed.input.tax]).toEqual([undefined, undefined]);
    expect(taxed.plan.hash).not.toBe(untaxed.plan.hash);
  });

  it('comes out the same in a replay', async () => {
    const text = await recordedText((journal) => playSession({ journal, tax: TAX }));
    expect(text).toContain('savedAgainstFifo');
    expect(await withJournalFile(text, (path) => replayService(path))).toMatchObject({ identical: true });
  });
});
