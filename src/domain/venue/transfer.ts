import type { Amount } from '../money/amount.ts';
import type { Unknown } from './observation.ts';
import type { AssetId, Fee, VenueId } from './venue.ts';

/** What is to leave a venue for an address. Committed as an intent before anything is sent. */
export interface TransferInstruction {
  readonly transferId: string;
  readonly venue: VenueId;
  readonly asset: AssetId;
  /** What leaves, fees of the asset itself included. */
  readonly amount: Amount;
  /** An address that the venue's configuration allows. */
  readonly to: string;
}

/** Everything that will be sent, made without any effect at the venue, so that it can be committed first. */
export interface PreparedTransfer {
  readonly instruction: TransferInstruction;
  /** What it is looked up by at the venue, such as a transaction's signature. */
  readonly reference: string;
  /** Exactly what is sent: the same bytes on every attempt. Never holds a key. */
  readonly payload: string;
  /** The height at which the venue itself drops it; null where it has no such thing. */
  readonly expiresAtHeight: number | null;
  /** What comes to the receiver: less than the amount where the asset takes a fee of every transfer. */
  readonly arrives: Amount;
  /** What it costs beside the amount: the network's fee, and the deposit for an account that it opens. */
  readonly fee: Fee;
}

export type PrepareTransferOutcome =
  | { readonly state: 'prepared'; readonly transfer: PreparedTransfer }
  | { readonly state: 'deniedLocally'; readonly reason: string }
  | Unknown;

export type TransferLookup =
  /** It is there, and what became of it is not final. */
  | { readonly state: 'found'; readonly status: 'open' }
  /** `rejected`: the venue took its fee and moved nothing. */
  | {
      readonly state: 'found';
      readonly status: 'confirmed' | 'rejected';
      readonly atMs: number;
      readonly fee: Fee;
    }
  /** Not there. `isProven` when the venue can no longer produce it: its expiry passed by the venue's own record. */
  | { readonly state: 'absent'; readonly isProven: boolean; readonly detail: string }
  | Unknown;
