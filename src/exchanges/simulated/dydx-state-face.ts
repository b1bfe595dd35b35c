// What the simulated chain has settled: its answers about subaccounts and perpetuals at a height.

import { type Amount, add, subtract, sum, toAtoms } from '../../domain/money/amount.ts';
import { loadStateMessages } from '../dydx/state-messages.ts';
import { touchedAtHeight } from './dydx-documents.ts';
import type { DydxSubaccount, DydxSubaccounts } from './dydx-subaccounts.ts';
import type { SimulatedVenue } from './simulated-venue.ts';

/** Words and codes of the Cosmos SDK. */
const AHEAD = {
  code: 26,
  log: 'cannot query with height in the future; please provide a valid height: invalid height',
};
const PRUNED = { code: 18, log: 'failed to load state: version does not exist: invalid request' };
const UNKNOWN_PERPETUAL = { code: 22, log: 'key not found' };
const USDC = { id: 0, decimals: 6 };

/**
 * Answers `abci_query` for the two paths that it knows; null for others.
 *
 * A chain of which the past is gone: it knows a height before the present one only where nothing was touched since.
 */
export function dydxStateFace(
  subaccounts: DydxSubaccounts,
): (params: Readonly<Record<string, string>>) => object | null {
  const messages = loadStateMessages();
  const { main } = subaccounts;
  const markets = () => main.orders.markets();

  function subaccountState(owner: string, number: number) {
    const one = owner === subaccounts.address ? subaccounts.numbered(number) : undefined;
    const id = { owner, number };
    if (one === undefined) return { id };
    const collateral = settledCollateral(one.venue);
    return {
      id,
      assetPositions:
        collateral === '0'
          ? []
          : [{ assetId: USDC.id, quantums: serializableInt(toAtoms(collateral, USDC.decimals)) }],
      perpetualPositions: one.venue.positions().flatMap(({ market, size }) => {
        const found = markets().find((each) => each.market === market);
        if (found === undefined) return [];
        const quantums = serializableInt(toAtoms(size, -found.atomicResolution));
        return [{ perpetualId: found.clobPairId, quantums, quoteBalance: serializableInt(0n) }];
      }),
    };
  }

  return function answer({ path, data = '', height = '0' }) {
    const bytes = Buffer.from(data, 'hex');
    const asked = Number(height) === 0 ? main.venue.height() : Number(height);
    const base = { info: '', index: '0', key: null, proofOps: null, height: String(asked) };
    const refused = (why: { readonly code: number; readonly log: string }) => ({
      response: { ...base, ...why, codespace: 'sdk', value: null },
    });
    const encoded = (value: Uint8Array) => ({
      response: { ...base, code: 0, log: '', codespace: '', value: Buffer.from(value).toString('base64') },
    });
    switch (path) {
      case '/dydxprotocol.subaccounts.Query/Subaccount': {
        const { owner, number } = messages.QueryGetSubaccountRequest.decode(bytes);
        const trouble = troubleAt(asked, main.venue, subaccounts.numbered(number));
        if (trouble !== null) return refused(trouble);
        const message = messages.QuerySubaccountResponse;
        return encoded(
          message.encode(message.fromPartial({ subaccount: subaccountState(owner, number) })).finish(),
        );
      }
      case '/dydxprotocol.perpetuals.Query/Perpetual': {
        const { id } = messages.QueryPerpetualRequest.decode(bytes);
        const market = markets().find((each) => each.clobPairId === id);
        if (asked > main.venue.height()) return refused(AHEAD);
        if (market === undefined) return refused(UNKNOWN_PERPETUAL);
        const { market: ticker, atomicResolution } = market;
        const message = messages.QueryPerpetualResponse;
        return encoded(
          message
            .encode(message.fromPartial({ perpetual: { params: { id, ticker, atomicResolution } } }))
            .finish(),
        );
      }
    }
    return null;
  };
}

const troubleAt = (asked: number, chain: SimulatedVenue, subaccount: DydxSubaccount | undefined) =>
  asked > chain.height()
    ? AHEAD
    : subaccount !== undefined && asked < touchedAtHeight(subaccount.venue)
      ? PRUNED
      : null;

/** Collateral without the payments that fell due since the subaccount was last touched: a tick ends its block. */
export function settledCollateral(venue: SimulatedVenue): Amount {
  const all = sum(venue.balances().map(({ available, hold }) => add(available, hold)));
  const touched = touchedAtHeight(venue);
  const unsettled = venue.positions().length === 0 ? [] : venue.fundingPayments();
  return subtract(
    all,
    sum(unsettled.filter(({ height }) => height >= touched).map(({ payment }) => payment)),
  );
}

/** As the chain writes an integer within a message. */
export function serializableInt(value: bigint): Uint8Array {
  const hex = (value < 0n ? -value : value).toString(16);
  const magnitude = value === 0n ? '' : hex.padStart(hex.length + (hex.length % 2), '0');
  return Buffer.from(`${value < 0n ? '03' : '02'}${magnitude}`, 'hex');
}
