// How far weights may wander and how far they are brought back, as a configuration and a portfolio file have it.

import { amount } from '../domain/money/amount.ts';
import type { BandRules } from '../domain/rebalancing/bands/band-rules.ts';
import type { Destination } from '../domain/rebalancing/bands/destination.ts';
import type { PlanInput } from '../domain/rebalancing/plan-input.ts';
import type { AssetGroup } from '../domain/rebalancing/targets.ts';
import { either, isObject } from './file-terms.ts';
import { amountText, fractionText, named, object, oneOf, positiveText, text } from './schema-terms.ts';

const NAMES = ['target', 'edge', 'optimal'] as const;
const WIDTHS = ['optimal', 'hybrid'] as const;

export const destinationTerm = () =>
  either(isObject, object({ fraction: fractionText('0.5') }), oneOf(NAMES));

const width = either((value) => value === 'optimal', oneOf(['optimal']), fractionText('0.05'));

export const bandsTerm = () =>
  either(isObject, named(text('a name'), width, 'an object of half widths'), oneOf(WIDTHS));

/** What the optimal band follows from, beside the costs that markets tell. */
export const bandTerms = object({
  riskAversion: positiveText('3')
    .default(amount('3'))
    .describe('Relative risk aversion (gamma): more makes bands narrower.'),
  fixedCostUsd: amountText('0.1')
    .default(amount('0.1'))
    .describe('What one rebalance of a group costs whatever its size, in USD.'),
});

export interface WrittenDestination {
  readonly destination: Destination;
  readonly bands?: BandRules['widths'] | undefined;
  readonly bandTerms: Pick<BandRules, 'riskAversion' | 'fixedCostUsd'>;
}

/**
 * The destination and the bands of plans. Bands are the optimal ones where only a destination before the target is
 * written, and there are none where neither is: every group is traded to its target.
 */
export function destinationOf(
  { destination, bands, bandTerms: terms }: WrittenDestination,
  groupOf: (name: string) => AssetGroup,
): Pick<PlanInput, 'destination' | 'bands'> {
  if (bands === undefined && destination === 'target') return { destination };
  const widths = bands ?? 'optimal';
  return {
    destination,
    bands: {
      widths:
        typeof widths === 'string'
          ? widths
          : Object.fromEntries(Object.entries(widths).map(([name, each]) => [groupOf(name), each])),
      ...terms,
    },
  };
}
