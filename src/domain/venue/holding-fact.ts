import type { Amount } from '../money/amount.ts';
import type { AssetId } from './venue.ts';

/**
 * What a venue says of a balance beside its amount. Facts explain balances and are never added to them: which are
 * part of a balance, and which lie outside of it, is told at each.
 */
export type HoldingFact =
  /** Of the native asset's total: what an order may use. Spendable, rent-locked and fee reserve add up to the total. */
  | { readonly kind: 'spendable'; readonly asset: AssetId; readonly amount: Amount }
  /** Of the native asset's total: the chain's minimum for the owner's account. */
  | { readonly kind: 'rentLocked'; readonly asset: AssetId; readonly amount: Amount }
  /** Of the native asset's total: kept for fees, as configured. */
  | { readonly kind: 'feeReserve'; readonly asset: AssetId; readonly amount: Amount }
  /** Outside of the native asset's total: what the owner's token accounts hold to exist; it comes back with their end. */
  | {
      readonly kind: 'rentDeposit';
      readonly asset: AssetId;
      readonly amount: Amount;
      readonly accounts: number;
    }
  /** Of a balance's hold: it cannot be moved, and why. */
  | {
      readonly kind: 'immovable';
      readonly asset: AssetId;
      readonly amount: Amount;
      readonly because: 'frozen' | 'nonTransferable' | 'unreadableExtension';
    }
  /** Of a balance's available part: somebody else may take up to this. */
  | { readonly kind: 'delegated'; readonly asset: AssetId; readonly amount: Amount; readonly to: string }
  /** Outside of the balance: fees withheld in the owner's accounts, which belong to the mint's fee authority. */
  | { readonly kind: 'withheldFee'; readonly asset: AssetId; readonly amount: Amount }
  /**
   * Of no balance: what the token keeps back of every transfer, in basis points and at most so much. In force where
   * it starts at no epoch; else it is announced for one that has not begun.
   */
  | {
      readonly kind: 'transferFee';
      readonly asset: AssetId;
      readonly bps: number;
      readonly maximum: Amount;
      readonly startsAtEpoch: number | null;
    }
  /** Outside of the balance: accounts with an encrypted part, whose amount nobody but its owner can read. */
  | { readonly kind: 'confidential'; readonly asset: AssetId; readonly accounts: number }
  /** Outside of every balance: what the venue values an account of the scope at, in an asset and at its own prices. */
  | {
      readonly kind: 'valuation';
      readonly asset: AssetId;
      readonly account: string;
      readonly equity: Amount;
      /** What of it nothing is bound to; null where the venue does not say. */
      readonly freeCollateral: Amount | null;
    };
