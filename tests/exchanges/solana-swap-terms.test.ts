import { describe, expect, it } from '@jest/globals';
import bs58 from 'bs58';
import fc from 'fast-check';
import { compare, fromAtoms, multiply } from '../../src/domain/money/amount.ts';
import { decodeBase58, encodeBase58 } from '../../src/exchanges/solana/base58.ts';
import { termsOf } from '../../src/exchanges/solana/swap-terms.ts';
import { createTokenRegistry } from '../../src/exchanges/solana/token-registry.ts';
import { instruct, JUP, USDC, WSOL } from '../support/solana-chain.ts';

const pair = { base: 'SOL', quote: USDC };
const decimals = { state: 'read', base: 9, quote: 6 } as const;

describe('the terms of a swap', () => {
  it.each([
    ['sell', '2', '150', 2_000_000_000n, 300_000_000n],
    // 0.3333333 is not a whole number of quote atoms: a seller takes the next one, a buyer stays below.
    ['sell', '0.1', '3.333333', 100_000_000n, 333_334n],
    ['buy', '0.1', '3.333333', 333_333n, 100_000_000n],
  ] as const)('to %s %s at %s are whole atoms within the limit', (side, quantity, price, inMax, outMin) => {
    expect(termsOf(instruct('SOL/USDC', side, quantity, price), pair, decimals)).toMatchObject({
      inAtomsMax: inMax,
      outAtomsMin: outMin,
    });
  });

  it('never let a buy pay more or a sell take less than quantity times limit', () => {
    const text = fc.bigInt(1n, 10n ** 12n);
    fc.assert(
      fc.property(text, text, fc.constantFrom('buy' as const, 'sell' as const), (size, price, side) => {
        const order = instruct('SOL/USDC', side, fromAtoms(size, 9), fromAtoms(price, 8));
        const terms = termsOf(order, pair, decimals);
        if (terms.state !== 'terms') return;
        const value = multiply(order.quantity, order.limitPrice);
        const quoteAtoms = side === 'buy' ? terms.inAtomsMax : terms.outAtomsMin;
        const difference = compare(fromAtoms(quoteAtoms, 6), value);
        expect(difference).not.toBe(side === 'buy' ? 1 : -1);
      }),
    );
  });

  it('are denied for what is worth less than an atom', () => {
    const order = instruct('SOL/USDC', 'buy', '0.000000001', '1');
    expect(termsOf(order, pair, decimals)).toMatchObject({ state: 'deniedLocally' });
  });
});

describe('base 58', () => {
  it('is written and read as others do', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const text = encodeBase58(bytes);
        expect(text).toBe(bs58.encode(bytes));
        expect(decodeBase58(text)).toEqual(Uint8Array.from(bytes));
      }),
    );
    expect(decodeBase58('0OIl')).toBeNull();
  });
});

describe('a token registry', () => {
  it('names assets by symbol or mint, and no pair of a symbol that two mints carry', () => {
    const fake = '4Nd1mBQtrMJVYVfKf2PJy9NZUZdTAsp7D4xWLs4gDB4T';
    const registry = createTokenRegistry({ [JUP]: { symbol: 'Jupiter' } });
    expect(registry.pairOf('SOL/USDC')).toEqual({ base: 'SOL', quote: USDC });
    expect(registry.pairOf(`Jupiter/${USDC}`)).toEqual({ base: JUP, quote: USDC });
    expect(registry.pairOf('JUP/USDC')).toBeNull();
    expect(registry.pairOf('SOL/wSOL')).toBeNull();
    expect(registry.pairOf('SOL/USDC/JUP')).toBeNull();
    expect(registry.pairOf(`wSOL/USDC`)).toEqual({ base: WSOL, quote: USDC });
    const doubted = createTokenRegistry({ [fake]: { symbol: 'USDC' } });
    expect(doubted.pairOf('SOL/USDC')).toBeNull();
    expect(doubted.pairOf(`SOL/${USDC}`)).toEqual({ base: 'SOL', quote: USDC });
  });
});
