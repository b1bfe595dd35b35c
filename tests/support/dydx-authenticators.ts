import { createECDH } from 'node:crypto';
import type { SimulatedAuthenticator } from '../../src/exchanges/simulated/dydx-authenticators.ts';
import { OTHER_PRIVATE_KEY, TRADING_PRIVATE_KEY } from './dydx-account.ts';

/** An authenticator without its number, as it stands within another. */
export type Part = Omit<SimulatedAuthenticator, 'id'>;

export const PLACE = '/dydxprotocol.clob.MsgPlaceOrder';
export const CANCEL = '/dydxprotocol.clob.MsgCancelOrder';
export const BATCH_CANCEL = '/dydxprotocol.clob.MsgBatchCancel';

const part = (type: string, text: string): Part => ({ type, config: Buffer.from(text) });
const composite = (type: string, parts: readonly Part[]): Part =>
  part(
    type,
    JSON.stringify(
      parts.map((one) => ({ type: one.type, config: Buffer.from(one.config).toString('base64') })),
    ),
  );

export const signedBy = (publicKey: Uint8Array): Part => ({
  type: 'SignatureVerification',
  config: publicKey,
});
export const messages = (...typeUrls: readonly string[]): Part => part('MessageFilter', typeUrls.join(','));
export const subaccounts = (...numbers: readonly number[]): Part =>
  part('SubaccountFilter', numbers.join(','));
export const clobPairs = (...ids: readonly number[]): Part => part('ClobPairIdFilter', ids.join(','));
export const allOf = (...parts: readonly Part[]): Part => composite('AllOf', parts);
export const anyOf = (...parts: readonly Part[]): Part => composite('AnyOf', parts);
export const unregistered = (text = ''): Part => part('SpendLimit', text);

/** The compressed public key of a private one in hex. */
export function publicKeyOf(privateKey: string): Buffer {
  const pair = createECDH('secp256k1');
  pair.setPrivateKey(privateKey, 'hex');
  return pair.getPublicKey(null, 'compressed');
}

export const TRADING_PUBLIC_KEY = publicKeyOf(TRADING_PRIVATE_KEY);
/** Somebody else's. */
export const OTHER_PUBLIC_KEY = publicKeyOf(OTHER_PRIVATE_KEY);

/** What dYdX's own web interface adds for a generated trading key. */
export const tradingKey = (publicKey: Uint8Array = TRADING_PUBLIC_KEY): Part =>
  allOf(
    signedBy(publicKey),
    anyOf(messages(PLACE), messages(CANCEL), messages(BATCH_CANCEL)),
    subaccounts(0),
  );

export const numbered = (id: number, one: Part): SimulatedAuthenticator => ({ id, ...one });
