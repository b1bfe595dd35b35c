/** What an adapter's requests meet. The names are those of the contract's cases. */
export type Trouble = AnswerTrouble | BodyTrouble | 'lostAnswer';

/** The venue's own answer never comes. */
export type AnswerTrouble =
  | 'rateLimited'
  | 'rateLimitedFor7s'
  | 'serverError'
  | 'refused'
  | 'hang'
  | 'reset'
  | 'drip'
  | 'huge'
  | 'redirect'
  | 'emptyBody'
  | 'html';

/** It comes changed. */
export type BodyTrouble = keyof typeof CHANGES;

/** How a JSON document is broken: cut in the middle, numbers for decimal text, null for every value, every value gone. */
export const CHANGES = {
  cutJson: (body: string) => body.slice(0, Math.ceil(body.length / 2)),
  numbers: (body: string) =>
    inJson(body, (leaf) => (typeof leaf === 'string' && DECIMAL.test(leaf) ? Number(leaf) : leaf)),
  nulls: (body: string) => inJson(body, () => null),
  missing: (body: string) => inJson(body, () => undefined),
} as const;

const DECIMAL = /^-?\d+(?:\.\d+)?$/;

/** These are not of the answer but of how it is carried. */
const ENVELOPE = new Set(['jsonrpc', 'id']);

function inJson(body: string, change: (leaf: unknown) => unknown): string {
  try {
    return JSON.stringify(changed(JSON.parse(body), change, true));
  } catch {
    return body;
  }
}

function changed(value: unknown, change: (leaf: unknown) => unknown, isTop: boolean): unknown {
  if (Array.isArray(value)) return value.map((member) => changed(member, change, false));
  if (typeof value !== 'object' || value === null) return change(value);
  const isEnvelope = isTop && 'jsonrpc' in value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      isEnvelope && ENVELOPE.has(key) ? member : changed(member, change, false),
    ]),
  );
}
