import type { Posting } from '../domain/book/transaction.ts';
import { type Column, tableLines } from './table.ts';

const COLUMNS: readonly Column[] = [
  { title: 'Account' },
  { title: 'Asset' },
  { title: 'Amount', align: 'right' },
];

/** Postings as a table: our own buckets by venue, and the accounts outside that they come from. */
export const postingLines = (postings: readonly Posting[]): readonly string[] =>
  tableLines(
    COLUMNS,
    postings.map((posting) => [
      'external' in posting ? posting.external : `${posting.venue} ${posting.bucket}`,
      posting.asset,
      posting.amount,
    ]),
  );
