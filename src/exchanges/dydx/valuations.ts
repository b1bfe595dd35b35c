import type { HoldingFact } from '../../domain/venue/holding-fact.ts';
import type { SubaccountRow } from './dydx-rows.ts';
import { COLLATERAL } from './read-fills.ts';

/** The venue's own valuation of each subaccount that it tells one of. Of no use as a balance: it moves with every price. */
export function valuationsOf(subaccounts: readonly SubaccountRow[]): readonly HoldingFact[] {
  return subaccounts.flatMap(({ subaccountNumber, equity, freeCollateral }) =>
    equity === undefined || equity === null
      ? []
      : {
          kind: 'valuation',
          asset: COLLATERAL,
          account: String(subaccountNumber),
          equity,
          freeCollateral: freeCollateral ?? null,
        },
  );
}
