import { openFuzzCoinbase } from './fuzz-coinbase.ts';
import { openFuzzDydx } from './fuzz-dydx.ts';
import { openFuzzSolana } from './fuzz-solana.ts';
import { openFuzzStatement } from './fuzz-statement.ts';
import type { FuzzVenue } from './fuzz-venue.ts';
import { openFuzzWallet } from './fuzz-wallet.ts';

/** Every adapter, by the name that `--venue` takes. */
export const FUZZ_VENUES: Readonly<Record<string, () => Promise<FuzzVenue>>> = {
  coinbase: openFuzzCoinbase,
  'coinbase-wallet': openFuzzWallet,
  dydx: openFuzzDydx,
  solana: openFuzzSolana,
  statement: openFuzzStatement,
};
