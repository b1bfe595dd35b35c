import type { Clock } from '../../platform/clock.ts';
import type { SimulatedAuthenticator } from './dydx-authenticators.ts';
import { dydxChainFace, rpcEndpointOf, rpcIdentityOf, withRpcId } from './dydx-chain-face.ts';
import { breakDydxRow, claimMoreRows, dydxIndexerFace } from './dydx-indexer-face.ts';
import { createDydxSubaccounts, type DydxSubaccounts } from './dydx-subaccounts.ts';
import { serveHttp } from './http-face.ts';
import type { SimulatedVenue, VenueServer } from './simulated-venue.ts';

export interface DydxServerOptions {
  readonly venue: SimulatedVenue;
  readonly clock: Clock;
  /** The account that the venue is; its key signs what the validator takes. */
  readonly address: string;
  /** 0 unless told otherwise. */
  readonly subaccountNumber?: number;
  /**
   * Further subaccounts by their numbers, each a venue that began at the same moment: children from 128 on hold isolated
   * positions. The validator takes no orders for them.
   */
  readonly children?: Readonly<Record<number, SimulatedVenue>>;
  /** What transactions are signed for: `dydx-mainnet-1` unless told otherwise, as in the adapter. */
  readonly chainId?: string;
  /** What the account lets other keys sign; nothing unless told otherwise. */
  readonly authenticators?: readonly SimulatedAuthenticator[];
}

export interface DydxServer extends VenueServer, Pick<DydxSubaccounts, 'moveCollateral'> {}

/**
 * dYdX v4 on loopback: the indexer's REST and a validator's RPC of one simulated venue. `urls.indexerUrl`,
 * `urls.validatorUrl`.
 *
 * Faults whose endpoint begins with "RPC" meet the validator, all others the indexer. Needs the dYdX client installed:
 * its message types decode what is broadcast.
 */
export async function serveDydx(options: DydxServerOptions): Promise<DydxServer> {
  const { venue, clock, address, subaccountNumber = 0, chainId = 'dydx-mainnet-1' } = options;
  const { children = {}, authenticators = [] } = options;
  const subaccounts = createDydxSubaccounts({ venue, address, subaccountNumber, children });
  const validator = await serveHttp({
    name: 'simulated dYdX validator',
    clock,
    handle: dydxChainFace({ subaccounts, chainId, authenticators }),
    endpointOf: rpcEndpointOf,
    identityOf: rpcIdentityOf,
    staleRead: withRpcId,
    rateLimitedBody: 'too many requests',
    serverErrorBody: 'bad gateway',
  });
  const indexer = await serveHttp({
    name: 'simulated dYdX indexer',
    clock,
    handle: dydxIndexerFace(subaccounts),
    droppedPage: claimMoreRows,
    malformedRow: breakDydxRow,
    rateLimitedBody: JSON.stringify({ errors: [{ msg: 'Too many requests' }] }),
    serverErrorBody: JSON.stringify({ errors: [{ msg: 'Internal Server Error' }] }),
  });

  return {
    urls: { indexerUrl: indexer.url, validatorUrl: validator.url },
    inject: (fault) => (fault.endpoint.startsWith('RPC') ? validator : indexer).inject(fault),
    moveCollateral: subaccounts.moveCollateral,
    parked: () => indexer.parked() + validator.parked(),
    faultsMet: () => [...indexer.faultsMet(), ...validator.faultsMet()],
    async close() {
      await Promise.all([indexer.close(), validator.close()]);
    },
  };
}
