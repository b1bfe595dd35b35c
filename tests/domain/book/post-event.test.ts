import { describe, expect, it, test } from '@jest/globals';
import type { BookEvent } from '../../../src/domain/book/book-event.ts';
import { outcomeOf } from '../../../src/domain/book/post-event.ts';
import {
  a,
  accepted,
  BookHarness,
  cancelled,
  deposited,
  filled,
  NOW_MS,
  received,
  sent,
  submitted,
} from '../../support/book-harness.ts';

function heard(...events: readonly BookEvent[]): BookHarness {
  const harness = new BookHarness();
  for (const event of events) {
    expect(['posted', 'postedAsExternal']).toContain(harness.hear(event).kind);
  }
  return harness;
}

describe('what a message moves', () => {
  it.each<[string, readonly BookEvent[], Record<string, string>]>([
    ['a deposit', [deposited()], { 'coinbase USD available': '1000' }],
    ['a submission, nothing', [submitted()], {}],
    [
      'an acceptance, what the venue holds',
      [submitted(), accepted()],
      { 'coinbase USD available': '-202', 'coinbase USD hold': '202' },
    ],
    ['an acceptance without a hold, nothing', [submitted(), accepted({ hold: null })], {}],
    [
      'a fill, base, quote and fee, and its share of the hold',
      [submitted(), accepted(), filled()],
      { 'coinbase BTC available': '0.5', 'coinbase USD available': '-201.5', 'coinbase USD hold': '151.5' },
    ],
    [
      'the last fill, all that was held',
      [submitted(), accepted(), filled({ quantity: a('2'), quoteAmount: a('197.77') })],
      { 'coinbase BTC available': '2', 'coinbase USD available': '-198.27' },
    ],
    [
      'a cancellation, all that is held',
      [submitted(), accepted(), filled(), cancelled()],
      { 'coinbase BTC available': '0.5', 'coinbase USD available': '-50' },
    ],
    [
      'a sell with its fee in a third asset',
      [filled({ side: 'sell', fee: { asset: 'BNB', amount: a('0.01') } })],
      {
        'coinbase BNB available': '-0.01',
        'coinbase BTC available': '-0.5',
        'coinbase USD available': '49.5',
      },
    ],
    [
      'a fill with its fee in base and a rebate',
      [filled({ fee: { asset: 'BTC', amount: a('-0.001') } })],
      { 'coinbase BTC available': '0.501', 'coinbase USD available': '-49.5' },
    ],
    [
      'a short of a perpetual, a negative amount of the contract',
      [
        filled({
          venue: 'dydx',
          market: 'BTC-USD',
          base: 'perpetual:BTC-USD',
          quote: 'USDC',
          side: 'sell',
          fee: { asset: 'USDC', amount: a('0.1') },
        }),
      ],
      { 'dydx USDC available': '49.4', 'dydx perpetual:BTC-USD available': '-0.5' },
    ],
    [
      'a withdrawal and what it cost',
      [
        {
          type: 'portfolio.withdrawalReported',
          eventId: 'w',
          venue: 'solana',
          atMs: NOW_MS,
          asset: 'USDC',
          amount: a('5'),
          fee: { asset: 'SOL', amount: a('0.00001') },
          activityId: null,
        },
      ],
      { 'solana SOL available': '-0.00001', 'solana USDC available': '-5' },
    ],
    [
      'funding that is paid',
      [
        {
          type: 'portfolio.fundingReported',
          eventId: 'f',
          venue: 'dydx',
          atMs: NOW_MS,
          market: 'BTC-USD',
          asset: 'USDC',
          amount: a('-0.25'),
          activityId: null,
        },
      ],
      { 'dydx USDC available': '-0.25' },
    ],
    [
      'a transfer that left and has not arrived',
      [sent({ fee: { asset: 'USDC', amount: a('1') } })],
      { 'coinbase USDC available': '-101', 'coinbase USDC inTransit': '100' },
    ],
    [
      'a transfer that arrived under another identity; what was lost on the way stays in transit',
      [sent(), received()],
      {
        'coinbase USDC available': '-100',
        'coinbase USDC inTransit': '1',
        'solana EPjFWdd5 available': '99',
      },
    ],
  ])('%s', (_, events, balances) => {
    expect(heard(...events).balances()).toEqual(balances);
  });
});

describe('what is refused', () => {
  const none: readonly BookEvent[] = [];
  it.each<[string, readonly BookEvent[], BookEvent, string, string, string]>([
    ['an unknown venue', none, deposited({ venue: 'kraken' }), 'venue', 'a configured venue', 'kraken'],
    ['an unknown receiver', none, sent({ toVenue: 'kraken' }), 'toVenue', 'a configured venue', 'kraken'],
    [
      'a transfer to itself',
      none,
      sent({ toVenue: 'coinbase' }),
      'toVenue',
      'a venue other than coinbase',
      'coinbase',
    ],
    [
      'a time in the future',
      none,
      deposited({ atMs: NOW_MS + 2_001 }),
      'atMs',
      `at most ${NOW_MS + 2_000}, which is now and 2000 ms`,
      `${NOW_MS + 2_001}`,
    ],
    [
      'a time that is none',
      none,
      deposited({ atMs: Number.NaN }),
      'atMs',
      'whole milliseconds since 1970',
      'NaN',
    ],
    ['a deposit of nothing', none, deposited({ amount: a('0') }), 'amount', 'more than 0', '0'],
    ['a negative quantity', none, filled({ quantity: a('-1') }), 'quantity', 'more than 0', '-1'],
    [
      'a negative hold',
      none,
      accepted({ hold: { asset: 'USD', amount: a('-1') } }),
      'hold.amount',
      'not less than 0',
      '-1',
    ],
    [
      'a fill above the quantity',
      [submitted(), filled()],
      filled({ eventId: 'f2', fillId: 'fill-2', quantity: a('1.6') }),
      'quantity',
      'at most 1.5, which is left of 2',
      '1.6',
    ],
    [
      'a submission below what is filled',
      [filled()],
      submitted({ quantity: a('0.4') }),
      'quantity',
      'at least 0.5, which is already filled',
      '0.4',
    ],
    [
      'a fill of the other side',
      [submitted()],
      filled({ side: 'sell' }),
      'side',
      'buy, as known of order-1',
      'sell',
    ],
    [
      'a submission of another market',
      [filled()],
      submitted({ market: 'BTC-EUR' }),
      'market',
      'BTC-USD, as known of order-1',
      'BTC-EUR',
    ],
    [
      'another quantity of the same order',
      [submitted()],
      submitted({ eventId: 's2', quantity: a('3') }),
      'quantity',
      '2, as order-1 was submitted with',
      '3',
    ],
    [
      'another id of the same order',
      [accepted()],
      accepted({ eventId: 'a2', venueOrderId: 'other' }),
      'venueOrderId',
      'venue-order-1, as order-1 was accepted with',
      'other',
    ],
    [
      'more arriving than was sent',
      [sent()],
      received({ amount: a('101') }),
      'amount',
      'at most 100, which was sent',
      '101',
    ],
    [
      'less sent than has arrived',
      [received()],
      sent({ amount: a('98') }),
      'amount',
      'at least 99, which has arrived',
      '98',
    ],
    ['an arrival from elsewhere', [sent()], received({ fromVenue: 'dydx' }), 'fromVenue', 'coinbase', 'dydx'],
    [
      'an order without an id',
      none,
      cancelled({ clientOrderId: '' }),
      'clientOrderId',
      'an id',
      'empty text',
    ],
  ])('%s, with place, expected and found', (_, before, event, place, expected, found) => {
    const harness = heard(...before);
    const balances = harness.balances();
    expect(harness.hear(event)).toEqual({ kind: 'rejected', place, expected, found });
    expect(harness.balances()).toEqual(balances);
  });

  it('an asset that the venue cannot hold', () => {
    const harness = new BookHarness({ canHold: (_, asset) => asset === 'BTC' || asset === 'USD' });
    const decision = harness.hear(filled({ fee: { asset: 'BNB', amount: a('1') } }));
    expect(decision).toMatchObject({ kind: 'rejected', place: 'fee.asset', found: 'BNB' });
  });

  it('a time at the bound is accepted', () => {
    heard(deposited({ atMs: NOW_MS + 2_000 }));
  });
});

describe('what is said again', () => {
  it('posts nothing for the same id with the same content', () => {
    const harness = heard(deposited());
    expect(harness.hear(deposited()).kind).toBe('duplicate');
    expect(harness.balances()).toEqual({ 'coinbase USD available': '1000' });
  });

  it('is a conflict under the same id with other content', () => {
    const harness = heard(deposited());
    expect(harness.hear(deposited({ amount: a('1001') }))).toMatchObject({
      kind: 'conflict',
      place: 'eventId',
    });
    expect(harness.balances()).toEqual({ 'coinbase USD available': '1000' });
  });

  it.each<[string, readonly BookEvent[], BookEvent]>([
    ['a fill', [submitted(), accepted(), filled()], filled({ eventId: 'again' })],
    [
      'a fill that filled its order',
      [submitted(), filled({ quantity: a('2') })],
      filled({ eventId: 'again', quantity: a('2') }),
    ],
    ['a deposit', [deposited()], deposited({ eventId: 'again' })],
    ['a submission', [submitted()], submitted({ eventId: 'again', atMs: NOW_MS })],
    ['an acceptance', [accepted()], accepted({ eventId: 'again' })],
    ['a cancellation', [cancelled()], cancelled({ eventId: 'again' })],
    ['a departure, after the arrival', [sent(), received()], sent({ eventId: 'again' })],
    ['an arrival, before the departure', [received(), sent()], received({ eventId: 'again' })],
  ])('records %s once, however many messages report it', (_, before, again) => {
    const harness = heard(...before);
    const balances = harness.balances();
    expect(harness.hear(again).kind).toBe('duplicate');
    expect(harness.balances()).toEqual(balances);
  });

  it('is a conflict when one fill id has two contents', () => {
    const harness = heard(submitted(), filled());
    const decision = harness.hear(filled({ eventId: 'again', quantity: a('0.6') }));
    expect(decision).toMatchObject({
      kind: 'conflict',
      place: 'venueId',
      expected: 'what filled says of fill-1',
    });
  });
});

describe('orders that the book does not know', () => {
  it('posts their fills as external, until the submission claims them', () => {
    const harness = new BookHarness();
    const external = harness.hear(filled());
    expect(external.kind).toBe('postedAsExternal');
    expect(outcomeOf(filled(), external, 7)).toEqual({
      status: 'postedAsExternal',
      eventId: 'filled',
      bookVersion: 7,
      reason: 'the book does not know the order order-1 of fill-1',
    });
    expect(harness.hear(submitted())).toMatchObject({ kind: 'posted', claimsFills: true });
  });

  it('claims nothing when the submission came first', () => {
    expect(new BookHarness().hear(submitted())).toMatchObject({ claimsFills: false });
  });
});

describe('venues that are not opened', () => {
  it("are opened by the bot's own first deposit and by nothing else", () => {
    const harness = new BookHarness();
    expect(harness.hear(filled())).toMatchObject({ opensVenue: false });
    expect(harness.hear(deposited())).toMatchObject({ opensVenue: true });
    harness.opening = { state: 'fromMessages', atMs: NOW_MS };
    expect(harness.hear(deposited({ eventId: 'd2', activityId: 'd2' }))).toMatchObject({ opensVenue: false });
  });

  it('once opened from a snapshot, contain what was before it', () => {
    const harness = new BookHarness();
    harness.opening = { state: 'fromSnapshot', atMs: NOW_MS - 500 };
    expect(harness.hear(filled())).toMatchObject({ kind: 'rejected', place: 'atMs' });
    expect(harness.hear(filled({ atMs: NOW_MS - 499 })).kind).toBe('postedAsExternal');
  });

  it('hear of orders from before their opening, whose holds the opening has', () => {
    const harness = new BookHarness();
    harness.opening = { state: 'fromSnapshot', atMs: NOW_MS - 500 };
    expect(harness.hear(submitted()).kind).toBe('posted');
    expect(harness.hear(accepted())).toMatchObject({ kind: 'posted', transactions: [] });
  });
});

test('a venue that holds nothing for orders gets no hold, whatever a message says', () => {
  const harness = new BookHarness({ venueUsesHolds: false });
  harness.hear(submitted());
  harness.hear(accepted());
  expect(harness.balances()).toEqual({});
});

test('a decision depends on nothing but the message and its context', () => {
  expect(new BookHarness().decide(filled())).toEqual(new BookHarness().decide(filled()));
});
