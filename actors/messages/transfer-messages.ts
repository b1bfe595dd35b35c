import type { TransferRequest } from '../../src/domain/transfer/transfer-intent.ts';

/** Move an asset from a venue to an address. The same transfer may be asked for any number of times: it happens once. */
export interface TransferRequested {
  readonly type: 'transfer.requested';
  readonly requestId: string;
  /** Who wants it, for the audit log. */
  readonly by: string;
  readonly request: TransferRequest;
}

/** Everything that the transfer actor understands. */
export type TransferMessage = TransferRequested;
