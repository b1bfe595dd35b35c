import * as z from 'zod';
import { amount, isAmountText } from '../../domain/money/amount.ts';
import type { TransferRequest } from '../../domain/transfer/transfer-intent.ts';
import type { VenueId } from '../../domain/venue/venue.ts';
import type { WantedTransfer } from '../portfolio-api.ts';

const TEXT_MAX = 200;
const name = z.string().min(1).max(TEXT_MAX);

const wanted = z.strictObject({
  transferId: name,
  venue: name,
  asset: name,
  amount: z.string().refine(isAmountText),
  to: name,
  toVenue: name.optional(),
});

/** Checks what a bot or a person wants moved. @throws an error that says what was expected. */
export function parseTransfer(input: WantedTransfer, venues: readonly VenueId[]): TransferRequest {
  const parsed = wanted.safeParse(input);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue?.path.join('.') || 'a transfer';
    throw new Error(`${place}: expected ${EXPECTED[place] ?? `text of 1 to ${TEXT_MAX} characters`}`);
  }
  const { transferId, venue, asset, to, toVenue = null } = parsed.data;
  for (const each of toVenue === null ? [venue] : [venue, toVenue])
    if (!venues.includes(each)) throw new Error(`expected one of ${venues.join(', ')}, found ${each}`);
  if (toVenue === venue) throw new Error(`toVenue: expected a venue other than ${venue}, found ${toVenue}`);
  return { transferId, venue, asset, amount: amount(parsed.data.amount), to, toVenue };
}

const EXPECTED: Readonly<Record<string, string>> = {
  amount: 'a decimal number in text',
  'a transfer': 'transferId, venue, asset, amount, to and perhaps toVenue',
};
