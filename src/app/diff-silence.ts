import { isZero } from '../domain/money/amount.ts';
import type { StatedAccount } from './diff-account.ts';
import type { DiffInput } from './diff-input.ts';

/** Something that one file speaks of and the other does not. Silence is neither zero nor agreement. */
export interface NotCompared {
  readonly bucket: 'hold' | 'order';
  /** The asset, or the orders of the account. */
  readonly subject: string;
  readonly saidBy: 'book' | 'venue';
}

/** What could not be compared, because only one of the files speaks of it. */
export function notComparedIn({ book, snapshot }: DiffInput): readonly NotCompared[] {
  return [
    ...saidAlone(book.account, snapshot.account).map((said) => ({ ...said, saidBy: 'book' as const })),
    ...saidAlone(snapshot.account, book.account).map((said) => ({ ...said, saidBy: 'venue' as const })),
  ];
}

function saidAlone(
  account: StatedAccount,
  other: StatedAccount,
): readonly Pick<NotCompared, 'bucket' | 'subject'>[] {
  const holds = [...account.balances].filter(
    ([asset, { hold }]) => hold !== null && !isZero(hold) && other.balances.get(asset)?.hold === null,
  );
  const orders = other.openOrders === null ? (account.openOrders ?? []) : [];
  return [
    ...holds.map(([subject]) => ({ bucket: 'hold' as const, subject })),
    ...orders.map(({ id, clientOrderId }) => ({
      bucket: 'order' as const,
      subject: id ?? clientOrderId ?? '',
    })),
  ];
}
