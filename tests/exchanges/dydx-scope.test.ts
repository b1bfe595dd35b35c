import { describe, expect, it } from '@jest/globals';
import { venueProblems } from '../../src/app/configuration-claims.ts';
import type { DydxConfiguration } from '../../src/app/venue-configuration.ts';
import { TEST_ADDRESS } from '../support/dydx-account.ts';

const venue = (
  id: string,
  subaccountNumbers: readonly number[],
  address = TEST_ADDRESS,
): DydxConfiguration => ({
  id,
  kind: 'dydx',
  policy: 'propose',
  opening: 'confirm',
  markets: [],
  cashAsset: 'USDC',
  indexerUrl: 'https://indexer.example',
  streamUrl: null,
  validatorUrl: 'https://validator.example',
  chainId: 'dydx-mainnet-1',
  credentials: null,
  permission: null,
  scope: { address, subaccountNumbers },
});

describe('subaccounts that two venues count', () => {
  it.each([
    ['a subaccount twice', [0], [0]],
    ['a parent, and a child of it', [0], [128]],
    ['a child, and its parent', [1, 257], [1]],
    ['a child, and its parent in the other order', [129], [0, 1]],
    ['a child twice', [128], [128]],
  ])('are refused: %s', (_what, first, second) => {
    const problems = venueProblems([venue('a', first), venue('b', second)]);
    expect(problems).toMatchObject([{ path: 'venues[1].scope', found: 'the same again' }]);
  });

  it.each([
    ['two parents', [0], [1]],
    ['two children of one parent', [128], [256]],
    ['a parent, and a child of another', [0], [129]],
    ['numbers of which one begins like the other', [1], [12]],
  ])('are none for %s', (_what, first, second) => {
    expect(venueProblems([venue('a', first), venue('b', second)])).toEqual([]);
  });

  it('are none where one venue lists a parent and its child, or another address has the same numbers', () => {
    expect(venueProblems([venue('a', [0, 128])])).toEqual([]);
    expect(venueProblems([venue('a', [0]), venue('b', [0], 'dydx1other')])).toEqual([]);
  });
});
