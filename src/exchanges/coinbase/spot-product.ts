/** "BTC-USD" as its two currencies; null for futures and perpetuals, whose names have a third part ("BTC-PERP-INTX"). */
export function spotProduct(productId: string): { readonly base: string; readonly quote: string } | null {
  const [base, quote, ...more] = productId.split('-');
  if (base === undefined || base === '' || quote === undefined || quote === '' || more.length > 0)
    return null;
  return { base, quote };
}

/** A product of the futures platforms: told apart from a name that is no product at all. */
export const isDerivative = (productId: string): boolean => /^[^-]+-[^-]+-(?:INTX|CDE)$/.test(productId);
