import { createHash, createPublicKey, ECDH, verify } from 'node:crypto';
import { type DydxWire, loadDydxWire } from '../dydx/dydx-wire.ts';
import { SHORT_TERM } from '../dydx/order-payload.ts';
import {
  type AuthenticatedMessage,
  refusalByAuthenticator,
  type SimulatedAuthenticator,
} from './dydx-authenticators.ts';
import { blockDocument, statusDocument } from './dydx-chain-documents.ts';
import type { ClobRefusal } from './dydx-orders.ts';
import { dydxStateFace } from './dydx-state-face.ts';
import type { DydxSubaccounts } from './dydx-subaccounts.ts';
import type { FaceAnswer, FaceRequest } from './http-face.ts';

interface RpcRequest {
  readonly id: number;
  readonly method: string;
  readonly params: Readonly<Record<string, string>>;
}

/** What a validator of this chain knows of the account. */
const ACCOUNT_NUMBER = 42;
const FIRST_SEQUENCE = 7;
const SDK = { wrongSequence: 32, unauthorized: 4, unknownRequest: 6, invalidRequest: 18, inMempool: 19 };
const ACCOUNTPLUS = { codespace: 'dydxaccountplus', notFound: 1, verification: 104 };
const TX_EXTENSION = '/dydxprotocol.accountplus.TxExtension';
const RPC_INTERNAL_ERROR = -32603;
const RPC_NO_METHOD = -32601;

/** What faults are matched with: "RPC broadcast_tx_sync". */
export function rpcEndpointOf(request: Pick<FaceRequest, 'body' | 'method' | 'path'>): string {
  const call = parseRpc(request.body);
  return call === null ? `${request.method} ${request.path}` : `RPC ${call.method}`;
}

/** One call is the same as another whatever its id. */
export function rpcIdentityOf(request: Pick<FaceRequest, 'body'>): string {
  const call = parseRpc(request.body);
  return call === null ? request.body : JSON.stringify([call.method, call.params]);
}

/** An earlier answer with the id of the present call. */
export function withRpcId(answer: FaceAnswer, request: Pick<FaceRequest, 'body'>): FaceAnswer {
  const body = JSON.parse(answer.body) as object;
  return { ...answer, body: JSON.stringify({ ...body, id: parseRpc(request.body)?.id ?? -1 }) };
}

/**
 * Answers of a validator's CometBFT RPC: what the client needs to sign and broadcast an order, and what the chain has
 * settled.
 *
 * A transaction is checked as the chain checks it: signature, signer and sequence, then the order itself; only then it
 * takes effect. Where it names an authenticator of the account, that decides on the signature, and on the message.
 * The same bytes again are refused as already in the mempool, until the next block empties it.
 */
export function dydxChainFace(options: {
  readonly subaccounts: DydxSubaccounts;
  readonly chainId: string;
  /** What the account lets other keys sign; nothing without them. */
  readonly authenticators?: readonly SimulatedAuthenticator[];
}): (request: FaceRequest) => FaceAnswer {
  const { subaccounts, chainId, authenticators = [] } = options;
  const { venue, orders } = subaccounts.main;
  const stateOf = dydxStateFace(subaccounts);
  const wire = loadDydxWire();
  const seen = new Map<string, number>();
  let sequence = FIRST_SEQUENCE;

  function broadcast(encoded: string) {
    const bytes = Buffer.from(encoded, 'base64');
    const hash = createHash('sha256').update(bytes).digest('hex').toUpperCase();
    const checked =
      seen.get(hash) === venue.height()
        ? { codespace: 'sdk', code: SDK.inMempool, log: 'tx already in mempool' }
        : check(bytes);
    // A refused transaction leaves the mempool's cache and may be sent again.
    if (checked === null) seen.set(hash, venue.height());
    const { codespace, code, log } = checked ?? { codespace: '', code: 0, log: '[]' };
    return { code, data: '', log, codespace, hash };
  }

  function check(bytes: Buffer): ClobRefusal | null {
    const transaction = wire.TxRaw.decode(bytes);
    const { messages, nonCriticalExtensionOptions } = wire.TxBody.decode(transaction.bodyBytes);
    const [message, ...others] = messages;
    const [signer] = wire.AuthInfo.decode(transaction.authInfoBytes).signerInfos;
    if (message === undefined || others.length > 0 || signer?.publicKey === undefined) {
      return sdk(SDK.unknownRequest, 'one message with one signer is expected');
    }
    const { key } = wire.PubKey.decode(signer.publicKey.value);
    const { address, subaccountNumber } = orders.account;
    const prefix = address.slice(0, address.lastIndexOf('1'));
    const extension = nonCriticalExtensionOptions.find(({ typeUrl }) => typeUrl === TX_EXTENSION);
    const selected = extension ? wire.TxExtension.decode(extension.value).selectedAuthenticators : [];
    const isOwn = wire.addressOf(key, prefix) === address && isSigned(wire, transaction, key, chainId);
    if (selected.length === 0 && !isOwn) return sdk(SDK.unauthorized, 'signature verification failed');

    const order = message.typeUrl.endsWith('.MsgPlaceOrder')
      ? wire.MsgPlaceOrder.decode(message.value).order
      : null;
    const cancel = message.typeUrl.endsWith('.MsgCancelOrder')
      ? wire.MsgCancelOrder.decode(message.value)
      : null;
    const orderId = order?.orderId ?? cancel?.orderId;
    if (orderId === undefined) return sdk(SDK.unknownRequest, `${message.typeUrl} is not simulated`);
    if (selected.length > 0) {
      const refusal = authenticate(selected.map(String), {
        typeUrl: message.typeUrl,
        order: { subaccountNumber: orderId.subaccountId.number, clobPairId: orderId.clobPairId },
        isSignedWith: (publicKey) => isSigned(wire, transaction, publicKey, chainId),
      });
      if (refusal !== null) return refusal;
    }
    const { owner, number } = orderId.subaccountId;
    if (owner !== address || number !== subaccountNumber) {
      return sdk(SDK.unauthorized, `subaccount ${owner}/${number} is not the signer's`);
    }
    // The good-til block of a short-term order stands in for the sequence.
    const isSequenced = orderId.orderFlags !== SHORT_TERM;
    if (isSequenced && signer.sequence !== BigInt(sequence)) {
      return sdk(
        SDK.wrongSequence,
        `account sequence mismatch, expected ${sequence}, got ${signer.sequence}`,
      );
    }
    const refusal = order ? orders.place(order) : orders.cancel(orderId, cancel ?? {});
    if (refusal === null && isSequenced) sequence += 1;
    return refusal;
  }

  /** By the one authenticator that is named for the one message. */
  function authenticate(selected: readonly string[], message: AuthenticatedMessage): ClobRefusal | null {
    if (selected.length !== 1)
      return sdk(SDK.invalidRequest, `msg count 1, got ${selected.length} selected authenticators`);
    const authenticator = authenticators.find(({ id }) => String(id) === selected[0]);
    const { codespace } = ACCOUNTPLUS;
    if (authenticator === undefined)
      return { codespace, code: ACCOUNTPLUS.notFound, log: `authenticator ${selected[0]} not found` };
    const log = refusalByAuthenticator(authenticator, message);
    return log === null ? null : { codespace, code: ACCOUNTPLUS.verification, log };
  }

  const queried = (answered: object) => {
    const height = String(venue.height());
    const nothing = {
      info: '',
      index: '0',
      key: null,
      proofOps: null,
      height,
      log: '',
      codespace: '',
      code: 0,
    };
    return { response: { ...nothing, ...answered } };
  };

  function accountAnswer(data: string): object {
    const { address } = wire.QueryAccountRequest.decode(Buffer.from(data, 'hex'));
    if (address !== orders.account.address)
      return queried({ code: 22, log: `account ${address} not found`, codespace: 'sdk', value: '' });
    const account = wire.BaseAccount.fromPartial({
      address,
      accountNumber: BigInt(ACCOUNT_NUMBER),
      sequence: BigInt(sequence),
    });
    const any = {
      typeUrl: '/cosmos.auth.v1beta1.BaseAccount',
      value: wire.BaseAccount.encode(account).finish(),
    };
    const answer = wire.QueryAccountResponse.fromPartial({ account: any });
    return queried({ value: base64(wire.QueryAccountResponse.encode(answer).finish()) });
  }

  function authenticatorsAnswer(data: string): object {
    const { account } = wire.GetAuthenticatorsRequest.decode(Buffer.from(data, 'hex'));
    // The chain has none of an account that it does not know.
    const accountAuthenticators = account === orders.account.address ? authenticators : [];
    const answer = wire.GetAuthenticatorsResponse.fromPartial({ accountAuthenticators });
    return queried({ value: base64(wire.GetAuthenticatorsResponse.encode(answer).finish()) });
  }

  return function handle(request: FaceRequest): FaceAnswer {
    const call = parseRpc(request.body);
    if (request.method !== 'POST' || call === null) return { status: 404, body: '' };
    const result = (value: object): FaceAnswer => answer(call.id, { result: value });
    const { params } = call;
    switch (call.method) {
      case 'status':
        return result(statusDocument(venue, chainId));
      case 'block':
        return result(blockDocument(venue, chainId));
      case 'abci_query': {
        if (params.path === '/cosmos.auth.v1beta1.Query/Account')
          return result(accountAnswer(params.data ?? ''));
        if (params.path === '/dydxprotocol.accountplus.Query/GetAuthenticators')
          return result(authenticatorsAnswer(params.data ?? ''));
        const state = stateOf(params);
        if (state === null) break;
        return result(state);
      }
      case 'broadcast_tx_sync':
        return result(broadcast(params.tx ?? ''));
      case 'tx':
        return answer(call.id, {
          error: {
            code: RPC_INTERNAL_ERROR,
            message: 'Internal error',
            data: `tx (${params.hash}) not found`,
          },
        });
    }
    return answer(call.id, { error: { code: RPC_NO_METHOD, message: `Method not found: ${call.method}` } });
  };
}

function isSigned(
  wire: DydxWire,
  transaction: {
    readonly bodyBytes: Uint8Array;
    readonly authInfoBytes: Uint8Array;
    readonly signatures: readonly Uint8Array[];
  },
  key: Uint8Array,
  chainId: string,
): boolean {
  const { bodyBytes, authInfoBytes, signatures } = transaction;
  const document = wire.SignDoc.fromPartial({
    bodyBytes,
    authInfoBytes,
    chainId,
    accountNumber: BigInt(ACCOUNT_NUMBER),
  });
  const signature = signatures[0];
  if (signature === undefined) return false;
  const point = ECDH.convertKey(key, 'secp256k1', undefined, undefined, 'uncompressed') as Buffer;
  const publicKey = createPublicKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: 'secp256k1',
      x: point.subarray(1, 33).toString('base64url'),
      y: point.subarray(33).toString('base64url'),
    },
  });
  const bytes = wire.SignDoc.encode(document).finish();
  return verify('sha256', bytes, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature);
}

function parseRpc(body: string): RpcRequest | null {
  try {
    const call = JSON.parse(body) as Partial<RpcRequest> | null;
    if (typeof call?.method !== 'string' || typeof call.id !== 'number') return null;
    return { id: call.id, method: call.method, params: call.params ?? {} };
  } catch {
    return null;
  }
}

const answer = (id: number, outcome: object): FaceAnswer => ({
  status: 200,
  body: JSON.stringify({ jsonrpc: '2.0', id, ...outcome }),
});

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

const sdk = (code: number, log: string): ClobRefusal => ({ codespace: 'sdk', code, log });
