import { type Amount, absolute, fromAtoms, isNegative, isZero, sum } from '../../domain/money/amount.ts';
import type { Snapshot } from '../../domain/venue/observation.ts';
import type { ChainPerpetual, ChainState } from './chain-state.ts';
import type { SubaccountRow } from './dydx-rows.ts';
import { type IndexerSession, ReadFailed, readFailed } from './indexer-session.ts';
import { COLLATERAL } from './read-fills.ts';
import { splitFunding } from './split-funding.ts';

/** Subaccounts without unsettled funding, and that funding beside them. */
export interface SettledLook {
  readonly rows: readonly SubaccountRow[];
  readonly accrued: Snapshot['accrued'];
}

/**
 * Asks the chain what it has settled for every subaccount with an open position, at the height at which the indexer
 * showed it. The others have nothing unsettled. Costs a request for each such subaccount, and one for each market.
 */
export async function readSettled(
  session: IndexerSession,
  chain: ChainState,
  look: { readonly rows: readonly SubaccountRow[]; readonly indexerHeight: number | null },
  signal: AbortSignal,
): Promise<SettledLook> {
  const perpetuals = new Map<number, ChainPerpetual>();
  const rows: SubaccountRow[] = [];
  const accrued: Amount[] = [];
  for (const row of look.rows) {
    if (Object.keys(row.openPerpetualPositions).length === 0) {
      rows.push(row);
      continue;
    }
    const { address, subaccountNumber: number } = row;
    const height = row.latestProcessedBlockHeight ?? look.indexerHeight;
    if (height === null)
      throw readFailed('incomplete', `subaccount ${number}: expected the indexer's height, found none`);
    const found = await chain.subaccount({ address, number }, height, signal);
    if (found.state === 'unknown') throw new ReadFailed(found);
    session.note(found.page);
    const positions = new Map<string, Amount>();
    for (const { perpetualId, quantums } of found.value.positions) {
      const { ticker, atomicResolution } = await perpetualOf(perpetualId, height);
      positions.set(ticker, sizeOf(quantums, atomicResolution));
    }
    const split = splitFunding({ row, height, chain: { collateral: found.value.collateral, positions } });
    if (split.state === 'unknown') throw new ReadFailed(split);
    rows.push(withCollateral(row, split.settled));
    accrued.push(split.accrued);
  }
  const total = sum(accrued);
  return { rows, accrued: isZero(total) ? [] : [{ asset: COLLATERAL, amount: total }] };

  /** Neither its name nor its unit depends on the height. */
  async function perpetualOf(id: number, height: number): Promise<ChainPerpetual> {
    const known = perpetuals.get(id);
    if (known !== undefined) return known;
    const found = await chain.perpetual(id, height, signal);
    if (found.state === 'unknown') throw new ReadFailed(found);
    session.note(found.page);
    perpetuals.set(id, found.value);
    return found.value;
  }
}

/** A quantum may be worth more than one: of some tokens the chain counts in tens. */
const sizeOf = (quantums: bigint, resolution: number): Amount =>
  resolution > 0 ? fromAtoms(quantums * 10n ** BigInt(resolution), 0) : fromAtoms(quantums, -resolution);

/** The indexer, too, leaves out what is zero. */
function withCollateral(row: SubaccountRow, settled: Amount): SubaccountRow {
  const { [COLLATERAL]: usdc, ...others } = row.assetPositions;
  if (isZero(settled)) return { ...row, assetPositions: others };
  const side = isNegative(settled) ? 'SHORT' : 'LONG';
  const position = { ...usdc, symbol: COLLATERAL, side, size: absolute(settled) } as const;
  return { ...row, assetPositions: { ...others, [COLLATERAL]: position } };
}
