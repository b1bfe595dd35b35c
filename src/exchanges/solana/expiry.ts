/** Blocks after which the chain forgets a blockhash, and a transaction on it can no longer land. */
export const BLOCKHASH_BLOCKS = 150;
/** A node that is a whole lifetime ahead of ours is believed; one beyond that would hold a transaction open for good. */
export const EXPIRY_BLOCKS_MAX = 2 * BLOCKHASH_BLOCKS;
