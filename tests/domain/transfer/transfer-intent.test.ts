import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { amount } from '../../../src/domain/money/amount.ts';
import {
  applyTransferEvent,
  hasEnded,
  isAtStake,
  isOverdue,
  LOOK_UPS_IN_VAIN_MAX,
  LOOK_UPS_UNANSWERED_MAX,
  lookUpWaitMs,
  maySend,
  newTransfer,
  PREPARE_FAILURES_MAX,
  SENDS_MAX,
  type TransferEvent,
  type TransferIntent,
  type TransferRequest,
} from '../../../src/domain/transfer/transfer-intent.ts';
import {
  bookEventOf,
  findTwin,
  inFlightOf,
  isSameRequest,
  outcomeOf,
} from '../../../src/domain/transfer/transfer-outcome.ts';
import { unknown } from '../../../src/domain/venue/observation.ts';
import type { PreparedTransfer } from '../../../src/domain/venue/transfer.ts';

const request: TransferRequest = {
  transferId: 't-1',
  venue: 'solana',
  asset: 'mint',
  amount: amount('2.5'),
  to: 'friend',
  toVenue: null,
};
const fee = { asset: 'SOL', amount: amount('0.000005') };
const signed = (reference: string): PreparedTransfer => {
  const { toVenue: _toVenue, ...instruction } = request;
  const payload = `bytes of ${reference}`;
  return { instruction, reference, payload, expiresAtHeight: 7, arrives: amount('2.4'), fee };
};

const prepared: TransferEvent = { type: 'prepared', prepared: signed('first') };
const submitting: TransferEvent = { type: 'submitting' };
const restarted: TransferEvent = { type: 'restarted' };
const answered = (outcome: Extract<TransferEvent, { type: 'submitOutcome' }>['outcome']): TransferEvent => ({
  type: 'submitOutcome',
  outcome,
});
const accepted = answered({ state: 'accepted', venueOrderId: 'first' });
const lost = answered({ state: 'outcomeUnknown', detail: 'no answer' });
const deniedHere = answered({ state: 'deniedLocally', reason: 'too late' });
const refused = answered({ state: 'rejected', reason: 'no' });
const seen = (lookup: Extract<TransferEvent, { type: 'seen' }>['lookup']): TransferEvent => ({
  type: 'seen',
  lookup,
});
const open = seen({ state: 'found', status: 'open' });
const found = seen({ state: 'found', status: 'confirmed', atMs: 9, fee });
const failed = seen({ state: 'found', status: 'rejected', atMs: 9, fee });
const nowhere = seen({ state: 'absent', isProven: false, detail: 'not known' });
const proven = seen({ state: 'absent', isProven: true, detail: 'expired' });
const silent = seen(unknown('unreachable', 'no route'));
const odd = seen(unknown('malformed', 'HTML'));
const deny: TransferEvent = { type: 'denied', reason: 'not allowed' };
const cannot: TransferEvent = { type: 'prepareFailed', detail: 'no route' };
const again: TransferEvent = { type: 'requestedAgain' };

const come = (...events: readonly TransferEvent[]): TransferIntent =>
  events.reduce(applyTransferEvent, newTransfer(request));
const times = (count: number, event: TransferEvent): TransferEvent[] => Array(count).fill(event);

describe('a transfer', () => {
  it.each<[string, TransferIntent, string, string | null]>([
    ['is intended first', come(), 'intended', null],
    ['is prepared', come(prepared), 'prepared', null],
    ['is submitted before it is sent', come(prepared, submitting), 'submitted', null],
    ['is not ended by being taken', come(prepared, submitting, accepted), 'submitted', null],
    ['is unknown without an answer', come(prepared, submitting, lost), 'unknown', null],
    [
      'is not made known again by being taken',
      come(prepared, submitting, lost, nowhere, submitting, accepted),
      'unknown',
      null,
    ],
    ['is confirmed when it is found', come(prepared, submitting, lost, found), 'confirmed', 'confirmed'],
    ['waits while it may still be dropped', come(prepared, submitting, accepted, open), 'submitted', null],
    [
      'is rejected when it failed there',
      come(prepared, submitting, accepted, failed),
      'rejected',
      'rejected',
    ],
    ['is absent when that is proven', come(prepared, submitting, lost, proven), 'absent', 'rejected'],
    ['is not absent without proof', come(prepared, submitting, lost, nowhere), 'unknown', null],
    ['is denied before it is signed', come(deny), 'deniedLocally', 'deniedLocally'],
    [
      'is denied when the first sending was none',
      come(prepared, submitting, deniedHere),
      'deniedLocally',
      'deniedLocally',
    ],
    [
      'is rejected by the answer to the first sending',
      come(prepared, submitting, refused),
      'rejected',
      'rejected',
    ],
    [
      'is not denied by a later one',
      come(prepared, submitting, accepted, nowhere, submitting, deniedHere),
      'submitted',
      null,
    ],
    [
      'is not rejected by a later one',
      come(prepared, submitting, accepted, nowhere, submitting, refused),
      'submitted',
      null,
    ],
    ['is tried a few times', come(...times(PREPARE_FAILURES_MAX - 1, cannot)), 'intended', null],
    [
      'is denied when it cannot be prepared',
      come(...times(PREPARE_FAILURES_MAX, cannot)),
      'deniedLocally',
      'deniedLocally',
    ],
    ['begins anew when nothing was sent', come(deny, again), 'intended', null],
    [
      'does not begin anew once it was sent',
      come(prepared, submitting, deniedHere, again),
      'deniedLocally',
      'deniedLocally',
    ],
    [
      'does not begin anew once it is absent',
      come(prepared, submitting, lost, proven, again),
      'absent',
      'rejected',
    ],
    [
      'is told to be unknown after long',
      come(prepared, submitting, accepted, ...times(LOOK_UPS_IN_VAIN_MAX, odd)),
      'unknown',
      'unknown',
    ],
    [
      'is told to be unknown after silence',
      come(prepared, submitting, accepted, ...times(LOOK_UPS_UNANSWERED_MAX, silent)),
      'unknown',
      'unknown',
    ],
    [
      'is found even then',
      come(prepared, submitting, ...times(LOOK_UPS_IN_VAIN_MAX, odd), found),
      'confirmed',
      'confirmed',
    ],
  ])('%s', (_name, intent, status, outcome) => {
    expect([intent.status, outcomeOf(intent)]).toEqual([status, outcome]);
  });

  it.each<[string, TransferIntent, boolean]>([
    ['before it is prepared', come(), false],
    ['once it is prepared', come(prepared), true],
    ['while its answer is under way', come(prepared, submitting), false],
    ['after a look-up has found nothing', come(prepared, submitting, accepted, nowhere), true],
    ['after a look-up that was not answered', come(prepared, submitting, accepted, silent), false],
    ['after a look-up has found it', come(prepared, submitting, nowhere, open), false],
    ['after a restart, before it is looked up', come(prepared, submitting, nowhere, restarted), false],
    ['after a restart that found it unsent', come(prepared, restarted), true],
    ['once it is absent', come(prepared, submitting, proven), false],
  ])('may be sent %s', (_name, intent, may) => {
    expect(maySend(intent)).toBe(may);
  });

  it('is sent so often and no more', () => {
    const often = come(
      prepared,
      ...Array(SENDS_MAX + 5)
        .fill([submitting, nowhere])
        .flat(),
    );
    expect(often.sends).toBe(SENDS_MAX);
    expect(maySend(often)).toBe(false);
  });

  it('is looked for ever more seldom while nothing is learnt, and at least once a minute', () => {
    const waits = (event: TransferEvent, count: number) =>
      lookUpWaitMs(come(prepared, submitting, ...times(count, event)), 2_000);
    expect([1, 2, 3, 5, 99].map((count) => waits(silent, count))).toEqual([
      2_000, 4_000, 8_000, 32_000, 60_000,
    ]);
    expect([1, 60, 61, 62, 99].map((count) => waits(nowhere, count))).toEqual([
      2_000, 2_000, 4_000, 8_000, 60_000,
    ]);
  });

  it('is one of two only where it pays the same to the same and has not ended', () => {
    const other = { ...request, transferId: 't-2' };
    expect(findTwin(other, [come(prepared)])?.request.transferId).toBe('t-1');
    expect(findTwin(request, [come(prepared)])).toBeNull();
    expect(findTwin({ ...other, amount: amount('2.6') }, [come(prepared)])).toBeNull();
    expect(findTwin({ ...other, to: 'foe' }, [come(prepared)])).toBeNull();
    expect(findTwin(other, [come(prepared, submitting, found)])).toBeNull();
    expect(isSameRequest(request, { ...request })).toBe(true);
    expect(isSameRequest(request, { ...request, toVenue: 'coinbase' })).toBe(false);
  });
});

describe('what the book hears of a transfer', () => {
  it('is a withdrawal under the id of the venue, with its fee', () => {
    expect(bookEventOf(come(prepared, submitting, found))).toEqual({
      type: 'portfolio.withdrawalReported',
      eventId: 'transfer:t-1:sent',
      venue: 'solana',
      atMs: 9,
      asset: 'mint',
      amount: '2.5',
      fee,
      activityId: 'first',
    });
  });

  it('is a transfer in transit where another venue of the book receives it', () => {
    const sent = { ...come(prepared, submitting, found), request: { ...request, toVenue: 'coinbase' } };
    expect(bookEventOf(sent)).toMatchObject({
      type: 'portfolio.transferSent',
      transferId: 'first',
      toVenue: 'coinbase',
    });
  });

  it.each([
    ['under way', come(prepared, submitting, lost)],
    ['absent', come(prepared, submitting, proven)],
    ['rejected', come(prepared, submitting, failed)],
  ])('is nothing of one that is %s', (_name, intent) => {
    expect(bookEventOf(intent)).toBeNull();
  });
});

describe('what a transfer that may have happened excuses', () => {
  const intent = { ...come(prepared, submitting, lost), request: { ...request, toVenue: 'coinbase' } };

  it('is what would have left, fee included, and at the other venue what would have come', () => {
    expect(inFlightOf(intent, 'solana')).toMatchObject([
      {
        kind: 'transferOfUnknownOutcome',
        reference: 't-1',
        ranges: [
          { asset: 'mint', least: '-2.5', most: '0' },
          { asset: 'SOL', least: '-0.000005', most: '0' },
        ],
      },
    ]);
    expect(inFlightOf(intent, 'coinbase')).toMatchObject([
      { ranges: [{ asset: 'mint', least: '0', most: '2.5' }] },
    ]);
    expect(inFlightOf(intent, 'dydx')).toEqual([]);
  });
});

const EVENTS = fc.array(
  fc.oneof(
    fc.constantFrom(
      submitting,
      restarted,
      accepted,
      lost,
      deniedHere,
      refused,
      open,
      found,
      failed,
      nowhere,
      proven,
      silent,
      odd,
      deny,
      cannot,
      again,
    ),
    fc
      .integer({ min: 1, max: 5 })
      .map((n): TransferEvent => ({ type: 'prepared', prepared: signed(`s${n}`) })),
  ),
  { maxLength: 60 },
);

/** Every transfer on the way, with the event that led to it. */
function* steps(events: readonly TransferEvent[]) {
  let before = newTransfer(request);
  for (const event of events) {
    const now = applyTransferEvent(before, event);
    yield { before, event, now };
    before = now;
  }
}

const holds = (
  check: (step: { before: TransferIntent; event: TransferEvent; now: TransferIntent }) => void,
) =>
  fc.assert(
    fc.property(EVENTS, (events) => {
      for (const step of steps(events)) check(step);
    }),
    { numRuns: 2_000 },
  );

describe('whatever happens', () => {
  it('1. Nothing is sent that was not prepared before, and it is counted as sent before it is.', () => {
    holds(({ before, now }) => {
      if (now.sends > 0 || isAtStake(now)) expect(now.prepared).not.toBeNull();
      if (isAtStake(now)) expect(now.sends).toBeGreaterThan(0);
      if (now.sends > before.sends) expect(maySend(before)).toBe(true);
    });
  });

  it('2. At most one transaction is ever sent for one transfer: what is prepared is never replaced.', () => {
    holds(({ before, now }) => {
      if (before.prepared !== null) expect(now.prepared).toBe(before.prepared);
    });
  });

  it('3. What may have been sent ends by evidence alone: the answer to its only sending, found, or absent and proven so.', () => {
    holds(({ before, event, now }) => {
      if (!isAtStake(before) || !hasEnded(now)) return;
      const isAnswerToFirst =
        event.type === 'submitOutcome' && before.sends === 1 && before.status === 'submitted';
      expect(isAnswerToFirst || [found, failed, proven].includes(event)).toBe(true);
    });
  });

  it('4. What has ended stays as it is.', () => {
    holds(({ before, event, now }) => {
      const isNew = event.type === 'requestedAgain' && before.sends === 0;
      if (hasEnded(before) && !isNew) expect(now).toBe(before);
    });
  });

  it('is unknown to whoever waits only while it may have been sent', () => {
    holds(({ now }) => {
      if (outcomeOf(now) === 'unknown') expect([isAtStake(now), isOverdue(now)]).toEqual([true, true]);
    });
  });
});
