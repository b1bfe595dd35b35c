import { expect, it } from '@jest/globals';
import { amount } from '../../../src/domain/money/amount.ts';
import type { SubLedgerEvent } from '../../../src/domain/strategies/sub-ledgers.ts';
import { strategyFlows } from '../../../src/domain/valuation/strategy-flow.ts';

const a = amount;
const isCash = (asset: string): boolean => asset === 'USD';
const filled = (
  id: string,
  quantity: string,
  cash: string,
  remaining: Record<string, string>,
): SubLedgerEvent => ({
  type: 'filled',
  id,
  asset: 'BTC',
  quantity: a(quantity),
  step: a('0.1'),
  cashAsset: 'USD',
  cash: a(cash),
  cashStep: a('0.01'),
  remaining: new Map(Object.entries(remaining).map(([strategy, each]) => [strategy, a(each)])),
});

it('puts into a strategy what its buys have cost, takes out what its sells have brought, and shares fills', () => {
  const events: readonly SubLedgerEvent[] = [
    filled('f1', '3', '-303', { trend: '2', carry: '1' }),
    filled('f2', '-1', '119', { trend: '-1' }),
    { type: 'assigned', id: 'a1', strategy: 'carry', asset: 'BTC', quantity: a('-1') },
    {
      type: 'crossed',
      id: 'c1',
      asset: 'BTC',
      moved: new Map([
        ['trend', a('-1')],
        ['carry', a('1')],
      ]),
      cashAsset: 'USD',
      cash: new Map([
        ['trend', a('120')],
        ['carry', a('-120')],
      ]),
    },
  ];
  const flows = strategyFlows(
    events.map((event, index) => ({
      atMs: index,
      sequence: event.type === 'filled' ? index + 5 : null,
      event,
    })),
    { isCash },
  );
  expect(flows.map(({ scope, sequence, quantity, usd }) => [scope, sequence, quantity, usd])).toEqual([
    ['trend', 5, '2', '202'],
    ['carry', 5, '1', '101'],
    ['trend', 6, '-1', '-119'],
    ['carry', null, '-1', null],
    ['trend', null, '-1', '-120'],
    ['carry', null, '1', '120'],
  ]);
});
