import type { KeyObject } from 'node:crypto';
import { type Amount, add, toAtoms, ZERO } from '../../domain/money/amount.ts';
import type { AssetId } from '../../domain/venue/venue.ts';
import { type Clock, systemClock } from '../../platform/clock.ts';
import { breakRow, claimMore, pageOf } from './coinbase-pages.ts';
import { tokenChecker } from './coinbase-tokens.ts';
import { type FaceAnswer, type FaceRequest, serveHttp } from './http-face.ts';
import type { SimulatedVenue, VenueServer } from './simulated-venue.ts';

export interface WalletAsset {
  /** The asset in the simulated venue: the contract's address, or the platform's id of a native asset. */
  readonly asset: AssetId;
  readonly assetId: string;
  readonly decimals: number;
  readonly contractAddress?: string;
}

export interface CoinbaseWalletServerOptions {
  readonly venue: SimulatedVenue;
  readonly clock: Clock;
  readonly network: string;
  /** Holds all that the venue holds; any other address holds nothing. */
  readonly address: string;
  readonly assets: readonly WalletAsset[];
  readonly keyName: string;
  readonly publicKey: KeyObject;
  /** The machine's clock, which dates tokens. */
  readonly machineNow?: () => number;
  readonly rowsPerPage?: number;
}

/** The developer platform's view of one address on loopback. `urls.baseUrl` ends in "/platform", as the live one does. */
export async function serveCoinbaseWallet(options: CoinbaseWalletServerOptions): Promise<VenueServer> {
  const { venue, network, address, assets, rowsPerPage = 50 } = options;
  const checker = tokenChecker({
    keyName: options.keyName,
    publicKey: options.publicKey,
    machineNow: options.machineNow ?? systemClock.now,
    claim: 'uris',
  });
  const prefix = `/platform/v1/networks/${network}/addresses/`;
  const face = await serveHttp({
    name: 'simulated Coinbase wallets',
    clock: options.clock,
    handle,
    droppedPage: claimMore,
    malformedRow: breakRow,
    rateLimitedBody: JSON.stringify({ code: 'resource_exhausted', message: 'too many requests' }),
    serverErrorBody: JSON.stringify({ code: 'internal', message: 'internal error' }),
  });

  function handle({ method, path, query, headers }: FaceRequest): FaceAnswer {
    const refusal = checker.refusalOf(headers.authorization, `${method} ${headers.host ?? ''}${path}`);
    if (refusal !== null) return failure(401, 'unauthorized', refusal);
    const [asked = '', list, asset, ...more] = path.startsWith(prefix)
      ? path.slice(prefix.length).split('/')
      : [];
    if (method !== 'GET' || list !== 'balances' || more.length > 0)
      return failure(404, 'not_found', `${method} ${path}`);
    const rows = asked.toLowerCase() === address.toLowerCase() ? balanceRows() : [];
    if (asset !== undefined) return one(rows.find((row) => row.asset.asset_id === decodeURIComponent(asset)));
    const page = pageOf(rows, { cursor: query.get('page'), limit: rowsPerPage, idOf: idOfRow });
    if (page === null) return failure(400, 'invalid_page_token', 'the page is not known');
    return json({
      data: page.rows,
      has_more: page.next !== null,
      next_page: page.next ?? '',
      total_count: rows.length,
    });
  }

  function balanceRows() {
    const held = new Map<AssetId, Amount>(
      venue.balances().map((one) => [one.asset, add(one.available, one.hold)]),
    );
    return assets.map(({ asset, assetId, decimals, contractAddress }) => ({
      amount: String(toAtoms(held.get(asset) ?? ZERO, decimals)),
      asset: {
        network_id: network,
        asset_id: assetId,
        decimals,
        ...(contractAddress === undefined ? {} : { contract_address: contractAddress }),
      },
    }));
  }

  const { url, ...server } = face;
  return { ...server, urls: { baseUrl: `${url}/platform` } };
}

const idOfRow = (row: {
  readonly asset: { readonly asset_id: string; readonly contract_address?: string };
}): string => row.asset.contract_address ?? row.asset.asset_id;

const one = (row: object | undefined): FaceAnswer =>
  row === undefined ? failure(404, 'not_found', 'the address holds no such asset') : json(row);

const json = (document: object): FaceAnswer => ({ status: 200, body: JSON.stringify(document) });

const failure = (status: number, code: string, message: string): FaceAnswer => ({
  status,
  body: JSON.stringify({ code, message }),
});
