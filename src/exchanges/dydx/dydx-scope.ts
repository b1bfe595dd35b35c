import { assert } from '../../domain/assert.ts';

/** One address and those of its subaccounts that are reconciled together. */
export interface DydxScope {
  readonly address: string;
  readonly subaccountNumbers: readonly number[];
}

/** Bech32 text: nothing that would change the meaning of a path. */
const ADDRESS = /^[a-z][a-z0-9]{5,100}$/;
/** The chain's own limit: 128 parents with 1000 children each, and the parents. */
const SUBACCOUNT_NUMBER_MAX = 128_000;
/** Each subaccount costs eight requests a snapshot, of the 100 per ten seconds that the indexer allows. */
const SUBACCOUNTS_MAX = 128;

export function dydxScope(scope: DydxScope): DydxScope {
  assert(ADDRESS.test(scope.address), `a dYdX address is bech32 text: ${scope.address.slice(0, 120)}`);
  const numbers = [...new Set(scope.subaccountNumbers)].sort((a, b) => a - b);
  assert(
    numbers.length > 0 && numbers.length <= SUBACCOUNTS_MAX,
    `a scope has 1 to ${SUBACCOUNTS_MAX} subaccounts: ${numbers.length}`,
  );
  for (const number of numbers) {
    assert(
      Number.isInteger(number) && number >= 0 && number <= SUBACCOUNT_NUMBER_MAX,
      `a subaccount number lies between 0 and ${SUBACCOUNT_NUMBER_MAX}: ${number}`,
    );
  }
  return { address: scope.address, subaccountNumbers: numbers };
}

/** What a certificate names, such as "dydx1…/0,128". */
export function fingerprintOf(scope: DydxScope): string {
  return `${scope.address}/${scope.subaccountNumbers.join(',')}`;
}

/** Orders are placed from the lowest subaccount of the scope. */
export function tradingSubaccountOf(scope: DydxScope): number {
  return Math.min(...scope.subaccountNumbers);
}

/** Where orders are placed from, such as "dydx1…/0": no two orders there may have one client id. */
export function tradingAccountOf(scope: DydxScope): string {
  return fingerprintOf({ address: scope.address, subaccountNumbers: [tradingSubaccountOf(scope)] });
}
