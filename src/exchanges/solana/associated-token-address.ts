import type { Web3 } from './rpc-endpoint.ts';
import { ASSOCIATED_TOKEN_PROGRAM } from './swap-programs.ts';

/** Where a wallet keeps a mint unless someone chose otherwise. */
export function associatedTokenAddress(
  web3: Web3,
  { owner, mint, program }: { readonly owner: string; readonly mint: string; readonly program: string },
): string {
  const seeds = [owner, program, mint].map((key) => new web3.PublicKey(key).toBytes());
  const [address] = web3.PublicKey.findProgramAddressSync(
    seeds,
    new web3.PublicKey(ASSOCIATED_TOKEN_PROGRAM),
  );
  return address.toBase58();
}
