import { assert } from '../../domain/assert.ts';
import { type Amount, add, isLess, isNegative, negate, subtract, ZERO } from '../../domain/money/amount.ts';
import type { AssetId } from '../../domain/venue/venue.ts';
import type { SimulatedBalance } from './simulated-venue.ts';

export interface AssetAmount {
  readonly asset: AssetId;
  readonly amount: Amount;
}

/**
 * Balances of one account at a venue, each change taken from or given to a counterparty that stands for everyone
 * else, so that nothing appears or vanishes. Available and hold are never negative, but for assets that may be
 * owed: the collateral of perpetuals, whose sign is the venue's own way to write a leveraged position.
 */
export interface SimulatedAccounts {
  /** Sorted by asset; an asset that was ever touched stays, also at zero. */
  balances(): readonly SimulatedBalance[];
  available(asset: AssetId): Amount;
  total(asset: AssetId): Amount;
  change(delta: AssetAmount): void;
  hold(held: AssetAmount): void;
  release(held: AssetAmount): void;
  /** What everyone else holds, relative to the start: the exact opposite of all changes. */
  counterparty(): readonly AssetAmount[];
}

export function createSimulatedAccounts(options: {
  readonly opening: Readonly<Record<AssetId, Amount>>;
  readonly mayBeOwed: ReadonlySet<AssetId>;
  readonly now: () => number;
}): SimulatedAccounts {
  const balances = new Map<AssetId, SimulatedBalance>();
  const counterparty = new Map<AssetId, Amount>();
  for (const [asset, opening] of Object.entries(options.opening)) put(asset, opening, ZERO);

  function put(asset: AssetId, available: Amount, hold: Amount): void {
    assert(
      !isNegative(available) || options.mayBeOwed.has(asset),
      `available ${asset} is not negative: ${available}`,
    );
    assert(!isNegative(hold), `hold of ${asset} is not negative: ${hold}`);
    balances.set(asset, { asset, available, hold, updatedAtMs: options.now() });
  }
  const read = (asset: AssetId) => balances.get(asset) ?? { available: ZERO, hold: ZERO };

  return {
    balances: () => [...balances.values()].sort((a, b) => (a.asset < b.asset ? -1 : 1)),
    available: (asset) => read(asset).available,
    total: (asset) => add(read(asset).available, read(asset).hold),
    change({ asset, amount }) {
      const { available, hold } = read(asset);
      put(asset, add(available, amount), hold);
      counterparty.set(asset, subtract(counterparty.get(asset) ?? ZERO, amount));
    },
    hold({ asset, amount }) {
      const { available, hold } = read(asset);
      assert(!isLess(available, amount), `a hold of ${asset} is covered: ${amount} of ${available}`);
      put(asset, subtract(available, amount), add(hold, amount));
    },
    release({ asset, amount }) {
      const { available, hold } = read(asset);
      put(asset, add(available, amount), subtract(hold, amount));
    },
    counterparty: () => [...counterparty].map(([asset, amount]) => ({ asset, amount })),
  };
}

/** One amount per asset, none zero; order of first mention. */
export function netOf(amounts: readonly AssetAmount[]): readonly AssetAmount[] {
  const net = new Map<AssetId, Amount>();
  for (const { asset, amount } of amounts) net.set(asset, add(net.get(asset) ?? ZERO, amount));
  return [...net].map(([asset, amount]) => ({ asset, amount })).filter(({ amount }) => amount !== ZERO);
}

export const opposite = ({ asset, amount }: AssetAmount): AssetAmount => ({ asset, amount: negate(amount) });
