import type { SimulatedVenue } from './simulated-venue.ts';

const HASH = 'A'.repeat(64);

/** How far the chain has come. */
export function statusDocument(venue: SimulatedVenue, chainId: string): object {
  return {
    node_info: { version: '0.38.0', network: chainId },
    sync_info: {
      latest_block_height: String(venue.height()),
      latest_block_time: new Date(venue.now()).toISOString(),
      catching_up: false,
    },
  };
}

/** The latest block, as far as the client reads it. */
export function blockDocument(venue: SimulatedVenue, chainId: string): object {
  const blockId = { hash: HASH, parts: { total: 1, hash: HASH } };
  return {
    block_id: blockId,
    block: {
      header: {
        version: { block: '11', app: '0' },
        chain_id: chainId,
        height: String(venue.height()),
        time: new Date(venue.now()).toISOString(),
        last_block_id: blockId,
        last_commit_hash: HASH,
        data_hash: HASH,
        validators_hash: HASH,
        next_validators_hash: HASH,
        consensus_hash: HASH,
        app_hash: HASH,
        last_results_hash: HASH,
        evidence_hash: HASH,
        proposer_address: 'A'.repeat(40),
      },
      data: { txs: [] },
      evidence: { evidence: [] },
      last_commit: { block_id: { hash: '' } },
    },
  };
}
