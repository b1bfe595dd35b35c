import type { AssetId } from '../../domain/venue/venue.ts';

/** The identity of native SOL, which has no mint. */
export const NATIVE_SOL: AssetId = 'SOL';
/** Wrapped SOL is a token of its own and is never added to native SOL. */
export const WRAPPED_SOL_MINT = 'So11111111111111111111111111111111111111112';
export const SOL_DECIMALS = 9;

export type TokenSymbols = Readonly<Record<string, { readonly symbol: string }>>;

/** Mints that people know by a name. A fake token may carry any name; identity is the mint alone. */
export const KNOWN_TOKENS: TokenSymbols = {
  [WRAPPED_SOL_MINT]: { symbol: 'wSOL' },
  EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v: { symbol: 'USDC' },
  Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB: { symbol: 'USDT' },
  JUPyiwrYJFskUPiHa7hkeR8VUtAeFoSYbKedZNsDvCN: { symbol: 'JUP' },
  DezXAZ8z7PnrnRJjz3wXBoRgixCa6xjnB7YaB1pPB263: { symbol: 'BONK' },
  '2b1kV6DkPAnxd5ixfnxCpjxmKwqjjaYmCZfHsFu24GXo': { symbol: 'PYUSD' },
  J1toso1uCk3RLmjorhTtrVwY9HJ7X8V9yYac6Y7kGCPn: { symbol: 'JitoSOL' },
  mSoLzYCxHdYgdzU16g5QSh3i5K3z3KZK7ytfqcJm7So: { symbol: 'mSOL' },
};

export interface TokenRegistry {
  symbolOf(asset: AssetId): string | null;
  /** By symbol or by mint; null where it is not known or names two mints. */
  assetOf(name: string): AssetId | null;
  /** The two assets of "SOL/USDC", by symbol or by mint; null where a side is not known or names two mints. */
  pairOf(market: string): Pair | null;
}

export interface Pair {
  readonly base: AssetId;
  readonly quote: AssetId;
}

const MINT = /^[1-9A-HJ-NP-Za-km-z]{32,44}$/;

/** The known tokens with the configured ones over them. */
export function createTokenRegistry(configured: TokenSymbols): TokenRegistry {
  const tokens: TokenSymbols = { ...KNOWN_TOKENS, ...configured };
  const assetOf = (name: string): AssetId | null => {
    if (name === NATIVE_SOL) return NATIVE_SOL;
    if (MINT.test(name)) return name;
    const mints = Object.keys(tokens).filter((mint) => tokens[mint]?.symbol === name);
    return mints.length === 1 ? (mints[0] as AssetId) : null;
  };
  return {
    symbolOf: (asset) => (asset === NATIVE_SOL ? NATIVE_SOL : (tokens[asset]?.symbol ?? null)),
    assetOf,
    pairOf(market) {
      const [baseName = '', quoteName = '', ...rest] = market.split('/');
      const base = assetOf(baseName);
      const quote = assetOf(quoteName);
      if (rest.length > 0 || base === null || quote === null) return null;
      return mintOf(base) === mintOf(quote) ? null : { base, quote };
    },
  };
}

/** The mint that an asset is swapped as: native SOL is wrapped for the swap and unwrapped after it. */
export function mintOf(asset: AssetId): string {
  return asset === NATIVE_SOL ? WRAPPED_SOL_MINT : asset;
}
