import { createRequire } from 'node:module';

/** An order id as the chain knows it. */
export interface WireOrderId {
  readonly subaccountId: { readonly owner: string; readonly number: number };
  readonly clientId: number;
  readonly orderFlags: number;
  readonly clobPairId: number;
}

interface WireLong {
  toString(): string;
}

export interface WireOrder {
  readonly orderId: WireOrderId;
  readonly side: number;
  readonly quantums: WireLong;
  readonly subticks: WireLong;
  readonly goodTilBlock?: number;
  readonly goodTilBlockTime?: number;
  readonly timeInForce: number;
  readonly reduceOnly: boolean;
  readonly clientMetadata: number;
}

interface Message<T> {
  decode(bytes: Uint8Array): T;
}

interface WritableMessage<T> extends Message<T> {
  fromPartial(value: object): T;
  encode(value: T): { finish(): Uint8Array };
}

interface TypedBytes {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

/** Decoders of what a validator is sent, and encoders of what it answers. */
export interface DydxWire {
  readonly TxRaw: Message<{
    readonly bodyBytes: Uint8Array;
    readonly authInfoBytes: Uint8Array;
    readonly signatures: readonly Uint8Array[];
  }>;
  readonly TxBody: Message<{
    readonly messages: readonly TypedBytes[];
    readonly nonCriticalExtensionOptions: readonly TypedBytes[];
  }>;
  /** The authenticators that a transaction names, one a message; none where the account's own key signs. */
  readonly TxExtension: Message<{ readonly selectedAuthenticators: readonly WireLong[] }>;
  readonly AuthInfo: Message<{
    readonly signerInfos: readonly { readonly publicKey?: TypedBytes; readonly sequence: bigint }[];
  }>;
  readonly PubKey: Message<{ readonly key: Uint8Array }>;
  readonly SignDoc: WritableMessage<object>;
  readonly BaseAccount: WritableMessage<object>;
  readonly QueryAccountRequest: Message<{ readonly address: string }>;
  readonly QueryAccountResponse: WritableMessage<object>;
  readonly GetAuthenticatorsRequest: Message<{ readonly account: string }>;
  readonly GetAuthenticatorsResponse: WritableMessage<object>;
  readonly MsgPlaceOrder: Message<{ readonly order?: WireOrder }>;
  readonly MsgCancelOrder: Message<{
    readonly orderId?: WireOrderId;
    readonly goodTilBlock?: number;
    readonly goodTilBlockTime?: number;
  }>;
  /** The bech32 address of a compressed secp256k1 key. */
  addressOf(publicKey: Uint8Array, prefix: string): string;
}

/**
 * Loads the message types that the dYdX client itself brings, from where the client finds them. For simulated validators
 * only: nothing that trades reads what it sent.
 */
export function loadDydxWire(): DydxWire {
  const require = createRequire(import.meta.url);
  const fromClient = createRequire(require.resolve('@dydxprotocol/v4-client-js'));
  const auth = fromClient('cosmjs-types/cosmos/auth/v1beta1/auth');
  const query = fromClient('cosmjs-types/cosmos/auth/v1beta1/query');
  const tx = fromClient('cosmjs-types/cosmos/tx/v1beta1/tx');
  const keys = fromClient('cosmjs-types/cosmos/crypto/secp256k1/keys');
  const clob = fromClient('@dydxprotocol/v4-proto/src/codegen/dydxprotocol/clob/tx');
  const extension = fromClient('@dydxprotocol/v4-proto/src/codegen/dydxprotocol/accountplus/tx');
  const authenticators = fromClient('@dydxprotocol/v4-proto/src/codegen/dydxprotocol/accountplus/query');
  const amino = fromClient('@cosmjs/amino');
  const encoding = fromClient('@cosmjs/encoding');
  return {
    TxRaw: tx.TxRaw,
    TxBody: tx.TxBody,
    TxExtension: extension.TxExtension,
    AuthInfo: tx.AuthInfo,
    SignDoc: tx.SignDoc,
    PubKey: keys.PubKey,
    BaseAccount: auth.BaseAccount,
    QueryAccountRequest: query.QueryAccountRequest,
    QueryAccountResponse: query.QueryAccountResponse,
    GetAuthenticatorsRequest: authenticators.GetAuthenticatorsRequest,
    GetAuthenticatorsResponse: authenticators.GetAuthenticatorsResponse,
    MsgPlaceOrder: clob.MsgPlaceOrder,
    MsgCancelOrder: clob.MsgCancelOrder,
    addressOf: (publicKey, prefix) =>
      encoding.toBech32(prefix, amino.rawSecp256k1PubkeyToRawAddress(publicKey)),
  };
}
