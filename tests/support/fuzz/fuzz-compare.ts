// Whether what is known is what the changed documents say, where that can be told simply.

import { canonicalJson } from '../../../src/domain/canonical-json.ts';
import { absolute, amount, isDecimalText } from '../../../src/domain/money/amount.ts';
import type { Mutated, ServedAnswer } from './fuzz-answer.ts';
import type { FuzzCase, FuzzVenue, SaidDocument } from './fuzz-venue.ts';

/** What is changed in a run: an answer, each time it is given or the one time of that number. */
export interface FuzzChange {
  readonly key: string;
  readonly nth: number | null;
  readonly mutated: Mutated;
}

/** What came of a read, without what proves it: equal text for equal values. */
export const knownText = (outcome: unknown): string =>
  canonicalJson((outcome as { readonly value?: unknown }).value ?? outcome);

/** Undefined where nothing can be told simply, null where the known value is what the documents say. */
export function whyNotSaid(
  venue: FuzzVenue,
  at: {
    readonly one: FuzzCase;
    /** What was known of the good answers, as `knownText` writes it. */
    readonly good: string;
    readonly changes: readonly FuzzChange[];
    readonly outcome: unknown;
  },
): string | null | undefined {
  const { one, good, changes, outcome } = at;
  if (changes.some(({ nth }) => nth !== null)) return undefined;
  const said = saidTotals(venue, one, changes);
  if (said !== null) {
    const { value } = outcome as { readonly value: { readonly balances: readonly Total[] } };
    const read = Object.fromEntries(
      value.balances.filter(({ total }) => total !== '0').map(({ asset, total }) => [asset, total]),
    );
    const [expected, found] = [canonicalJson(said), canonicalJson(read)];
    if (expected !== found) return `expected ${expected}, as the documents say, found ${found}`;
  }
  const [change] = changes;
  const changed = change?.mutated.changed ?? null;
  const place = `${change?.key} ${changed?.path}`;
  const isAmount = changed !== null && one.amounts.test(place);
  if (
    changes.length !== 1 ||
    changed === null ||
    !isAmount ||
    isSameAmount(changed, one.unsigned?.test(place))
  )
    return said === null ? undefined : null;
  return knownText(outcome) === good
    ? `the old value, where ${changed.path} is ${changed.after} and was ${changed.before}`
    : null;
}

interface Total {
  readonly asset: string;
  readonly total: string;
}

function saidTotals(
  venue: FuzzVenue,
  one: FuzzCase,
  changes: readonly FuzzChange[],
): Readonly<Record<string, string>> | null {
  if (one.totalsSaid === undefined) return null;
  const served = new Map(changes.map(({ key, mutated }) => [key, mutated.answer]));
  const documents: SaidDocument[] = [];
  for (const key of new Set(venue.asked())) {
    const answer = served.get(key) ?? venue.answers.get(key);
    if (answer === undefined) return null;
    // What stands in a refusal is not the venue's word on anything that is held.
    if (answer.status >= 300) continue;
    const document = documentOf(answer);
    if (document === undefined) return null;
    documents.push({ key, document });
  }
  try {
    return one.totalsSaid(documents);
  } catch {
    // A document of another form than the venue's own is not told simply.
    return null;
  }
}

function documentOf({ body }: Pick<ServedAnswer, 'body'>): unknown {
  try {
    return JSON.parse(String(body)) as unknown;
  } catch {
    return String(body);
  }
}

function isSameAmount(
  { before, after }: { readonly before: string; readonly after: string },
  isUnsigned = false,
): boolean {
  if (!isDecimalText(before) || !isDecimalText(after)) return false;
  const [was, is] = [amount(before), amount(after)];
  return was === is || (isUnsigned && absolute(was) === absolute(is));
}
