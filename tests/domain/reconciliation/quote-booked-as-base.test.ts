import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Posting } from '../../../src/domain/book/transaction.ts';
import { type Amount, amount, fromAtoms, multiply, ZERO } from '../../../src/domain/money/amount.ts';
import type { Candidate } from '../../../src/domain/reconciliation/candidate.ts';
import type { CandidateInput } from '../../../src/domain/reconciliation/candidates.ts';
import type { Fill, Side } from '../../../src/domain/venue/venue.ts';
import { filled } from '../../support/book-harness.ts';
import { fillOf } from '../../support/reconciliation-fixtures.ts';
import { HAPPENED_AT_MS, type Looked, VenueBesideBook } from '../../support/venue-beside-book.ts';

interface Logged {
  readonly quantity: Amount;
  /** Null where the bot works it out as quantity times price. */
  readonly quoteAmount: Amount | null;
}

const executed = (id: string, quantity: string, price: string, side: Side = 'buy'): Fill =>
  fillOf({
    id,
    orderId: `order-${id}`,
    clientOrderId: `client-${id}`,
    market: 'ETH-USD',
    base: 'ETH',
    quote: 'USD',
    side,
    quantity: amount(quantity),
    price: amount(price),
    quoteAmount: multiply(amount(quantity), amount(price)),
    fee: { asset: 'USD', amount: amount('0.03') },
    atMs: HAPPENED_AT_MS,
  });

const inQuote = ({ quoteAmount }: Fill): Logged => ({ quantity: quoteAmount, quoteAmount: null });

/** A venue that filled beside a book in which the bot logged each fill as it says. */
function beside(...pairs: readonly (readonly [Fill, Logged])[]): VenueBesideBook {
  const compared = new VenueBesideBook();
  compared.hold('USD', '1000000');
  compared.hold('ETH', '1000');
  compared.open();
  for (const [fill, logged] of pairs) {
    const { id, orderId: _orderId, clientOrderId, ...facts } = fill;
    const named = { eventId: id, fillId: id, clientOrderId: clientOrderId ?? '' };
    expect(compared.hear(filled({ ...facts, ...named, ...logged }))).toMatchObject([
      { kind: 'postedAsExternal' },
    ]);
    compared.fill(fill);
  }
  return compared;
}

const said = ({ explanations }: Looked) =>
  explanations.map(({ assets, verdict, cause }) => `${assets.join('+')} ${verdict} ${cause ?? '-'}`);

describe('a fill that is booked with its quote amount as its base quantity', () => {
  const fill = executed('f', '0.004', '2500');

  it.each<[string, Fill, Logged, string]>([
    ['and quantity times price as paid', fill, inQuote(fill), 'ETH+USD unique quoteBookedAsBase'],
    [
      'and what was paid',
      fill,
      { quantity: amount('10'), quoteAmount: amount('10') },
      'ETH unique quoteBookedAsBase',
    ],
    [
      'of a sell',
      executed('f', '0.004', '2500', 'sell'),
      { quantity: amount('10'), quoteAmount: null },
      'ETH+USD unique quoteBookedAsBase',
    ],
    [
      "within the venue's rounding",
      fill,
      { quantity: amount('9.999999'), quoteAmount: null },
      'ETH+USD unique quoteBookedAsBase',
    ],
    [
      'at a price that is a power of ten',
      executed('f', '0.004', '1000'),
      { quantity: amount('4'), quoteAmount: null },
      'ETH+USD unique quoteBookedAsBase',
    ],
  ])('is named: %s', (_, one, logged, expected) => {
    expect(said(beside([one, logged]).look())).toEqual([expected]);
  });

  it.each<[string, Fill, Logged, string]>([
    [
      'another quantity',
      fill,
      { quantity: amount('9.99'), quoteAmount: null },
      'ETH+USD unique fillBookedWrongly',
    ],
    [
      'its own quantity and another amount paid',
      fill,
      { quantity: amount('0.004'), quoteAmount: amount('111') },
      'USD unique fillBookedWrongly',
    ],
    [
      'a quantity that is the amount paid, as its price is one',
      executed('f', '10', '1'),
      { quantity: amount('10'), quoteAmount: amount('111') },
      'USD unique fillBookedWrongly',
    ],
    [
      'its decimal point elsewhere',
      fill,
      { quantity: amount('4'), quoteAmount: amount('10') },
      'ETH unique decimalsShift',
    ],
  ])('is told from one with %s', (_, one, logged, expected) => {
    expect(said(beside([one, logged]).look())).toEqual([expected]);
  });

  it('is said in one sentence, and corrected by what the venue filled', () => {
    const compared = beside([fill, inQuote(fill)]);
    const looked = compared.look();
    expect(looked.corrections.flatMap(({ descriptions }) => descriptions)).toEqual([
      'The book has the quote amount 10 USD as the base quantity of fill f; the venue filled 0.004 ETH.',
    ]);
    expect(looked.corrections[0]?.hasHypothesis).toBe(false);
    compared.correct(looked);
    expect([compared.held('ETH'), compared.held('USD')]).toEqual(['1000.004', '999989.97']);
    expect(compared.look().comparison.differences).toEqual([]);
  });
});

describe('that fills were booked so is supposed where no record covers them', () => {
  /** The venue lists fills from later on only. */
  function withoutRecord(...pairs: readonly (readonly [Fill, Logged])[]): VenueBesideBook {
    const compared = beside(...pairs);
    compared.fills = [];
    compared.fillsSinceMs = HAPPENED_AT_MS + 1;
    return compared;
  }
  const one = executed('a', '0.004', '2500');
  const two = executed('b', '0.002', '2600', 'sell');

  it('says what a fill comes to at its own price, and that only the figures speak for it', () => {
    const compared = withoutRecord([one, inQuote(one)]);
    const looked = compared.look();
    expect(said(looked)).toEqual(['ETH+USD unique quoteBookedAsBase']);
    expect(looked.corrections).toMatchObject([
      {
        hasHypothesis: true,
        descriptions: [
          'The book may have the quote amount 10 USD as the base quantity of fill a: at its price of 2500 that is 0.004 ETH.',
        ],
      },
    ]);
    compared.correct(looked);
    expect(compared.look().comparison.differences).toEqual([]);
  });

  it('supposes it of several at once where they make up the difference together', () => {
    const looked = withoutRecord([one, inQuote(one)], [two, inQuote(two)]).look();
    expect(said(looked)).toEqual(['ETH+USD unique quoteBookedAsBase']);
    expect(looked.explanations[0]?.events).toHaveLength(2);
  });

  it('supposes it of the one that fits alone, beside others that are right', () => {
    const right = { quantity: two.quantity, quoteAmount: null };
    const compared = withoutRecord([one, inQuote(one)], [two, right]);
    expect(said(compared.look())).toEqual(['ETH+USD unique quoteBookedAsBase']);
    const [wrong] = compared.harness.transactions.filter(({ venueIds }) => venueIds.includes(one.id));
    expect(supposed(compared).map(({ evidence }) => evidence)).toEqual([[wrong?.id]]);
  });

  it('fits whatever quantity and price the fill had', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000_000 }),
        fc.integer({ min: 1, max: 100_000_000 }),
        fc.constantFrom<Side>('buy', 'sell'),
        (atoms, ticks, side) => {
          const price = fromAtoms(BigInt(ticks), 4);
          const fill = executed('f', fromAtoms(BigInt(atoms), 8), price, side);
          fc.pre(price !== '1');
          const compared = withoutRecord([fill, inQuote(fill)]);
          compared.tolerances = { ...compared.tolerances, relative: ZERO, valueUsd: ZERO, dustUsd: ZERO };
          expect(said(compared.look())).toContain('ETH+USD unique quoteBookedAsBase');
        },
      ),
      { numRuns: 60 },
    ));

  it.each<[string, (input: CandidateInput) => Partial<CandidateInput>]>([
    [
      'the difference is another',
      ({ differences }) => ({ differences: differences.map((each) => ({ ...each, delta: amount('-1') })) }),
    ],
    [
      'only what is held behind orders differs',
      ({ differences }) => ({ differences: differences.map((each) => ({ ...each, bucket: 'hold' })) }),
    ],
    ['the venue has the fill on record', () => ({ fills: [one] })],
    ['the venue has it on record among its activity', () => ({ activity: [{ ...deposit, id: one.id }] })],
    ["the venue's complete record lacks the fill", () => ({ fillsSinceMs: null })],
    ['the fill is contained in the opening', () => ({ openedAtMs: HAPPENED_AT_MS })],
    ['the fill happened after the venue was read', () => ({ observedAtMs: HAPPENED_AT_MS - 1 })],
    [
      'a correction has set it right',
      ({ bookTransactions }) => ({ correctedTransactionIds: new Set(bookTransactions.map(({ id }) => id)) }),
    ],
    [
      'it stands for what a correction found',
      ({ bookTransactions }) => ({
        bookTransactions: bookTransactions.map((each) => ({ ...each, cause: 'correction' })),
      }),
    ],
    ['nothing was paid for it', traded((postings) => postings.filter(({ asset }) => asset === 'ETH'))],
    ['next to nothing was paid for it', traded((postings) => postings.map(inCrumbs))],
    [
      'it moved a third asset',
      traded((postings) => [...postings, { external: 'trade', asset: 'SOL', amount: amount('1') }]),
    ],
  ])('is not supposed where %s', (_, otherwise) => {
    const compared = withoutRecord([one, inQuote(one)]);
    expect(supposed(compared)).toHaveLength(1);
    expect(supposed(compared, otherwise)).toEqual([]);
  });
});

/** The same transactions with other postings. */
function traded(change: (postings: readonly Posting[]) => readonly Posting[]) {
  return ({ bookTransactions }: CandidateInput): Partial<CandidateInput> => ({
    bookTransactions: bookTransactions.map((each) => ({ ...each, postings: change(each.postings) })),
  });
}

function inCrumbs(posting: Posting): Posting {
  return posting.asset === 'USD' ? { ...posting, amount: amount('0.0000000000000000001') } : posting;
}

const deposit = { kind: 'deposit', deltas: [], atMs: HAPPENED_AT_MS } as const;

/** The suppositions of this kind about what the venue and the book show. */
const supposed = (
  compared: VenueBesideBook,
  otherwise?: (input: CandidateInput) => Partial<CandidateInput>,
): readonly Candidate[] =>
  compared
    .candidates(otherwise)
    .filter(({ cause, evidenceKind }) => cause === 'quoteBookedAsBase' && evidenceKind === 'hypothesis');
