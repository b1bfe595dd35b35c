import type { TransferEvent, TransferIntent } from '../src/domain/transfer/transfer-intent.ts';

/** One step of a transfer, committed as a whole. */
export interface KeptTransfer {
  readonly intent: TransferIntent;
  readonly what: 'intended' | TransferEvent['type'];
  /** Who wanted it, where this is that a person or the bot did. */
  readonly by: string | null;
}

/** What the transfer actor needs of the database. */
export interface TransferWork {
  find(transferId: string): Promise<TransferIntent | null>;
  /** Those that have not ended, in the order in which they were asked for. */
  findUnderWay(): Promise<readonly TransferIntent[]>;
  /** Those that happened and that the book has not heard of. */
  findUntold(): Promise<readonly TransferIntent[]>;
  isTold(transferId: string): Promise<boolean>;
  keep(step: KeptTransfer): Promise<void>;
}
