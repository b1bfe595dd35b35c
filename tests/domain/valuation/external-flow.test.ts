import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { external, makeTransaction, move, own, receive } from '../../../src/domain/book/make-transaction.ts';
import type { ExternalAccount, Posting } from '../../../src/domain/book/transaction.ts';
import { amount, negate } from '../../../src/domain/money/amount.ts';
import { externalFlowOf, isExternalFlow } from '../../../src/domain/valuation/external-flow.ts';

const group = (asset: string): string => (asset === 'USDC' || asset === 'EPjF' ? 'CASH' : asset);
const of = (...postings: readonly Posting[]) => ({ postings });
const a = amount;

describe('what comes in from outside', () => {
  it.each<[string, readonly Posting[], Record<string, string>, boolean]>([
    ['a deposit', receive('coinbase', 'available', 'BTC', a('2'), 'transfer'), { BTC: '2' }, true],
    ['a withdrawal', receive('coinbase', 'available', 'BTC', a('-2'), 'transfer'), { BTC: '-2' }, true],
    ['an opening', receive('coinbase', 'available', 'BTC', a('2'), 'opening'), { BTC: '2' }, true],
    ['a fee', receive('coinbase', 'available', 'BTC', a('-2'), 'fee'), {}, false],
    ['funding', receive('dydx', 'available', 'USDC', a('-2'), 'funding'), {}, false],
    ['what leaves for another venue', move('coinbase', 'available', 'inTransit', 'USDC', a('9')), {}, false],
    [
      'what arrives there under another name',
      [
        ...receive('coinbase', 'inTransit', 'USDC', a('-9'), 'transfer'),
        ...receive('solana', 'available', 'EPjF', a('9'), 'transfer'),
      ],
      { USDC: '-9', EPjF: '9' },
      false,
    ],
    [
      'what arrives there before it is told to have left',
      receive('solana', 'available', 'EPjF', a('9'), 'transfer'),
      { EPjF: '9' },
      true,
    ],
    [
      'and its departure, told later',
      [own('coinbase', 'available', 'USDC', a('-9')), external('transfer', 'USDC', a('9'))],
      { USDC: '-9' },
      true,
    ],
  ])('%s', (_, postings, flow, isFlow) => {
    expect(Object.fromEntries(externalFlowOf(of(...postings)))).toEqual(flow);
    expect(isExternalFlow(of(...postings), group)).toBe(isFlow);
  });

  const quantities = fc.integer({ min: -1_000, max: 1_000 }).map((n) => a(String(n)));

  it('What moves between two venues of the book is no flow', () => {
    fc.assert(
      fc.property(quantities, quantities, (sent, arrived) => {
        const postings = [
          ...move('coinbase', 'available', 'inTransit', 'BTC', sent),
          own('coinbase', 'inTransit', 'BTC', negate(arrived)),
          own('solana', 'available', 'BTC', arrived),
        ];
        expect(isExternalFlow({ postings }, group)).toBe(false);
      }),
    );
  });

  it('Fees, funding, rewards and trades are return and no flow', () => {
    const accounts = fc.constantFrom<ExternalAccount>(
      'trade',
      'fee',
      'funding',
      'reward',
      'rounding',
      'unexplained',
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(accounts, quantities)), (moved) => {
        const postings = moved.flatMap(([account, quantity]) =>
          receive('coinbase', 'available', 'BTC', quantity, account),
        );
        const transaction = makeTransaction({
          eventId: 'e',
          cause: 'fill',
          venue: 'coinbase',
          atMs: 1,
          venueIds: [],
          postings,
        });
        expect(transaction !== null && isExternalFlow(transaction, group)).toBe(false);
      }),
    );
  });
});
