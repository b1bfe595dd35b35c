/** "BTC-USD" as its two currencies; null for futures and perpetuals, whose names have a third part ("BTC-PERP-INTX"). */
export function spotProduct(productId: string): { readonly base: string; readonly quote: string } | null {
  const [base, quote, ...more] = productId.split('-');
  if (base === undefined || base === '' || quote === undefined || quote === '' || more.length > 0)
    return null;
  return { base, quote };
}

/** The US futures exchange, and the international one with its perpetuals. */
export type FuturesPlatform = 'cfm' | 'intx';

/** Where a product of the futures platforms trades; null for spot, and for a name that is no product at all. */
export function platformOf(productId: string): FuturesPlatform | null {
  const [, suffix] = /^[^-]+-[^-]+-(INTX|CDE)$/.exec(productId) ?? [];
  if (suffix === undefined) return null;
  return suffix === 'CDE' ? 'cfm' : 'intx';
}

export const isDerivative = (productId: string): boolean => platformOf(productId) !== null;
