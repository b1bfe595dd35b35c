import type { AdapterUnderTest } from './contract.ts';
import { coinbaseUnderTest, walletUnderTest } from './contract-coinbase.ts';
import { dydxApartUnderTest, dydxUnderTest } from './contract-dydx.ts';
import { inProcessUnderTest } from './contract-in-process.ts';
import { solanaUnderTest } from './contract-solana.ts';
import { statementUnderTest } from './contract-statement.ts';

/** Every adapter, and the exchange that simulations use. A new adapter is one more. */
export const ADAPTERS: readonly AdapterUnderTest[] = [
  coinbaseUnderTest,
  walletUnderTest,
  dydxUnderTest,
  solanaUnderTest,
  statementUnderTest,
  inProcessUnderTest,
];

/** Adapters under another option, for `npm run contract`; the tests run their snapshots alone, which is what differs. */
export const VARIANTS: readonly AdapterUnderTest[] = [dydxApartUnderTest];
