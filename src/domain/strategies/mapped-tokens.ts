// What a strategy trades of which no mix is written: what the token map says, in equal parts.

import { WEIGHT_TOTAL_PPM } from '../rebalancing/targets.ts';
import { apportion, byId } from '../targets/apportion.ts';
import type { TokenMapping } from './infer-tokens.ts';
import type { StrategyAllocation } from './strategy-allocation.ts';
import type { TargetedStrategy } from './targeting.ts';

/** What a strategy without a mix trades, as far as the map says; empty where nothing is known of it. */
export const tokensOf = (
  { id, mixPpm }: TargetedStrategy,
  tokens: readonly TokenMapping[],
): readonly TokenMapping[] =>
  mixPpm === null
    ? tokens.filter(({ strategy }) => strategy === id).sort((a, b) => byId(a.asset, b.asset))
    : [];

/** Nobody says what its weight is of. */
export const isUnknown = (strategy: TargetedStrategy, tokens: readonly TokenMapping[]): boolean =>
  strategy.mixPpm === null && strategy.weightPpm > 0 && tokensOf(strategy, tokens).length === 0;

/** Empty where nothing is known. */
export function equalParts(tokens: readonly TokenMapping[]): StrategyAllocation['mixPpm'] {
  if (tokens.length === 0) return {};
  const parts = tokens.map(({ asset }) => ({ id: asset, part: 1n }));
  const shares = apportion(parts, BigInt(WEIGHT_TOTAL_PPM));
  return Object.fromEntries([...shares].map(([group, ppm]) => [group, Number(ppm)]));
}
