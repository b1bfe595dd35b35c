import type { DydxCredentials } from './dydx-exchange.ts';
import type { LoadedDydxSdk, SubaccountKey } from './dydx-sdk.ts';

/** A key that can be signed with. */
export interface OpenedKey {
  readonly key: SubaccountKey;
  /** Of the key's own wallet: with a permissioned key, not the account's. */
  readonly address: string;
  /** Base 64 of the compressed key. */
  readonly publicKey: string;
}

/** The configured key, or why it is not one for the account; never what was configured. */
export type Signer = () => Promise<OpenedKey | string>;

/** Opens the key when it is first needed, and once: deriving it from words takes its time. */
export function signerOf(loaded: LoadedDydxSdk, credentials: DydxCredentials, address: string): Signer {
  let opening: Promise<OpenedKey | string> | null = null;
  return () => {
    opening ??= openKey(loaded, credentials, address);
    return opening;
  };
}

async function openKey(
  { sdk, toUnsignedLong }: LoadedDydxSdk,
  { mnemonic, privateKey, authenticatorId }: DydxCredentials,
  address: string,
): Promise<OpenedKey | string> {
  const prefix = address.slice(0, address.lastIndexOf('1'));
  try {
    const wallet =
      mnemonic !== undefined
        ? await sdk.LocalWallet.fromMnemonic(mnemonic, prefix)
        : await sdk.LocalWallet.fromPrivateKey(privateKey ?? '', prefix);
    const { address: ownAddress, pubKey } = wallet;
    if (ownAddress === undefined || pubKey === undefined) return UNREADABLE;
    const own = { address: ownAddress, publicKey: pubKey.value };
    if (authenticatorId !== undefined) {
      const selected = [toUnsignedLong(authenticatorId)];
      return { key: sdk.SubaccountInfo.forPermissionedWallet(wallet, address, 0, selected), ...own };
    }
    if (own.address === address) return { key: sdk.SubaccountInfo.forLocalWallet(wallet, 0), ...own };
    return `the configured key signs for ${own.address}, not for ${address}: a permissioned key needs its authenticatorId`;
  } catch {
    // What the wallet says of a key it cannot read may quote the key.
    return UNREADABLE;
  }
}

const UNREADABLE = 'the configured key cannot be read';
