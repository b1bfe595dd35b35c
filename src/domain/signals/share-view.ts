import { WEIGHT_TOTAL_PPM } from '../rebalancing/targets.ts';
import { projectOntoBounds } from '../risk/project-onto-bounds.ts';

/** A source that counts, with its weight against others and the largest share that it may have. */
export interface SharingSource {
  readonly source: string;
  /** Above 0. */
  readonly weight: number;
  readonly shareMaxPpm: number;
}

/** Weights are compared to a billionth of the largest. */
const WEIGHT_UNITS = 1_000_000_000;

/**
 * Who has which share of one view, in whole millionths, in proportion to the weights and none above its cap: by
 * projection, so that what one may not have goes to the others as far as their caps let it. What no cap leaves room for
 * is nobody's, and the shares sum to less than 1 000 000.
 */
export function shareView(sources: readonly SharingSource[]): ReadonlyMap<string, number> {
  const largest = Math.max(...sources.map(({ weight }) => weight));
  const wanted = sources.map(
    ({ source, weight }) => [source, Math.round((weight / largest) * WEIGHT_UNITS)] as const,
  );
  const bounds = sources.map(
    ({ source, shareMaxPpm }) => [source, { lower: 0, upper: shareMaxPpm }] as const,
  );
  const { weights } = projectOntoBounds(
    Object.fromEntries(wanted),
    Object.fromEntries(bounds),
    WEIGHT_TOTAL_PPM,
  );
  return new Map(Object.entries(weights));
}
