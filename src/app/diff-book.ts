import { ACCOUNT_SHAPE, accountOf, bareAccount, isLongForm, type StatedAccount } from './diff-account.ts';
import { type Booking, bookings } from './diff-records.ts';
import { either, object } from './file-terms.ts';

/** What a bot believes, as a file says it. */
export interface StatedBook {
  readonly account: StatedAccount;
  /** What is among the balances already; empty where the file does not say, and nothing follows from that. */
  readonly bookings: readonly Booking[];
}

export const bookSchema = either(
  isLongForm,
  object({ ...ACCOUNT_SHAPE, booked: bookings().optional() }).transform(
    (written, context): StatedBook => ({
      account: accountOf(written, context),
      bookings: written.booked ?? [],
    }),
  ),
  bareAccount().transform((account): StatedBook => ({ account, bookings: [] })),
);
