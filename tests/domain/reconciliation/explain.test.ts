import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { correctionTransaction } from '../../../src/domain/book/correction-transaction.ts';
import { makeTransaction, receive } from '../../../src/domain/book/make-transaction.ts';
import type { Transaction } from '../../../src/domain/book/transaction.ts';
import { effectOf } from '../../../src/domain/book/transaction-effect.ts';
import { type Amount, add, amount, negate, subtract, ZERO } from '../../../src/domain/money/amount.ts';
import type { Candidate } from '../../../src/domain/reconciliation/candidate.ts';
import { type CandidateInput, candidatesFrom } from '../../../src/domain/reconciliation/candidates.ts';
import { explainDiscrepancies } from '../../../src/domain/reconciliation/explain.ts';
import { fillMovement } from '../../../src/domain/reconciliation/fill-movement.ts';
import type { Activity, Fill } from '../../../src/domain/venue/venue.ts';
import {
  type Amounts,
  bookOf,
  compareOf,
  confirmedOf,
  fillOf,
  snapshotOf,
  VENUE,
} from '../../support/reconciliation-fixtures.ts';

type Material = Partial<CandidateInput>;

function candidatesOf(book: Amounts, venue: Amounts, more: Material = {}): readonly Candidate[] {
  return candidatesFrom({
    venue: VENUE,
    fills: [],
    activity: [],
    recentVenueIds: new Set(),
    recentSinceMs: 0,
    openedAtMs: null,
    fillsSinceMs: 0,
    bookTransactions: [],
    differences: compareOf(book, venue).differences,
    holdings: bookOf(book).holdings,
    accrued: [],
    transfersInTransit: [],
    wrappedPairs: [],
    observedAtMs: 1_000_000,
    ...more,
  });
}

function explain(book: Amounts, venue: Amounts, more: Material = {}) {
  return explainDiscrepancies({
    venue: VENUE,
    discrepancies: confirmedOf(book, venue).filter(({ state }) => state === 'confirmed'),
    differences: compareOf(book, venue).differences,
    candidates: candidatesOf(book, venue, more),
  });
}

const said = (book: Amounts, venue: Amounts, more: Material = {}) =>
  explain(book, venue, more).map(
    ({ assets, verdict, cause }) => `${assets.join('+')} ${verdict} ${cause ?? '-'}`,
  );

const activity = (id: string, kind: Activity['kind'], deltas: Amounts, atMs = 900_000): Activity => ({
  id,
  kind,
  deltas: Object.entries(deltas).map(([asset, text]) => ({ asset, amount: amount(text) })),
  atMs,
});

const booked = (fill: Fill, eventId = fill.id): Transaction => {
  const postings = fillMovement(fill, VENUE).movements.flatMap(({ asset, amount: moved, from }) =>
    receive(VENUE, 'available', asset, moved, from ?? 'trade'),
  );
  const transaction = makeTransaction({
    eventId,
    cause: 'fill',
    venue: VENUE,
    atMs: fill.atMs,
    venueIds: [fill.id],
    postings,
  });
  if (transaction === null) throw new Error('a fill moves something');
  return transaction;
};

const bookedDeposit = (id: string, amounts: Amounts): Transaction => {
  const transaction = makeTransaction({
    eventId: `event-${id}`,
    cause: 'deposit',
    venue: VENUE,
    atMs: 900_000,
    venueIds: [id],
    postings: Object.entries(amounts).flatMap(([asset, text]) =>
      receive(VENUE, 'available', asset, amount(text), 'transfer'),
    ),
  });
  if (transaction === null) throw new Error('a deposit moves something');
  return transaction;
};

const bookedFunding = (id: string, paid: string): Transaction => {
  const postings = receive(VENUE, 'available', 'USDC', amount(paid), 'funding');
  const common = { cause: 'funding', venue: VENUE, atMs: 900_000, venueIds: [id] } as const;
  const transaction = makeTransaction({ eventId: `event-${id}`, ...common, postings });
  if (transaction === null) throw new Error('a payment moves something');
  return transaction;
};

/** Holdings to which something is owed. */
const owed = (book: Amounts, accrued: string) =>
  bookOf(book).holdings.map((holding) => ({ ...holding, accrued: amount(accrued) }));

const transfer = {
  transferId: 't-1',
  fromVenue: 'wallet',
  toVenue: VENUE,
  sentAsset: 'So111',
  asset: 'SOL',
  amount: amount('4'),
  sentAtMs: 800_000,
};

describe('explainDiscrepancies', () => {
  it.each<[string, Amounts, Amounts, Material, readonly string[]]>([
    [
      'a fill that the bot missed',
      { USDC: '100' },
      { USDC: '39.64', BTC: '0.001' },
      { fills: [fillOf()] },
      ['BTC+USDC unique missedFill'],
    ],
    [
      'a fill with its fee in the base',
      { USDC: '100' },
      { USDC: '40', BTC: '0.00099' },
      { fills: [fillOf({ fee: { asset: 'BTC', amount: amount('0.00001') } })] },
      ['BTC+USDC unique missedFill'],
    ],
    [
      'a fill with its fee in a third asset',
      { USDC: '100', SOL: '1' },
      { USDC: '40', BTC: '0.001', SOL: '0.998' },
      { fills: [fillOf({ fee: { asset: 'SOL', amount: amount('0.002') } })] },
      ['BTC+USDC unique missedFill'],
    ],
    [
      'a deposit that the bot did not make',
      { USDC: '100' },
      { USDC: '150' },
      { activity: [activity('d', 'deposit', { USDC: '50' })] },
      ['USDC unique deposit'],
    ],
    [
      'a withdrawal',
      { USDC: '100' },
      { USDC: '50' },
      { activity: [activity('w', 'withdrawal', { USDC: '-50' })] },
      ['USDC unique withdrawal'],
    ],
    [
      'a funding payment',
      { USDC: '100' },
      { USDC: '87.5' },
      { activity: [activity('f', 'funding', { USDC: '-12.5' })] },
      ['USDC unique funding'],
    ],
    [
      'a conversion by the venue',
      { USDC: '100' },
      { USD: '100' },
      { activity: [activity('c', 'conversion', { USDC: '-100', USD: '100' })] },
      ['USD+USDC unique conversion'],
    ],
    [
      'a fee, a reward, a transfer and a swap',
      { USDC: '100', ETH: '1' },
      { USDC: '70', ETH: '1.2', SOL: '3' },
      {
        activity: [
          activity('1', 'fee', { USDC: '-20' }),
          activity('2', 'reward', { ETH: '0.2' }),
          activity('3', 'swap', { USDC: '-10', SOL: '3' }),
          activity('4', 'transfer', { XYZ: '1' }),
        ],
      },
      ['ETH unique reward', 'SOL+USDC unique fee + swap'],
    ],
    [
      'what happened after the snapshot is no cause',
      { USDC: '100' },
      { USDC: '150' },
      { activity: [activity('d', 'deposit', { USDC: '50' }, 1_000_001)] },
      ['USDC none -'],
    ],
    [
      'what the book has already is no cause',
      { USDC: '100' },
      { USDC: '150' },
      { activity: [activity('d', 'deposit', { USDC: '50' })], recentVenueIds: new Set(['d']) },
      ['USDC none -'],
    ],
    [
      'what the opening contains is no cause',
      { USDC: '100' },
      { USDC: '150' },
      { activity: [activity('d', 'deposit', { USDC: '50' })], openedAtMs: 900_000 },
      ['USDC none -'],
    ],
    [
      'almost is no explanation',
      { USDC: '100' },
      { USDC: '150.01' },
      { activity: [activity('d', 'deposit', { USDC: '50' })] },
      ['USDC none -'],
    ],
    [
      'two deposits of one amount are ambiguous',
      { USDC: '100' },
      { USDC: '150' },
      { activity: [activity('a', 'deposit', { USDC: '50' }), activity('b', 'deposit', { USDC: '50' })] },
      ['USDC ambiguous deposit'],
    ],
    [
      'a fill booked twice',
      { BTC: '0.002', USDC: '100' },
      { BTC: '0.001', USDC: '160.36' },
      {
        fills: [fillOf()],
        recentVenueIds: new Set(['fill-1']),
        bookTransactions: [booked(fillOf()), booked(fillOf({ id: 'fill-x' }))],
      },
      ['BTC+USDC unique duplicateBooking'],
    ],
    [
      'one fill booked under two events',
      { BTC: '0.002', USDC: '100' },
      { BTC: '0.001', USDC: '160.36' },
      {
        fills: [fillOf()],
        recentVenueIds: new Set(['fill-1']),
        bookTransactions: [booked(fillOf()), booked(fillOf(), 'again')],
      },
      ['BTC+USDC unique duplicateBooking'],
    ],
    [
      'a fill that the venue lacks',
      { BTC: '0.001', USDC: '100' },
      { USDC: '160.36' },
      { bookTransactions: [booked(fillOf())] },
      ['BTC+USDC unique fillNotAtVenue'],
    ],
    [
      'nothing is said of before the list begins',
      { BTC: '0.001', USDC: '100' },
      { USDC: '160.36' },
      { bookTransactions: [booked(fillOf())], fillsSinceMs: 950_000 },
      ['BTC none -', 'USDC none -'],
    ],
    [
      'the fee was taken in another asset',
      { BTC: '0.001', USDC: '100', SOL: '1' },
      { BTC: '0.001', USDC: '88', SOL: '1.1' },
      {
        fills: [fillOf({ fee: { asset: 'USDC', amount: amount('12') } })],
        recentVenueIds: new Set(['fill-1']),
        bookTransactions: [booked(fillOf({ fee: { asset: 'SOL', amount: amount('0.1') } }))],
      },
      ['SOL+USDC unique feeInOtherAsset'],
    ],
    [
      'a fill of a quote amount booked as base',
      { BTC: '60', USDC: '100' },
      { BTC: '0.001', USDC: '100' },
      {
        fills: [fillOf()],
        recentVenueIds: new Set(['fill-1']),
        bookTransactions: [booked(fillOf({ quantity: amount('60') }))],
      },
      ['BTC unique quoteBookedAsBase'],
    ],
    [
      'a fill with its decimals shifted',
      { BTC: '1', USDC: '100' },
      { BTC: '0.001', USDC: '100' },
      {
        fills: [fillOf()],
        recentVenueIds: new Set(['fill-1']),
        bookTransactions: [booked(fillOf({ quantity: amount('1') }))],
      },
      ['BTC unique decimalsShift'],
    ],
    [
      'a balance with its decimals shifted',
      { SOL: '1234.5' },
      { SOL: '1.2345' },
      {},
      ['SOL unique decimalsShift'],
    ],
    [
      'wrapped and native mixed',
      { SOL: '10', wSOL: '0' },
      { SOL: '7', wSOL: '3' },
      { wrappedPairs: [{ native: 'SOL', wrapped: 'wSOL' }] },
      ['SOL+wSOL unique wrappedNativeMixed'],
    ],
    [
      'wrapped and native mixed besides something else',
      { SOL: '10', wSOL: '0', USDC: '100' },
      { SOL: '6', wSOL: '3', USDC: '200' },
      {
        wrappedPairs: [{ native: 'SOL', wrapped: 'wSOL' }],
        activity: [activity('s', 'swap', { SOL: '-1', USDC: '100' })],
      },
      ['SOL+USDC+wSOL unique swap + wrappedNativeMixed'],
    ],
    [
      'records that fit do not rule out that wrapped and native were mixed',
      { SOL: '10', wSOL: '0' },
      { SOL: '6', wSOL: '3' },
      {
        wrappedPairs: [{ native: 'SOL', wrapped: 'wSOL' }],
        activity: [
          activity('f', 'fee', { SOL: '-1' }),
          activity('a', 'swap', { SOL: '-1', wSOL: '2' }),
          activity('b', 'swap', { SOL: '-2', wSOL: '1' }),
        ],
      },
      ['SOL+wSOL ambiguous fee + swap'],
    ],
    [
      'a deposit booked in the other shape',
      { SOL: '13', wSOL: '1' },
      { SOL: '10', wSOL: '4' },
      {
        wrappedPairs: [{ native: 'SOL', wrapped: 'wSOL' }],
        activity: [activity('d', 'deposit', { wSOL: '3' })],
        recentVenueIds: new Set(['d']),
        bookTransactions: [bookedDeposit('d', { SOL: '3' })],
      },
      ['SOL+wSOL unique wrappedNativeMixed'],
    ],
    [
      'a deposit booked in the other shape need not be all that changed its shape',
      { SOL: '13', wSOL: '1' },
      { SOL: '8', wSOL: '6' },
      {
        wrappedPairs: [{ native: 'SOL', wrapped: 'wSOL' }],
        activity: [activity('d', 'deposit', { wSOL: '3' })],
        recentVenueIds: new Set(['d']),
        bookTransactions: [bookedDeposit('d', { SOL: '3' })],
      },
      ['SOL+wSOL ambiguous wrappedNativeMixed'],
    ],
    [
      'a deposit with its decimals shifted',
      { USDC: '600' },
      { USDC: '150' },
      {
        activity: [activity('d', 'deposit', { USDC: '50' })],
        recentVenueIds: new Set(['d']),
        bookTransactions: [bookedDeposit('d', { USDC: '500' })],
      },
      ['USDC unique decimalsShift'],
    ],
    [
      'a deposit that the venue lacks',
      { USDC: '150' },
      { USDC: '100' },
      {
        activityScope: { sinceMs: 0, assets: new Set(['USDC']) },
        bookTransactions: [bookedDeposit('d', { USDC: '50' })],
      },
      ['USDC unique activityNotAtVenue'],
    ],
    [
      'a deposit of an asset that was not asked for is not missing',
      { USDC: '150' },
      { USDC: '100' },
      {
        activityScope: { sinceMs: 0, assets: new Set(['BTC']) },
        bookTransactions: [bookedDeposit('d', { USDC: '50' })],
      },
      ['USDC none -'],
    ],
    [
      'a chain lists no fills: a swap that it lacks there proves nothing',
      { BTC: '0.001', USDC: '100' },
      { USDC: '160.36' },
      { bookTransactions: [booked(fillOf())], tradesAreActivity: true },
      ['BTC none -', 'USDC none -'],
    ],
    [
      'a transfer that has arrived, by its record',
      { SOL: '1' },
      { SOL: '5' },
      { transfersInTransit: [transfer], activity: [activity('d', 'deposit', { SOL: '4' })] },
      ['SOL unique transferInTransit'],
    ],
    [
      'a transfer that has arrived under another identity of its group',
      { USD: '1' },
      { USD: '5' },
      {
        transfersInTransit: [{ ...transfer, asset: 'USDC', sentAsset: 'USDC' }],
        activity: [activity('d', 'deposit', { USD: '4' })],
        groupOf: (asset: string) => (asset.startsWith('USD') ? 'CASH' : asset),
      },
      ['USD unique transferInTransit'],
    ],
    [
      'an arrival in another group is a deposit',
      { SOL: '1' },
      { SOL: '5' },
      {
        transfersInTransit: [{ ...transfer, asset: 'USDC', sentAsset: 'USDC' }],
        activity: [activity('d', 'deposit', { SOL: '4' })],
      },
      ['SOL unique deposit'],
    ],
    [
      'a transfer that has arrived without a record',
      { SOL: '1' },
      { SOL: '5' },
      { transfersInTransit: [transfer] },
      ['SOL unique transferInTransit'],
    ],
    [
      'a deposit before a transfer was sent is not that transfer, which may have arrived without a record',
      { SOL: '1' },
      { SOL: '5' },
      { transfersInTransit: [transfer], activity: [activity('d', 'deposit', { SOL: '4' }, 700_000)] },
      ['SOL ambiguous deposit'],
    ],
    [
      'funding that the book has as paid and the venue as owed',
      { USDC: '112.5' },
      { USDC: '100' },
      { accrued: [{ asset: 'USDC', amount: '12.5' }] },
      ['USDC unique fundingAccrued'],
    ],
    [
      'what is owed is in no balance: it explains none that is larger',
      { USDC: '100' },
      { USDC: '112.5' },
      { accrued: [{ asset: 'USDC', amount: '12.5' }] },
      ['USDC none -'],
    ],
    [
      'funding that the book has as owed and the venue has paid',
      { USDC: '100' },
      { USDC: '112.5' },
      { holdings: owed({ USDC: '100' }, '12.5') },
      ['USDC unique fundingAccrued'],
    ],
    [
      'a payment that is on record and not settled explains nothing',
      { USDC: '100' },
      { USDC: '101.5' },
      { activity: [{ ...activity('p', 'funding', { USDC: '1.5' }), isUnsettled: true }] },
      ['USDC none -'],
    ],
    [
      'a payment that was booked before it is settled is not one that the venue lacks, or has otherwise',
      { USDC: '101.5' },
      { USDC: '100' },
      {
        activity: [{ ...activity('p', 'funding', { USDC: '1.5' }), isUnsettled: true }],
        activityScope: { sinceMs: 0, assets: new Set(['USDC']) },
        bookTransactions: [bookedFunding('p', '1.5')],
        recentVenueIds: new Set(['p']),
        accrued: [{ asset: 'USDC', amount: '1.5' }],
      },
      ['USDC unique fundingAccrued'],
    ],
    ['a hold that differs', { USDC: '100' }, { USDC: '100/60' }, {}, ['USDC unique orderHold']],
    [
      'a record is listed before a hypothesis, and does not rule it out',
      { SOL: '1' },
      { SOL: '10' },
      { activity: [activity('d', 'deposit', { SOL: '9' })] },
      ['SOL ambiguous deposit'],
    ],
    [
      'one deposit does not rule out two others that fit together',
      { USDC: '100' },
      { USDC: '150' },
      {
        activity: [
          activity('a', 'deposit', { USDC: '50' }),
          activity('b', 'deposit', { USDC: '20' }),
          activity('c', 'reward', { USDC: '30' }),
        ],
      },
      ['USDC ambiguous deposit'],
    ],
    [
      'four causes at once, each for itself',
      { USDC: '1000', SOL: '10', ETH: '5' },
      { USDC: '939.64', BTC: '0.001', SOL: '12', ETH: '4' },
      {
        fills: [fillOf()],
        activity: [activity('d', 'deposit', { SOL: '2' }), activity('w', 'withdrawal', { ETH: '-1' })],
      },
      ['BTC+USDC unique missedFill', 'ETH unique withdrawal', 'SOL unique deposit'],
    ],
    [
      'an asset that nobody can explain does not spoil the others',
      { USDC: '1000', SOL: '10' },
      { USDC: '939.64', BTC: '0.001', SOL: '11' },
      { fills: [fillOf()] },
      ['BTC+USDC unique missedFill', 'SOL none -'],
    ],
    [
      'nor when an event would connect them',
      { USDC: '1000', SOL: '10' },
      { USDC: '939.64', BTC: '0.001', SOL: '11' },
      { fills: [fillOf()], activity: [activity('s', 'swap', { SOL: '0.7', USDC: '-100' })] },
      ['BTC+USDC unique missedFill', 'SOL none -'],
    ],
    [
      'dust of before does not spoil an explanation',
      { BTC: '0.00000001', ETH: '1' },
      { ETH: '2' },
      {
        activity: [
          activity('r', 'swap', { ETH: '1', BTC: '0.000001' }),
          activity('q', 'swap', { BTC: '-0.000001' }),
        ],
      },
      ['ETH unique swap'],
    ],
  ])('%s', (_, book, venue, more, expected) => {
    expect(said(book, venue, more)).toEqual(expected);
  });

  it('says that a difference which shares events was set aside', () => {
    const shared = { fills: [fillOf()], activity: [activity('s', 'swap', { SOL: '0.7', USDC: '-100' })] };
    const [found] = explain({ USDC: '1000', SOL: '10' }, { USDC: '939.64', BTC: '0.001', SOL: '11' }, shared);
    expect(found).toMatchObject({ verdict: 'unique', isPartial: true });
    const [whole] = explain({ USDC: '1000' }, { USDC: '939.64', BTC: '0.001' }, shared);
    expect(whole).toMatchObject({ verdict: 'unique', isPartial: false });
  });

  it('says that the limit was reached when it left candidates out', () => {
    const many = Array.from({ length: 65 }, (_, i) =>
      activity(`d${i}`, 'deposit', { USDC: String(1000 + i) }),
    );
    expect(said({ USDC: '100' }, { USDC: '150' }, { activity: many })).toEqual(['USDC limitReached -']);
  });

  it('gives all that is on record where that accounts for more than can be searched, and says so', () => {
    const many = Array.from({ length: 200 }, (_, i) =>
      fillOf({ id: `missed-${String(i).padStart(3, '0')}` }),
    );
    const venue = { USDC: '87928', BTC: '1.2' };
    const [found] = explain({ USDC: '100000', BTC: '1' }, venue, { fills: many });
    expect(found).toMatchObject({ verdict: 'limitReached', cause: 'missedFill', isPartial: false });
    expect(found?.events).toHaveLength(200);
    expect(said({ USDC: '100001', BTC: '1' }, venue, { fills: many })).toEqual(['BTC+USDC limitReached -']);
  });

  it('tells what is on record where that does not account for all, and calls it no explanation', () => {
    const material = { fills: [fillOf()], activity: [activity('d', 'deposit', { ETH: '3' })] };
    const book = { BTC: '1', USDC: '1000', ETH: '1' };
    const found = explain(book, { BTC: '1.001', USDC: '900', ETH: '1' }, material);
    expect(found).toMatchObject([{ assets: ['BTC', 'USDC'], verdict: 'none', events: [], alternatives: [] }]);
    expect(found.flatMap(({ leads }) => leads.map(({ evidence }) => evidence))).toEqual([['fill-1']]);
    const whole = explain(book, { BTC: '1.001', USDC: '939.64', ETH: '1' }, material);
    expect(whole).toMatchObject([{ verdict: 'unique', leads: [] }]);
  });

  it('explains what an order lacks by the fills of it that the book lacks, and leaves the booking to the totals', () => {
    const discrepancies = confirmedOf(
      {},
      {},
      {
        book: bookOf(
          {},
          {
            liveOrders: [
              {
                clientOrderId: 'client-1',
                venueOrderId: 'order-1',
                venue: VENUE,
                market: 'BTC-USDC',
                base: 'BTC',
                quote: 'USDC',
                side: 'buy',
                quantity: amount('0.001'),
                filledQuantity: ZERO,
                limitPrice: null,
                hold: null,
                status: 'accepted',
                submittedAtMs: 0,
              },
            ],
          },
        ),
      },
    );
    const [explanation] = explainDiscrepancies({
      venue: VENUE,
      discrepancies,
      differences: [],
      candidates: candidatesOf({}, {}, { fills: [fillOf()] }),
    });
    expect(explanation).toMatchObject({ verdict: 'unique', cause: 'missedFill', isInformational: true });
  });
});

describe('invariants of candidates', () => {
  const material: Material = {
    fills: [fillOf(), fillOf({ id: 'f2', fee: { asset: 'SOL', amount: amount('0.1') } })],
    activity: [activity('d', 'deposit', { SOL: '4' }), activity('s', 'swap', { SOL: '1', USDC: '-150' })],
    bookTransactions: [booked(fillOf({ id: 'f3' })), booked(fillOf({ id: 'f2', quantity: amount('3') }))],
    accrued: [{ asset: 'USDC', amount: '1.25' }],
    transfersInTransit: [transfer, { ...transfer, transferId: 't-2', amount: amount('7') }],
    wrappedPairs: [{ native: 'SOL', wrapped: 'wSOL' }],
  };
  const all = () =>
    candidatesOf(
      { SOL: '10', ETH: '100', XYZ: '5/2' },
      { SOL: '7', wSOL: '3', ETH: '10', XYZ: '5' },
      material,
    );

  it('1. What the book already has a transaction for is never a candidate again.', () => {
    const known = new Set(['fill-1', 'd']);
    const evidence = candidatesOf({}, {}, { ...material, recentVenueIds: known }).flatMap((c) =>
      c.cause === 'missedFill' || c.cause === 'deposit' ? c.evidence : [],
    );
    expect(evidence.filter((id) => known.has(id))).toEqual([]);
  });

  it("2. A candidate's movements change the book by exactly its deltas.", () => {
    expect(new Set(all().map(({ cause }) => cause)).size).toBeGreaterThanOrEqual(8);
    for (const candidate of all()) {
      const transaction = correctionTransaction({
        correctionId: 'c',
        part: 0,
        venue: VENUE,
        atMs: 0,
        venueId: null,
        movements: candidate.movement.movements,
      });
      const totals = candidate.deltas
        .filter(({ bucket }) => bucket === 'total')
        .map((d): [string, Amount] => [d.asset, d.amount]);
      expect([...effectOf(transaction, VENUE)].sort()).toEqual(totals.sort());
    }
  });

  it("3. The same inputs give the same candidates in the same order: the venue's records first, hypotheses last.", () => {
    const turned: Material = {
      ...material,
      fills: [...(material.fills ?? [])].reverse(),
      activity: [...(material.activity ?? [])].reverse(),
    };
    const again = candidatesOf(
      { SOL: '10', ETH: '100', XYZ: '5/2' },
      { SOL: '7', wSOL: '3', ETH: '10', XYZ: '5' },
      turned,
    );
    expect(again).toEqual(all());
    const ranks = all().map(({ evidenceKind }) =>
      ['venueRecord', 'venueAbsence', 'hypothesis'].indexOf(evidenceKind),
    );
    expect([...ranks].sort()).toEqual(ranks);
  });
});

describe('invariants of explanations', () => {
  const moved = fc
    .integer({ min: -400, max: 400 })
    .filter((n) => n !== 0)
    .map((n) => amount((n / 8).toString()));
  const asset = fc.constantFrom('BTC', 'ETH', 'SOL', 'USDC');
  const event = fc.uniqueArray(fc.tuple(asset, moved), {
    minLength: 1,
    maxLength: 2,
    selector: ([name]) => name,
  });
  const events = fc
    .array(event, { minLength: 1, maxLength: 10 })
    .map((list) =>
      list.map((deltas, index) =>
        activity(`e${index}`, deltas.length === 1 ? 'reward' : 'swap', Object.fromEntries(deltas)),
      ),
    );
  const base: Amounts = { BTC: '1000', ETH: '1000', SOL: '1000', USDC: '100000' };
  const truth = fc.tuple(events, fc.integer({ min: 1, max: 15 }), fc.boolean());

  /** The venue as some of the events left it, and sometimes something else besides. */
  function venueOf(list: readonly Activity[], mask: number, hasMore: boolean): Amounts {
    const totals = new Map(Object.entries(base).map(([name, text]) => [name, amount(text)]));
    for (const { deltas } of list.filter((_, index) => (mask >> index) & 1)) {
      for (const delta of deltas) totals.set(delta.asset, add(totals.get(delta.asset) ?? ZERO, delta.amount));
    }
    if (hasMore) totals.set('SOL', add(totals.get('SOL') ?? ZERO, amount('33.3333')));
    return Object.fromEntries(totals);
  }

  it('1. The events of an explanation sum to its differences to the last digit, or there is no explanation.', () =>
    fc.assert(
      fc.property(truth, ([list, mask, hasMore]) => {
        const venue = venueOf(list, mask, hasMore);
        const differences = new Map(compareOf(base, venue).differences.map((d) => [d.asset, d.delta]));
        for (const { verdict, alternatives, assets } of explain(base, venue, { activity: list })) {
          expect(alternatives.length > 0).toBe(verdict === 'unique' || verdict === 'ambiguous');
          for (const alternative of alternatives) {
            const left = new Map(differences);
            for (const { deltas } of alternative) {
              for (const delta of deltas)
                left.set(delta.asset, subtract(left.get(delta.asset) ?? ZERO, delta.amount));
            }
            expect(assets.map((name) => left.get(name))).toEqual(assets.map(() => ZERO));
          }
        }
      }),
      { numRuns: 60 },
    ));

  it('2. What cannot be explained does not spoil what is independent of it.', () =>
    fc.assert(
      fc.property(truth, ([list, mask]) => {
        const venue = venueOf(list, mask, false);
        const alone = explain(base, venue, { activity: list });
        const beside = explain({ ...base, XYZ: '1' }, { ...venue, XYZ: '2' }, { activity: list });
        expect(
          beside
            .filter(({ assets }) => !assets.includes('XYZ'))
            .map(({ verdict, cause }) => [verdict, cause]),
        ).toEqual(alone.map(({ verdict, cause }) => [verdict, cause]));
      }),
      { numRuns: 40 },
    ));

  it('3. Every minimal explanation that exists is found, or the verdict says that the search was ended.', () =>
    fc.assert(
      fc.property(truth, ([list, mask]) => {
        const explanations = explain(base, venueOf(list, mask, false), { activity: list });
        // The truth is a subset of the events, so that something always fits where a difference is material.
        const small = compareOf(base, venueOf(list, mask, false)).differences.some(
          ({ isMaterial }) => !isMaterial,
        );
        if (!small) expect(explanations.filter(({ verdict }) => verdict === 'none')).toEqual([]);
      }),
      { numRuns: 60 },
    ));

  it('4. The order in which candidates and discrepancies come does not matter.', () =>
    fc.assert(
      fc.property(truth, ([list, mask, hasMore]) => {
        const venue = venueOf(list, mask, hasMore);
        const input = {
          venue: VENUE,
          discrepancies: confirmedOf(base, venue),
          differences: compareOf(base, venue).differences,
          candidates: candidatesOf(base, venue, { activity: list }),
        };
        const turned = {
          ...input,
          discrepancies: [...input.discrepancies].reverse(),
          differences: [...input.differences].reverse(),
          candidates: [...input.candidates].reverse(),
        };
        expect(explainDiscrepancies(turned)).toEqual(explainDiscrepancies(input));
      }),
      { numRuns: 40 },
    ));

  it('A loss is explained as a surplus is, with the signs turned.', () => {
    const deposit = [activity('d', 'deposit', { USDC: '50' })];
    const withdrawal = [activity('d', 'withdrawal', { USDC: negate(amount('50')) })];
    expect(said({ USDC: '100' }, { USDC: '150' }, { activity: deposit })).toEqual(['USDC unique deposit']);
    expect(said({ USDC: '150' }, { USDC: '100' }, { activity: withdrawal })).toEqual([
      'USDC unique withdrawal',
    ]);
    expect(snapshotOf({}).state).toBe('known');
  });
});
