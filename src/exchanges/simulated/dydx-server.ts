import type { Clock } from '../../platform/clock.ts';
import { dydxChainFace, rpcEndpointOf, rpcIdentityOf, withRpcId } from './dydx-chain-face.ts';
import { breakDydxRow, claimMoreRows, dydxIndexerFace } from './dydx-indexer-face.ts';
import { createDydxOrders } from './dydx-orders.ts';
import { serveHttp } from './http-face.ts';
import type { SimulatedVenue, VenueServer } from './simulated-venue.ts';

export interface DydxServerOptions {
  readonly venue: SimulatedVenue;
  readonly clock: Clock;
  /** The account that the venue is; its key signs what the validator takes. */
  readonly address: string;
  /** 0 unless told otherwise. */
  readonly subaccountNumber?: number;
  /** What transactions are signed for: `dydx-mainnet-1` unless told otherwise, as in the adapter. */
  readonly chainId?: string;
}

/**
 * dYdX v4 on loopback: the indexer's REST and a validator's RPC of one simulated venue. `urls.indexerUrl`,
 * `urls.validatorUrl`.
 *
 * Faults whose endpoint begins with "RPC" meet the validator, all others the indexer. Needs the dYdX client installed:
 * its message types decode what is broadcast.
 */
export async function serveDydx(options: DydxServerOptions): Promise<VenueServer> {
  const { venue, clock, address, subaccountNumber = 0, chainId = 'dydx-mainnet-1' } = options;
  const orders = createDydxOrders(venue, { address, subaccountNumber });
  const validator = await serveHttp({
    name: 'simulated dYdX validator',
    clock,
    handle: dydxChainFace({ venue, orders, chainId }),
    endpointOf: rpcEndpointOf,
    identityOf: rpcIdentityOf,
    staleRead: withRpcId,
    rateLimitedBody: 'too many requests',
    serverErrorBody: 'bad gateway',
  });
  const indexer = await serveHttp({
    name: 'simulated dYdX indexer',
    clock,
    handle: dydxIndexerFace(venue, orders),
    droppedPage: claimMoreRows,
    malformedRow: breakDydxRow,
    rateLimitedBody: JSON.stringify({ errors: [{ msg: 'Too many requests' }] }),
    serverErrorBody: JSON.stringify({ errors: [{ msg: 'Internal Server Error' }] }),
  });

  return {
    urls: { indexerUrl: indexer.url, validatorUrl: validator.url },
    inject: (fault) => (fault.endpoint.startsWith('RPC') ? validator : indexer).inject(fault),
    parked: () => indexer.parked() + validator.parked(),
    faultsMet: () => [...indexer.faultsMet(), ...validator.faultsMet()],
    async close() {
      await Promise.all([indexer.close(), validator.close()]);
    },
  };
}
