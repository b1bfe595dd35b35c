import { type Attribution, attributeReturns } from '../../src/domain/attribution/attribute-returns.ts';
import { attributionPeriods } from '../../src/domain/attribution/attribution-periods.ts';
import { GROUPINGS } from '../../src/domain/attribution/grouping.ts';
import { neumaierSum } from '../../src/domain/attribution/neumaier-sum.ts';
import { PARTS } from '../../src/domain/attribution/part.ts';
import { type Amount, divide, multiply, round, subtract, sum } from '../../src/domain/money/amount.ts';
import { growthOf, randomHistory } from './attribution-histories.ts';

/** How far sums of contributions lie from the returns that they are of, at the worst. */
export interface AttributionCheck {
  readonly histories: number;
  readonly seed: number;
  readonly periods: number;
  readonly flows: number;
  readonly chains: number;
  /** Chains that were refused, for a loss of everything, and periods without a base. */
  readonly refusedChains: number;
  readonly undefinedPeriods: number;
  readonly largestReturn: number;
  /** |Σ contributions − return|, of periods and of chains, by all groupings and by parts. */
  readonly largestError: number;
  /** The same, over the larger of 1 and |return|. */
  readonly largestRelativeError: number;
  /** |return of a chain − its exact value in decimals|, over the larger of 1 and |return|. */
  readonly largestErrorOfReturn: number;
  /** Of money: every digit counts. */
  readonly inexactGains: number;
  readonly notFinite: number;
}

const EXACT_DECIMALS = 30;

/** Attributes random histories, by strategy, by asset and by venue, and measures what does not add up. */
export function checkAttribution(histories: number, seed: number): AttributionCheck {
  const tally = { periods: 0, flows: 0, chains: 0, refusedChains: 0, undefinedPeriods: 0 };
  let [largestReturn, largestError, largestRelativeError, largestErrorOfReturn] = [0, 0, 0, 0];
  let [inexactGains, notFinite] = [0, 0];
  const compare = (sumOfParts: number, expected: number): void => {
    if (!Number.isFinite(sumOfParts) || !Number.isFinite(expected)) notFinite += 1;
    const error = Math.abs(sumOfParts - expected);
    largestError = Math.max(largestError, error);
    largestRelativeError = Math.max(largestRelativeError, error / Math.max(1, Math.abs(expected)));
  };
  for (let number = 0; number < histories; number++) {
    const records = randomHistory(seed, number);
    const built = attributionPeriods(records);
    if (built.state === 'refused') throw new Error(`history ${number}: ${built.problem.path}`);
    tally.periods += built.periods.length;
    tally.flows += built.periods.reduce((count, { flows }) => count + flows.length, 0);
    for (const grouping of GROUPINGS) {
      const attribution = attributeReturns(built.periods, { grouping, cash: ['USD'] });
      for (const { periods, linked } of attribution.chains) {
        for (const period of periods) {
          const gained = sum(period.gains.flatMap(({ parts }) => PARTS.map((part) => parts[part])));
          if (gained !== period.gainUsd) inexactGains += 1;
        }
        for (const each of linked.state === 'linked' ? [...periods, linked] : periods) {
          compare(neumaierSum(each.contributions.map(({ total }) => total)), each.return);
          compare(neumaierSum(PARTS.map((part) => each.parts[part])), each.return);
        }
      }
      if (grouping !== 'asset') continue;
      tally.chains += attribution.chains.length;
      tally.refusedChains += attribution.chains.filter(({ linked }) => linked.state === 'refused').length;
      tally.undefinedPeriods += attribution.undefinedPeriods.length;
      const exact = exactReturn(growthOf(records));
      const whole = wholeReturn(attribution, built.periods.length);
      if (whole !== null) largestReturn = Math.max(largestReturn, Math.abs(whole));
      if (exact === null || whole === null) continue;
      const error = Math.abs(Number(subtract(exact, exactDecimal(whole))));
      largestErrorOfReturn = Math.max(largestErrorOfReturn, error / Math.max(1, Math.abs(whole)));
    }
  }
  return {
    histories,
    seed,
    ...tally,
    largestReturn,
    largestError,
    largestRelativeError,
    largestErrorOfReturn,
    inexactGains,
    notFinite,
  };
}

/** The return of a history that is one chain. */
function wholeReturn({ chains }: Attribution, periods: number): number | null {
  const [chain] = chains;
  if (chain === undefined || chain.linked.state === 'refused' || chain.periods.length !== periods)
    return null;
  return chain.linked.return;
}

function exactReturn(growth: ReturnType<typeof growthOf>): Amount | null {
  let exact = '1' as Amount;
  for (const factor of growth) {
    if (factor === null) return null;
    const ratio = divide(factor.endUsd, factor.baseUsd, EXACT_DECIMALS, 'half');
    exact = round(multiply(exact, ratio), EXACT_DECIMALS);
  }
  return subtract(exact, '1' as Amount);
}

/** The digits that a number really has. */
const exactDecimal = (value: number): Amount =>
  round(value.toFixed(EXACT_DECIMALS) as Amount, EXACT_DECIMALS);
