import type { Unknown, UnknownReason } from './observation.ts';

/** What a key may do at the venue, by the venue's own words. */
export interface KeyRights {
  readonly canTrade: boolean;
  /** Whether it can move funds out of its scope. */
  readonly canWithdraw: boolean;
  /** What a person is told it is, where there is more to say: "one that …", without secrets. */
  readonly detail?: string;
}

/** What is expected of a key besides that it cannot withdraw. */
export interface KeyTask {
  /** `must`: orders are going to be sent with it. `needNot`: another key is there for orders. */
  readonly trade: 'must' | 'may' | 'needNot';
}

export type KeyVerdict =
  /** `excess` is what it may do and need not; null where there is nothing. */
  | { readonly state: 'fits'; readonly excess: string | null }
  | { readonly state: 'refused'; readonly expected: string; readonly found: string }
  /** The venue answered, and what the key may do is not in its answer. */
  | { readonly state: 'untold'; readonly detail: string }
  /** The venue did not answer: nothing is known for or against the key, and it can be asked again. */
  | { readonly state: 'unread'; readonly detail: string };

/** The venue said nothing of the key. Everything else is an answer without rights in it. */
const UNANSWERED: readonly UnknownReason[] = ['unreachable', 'timedOut', 'rateLimited'];

/** Whether a key fits its task. Rights that cannot be read are never taken for none. */
export function judgeKey(rights: KeyRights | Unknown, { trade }: KeyTask): KeyVerdict {
  if ('state' in rights) {
    const detail = `${rights.reason}: ${rights.detail}`;
    return { state: UNANSWERED.includes(rights.reason) ? 'unread' : 'untold', detail };
  }
  if (rights.canWithdraw)
    return refused(
      'a key that can neither withdraw nor transfer',
      rights.detail ?? 'one that can withdraw or transfer',
    );
  if (trade === 'must' && !rights.canTrade)
    return refused(
      'a key that can trade, as orders are sent in live mode',
      rights.detail ?? 'one that can only read',
    );
  const isExcessive = trade === 'needNot' && rights.canTrade;
  return { state: 'fits', excess: isExcessive ? 'it can trade, and another key is there for orders' : null };
}

const refused = (expected: string, found: string): KeyVerdict => ({ state: 'refused', expected, found });
