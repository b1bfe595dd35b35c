import type { LotTerms, Problem } from './milp-oracle.ts';

/**
 * What most public bots do, and no more: every asset is sold down to its target where it is held, and then bought up
 * to it with what cash each venue has, the farthest first. Nothing is looked at twice.
 */
export function plainGreedy({ values, targets, cash, markets }: Problem): number {
  const held = new Map(values);
  const free = [...cash];
  let cost = 0;
  const move = (market: LotTerms, lots: number): void => {
    const isBuy = lots > 0;
    const paid = isBuy ? lots * market.buyCash : lots * market.sellCash;
    held.set(market.group, (held.get(market.group) ?? 0) + lots * market.lotValue);
    held.set('CASH', (held.get('CASH') ?? 0) - paid);
    free[market.venue] = (free[market.venue] ?? 0) - paid;
    cost += Math.abs(paid - lots * market.lotValue);
  };
  const away = (market: LotTerms): number => (held.get(market.group) ?? 0) - (targets.get(market.group) ?? 0);
  for (const market of markets) {
    const lots = Math.min(market.lotsHeld, Math.floor(away(market) / market.lotValue));
    if (lots >= market.lotsMin) move(market, -lots);
  }
  for (const market of [...markets].sort((a, b) => away(a) - away(b))) {
    const affordable = Math.floor((free[market.venue] ?? 0) / market.buyCash);
    const lots = Math.min(affordable, Math.floor(-away(market) / market.lotValue));
    if (lots >= market.lotsMin) move(market, lots);
  }
  return (
    cost + [...held].reduce((sum, [group, value]) => sum + Math.abs(value - (targets.get(group) ?? 0)), 0)
  );
}
