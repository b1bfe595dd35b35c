import type { KeyRights } from '../../domain/venue/key-rights.ts';
import { type Unknown, unknown } from '../../domain/venue/observation.ts';
import { authenticatorRights } from './authenticator-rights.ts';
import type { DydxChain } from './dydx-chain.ts';
import { type DydxScope, tradingSubaccountOf } from './dydx-scope.ts';
import type { Signer } from './dydx-signer.ts';

/** What the account lets the permissioned key sign, by the chain's own word. Trouble is `Unknown`, never a throw. */
export async function readDydxKeyRights(
  venue: {
    readonly chain: Pick<DydxChain, 'authenticators'>;
    readonly signer: Signer;
    readonly scope: DydxScope;
    readonly authenticatorId: string;
  },
  signal: AbortSignal,
): Promise<KeyRights | Unknown> {
  const { chain, scope, authenticatorId } = venue;
  const key = await venue.signer();
  if (typeof key === 'string') return unknown('refused', key);
  if (key.address === scope.address) {
    // It signs without naming an authenticator just as well.
    const detail = "the account's own key, which no authenticator limits";
    return { canTrade: true, canWithdraw: true, detail };
  }
  const read = await chain.authenticators(signal);
  if (read.state === 'unknown') return read;
  const subaccountNumber = tradingSubaccountOf(scope);
  return authenticatorRights(read.authenticators, {
    authenticatorId,
    publicKey: key.publicKey,
    subaccountNumber,
  });
}
