import type { FaceAnswer } from './http-face.ts';

export interface Page<T> {
  readonly rows: readonly T[];
  /** Where the next page begins; null on the last. */
  readonly next: string | null;
}

/** The page after the row that the cursor names; null for a cursor that was never given out. */
export function pageOf<T>(
  rows: readonly T[],
  request: { readonly cursor: string | null; readonly limit: number; readonly idOf: (row: T) => string },
): Page<T> | null {
  const { cursor, limit, idOf } = request;
  const start = cursor === null || cursor === '' ? 0 : rows.findIndex((row) => idOf(row) === cursor) + 1;
  if (start === 0 && cursor !== null && cursor !== '') return null;
  const page = rows.slice(start, start + limit);
  const last = page.at(-1);
  return { rows: page, next: last !== undefined && start + limit < rows.length ? idOf(last) : null };
}

/** The rows of an answer, whichever list it is. */
type ListBody = Record<string, unknown> & {
  has_next?: boolean;
  has_more?: boolean;
  cursor?: string;
  next_page?: string;
};

const LISTS = ['accounts', 'orders', 'fills', 'data'] as const;
const DROPPED = 'dropped-page';

/** The answer with the claim that more follows; the face refuses the cursor, which it never gave out. */
export function claimMore(answer: FaceAnswer): FaceAnswer {
  return changeList(answer, (body) => ({
    ...body,
    ...('has_next' in body ? { has_next: true } : {}),
    ...('has_more' in body ? { has_more: true, next_page: DROPPED } : {}),
    ...('cursor' in body ? { cursor: DROPPED } : {}),
    ...('pagination' in body
      ? { pagination: { next_uri: `/v2/accounts/dropped/transactions?starting_after=${DROPPED}` } }
      : {}),
  }));
}

/** The answer with its first row broken: an amount becomes a JSON number. A row is made up where there is none. */
export function breakRow(answer: FaceAnswer): FaceAnswer {
  return changeList(answer, (body, key) => {
    const [first, ...rest] = body[key] as readonly Record<string, unknown>[];
    return { ...body, [key]: [broken(first ?? {}), ...rest] };
  });
}

function broken(row: Record<string, unknown>): Record<string, unknown> {
  if ('available_balance' in row) return { ...row, available_balance: { value: 1.5 } };
  if ('filled_size' in row) return { ...row, filled_size: 1.5 };
  if ('size' in row) return { ...row, size: 1.5 };
  return { ...row, amount: 1.5 };
}

function changeList(
  answer: FaceAnswer,
  change: (body: ListBody, key: (typeof LISTS)[number]) => ListBody,
): FaceAnswer {
  const body = JSON.parse(answer.body) as ListBody;
  const key = LISTS.find((one) => Array.isArray(body[one]));
  return key === undefined ? answer : { ...answer, body: JSON.stringify(change(body, key)) };
}
