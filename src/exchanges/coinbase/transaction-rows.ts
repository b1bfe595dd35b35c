import {
  type Amount,
  absolute,
  add,
  isNegative,
  isPositive,
  isZero,
  negate,
} from '../../domain/money/amount.ts';
import type { Activity } from '../../domain/venue/venue.ts';
import { malformed } from './coinbase-trouble.ts';
import { amountAt, type Row, rowAt, textAt, timeAt } from './row-reader.ts';

/** What a row of an account's ledger can be besides a movement by its sign. Anything not named here is a transfer. */
const KINDS: ReadonlyMap<string, Activity['kind']> = new Map(
  Object.entries({
    trade: 'conversion',
    buy: 'conversion',
    sell: 'conversion',
    retail_simple_dust: 'conversion',
    wrap_asset: 'conversion',
    unwrap_asset: 'conversion',
    inflation_reward: 'reward',
    staking_reward: 'reward',
    interest: 'reward',
    earn_payout: 'reward',
    incentives_rewards_payout: 'reward',
    subscription_rebate: 'reward',
    subscription: 'fee',
  } as const),
);

/** These cross the border of the holdings: a deposit or a withdrawal by their sign. */
const MOVEMENTS = new Set([
  'send',
  'receive',
  'request',
  'tx',
  'fiat_deposit',
  'fiat_withdrawal',
  'unsupported_asset_recovery',
]);

/** Executions of orders: told by the list of fills. */
const EXECUTIONS = new Set(['advanced_trade_fill']);

const SETTLED = new Set(['completed', 'confirmed']);
const UNSETTLED = new Set([
  'pending',
  'waiting_for_signature',
  'waiting_for_clearing',
  'failed',
  'expired',
  'canceled',
  'cancelled',
]);

/** When a row was made and when it last changed; the later one is when it may have settled. */
export function timesOfTransaction(
  row: Row,
  place: string,
): { readonly createdAtMs: number; readonly changedAtMs: number } {
  const createdAtMs = timeAt(row, 'created_at', place);
  const changedAtMs =
    row.updated_at === undefined || row.updated_at === null ? createdAtMs : timeAt(row, 'updated_at', place);
  return { createdAtMs, changedAtMs: Math.max(createdAtMs, changedAtMs) };
}

/**
 * What one row of one account's ledger did to that account, exactly: none where it is a fill or has not settled,
 * two for a withdrawal whose network fee is told apart. Both legs of a conversion are rows of their own accounts.
 */
export function readTransaction(row: Row, place: string): readonly Activity[] {
  const status = textAt(row, 'status', place);
  if (!SETTLED.has(status) && !UNSETTLED.has(status))
    throw malformed(`${place}.status: found ${status.slice(0, 40)}, which is neither settled nor unsettled`);
  const type = textAt(row, 'type', place);
  const { asset, amount } = moneyAt(row.amount, `${place}.amount`);
  const transactionId = textAt(row, 'id', place);
  const { createdAtMs: atMs } = timesOfTransaction(row, place);
  if (!SETTLED.has(status) || EXECUTIONS.has(type) || isZero(amount)) return [];
  const kind = kindOf(row, type, amount);
  const id = kind === 'conversion' ? `${transactionId}:${asset}` : transactionId;
  const feePaid = kind === 'withdrawal' ? networkFeeOf(row, { asset, amount, place }) : null;
  if (feePaid === null) return [{ id, kind, deltas: [{ asset, amount }], atMs }];
  return [
    { id, kind, deltas: [{ asset, amount: add(amount, feePaid) }], atMs },
    { id: `${id}:fee`, kind: 'fee', deltas: [{ asset, amount: negate(feePaid) }], atMs },
  ];
}

function kindOf(row: Row, type: string, amount: Amount): Activity['kind'] {
  const kind = KINDS.get(type);
  if (kind !== undefined) return kind;
  if (!MOVEMENTS.has(type)) return 'transfer';
  if (isNegative(amount)) return 'withdrawal';
  return isEarnPayout(row) ? 'reward' : 'deposit';
}

/** The venue pays rewards for lessons as a send from one of its own users. */
function isEarnPayout(row: Row): boolean {
  const details = row.details as { subtitle?: unknown } | null | undefined;
  const from = row.from as { resource?: unknown } | null | undefined;
  return from?.resource === 'user' && details?.subtitle === 'From Coinbase Earn';
}

/** The fee within a withdrawal's amount, where the venue states both parts and they add up. */
function networkFeeOf(
  row: Row,
  whole: { readonly asset: string; readonly amount: Amount; readonly place: string },
): Amount | null {
  const network = row.network as
    | { transaction_fee?: unknown; transaction_amount?: unknown }
    | null
    | undefined;
  if (!network?.transaction_fee || !network.transaction_amount) return null;
  const fee = moneyAt(network.transaction_fee, `${whole.place}.network.transaction_fee`);
  const sent = moneyAt(network.transaction_amount, `${whole.place}.network.transaction_amount`);
  if (fee.asset !== whole.asset || sent.asset !== whole.asset || !isPositive(fee.amount)) return null;
  return add(fee.amount, sent.amount) === absolute(whole.amount) ? fee.amount : null;
}

function moneyAt(value: unknown, place: string): { readonly asset: string; readonly amount: Amount } {
  const row = rowAt(value, place);
  return { asset: textAt(row, 'currency', place), amount: amountAt(row, 'amount', place) };
}
