import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { amount } from '../../../src/domain/money/amount.ts';
import {
  confirmMapping,
  type InferredTokens,
  inferTokens,
  isTradedLive,
  needsConfirmation,
  type TokenKnowledge,
} from '../../../src/domain/strategies/infer-tokens.ts';
import { wordsOfName } from '../../../src/domain/strategies/words-of-name.ts';

const SEED = 20_240_707;
const NOW_MS = 1_720_000_000_000;
const DAY_MS = 86_400_000;
const SOL_MINT = 'So11111111111111111111111111111111111111112';
const SYMBOLS = { BTC: 'BTC', ETH: 'ETH', SOL: SOL_MINT, LINK: 'LINK' };
const NOTHING: TokenKnowledge = { strategy: 'momentum', configured: null, registered: [], fills: [] };

const infer = (known: Partial<TokenKnowledge>) =>
  inferTokens({ ...NOTHING, ...known }, { symbols: SYMBOLS, nowMs: NOW_MS });
const mappingsOf = (inferred: InferredTokens) => {
  if (inferred.state === 'refused') throw new Error(JSON.stringify(inferred.problem));
  return inferred.mappings;
};
const named = (inferred: InferredTokens) =>
  mappingsOf(inferred).map(({ asset, source, confidence }) => [asset, source, confidence]);
const fill = (asset: string, value: string, ageMs = DAY_MS) => ({
  asset,
  value: amount(value),
  filledAtMs: NOW_MS - ageMs,
});

describe('the words of a name', () => {
  it.each([
    ['btcBreakout_v2', ['btc', 'Breakout', 'v2']],
    ['BTCBreakout', ['BTC', 'Breakout']],
    ['eth-btc pairs', ['eth', 'btc', 'pairs']],
    ['solid_linked', ['solid', 'linked']],
    ['SOL', ['SOL']],
    ['__', []],
  ])('of %s', (name, words) => {
    expect(wordsOfName(name)).toEqual(words);
  });
});

describe('the assets of a strategy', () => {
  it.each<[string, Partial<TokenKnowledge>, unknown[]]>([
    ['are those configured', { configured: ['BTC'], registered: ['ETH'] }, [['BTC', 'configuration', 1]]],
    ['are none where none is configured on purpose', { strategy: 'btc', configured: [] }, []],
    [
      'are those of the registry',
      { strategy: 'btc', registered: ['LINK', 'ETH'], fills: [fill('BTC', '1')] },
      [
        ['ETH', 'registry', 0.95],
        ['LINK', 'registry', 0.95],
      ],
    ],
    [
      'are those that are 5 % of its fills, exactly enough',
      { fills: [fill('BTC', '95'), fill('ETH', '3'), fill('ETH', '2')] },
      [
        ['BTC', 'fills', 0.9],
        ['ETH', 'fills', 0.9],
      ],
    ],
    [
      'are not those that are less',
      { fills: [fill('BTC', '95.01'), fill('ETH', '5')] },
      [['BTC', 'fills', 0.9]],
    ],
    [
      'are not those filled before the last 30 days, or after now',
      {
        strategy: 'x',
        fills: [fill('BTC', '9', 30 * DAY_MS), fill('ETH', '9', -1), fill('LINK', '1', 30 * DAY_MS - 1)],
      },
      [['LINK', 'fills', 0.9]],
    ],
    ['are not those filled for nothing', { strategy: 'x', fills: [fill('BTC', '0')] }, []],
    [
      'are those whose symbols its name contains as words',
      { strategy: 'ethSolPairs-solid' },
      [
        ['ETH', 'name', 0.6],
        [SOL_MINT, 'name', 0.6],
      ],
    ],
    ['are none where its name only begins like a symbol', { strategy: 'solid_ethics_linked' }, []],
    ['are none where its name is that of something every object has', { strategy: 'constructor' }, []],
  ])('%s', (_, known, expected) => {
    expect(named(infer(known))).toEqual(expected);
  });

  it('are kept with who said so, what it said, and when', () => {
    expect(mappingsOf(infer({ fills: [fill('BTC', '4'), fill('ETH', '6')] }))[1]).toEqual({
      strategy: 'momentum',
      asset: 'ETH',
      source: 'fills',
      confidence: 0.9,
      evidence: '6 of 10 filled within 30 days',
      inferredAtMs: NOW_MS,
      confirmation: null,
    });
  });

  it.each<[string, Partial<TokenKnowledge>, string, string]>([
    ['configured and unknown', { configured: ['BTC', 'XYZ'] }, 'strategies.momentum.tokens[1]', 'XYZ'],
    ['registered and unknown', { registered: ['XYZ'] }, 'registry.momentum.traded_tokens[0]', 'XYZ'],
    ['filled for less than nothing', { fills: [fill('BTC', '-1')] }, 'fills.momentum[0].value', '-1'],
  ])('are refused where one is %s', (_, known, path, found) => {
    expect(infer(known)).toMatchObject({ state: 'refused', problem: { path, found } });
  });

  const anyAssets = fc.subarray(Object.values(SYMBOLS));
  const anyKnowledge = fc.record({
    strategy: fc.constantFrom('momentum', 'btcTrend', 'eth-link', 'solid'),
    configured: fc.option(anyAssets, { nil: null }),
    registered: anyAssets,
    fills: fc.array(
      fc
        .tuple(fc.constantFrom(...Object.values(SYMBOLS)), fc.nat(1_000), fc.integer({ min: 0, max: 60 }))
        .map(([asset, value, days]) => fill(asset, String(value), days * DAY_MS)),
      { maxLength: 6 },
    ),
  });

  it('a strategy of which nothing is known has no asset, never all of them', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{5,12}$/), fc.boolean(), (strategy, hasOldFills) => {
        const fills = hasOldFills
          ? Object.values(SYMBOLS).map((asset) => fill(asset, '10', 31 * DAY_MS))
          : [];
        expect(mappingsOf(infer({ strategy, fills }))).toEqual([]);
      }),
      { seed: SEED },
    );
  });

  it('the first source that names an asset decides, and none below it is asked', () => {
    fc.assert(
      fc.property(anyKnowledge, (known) => {
        const sources = [...new Set(mappingsOf(infer(known)).map(({ source }) => source))];
        expect(sources.length).toBeLessThanOrEqual(1);
        if (known.configured !== null)
          expect(named(infer(known)).map(([asset]) => asset)).toEqual(known.configured.toSorted());
        else if (known.registered.length > 0) expect(sources).toEqual(['registry']);
        else if (sources[0] === 'name') expect(known.strategy).not.toBe('momentum');
      }),
      { seed: SEED },
    );
  });

  it('what is less certain than 0.9 is not traded live until a person has confirmed it', () => {
    fc.assert(
      fc.property(anyKnowledge, (known) => {
        for (const mapping of mappingsOf(infer(known))) {
          expect(isTradedLive(mapping)).toBe(mapping.source !== 'name');
          expect(needsConfirmation(mapping)).toBe(mapping.source === 'name');
          const confirmed = confirmMapping(mapping, { by: 'ann', atMs: NOW_MS + 1 });
          expect(isTradedLive(confirmed)).toBe(true);
          expect(confirmed).toEqual({ ...mapping, confirmation: { by: 'ann', atMs: NOW_MS + 1 } });
        }
      }),
      { seed: SEED },
    );
  });
});
