import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { correctionTransaction } from '../../../src/domain/book/correction-transaction.ts';
import { effectOf } from '../../../src/domain/book/transaction-effect.ts';
import { amount } from '../../../src/domain/money/amount.ts';
import { makeCandidate } from '../../../src/domain/reconciliation/candidate.ts';
import {
  type Correction,
  isSameCorrection,
  isStale,
  proposeCorrection,
} from '../../../src/domain/reconciliation/correction.ts';
import {
  DEFAULT_CORRECTION_POLICY,
  decideCorrection,
} from '../../../src/domain/reconciliation/correction-policy.ts';
import type { Discrepancy } from '../../../src/domain/reconciliation/discrepancy.ts';
import { type Explanation, explainDiscrepancies } from '../../../src/domain/reconciliation/explain.ts';
import { fillDeltas, fillMovement } from '../../../src/domain/reconciliation/fill-movement.ts';
import type { Fill } from '../../../src/domain/venue/venue.ts';
import {
  compareOf,
  confirmedOf,
  fillOf,
  priceOf,
  QUIET_MS,
  snapshotOf,
  VENUE,
} from '../../support/reconciliation-fixtures.ts';

const BOOK = { USDC: '100' };
const REAL = { USDC: '39.64', BTC: '0.001' };

const missed = (fill: Fill) =>
  makeCandidate({
    venue: VENUE,
    cause: 'missedFill',
    evidenceKind: 'venueRecord',
    description: 'a fill',
    evidence: [fill.id],
    deltas: fillDeltas(fill).map((delta) => ({ ...delta, bucket: 'total' })),
    atMs: fill.atMs,
    movement: fillMovement(fill, VENUE),
  });

interface Proposed {
  readonly correction: Correction;
  readonly discrepancies: readonly Discrepancy[];
  readonly explanation: Explanation;
}

function propose(
  more: {
    readonly versions?: ReadonlyMap<string, number>;
    readonly fills?: readonly Fill[];
    readonly price?: typeof priceOf;
  } = {},
): Proposed {
  const discrepancies = confirmedOf(BOOK, REAL);
  const [explanation] = explainDiscrepancies({
    venue: VENUE,
    discrepancies,
    differences: compareOf(BOOK, REAL).differences,
    candidates: (more.fills ?? [fillOf()]).map(missed),
  });
  if (explanation === undefined) throw new Error('two differences have an explanation');
  const correction = proposeCorrection({
    discrepancies,
    explanation,
    certificate: snapshotOf(REAL).certificate,
    bookVersions: more.versions ?? new Map([['USDC', 3]]),
    priceOf: more.price ?? priceOf,
  });
  if (correction === null) throw new Error('an explanation with events has a correction');
  return { correction, discrepancies, explanation };
}

describe('proposeCorrection', () => {
  it('has one part for each event, bound to the id of the venue, and counts the fill towards its order', () => {
    const { correction } = propose();
    expect(correction).toMatchObject({
      verdict: 'unique',
      cause: 'missedFill',
      bookVersions: [
        { asset: 'BTC', version: 0 },
        { asset: 'USDC', version: 3 },
      ],
      fills: [{ venueId: 'fill-1', clientOrderId: 'client-1', quantity: '0.001' }],
      valueUsd: '60.36',
      readsApartMs: QUIET_MS,
    });
    expect(correction.parts).toHaveLength(1);
    expect(correction.parts[0]).toMatchObject({
      correctionId: correction.id,
      part: 0,
      venueId: 'fill-1',
      atMs: 900_000,
    });
  });

  it('posts a separate leg for the fee, in its own asset', () => {
    const [part] = propose().correction.parts;
    expect(part?.movements.filter(({ from }) => from === 'fee')).toEqual([
      { venue: VENUE, bucket: 'available', asset: 'USDC', amount: '-0.36', from: 'fee' },
    ]);
  });

  it('is nothing where there are no events or another explanation books them', () => {
    const { discrepancies, explanation } = propose();
    const rest = {
      discrepancies,
      certificate: snapshotOf(REAL).certificate,
      bookVersions: new Map<string, number>(),
      priceOf,
    };
    expect(proposeCorrection({ ...rest, explanation: { ...explanation, alternatives: [] } })).toBeNull();
    expect(proposeCorrection({ ...rest, explanation: { ...explanation, isInformational: true } })).toBeNull();
  });

  it('is stale as soon as the book has moved under it', () => {
    const { correction } = propose();
    expect(isStale(correction, new Map([['USDC', 3]]))).toBe(false);
    expect(isStale(correction, new Map([['USDC', 4]]))).toBe(true);
    expect(
      isStale(
        correction,
        new Map([
          ['USDC', 3],
          ['BTC', 1],
        ]),
      ),
    ).toBe(true);
    expect(
      isStale(
        correction,
        new Map([
          ['USDC', 3],
          ['ETH', 9],
        ]),
      ),
    ).toBe(false);
  });

  it('is the same when it is derived again on a book that moved elsewhere, and another with other events', () => {
    const { correction } = propose();
    expect(isSameCorrection(correction, propose({ versions: new Map([['USDC', 4]]) }).correction)).toBe(true);
    expect(isSameCorrection(correction, propose({ fills: [fillOf({ id: 'fill-2' })] }).correction)).toBe(
      false,
    );
  });
});

describe('decideCorrection', () => {
  const auto = { ...DEFAULT_CORRECTION_POLICY, mode: 'auto' as const, valueMaxUsd: amount('100') };
  const context = {
    navUsd: amount('1000000'),
    quietWindowMs: QUIET_MS,
    sources: 1,
    appliedToday: new Map<string, number>(),
    reversedEvidence: new Set<string>(),
    assetsAwaitingOutcome: new Set<string>(),
  };
  const proven = propose().correction;

  it.each<
    [
      string,
      Partial<Correction>,
      Partial<typeof auto> | { mode: 'observe' | 'propose' },
      Partial<typeof context> | { navUsd: null },
      string,
    ]
  >([
    ['everything holds', {}, {}, {}, 'apply'],
    ['the policy is to observe', {}, { mode: 'observe' }, {}, 'observe'],
    ['the policy is to propose', {}, { mode: 'propose' }, {}, 'propose'],
    ['several explanations fit', { verdict: 'ambiguous' }, {}, {}, 'propose'],
    ['the search hit its limit', { verdict: 'limitReached' }, {}, {}, 'propose'],
    ['only the figures speak for it', { hasHypothesis: true }, {}, {}, 'propose'],
    ['a difference that shares events was set aside', { isPartial: true }, {}, {}, 'propose'],
    ['the difference oscillates', { isOscillating: true }, {}, {}, 'propose'],
    ['the two reads are too close', { readsApartMs: QUIET_MS - 1 }, {}, {}, 'propose'],
    [
      'an order of unknown outcome may move the asset',
      {},
      {},
      { assetsAwaitingOutcome: new Set(['BTC']) },
      'propose',
    ],
    [
      'such an order on another asset does not matter',
      {},
      {},
      { assetsAwaitingOutcome: new Set(['ETH']) },
      'apply',
    ],
    [
      'a person has reversed a correction for the same fill',
      {},
      {},
      { reversedEvidence: new Set([fillOf().id]) },
      'propose',
    ],
    [
      'the asset was corrected three times today',
      {},
      {},
      { appliedToday: new Map([['USDC', 3]]) },
      'propose',
    ],
    ['an asset has no price', { valueUsd: null }, {}, {}, 'propose'],
    ['the value of the portfolio is unknown', {}, {}, { navUsd: null }, 'propose'],
    ['it moves more than the cap', {}, { valueMaxUsd: amount('50') }, {}, 'propose'],
    [
      'it moves more than a tenth of a percent of the portfolio',
      {},
      {},
      { navUsd: amount('60359') },
      'propose',
    ],
    ['it moves exactly the cap', {}, { valueMaxUsd: amount('60.36') }, { navUsd: amount('60360') }, 'apply'],
  ])('%s', (_, correction, policy, more, expected) => {
    const decided = decideCorrection(
      { ...proven, ...correction },
      { ...auto, ...policy },
      { ...context, ...more },
    );
    expect(decided.decision).toBe(expected);
    expect(decided.reason).not.toBe('');
  });
});

describe('invariants of corrections', () => {
  const anyFill = fc
    .record({
      base: fc.integer({ min: 1, max: 10 ** 6 }),
      quote: fc.integer({ min: 11, max: 10 ** 6 }),
      fee: fc.integer({ min: 0, max: 10 ** 3 }),
      side: fc.constantFrom('buy' as const, 'sell' as const),
      feeAsset: fc.constantFrom('ETH', 'USDC', 'SOL'),
    })
    .map(({ base, quote, fee, side, feeAsset }) =>
      fillOf({
        base: 'ETH',
        side,
        quantity: amount(String(base)),
        quoteAmount: amount(String(quote)),
        fee: { asset: feeAsset, amount: amount(String(fee)) },
      }),
    );

  it('1. A correction changes the book by exactly the differences it is for.', () =>
    fc.assert(
      fc.property(anyFill, (fill) => {
        const transaction = correctionTransaction({
          correctionId: 'c',
          part: 0,
          venue: VENUE,
          atMs: fill.atMs,
          venueId: fill.id,
          movements: fillMovement(fill, VENUE).movements,
        });
        expect([...effectOf(transaction, VENUE)].sort()).toEqual(
          fillDeltas(fill)
            .map((d) => [d.asset, d.amount])
            .sort(),
        );
      }),
    ));

  it('2. The same input gives the same id: a restart cannot apply it twice.', () => {
    expect(propose().correction).toEqual(propose().correction);
    const eventIds = [propose(), propose()].map(({ correction: { parts } }) =>
      parts.map((part) => correctionTransaction(part).eventId),
    );
    expect(eventIds[0]).toEqual(eventIds[1]);
  });

  it('3. Whatever the evidence, the explanation, a version or a posting says otherwise changes the evidence hash.', () => {
    const { discrepancies, explanation } = propose();
    const input = {
      discrepancies,
      explanation,
      certificate: snapshotOf(REAL).certificate,
      bookVersions: new Map([['USDC', 3]]),
      priceOf,
    };
    const event = missed(fillOf({ price: amount('59999') }));
    const otherFee = missed(fillOf({ fee: { asset: 'USDC', amount: amount('0.37') } }));
    const [page] = input.certificate.pages;
    const hashes = [
      input,
      { ...input, bookVersions: new Map([['USDC', 4]]) },
      {
        ...input,
        certificate: { ...input.certificate, pages: page ? [{ ...page, sha256: 'cd'.repeat(32) }] : [] },
      },
      { ...input, certificate: { ...input.certificate, scope: 'portfolio-2' } },
      { ...input, explanation: { ...explanation, id: 'other' } },
      { ...input, explanation: { ...explanation, verdict: 'ambiguous' as const } },
      { ...input, explanation: { ...explanation, alternatives: [[otherFee]] } },
      { ...input, discrepancies: discrepancies.map((d) => ({ ...d, bookAmount: amount('7') })) },
    ].map((variant) => proposeCorrection(variant)?.evidenceHash);
    expect(new Set(hashes).size).toBe(hashes.length);
    // The price is not posted, so that it is not part of the evidence: only the amounts that moved are.
    expect(
      proposeCorrection({ ...input, explanation: { ...explanation, alternatives: [[event]] } })?.evidenceHash,
    ).toBe(hashes[0]);
  });

  const flags = fc.record({
    verdict: fc.constantFrom('unique' as const, 'ambiguous' as const, 'limitReached' as const),
    hasHypothesis: fc.boolean(),
    isPartial: fc.boolean(),
    isOscillating: fc.boolean(),
    readsApartMs: fc.constantFrom(0, QUIET_MS),
    valueUsd: fc.constantFrom(amount('49'), amount('51'), null),
  });
  const contexts = fc.record({
    navUsd: fc.constantFrom(amount('1000000'), amount('100'), null),
    quietWindowMs: fc.constant(QUIET_MS),
    sources: fc.constant(1),
    appliedToday: fc.constantFrom(new Map<string, number>(), new Map([['BTC', 3]])),
    reversedEvidence: fc.constantFrom(new Set<string>(), new Set([fillOf().id]), new Set(['another'])),
    assetsAwaitingOutcome: fc.constantFrom(new Set<string>(), new Set(['USDC'])),
  });

  it('1. Nothing is applied by itself unless every condition of the policy holds.', () =>
    fc.assert(
      fc.property(flags, contexts, (facts, context) => {
        const correction = { ...propose().correction, ...facts };
        const allHold =
          facts.verdict === 'unique' &&
          !facts.hasHypothesis &&
          !facts.isPartial &&
          !facts.isOscillating &&
          facts.readsApartMs >= QUIET_MS &&
          facts.valueUsd === '49' &&
          context.navUsd === '1000000' &&
          context.appliedToday.size === 0 &&
          !context.reversedEvidence.has(fillOf().id) &&
          context.assetsAwaitingOutcome.size === 0;
        const { decision } = decideCorrection(
          correction,
          { ...DEFAULT_CORRECTION_POLICY, mode: 'auto' },
          context,
        );
        expect(decision).toBe(allHold ? 'apply' : 'propose');
      }),
    ));

  it('2. Widening a cap never turns an application into a proposal.', () =>
    fc.assert(
      fc.property(flags, contexts, fc.integer({ min: 0, max: 100 }), (facts, context, more) => {
        const correction = { ...propose().correction, ...facts };
        const narrow = { ...DEFAULT_CORRECTION_POLICY, mode: 'auto' as const };
        const wide = { ...narrow, valueMaxUsd: amount(String(50 + more)), perAssetAndDayMax: 3 + more };
        if (decideCorrection(correction, narrow, context).decision !== 'apply') return;
        expect(decideCorrection(correction, wide, context).decision).toBe('apply');
      }),
    ));
});
