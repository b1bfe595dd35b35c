// What a permissioned key may do, by the authenticators of the account that it signs for.

import type { KeyRights } from '../../domain/venue/key-rights.ts';
import { type Unknown, unknown } from '../../domain/venue/observation.ts';
import {
  type Authenticator,
  type Leaf,
  leavesOf,
  parseAuthenticator,
  type StoredAuthenticator,
} from './authenticator-tree.ts';

const PLACE_ORDER = '/dydxprotocol.clob.MsgPlaceOrder';
const CANCEL_ORDER = '/dydxprotocol.clob.MsgCancelOrder';
const BATCH_CANCEL = '/dydxprotocol.clob.MsgBatchCancel';
const ORDER_MESSAGES: ReadonlySet<string> = new Set([PLACE_ORDER, CANCEL_ORDER, BATCH_CANCEL]);
/** Of messages and ids, so that what is said stays a sentence. */
const NAMED_MAX = 10;

/** What a permissioned key is configured for. */
export interface PermissionedUse {
  /** Named in every transaction; decimal digits. */
  readonly authenticatorId: string;
  /** Of the configured key, in base 64. */
  readonly publicKey: string;
  /** Where orders are placed. */
  readonly subaccountNumber: number;
}

/** A message as filters see it; null stands for one that none of them names, as they treat all of those alike. */
type Probe =
  | { readonly typeUrl: string | null }
  | { readonly typeUrl: string; readonly subaccountNumber: number; readonly clobPairId: number | null };

/** `unknown` where a part decides that is not known. */
type Verdict = 'passes' | 'fails' | 'unknown';

interface Read {
  readonly id: string;
  readonly tree: Authenticator;
}

/**
 * It trades where the named authenticator lets it place and cancel orders of the subaccount, in one market at least.
 * It withdraws where any authenticator of the account lets it pass another message, whichever is configured: who has
 * the key names the one that suits. Unknown where the named one is not there or is for another key, and where the
 * answer hangs on a part that is not known.
 */
export function authenticatorRights(
  stored: readonly StoredAuthenticator[],
  use: PermissionedUse,
): KeyRights | Unknown {
  const { authenticatorId, publicKey, subaccountNumber } = use;
  const read = stored.map((one): Read => ({ id: one.id, tree: parseAuthenticator(one) }));
  const named = read.find(({ id }) => id === authenticatorId);
  const trading = named === undefined ? 'fails' : tradingOf(named, use);
  const excess = read.map((one) => ({ one, ...excessOf(one, publicKey) }));

  const beyond = excess.find(({ verdict }) => verdict === 'passes');
  if (beyond !== undefined) {
    const what = `authenticator ${beyond.one.id} lets it sign ${beyond.messages.join(', ')}`;
    const detail = `one that can do more than place and cancel orders: ${what}`;
    return { canTrade: trading === 'passes', canWithdraw: true, detail };
  }
  const unsure = excess.find(({ verdict }) => verdict === 'unknown');
  if (unsure !== undefined) return notKnown(unsure.one);
  const isTaken = named === undefined ? 'fails' : takes(named, publicKey);
  if (named === undefined || isTaken === 'fails') {
    const found = named === undefined ? 'is not there' : 'is for another key';
    return unknown('wrongScope', `authenticator ${authenticatorId} ${found}: ${othersOf(read, publicKey)}`);
  }
  if (isTaken === 'unknown' || trading === 'unknown') return notKnown(named);
  if (trading === 'passes') return { canTrade: true, canWithdraw: false };
  const what = `cannot place and cancel orders of subaccount ${subaccountNumber}`;
  return {
    canTrade: false,
    canWithdraw: false,
    detail: `one that ${what}: authenticator ${named.id} does not let them pass`,
  };
}

/** Messages beside orders that the key passes with. */
function excessOf(
  { tree }: Read,
  publicKey: string,
): { readonly verdict: Verdict; readonly messages: readonly string[] } {
  const names = leavesOf(tree)
    .flatMap((leaf) => (leaf.type === 'messages' ? [...leaf.typeUrls] : []))
    // The chain compares with names that begin so: nothing passes by another.
    .filter((name) => name.startsWith('/') && !ORDER_MESSAGES.has(name));
  const judged = [null, ...new Set(names)].map((typeUrl) => ({
    message: typeUrl ?? 'any message',
    verdict: evaluate(tree, (leaf) => judge(leaf, publicKey, { typeUrl })),
  }));
  const passing = judged.filter(({ verdict }) => verdict === 'passes').map(({ message }) => message);
  return { verdict: anyOf(judged.map(({ verdict }) => verdict)), messages: passing.slice(0, NAMED_MAX) };
}

/** Placing and cancelling in the market that fits best: an order in another is refused by the chain. */
function tradingOf({ tree }: Read, { publicKey, subaccountNumber }: PermissionedUse): Verdict {
  const pairs = leavesOf(tree).flatMap((leaf) => (leaf.type === 'clobPairs' ? [...leaf.numbers] : []));
  const judged = [null, ...new Set(pairs)].map((clobPairId) =>
    allOf(
      [PLACE_ORDER, CANCEL_ORDER].map((typeUrl) =>
        evaluate(tree, (leaf) => judge(leaf, publicKey, { typeUrl, subaccountNumber, clobPairId })),
      ),
    ),
  );
  return anyOf(judged);
}

/** Whether there is anything at all that it lets the key sign. */
const takes = ({ tree }: Read, publicKey: string): Verdict =>
  evaluate(tree, (leaf) =>
    leaf.type === 'signature' || leaf.type === 'unknown'
      ? judge(leaf, publicKey, { typeUrl: null })
      : 'passes',
  );

function evaluate(tree: Authenticator, judged: (leaf: Leaf) => Verdict): Verdict {
  if (!('members' in tree)) return judged(tree);
  const verdicts = tree.members.map((member) => evaluate(member, judged));
  return tree.type === 'allOf' ? allOf(verdicts) : anyOf(verdicts);
}

function judge(leaf: Leaf, publicKey: string, probe: Probe): Verdict {
  const passesIf = (isPassing: boolean): Verdict => (isPassing ? 'passes' : 'fails');
  switch (leaf.type) {
    case 'signature':
      return passesIf(leaf.publicKey === publicKey);
    case 'messages':
      return passesIf(probe.typeUrl !== null && leaf.typeUrls.has(probe.typeUrl));
    case 'subaccounts':
      return passesIf(!('clobPairId' in probe) || leaf.numbers.has(probe.subaccountNumber));
    case 'clobPairs':
      return passesIf(
        !('clobPairId' in probe) || (probe.clobPairId !== null && leaf.numbers.has(probe.clobPairId)),
      );
    case 'unknown':
      return 'unknown';
  }
}

const allOf = (verdicts: readonly Verdict[]): Verdict =>
  verdicts.includes('fails') ? 'fails' : verdicts.includes('unknown') ? 'unknown' : 'passes';

const anyOf = (verdicts: readonly Verdict[]): Verdict =>
  verdicts.includes('passes') ? 'passes' : verdicts.includes('unknown') ? 'unknown' : 'fails';

function notKnown({ id, tree }: Read): Unknown {
  const reasons = leavesOf(tree).flatMap((leaf) => (leaf.type === 'unknown' ? [leaf.reason] : []));
  return unknown('malformed', `authenticator ${id}: ${reasons.slice(0, NAMED_MAX).join('; ')}`);
}

/** What there is instead, by which whoever configures the key finds the id that was meant. */
function othersOf(read: readonly Read[], publicKey: string): string {
  const listed = (some: readonly Read[]) =>
    some.length === 0
      ? 'none'
      : some
          .slice(0, NAMED_MAX)
          .map(({ id }) => id)
          .join(', ');
  const fitting = read.filter((one) => takes(one, publicKey) !== 'fails');
  return `the account has ${listed(read)}, and for this key ${listed(fitting)}`;
}
