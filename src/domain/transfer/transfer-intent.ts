// One transfer from its being wanted to its end, as plain data. What happens to it is an event; what may be done next
// follows from where it stands.
//
// Invariants, each held by a property test of the same name:
// 1. Nothing is sent that was not prepared before, and it is counted as sent before it is.
// 2. At most one transaction is ever sent for one transfer: what is prepared is never replaced.
// 3. What may have been sent ends by evidence alone: the answer to its only sending, found, or absent and proven so.
// 4. What has ended stays as it is.

import type { UnknownReason } from '../venue/observation.ts';
import type { SubmitOutcome } from '../venue/order.ts';
import type { PreparedTransfer, TransferInstruction, TransferLookup } from '../venue/transfer.ts';
import type { Fee, VenueId } from '../venue/venue.ts';

export type TransferStatus =
  /** Written down; nothing is signed. */
  | 'intended'
  /** Signed and kept; nothing was sent. */
  | 'prepared'
  /** About to be sent, or sent. */
  | 'submitted'
  /** Sent, and nobody knows what became of it. */
  | 'unknown'
  | 'confirmed'
  /** The venue took it and refused to do it. */
  | 'rejected'
  /** The venue can no longer produce it, by its own record. */
  | 'absent'
  /** Refused before anything was sent. */
  | 'deniedLocally';

export interface TransferRequest extends TransferInstruction {
  /** The venue of this book that the address belongs to; null where it leaves the book. */
  readonly toVenue: VenueId | null;
}

export interface TransferIntent {
  readonly request: TransferRequest;
  readonly status: TransferStatus;
  /** Null until it is signed; never another one afterwards. */
  readonly prepared: PreparedTransfer | null;
  /** How often its bytes were about to be sent. */
  readonly sends: number;
  /** When it landed and what it cost; null until the venue has shown it. */
  readonly landed: { readonly atMs: number; readonly fee: Fee } | null;
  /** Why it stands where it does, in words. */
  readonly detail: string;
  /** A look-up has found nothing since it was last sent: its bytes may be sent again. */
  readonly mayResend: boolean;
  readonly prepareFailures: number;
  /** Look-ups in a row that the venue answered and that taught nothing, and those that it did not answer. */
  readonly lookUpsInVain: number;
  readonly lookUpsUnanswered: number;
}

export type TransferEvent =
  /** Only where nothing was ever sent: what was refused may be fit for sending now. */
  | { readonly type: 'requestedAgain' }
  | { readonly type: 'prepared'; readonly prepared: PreparedTransfer }
  | { readonly type: 'denied'; readonly reason: string }
  | { readonly type: 'prepareFailed'; readonly detail: string }
  /** To be committed before the first byte is sent, each time. */
  | { readonly type: 'submitting' }
  | { readonly type: 'submitOutcome'; readonly outcome: SubmitOutcome }
  | { readonly type: 'seen'; readonly lookup: TransferLookup }
  /** Another process goes on: what was under way is looked up before anything else. */
  | { readonly type: 'restarted' };

/** So many failures to prepare in a row refuse a transfer; nothing was sent. */
export const PREPARE_FAILURES_MAX = 5;
/** The bytes are sent this often at most: at 2 s each for as long as a blockhash is good. */
export const SENDS_MAX = 40;
/** Look-ups in vain after which whoever waits is told that the outcome is unknown: a blockhash is surely old by then. */
export const LOOK_UPS_IN_VAIN_MAX = 60;
/** The same of those that were not answered, each after twice the wait of the one before. */
export const LOOK_UPS_UNANSWERED_MAX = 6;
/** A venue that is silent or knows nothing is asked at least this often. */
export const LOOK_UP_WAIT_MAX_MS = 60_000;

const SILENT: readonly UnknownReason[] = ['unreachable', 'timedOut', 'rateLimited'];
const ENDED: readonly TransferStatus[] = ['confirmed', 'rejected', 'absent', 'deniedLocally'];

export const hasEnded = ({ status }: Pick<TransferIntent, 'status'>): boolean => ENDED.includes(status);

/** It may be at the venue: what it moves excuses differences until evidence comes. */
export const isAtStake = ({ status }: Pick<TransferIntent, 'status'>): boolean =>
  status === 'submitted' || status === 'unknown';

export const newTransfer = (request: TransferRequest): TransferIntent => ({
  request,
  status: 'intended',
  prepared: null,
  sends: 0,
  landed: null,
  detail: '',
  ...UNTRIED,
});

const UNTRIED = { mayResend: false, prepareFailures: 0, lookUpsInVain: 0, lookUpsUnanswered: 0 } as const;

/** The transfer after an event. An event that cannot happen where it stands changes nothing. */
export function applyTransferEvent(intent: TransferIntent, event: TransferEvent): TransferIntent {
  switch (event.type) {
    case 'requestedAgain':
      return mayBeRequestedAgain(intent) ? newTransfer(intent.request) : intent;
    case 'restarted':
      return hasEnded(intent) ? intent : { ...intent, ...UNTRIED };
    case 'prepared':
      return intent.status === 'intended'
        ? { ...intent, status: 'prepared', prepared: event.prepared, detail: '' }
        : intent;
    case 'denied':
      return intent.status === 'intended' ? denied(intent, event.reason) : intent;
    case 'prepareFailed':
      return intent.status === 'intended' ? prepareFailed(intent, event.detail) : intent;
    case 'submitting':
      return maySend(intent) ? sending(intent) : intent;
    case 'submitOutcome':
      return submitted(intent, event.outcome);
    case 'seen':
      return isAtStake(intent) ? seen(intent, event.lookup) : intent;
  }
}

export const mayBeRequestedAgain = ({ status, sends }: TransferIntent): boolean =>
  status === 'deniedLocally' && sends === 0;

/** Prepared and never sent, or sent and not found: the same bytes, which have one effect at most. */
export const maySend = ({ status, prepared, mayResend }: TransferIntent): boolean =>
  prepared !== null &&
  (status === 'prepared' || (mayResend && (status === 'submitted' || status === 'unknown')));

const denied = (intent: TransferIntent, detail: string): TransferIntent => ({
  ...intent,
  status: 'deniedLocally',
  detail,
});

function prepareFailed(intent: TransferIntent, detail: string): TransferIntent {
  const prepareFailures = intent.prepareFailures + 1;
  if (prepareFailures < PREPARE_FAILURES_MAX) return { ...intent, prepareFailures, detail };
  return denied({ ...intent, prepareFailures }, `could not be prepared ${prepareFailures} times: ${detail}`);
}

const sending = (intent: TransferIntent): TransferIntent => ({
  ...intent,
  status: intent.status === 'unknown' ? 'unknown' : 'submitted',
  sends: intent.sends + 1,
  mayResend: false,
});

/** Only of the first sending can an answer say that there was none: of a later one an earlier may have arrived. */
function submitted(intent: TransferIntent, outcome: SubmitOutcome): TransferIntent {
  if (intent.status !== 'submitted') return intent;
  const isFirst = intent.sends === 1;
  switch (outcome.state) {
    // That it was taken is no evidence that it happened.
    case 'accepted':
      return intent;
    case 'outcomeUnknown':
      return { ...intent, status: 'unknown', detail: outcome.detail };
    case 'deniedLocally':
      return isFirst ? denied(intent, outcome.reason) : intent;
    case 'rejected':
      return isFirst ? { ...intent, status: 'rejected', detail: outcome.reason } : intent;
  }
}

function seen(intent: TransferIntent, lookup: TransferLookup): TransferIntent {
  if (lookup.state === 'unknown') return inVain(intent, lookup.detail, SILENT.includes(lookup.reason));
  if (lookup.state === 'absent') {
    if (lookup.isProven) return { ...intent, status: 'absent', detail: lookup.detail };
    return { ...inVain(intent, lookup.detail, false), mayResend: intent.sends < SENDS_MAX };
  }
  if (lookup.status === 'open')
    return { ...inVain(intent, 'it has landed and is not final yet', false), mayResend: false };
  const { status, atMs, fee } = lookup;
  return {
    ...intent,
    status,
    landed: { atMs, fee },
    detail: status === 'rejected' ? 'it failed at the venue, which took its fee' : '',
  };
}

function inVain(intent: TransferIntent, detail: string, isSilent: boolean): TransferIntent {
  const next = isSilent
    ? { ...intent, detail, lookUpsUnanswered: intent.lookUpsUnanswered + 1 }
    : { ...intent, detail, lookUpsInVain: intent.lookUpsInVain + 1, lookUpsUnanswered: 0 };
  return isOverdue(next) ? { ...next, status: 'unknown' } : next;
}

/** Whoever waits has waited long enough. The transfer itself is looked up for as long as it takes. */
export const isOverdue = ({ lookUpsInVain, lookUpsUnanswered }: TransferIntent): boolean =>
  lookUpsInVain >= LOOK_UPS_IN_VAIN_MAX || lookUpsUnanswered >= LOOK_UPS_UNANSWERED_MAX;

/** How long after a look-up the next one may follow. */
export function lookUpWaitMs(
  { lookUpsInVain, lookUpsUnanswered }: TransferIntent,
  intervalMs: number,
): number {
  const doublings = Math.max(lookUpsUnanswered - 1, lookUpsInVain - LOOK_UPS_IN_VAIN_MAX, 0);
  return Math.min(intervalMs * 2 ** Math.min(doublings, 10), LOOK_UP_WAIT_MAX_MS);
}
