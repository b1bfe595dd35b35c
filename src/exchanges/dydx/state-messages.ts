import { createRequire } from 'node:module';

/** A protobuf message as the dYdX client's own code has it. */
export interface StateMessage<T> {
  fromPartial(value: object): T;
  encode(value: T): { finish(): Uint8Array };
  decode(bytes: Uint8Array): T;
}

export interface SubaccountState {
  readonly id?: { readonly owner: string; readonly number: number };
  readonly assetPositions: readonly { readonly assetId: number; readonly quantums: Uint8Array }[];
  readonly perpetualPositions: readonly {
    readonly perpetualId: number;
    readonly quantums: Uint8Array;
    readonly quoteBalance: Uint8Array;
  }[];
}

export interface PerpetualState {
  readonly params: { readonly id: number; readonly ticker: string; readonly atomicResolution: number };
}

/** Questions about the chain's state, and its answers. */
export interface StateMessages {
  readonly QueryGetSubaccountRequest: StateMessage<{ readonly owner: string; readonly number: number }>;
  readonly QuerySubaccountResponse: StateMessage<{ readonly subaccount?: SubaccountState }>;
  readonly QueryPerpetualRequest: StateMessage<{ readonly id: number }>;
  readonly QueryPerpetualResponse: StateMessage<{ readonly perpetual?: PerpetualState }>;
}

/** Loads the messages from where the dYdX client finds them. Fails where that client is not installed. */
export function loadStateMessages(): StateMessages {
  const require = createRequire(import.meta.url);
  const fromClient = createRequire(require.resolve('@dydxprotocol/v4-client-js'));
  const codegen = '@dydxprotocol/v4-proto/src/codegen/dydxprotocol';
  const subaccounts = fromClient(`${codegen}/subaccounts/query`);
  const perpetuals = fromClient(`${codegen}/perpetuals/query`);
  return {
    QueryGetSubaccountRequest: subaccounts.QueryGetSubaccountRequest,
    QuerySubaccountResponse: subaccounts.QuerySubaccountResponse,
    QueryPerpetualRequest: perpetuals.QueryPerpetualRequest,
    QueryPerpetualResponse: perpetuals.QueryPerpetualResponse,
  };
}
