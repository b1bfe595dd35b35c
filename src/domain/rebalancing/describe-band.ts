import { type Amount, amount, isNegative, multiply, round, subtract } from '../money/amount.ts';
import type { PlanBand } from './aim.ts';
import type { AssetGroup } from './targets.ts';

/** Where a group stands in its band, and what follows. Weights are fractions of the portfolio. */
export function describeBand(
  group: AssetGroup,
  band: PlanBand,
  { weight, destination }: { readonly weight: Amount; readonly destination: Amount },
): string {
  const around = `target ${percent(band.target)} ± ${points(band.halfWidth)} points`;
  const side = isNegative(subtract(weight, band.target)) ? 'below' : 'above';
  const stands = `${percent(weight)} of the portfolio, ${around}`;
  switch (band.state) {
    case 'inside':
      return `${group} is inside its band: ${stands}`;
    case 'outside':
      return `${group} is ${side} its band: ${stands}; it is brought to ${percent(destination)}`;
    case 'moved':
      return `${group} is inside its band: ${stands}; it is brought to ${percent(destination)} all the same, as the least dear way to what the others need`;
  }
}

const points = (fraction: Amount): Amount => round(multiply(fraction, amount('100')), 2);
const percent = (fraction: Amount): string => `${points(fraction)} %`;
