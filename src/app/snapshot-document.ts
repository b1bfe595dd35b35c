import type { Observation, Snapshot } from '../domain/venue/observation.ts';
import type { Balance, VenueId, VenueKind } from '../domain/venue/venue.ts';

/** What `trueup snapshot --json` prints: all of it, or why it is unknown. */
export type SnapshotDocument = ReturnType<typeof snapshotDocument>;

/** An observation as one JSON document. Amounts are decimal strings, exact to the last digit. */
export function snapshotDocument(venue: VenueId, kind: VenueKind, observed: Observation<Snapshot>) {
  if (observed.state === 'unknown') {
    const { reason, detail } = observed;
    return { venue, kind, state: 'unknown', reason, detail } as const;
  }
  const { value, certificate } = observed;
  return {
    venue,
    kind,
    state: 'known',
    observedAtMs: certificate.observedAtMs,
    certificate: {
      complete: certificate.complete,
      coherent: certificate.coherent,
      scope: certificate.scope,
      pages: certificate.pages.map(({ rows, sha256 }) => ({ rows, sha256 })),
    },
    balances: value.balances.map(balanceOf),
    positions: value.positions.map(({ market, side, size, entryPrice }) => ({
      market,
      side,
      size,
      entryPrice,
    })),
    openOrders: value.openOrders.map(({ id, clientOrderId, market, side, remaining, limitPrice }) => ({
      id,
      clientOrderId,
      market,
      side,
      remaining,
      limitPrice,
    })),
    fills: value.fills.map(({ id, orderId, market, side, quantity, price, fee, atMs }) => ({
      id,
      orderId,
      market,
      side,
      quantity,
      price,
      fee: { asset: fee.asset, amount: fee.amount },
      atMs,
    })),
    // Only where something is owed: few venues say so.
    ...(value.accrued.length > 0 && {
      accrued: value.accrued.map(({ asset, amount }) => ({ asset, amount })),
    }),
    ...valuationsOf(value),
  } as const;
}

/** The venue's own valuations, where it has any: they explain the balances and are none of them. */
function valuationsOf({ facts = [] }: Snapshot) {
  const valuations = facts.flatMap((fact) => {
    if (fact.kind !== 'valuation') return [];
    const { account, asset, equity, freeCollateral } = fact;
    return [{ account, asset, equity, freeCollateral }];
  });
  return valuations.length === 0 ? {} : { valuations };
}

/** The symbol stands beside the asset only where it is known. */
function balanceOf({ asset, symbol, total, available, hold }: Balance) {
  const named = symbol === null ? { asset } : { asset, symbol };
  return { ...named, total, available, hold };
}
