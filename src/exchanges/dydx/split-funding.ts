import { type Amount, absolute, add, isMore, multiply, subtract, ZERO } from '../../domain/money/amount.ts';
import { type Unknown, unknown } from '../../domain/venue/observation.ts';
import type { SubaccountRow } from './dydx-rows.ts';
import { EQUITY_ROUNDING_MAX, signedSize } from './equity-identity.ts';
import { COLLATERAL } from './read-fills.ts';

/** The collateral of one subaccount in two parts. */
export interface FundingSplit {
  readonly state: 'split';
  /** What the chain has settled, signed. */
  readonly settled: Amount;
  /** Funding that is owed to it, below zero what it owes. */
  readonly accrued: Amount;
}

/** One subaccount as the indexer and as the chain have it at one height. */
export interface BothSides {
  readonly row: SubaccountRow;
  readonly height: number;
  readonly chain: {
    readonly collateral: Amount;
    /** Signed sizes by market. */
    readonly positions: ReadonlyMap<string, Amount>;
  };
}

/**
 * The most that funding moves at one tick, as a share of initial margin: an eight-hour rate is at most six times the
 * difference of both margins (`funding_rate_clamp_factor_ppm` is 6 000 000), and so below six times the initial one; a
 * tick is an eighth of that, 0.75. Twice that, since the margin is at present prices and the tick was not.
 */
const TICK_SHARE_MAX = '1.5' as Amount;
/** A tick an hour. Blocks come about once a second; half as many are allowed for. */
const BLOCKS_PER_TICK_MIN = 1_800;

/**
 * Takes unsettled funding out of the indexer's collateral: what the indexer has beyond what the chain has settled.
 *
 * Incoherent where the two have other positions, or where the rest is more than funding can be since the subaccount was
 * last touched. Incomplete where the indexer does not say what that is judged by.
 */
export function splitFunding({ row, height, chain }: BothSides): FundingSplit | Unknown {
  const where = `subaccount ${row.subaccountNumber} at height ${height}`;
  const other = otherPosition(row, chain.positions);
  if (other !== null) return unknown('incoherent', `${where}: ${other}`);

  const { equity, freeCollateral, updatedAtHeight } = row;
  if (typeof equity !== 'string' || typeof freeCollateral !== 'string' || updatedAtHeight === undefined) {
    const needed = 'equity, free collateral and the height of its last change';
    return unknown('incomplete', `${where}: expected ${needed} from the indexer`);
  }
  const usdc = row.assetPositions[COLLATERAL];
  const accrued = subtract(usdc === undefined ? ZERO : signedSize(usdc), chain.collateral);
  const ticks = 1 + Math.floor(Math.max(0, height - updatedAtHeight) / BLOCKS_PER_TICK_MIN);
  const margin = absolute(subtract(equity, freeCollateral));
  const most = add(multiply(multiply(margin, TICK_SHARE_MAX), String(ticks) as Amount), EQUITY_ROUNDING_MAX);
  if (isMore(absolute(accrued), most)) {
    const parts = `the chain has settled ${chain.collateral} ${COLLATERAL}, and the indexer has ${accrued} more`;
    return unknown('incoherent', `${where}: ${parts}, which as funding is at most ${most}`);
  }
  return { state: 'split', settled: chain.collateral, accrued };
}

/** The first market that the two have otherwise; null where there is none. */
function otherPosition(row: SubaccountRow, onChain: ReadonlyMap<string, Amount>): string | null {
  const shown = new Map(
    Object.values(row.openPerpetualPositions).map((one) => [one.market, signedSize(one)]),
  );
  const markets = [...new Set([...shown.keys(), ...onChain.keys()])].sort();
  const market = markets.find((one) => shown.get(one) !== onChain.get(one));
  if (market === undefined) return null;
  const [indexer, chain] = [shown.get(market) ?? 'none', onChain.get(market) ?? 'none'];
  return `of ${market.slice(0, TICKER_SHOWN_MAX)} the indexer shows ${indexer}, the chain ${chain}`;
}

const TICKER_SHOWN_MAX = 128;
