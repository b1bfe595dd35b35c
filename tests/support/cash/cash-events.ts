import type { OpenDatabase } from '../../../db/database.ts';
import { type CashAccount, commitCashEvent } from '../../../db/venue-cash-repository.ts';
import type { CashEvent } from '../../../src/domain/rebalancing/cash-protocol.ts';

/** An event without its kind: what each of these is given. */
type Given<Type extends CashEvent['type']> = Omit<CashEvent & { readonly type: Type }, 'type'> & {
  readonly atMs: number;
};

/** Sets aside what an order may take (P1). To be committed before the order is sent; refused, it must not be. */
export const reserve = (db: OpenDatabase['db'], account: CashAccount, { atMs, ...given }: Given<'reserve'>) =>
  commitCashEvent(db, account, { type: 'reserve', ...given }, atMs);

/** Debits what a fill cost, and takes it from its order's reservation, once (P3). */
export const bookFill = (db: OpenDatabase['db'], account: CashAccount, { atMs, ...given }: Given<'fill'>) =>
  commitCashEvent(db, account, { type: 'fill', ...given }, atMs);

/** Gives back what is left of an order's reservation, once every fill that the venue counts is booked (P3). */
export const release = (db: OpenDatabase['db'], account: CashAccount, { atMs, ...given }: Given<'release'>) =>
  commitCashEvent(db, account, { type: 'release', ...given }, atMs);

/** Counts what the venue has confirmed as its own free balance, once (P4). */
export const credit = (db: OpenDatabase['db'], account: CashAccount, { atMs, ...given }: Given<'credit'>) =>
  commitCashEvent(db, account, { type: 'credit', ...given }, atMs);

/** Debits what is no fill, such as funding, from what was reserved for it (P6). */
export const debit = (db: OpenDatabase['db'], account: CashAccount, { atMs, ...given }: Given<'debit'>) =>
  commitCashEvent(db, account, { type: 'debit', ...given }, atMs);
