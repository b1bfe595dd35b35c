// Authenticators of one account, as the chain's `x/accountplus` applies them to a transaction.

/** As the chain stores it; the config of a composite is JSON of further ones. */
export interface SimulatedAuthenticator {
  readonly id: number;
  readonly type: string;
  readonly config: Uint8Array;
}

/** A message that is to be authenticated. */
export interface AuthenticatedMessage {
  readonly typeUrl: string;
  /** Of an order; null of everything else, which filters of subaccounts and markets let pass. */
  readonly order: { readonly subaccountNumber: number; readonly clobPairId: number } | null;
  /** Whether the transaction is signed with the compressed key. */
  isSignedWith(publicKey: Uint8Array): boolean;
}

/** Why a message does not pass; null where it does. */
export function refusalByAuthenticator(
  { type, config }: Omit<SimulatedAuthenticator, 'id'>,
  message: AuthenticatedMessage,
): string | null {
  const text = new TextDecoder().decode(config);
  const { typeUrl, order } = message;
  switch (type) {
    case 'SignatureVerification':
      return message.isSignedWith(config) ? null : 'signature verification failed';
    case 'MessageFilter':
      return text.split(',').includes(typeUrl) ? null : `message types do not match. Got ${typeUrl}`;
    case 'SubaccountFilter':
      return order === null || text.split(',').map(Number).includes(order.subaccountNumber)
        ? null
        : `subaccount number ${order.subaccountNumber} not in whitelist`;
    case 'ClobPairIdFilter':
      return order === null || text.split(',').map(Number).includes(order.clobPairId)
        ? null
        : `order id ${order.clobPairId} not in whitelist`;
    case 'AllOf':
      return refusalsOfMembers(text, message).find((refusal) => refusal !== null) ?? null;
    case 'AnyOf': {
      const refusals = refusalsOfMembers(text, message);
      return refusals.includes(null) ? null : `all sub-authenticators failed: ${refusals.join('; ')}`;
    }
    default:
      return `authenticator type ${type} not registered in manager`;
  }
}

function refusalsOfMembers(text: string, message: AuthenticatedMessage): readonly (string | null)[] {
  const members = JSON.parse(text) as readonly { readonly type: string; readonly config: string }[];
  return members.map(({ type, config }) =>
    refusalByAuthenticator({ type, config: Buffer.from(config, 'base64') }, message),
  );
}
