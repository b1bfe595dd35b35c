import { afterEach, describe, expect, it } from '@jest/globals';
import { amount } from '../../src/domain/money/amount.ts';
import { USDC } from '../support/solana-chain.ts';
import { MINUTE_MS, openTransferWorld, type TransferWorld, wanted } from '../support/transfer-world.ts';

const worlds: TransferWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

async function open(...options: Parameters<typeof openTransferWorld>): Promise<TransferWorld> {
  const world = await openTransferWorld(...options);
  worlds.push(world);
  return world;
}

describe('a transfer', () => {
  it.each([
    ['SOL', '2'],
    [USDC, '250.5'],
  ])('of %s is sent, found on chain and booked to the last atom', async (asset, quantity) => {
    const world = await open();
    await world.ask(wanted({ asset, amount: amount(quantity) }));
    await world.advance(MINUTE_MS);
    expect(world.last('transfer-1')).toMatchObject({ status: 'confirmed', outcome: 'confirmed' });
    expect(world.drift('SOL')).toBe('0');
    expect(world.drift(asset)).toBe('0');
    await world.advance(6 * MINUTE_MS);
    const reports = world.harness.events.filter((event) => event.type === 'venueReportMade');
    expect(reports.at(-1)).toMatchObject({ status: 'reconciled' });
    expect(world.harness.events.filter((event) => event.type === 'discrepancyChanged')).toEqual([]);
  });
});
