import { SWAP_PROGRAMS } from './swap-programs.ts';

/** What a swap may cost and name, and what must be left after it. */
export interface SpendingLimits {
  /** A swap never takes the owner's SOL below this and the chain's minimum together: later fees are paid from it. */
  readonly feeReserveLamports: bigint;
  /** The most that a transaction may bid for its place in a block. */
  readonly priorityFeeMaxLamports: bigint;
  /** Programs that a route may go through, besides those that every transaction uses. */
  readonly swapPrograms: readonly string[];
}

export const DEFAULT_SPENDING_LIMITS: SpendingLimits = {
  // 0.05 SOL: some five thousand swaps at 10 000 lamports each.
  feeReserveLamports: 50_000_000n,
  priorityFeeMaxLamports: 1_000_000n,
  swapPrograms: SWAP_PROGRAMS,
};

/**
 * What an account without data must hold to exist: 128 bytes of overhead, two years at 3 480 lamports per byte and
 * year, as Agave's `Rent` has it. It can leave only when everything leaves.
 */
export const RENT_MINIMUM_LAMPORTS = 890_880n;
