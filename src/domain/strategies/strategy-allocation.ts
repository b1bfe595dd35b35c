import { isMore, ONE, sum, toAtoms } from '../money/amount.ts';
import { type InputProblem, inputProblem } from '../rebalancing/input-problem.ts';
import { type AssetGroup, CASH, WEIGHT_TOTAL_PPM } from '../rebalancing/targets.ts';
import { readWeight, readWeights, type SumRule } from '../targets/read-weights.ts';

export type StrategyId = string;

/** What part of the portfolio a strategy runs, and what it wants to hold with it. In parts per million. */
export interface StrategyAllocation {
  readonly id: StrategyId;
  readonly weightPpm: number;
  /** Sums to 1 000 000 at most; the rest is the strategy's own cash. */
  readonly mixPpm: Readonly<Record<AssetGroup, number>>;
}

/** Strategies whose weights sum to exactly 1 000 000 with the cash that belongs to none. */
export interface Allocations {
  readonly strategies: readonly StrategyAllocation[];
  readonly cashPpm: number;
}

/** As strategies are written: weights are decimal text. */
export interface WrittenAllocations {
  readonly strategies: readonly {
    readonly id: unknown;
    readonly weight: unknown;
    readonly mix: Readonly<Record<string, unknown>>;
  }[];
  /** "0" where absent. */
  readonly cash?: unknown;
}

export type ReadAllocations =
  | { readonly state: 'read'; readonly allocations: Allocations }
  | { readonly state: 'refused'; readonly problem: InputProblem };

const DECIMALS = 6;

/**
 * Reads strategies; keys of a mix may be assets where `groupOf` says their group. Never throws.
 * The rule is about the strategies' weights alone: a mix is in whole millionths, at most 1 and never scaled. Refuses,
 * with the place, what is no weight, a mix above 1, weights that break the rule, and an id that is empty or comes twice.
 */
export function readAllocations(
  written: WrittenAllocations,
  groupOf: (key: string) => AssetGroup = (key) => key,
  rule: SumRule = 'exact',
): ReadAllocations {
  const mixes: { readonly id: StrategyId; readonly mixPpm: StrategyAllocation['mixPpm'] }[] = [];
  const ids = new Set<unknown>();
  for (const [index, { id, mix }] of written.strategies.entries()) {
    const path = `strategies[${index}]`;
    if (typeof id !== 'string' || id === '')
      return refused(inputProblem(`${path}.id`, 'the name of a strategy', id));
    if (ids.has(id)) return refused(inputProblem(`${path}.id`, 'a name that no other strategy has', id));
    ids.add(id);
    const read = readMix(mix, `${path}.mix`, groupOf);
    if (read.state === 'refused') return read;
    mixes.push({ id, mixPpm: read.mixPpm });
  }
  const named = written.strategies.map(({ weight }, index) => ({
    name: String(index),
    path: `strategies[${index}].weight`,
    found: weight,
  }));
  const cash = { name: CASH, path: 'cash', found: written.cash ?? '0' };
  const weights = readWeights([...named, cash], 'strategies', rule);
  if (weights.state === 'refused') return weights;
  const ppmOf = (name: string): number => weights.ppm.get(name) ?? 0;
  const strategies = mixes.map((mix, index) => ({ ...mix, weightPpm: ppmOf(String(index)) }));
  return { state: 'read', allocations: { strategies, cashPpm: ppmOf(CASH) } };
}

type ReadMix =
  | { readonly state: 'read'; readonly mixPpm: StrategyAllocation['mixPpm'] }
  | { readonly state: 'refused'; readonly problem: InputProblem };

function readMix(
  mix: Readonly<Record<string, unknown>>,
  path: string,
  groupOf: (key: string) => AssetGroup,
): ReadMix {
  const mixPpm = new Map<AssetGroup, number>();
  const weights = Object.entries(mix).map(([key, found]) => ({
    key,
    weight: readWeight(`${path}.${key}`, found, 'exact'),
  }));
  const read = [];
  for (const { key, weight } of weights) {
    if (typeof weight !== 'string') return refused(weight);
    const group = groupOf(key);
    mixPpm.set(group, (mixPpm.get(group) ?? 0) + Number(toAtoms(weight, DECIMALS)));
    read.push(weight);
  }
  const total = sum(read);
  return isMore(total, ONE)
    ? refused(inputProblem(path, 'weights that sum to 1 at most', total))
    : { state: 'read', mixPpm: Object.fromEntries(mixPpm) };
}

const refused = (problem: InputProblem): { readonly state: 'refused'; readonly problem: InputProblem } => ({
  state: 'refused',
  problem,
});

/** What is wrong with allocations that were made elsewhere, or null. */
export function findAllocationProblem({ strategies, cashPpm }: Allocations): InputProblem | null {
  const ids = strategies.map(({ id }) => id);
  const twice = ids.findIndex((id, index) => ids.indexOf(id) !== index);
  if (twice >= 0)
    return inputProblem(`strategies[${twice}].id`, 'a name that no other strategy has', ids[twice]);
  for (const [index, { weightPpm, mixPpm }] of strategies.entries()) {
    const path = `strategies[${index}]`;
    if (!isPpm(weightPpm)) return inputProblem(`${path}.weightPpm`, PPM_EXPECTED, weightPpm);
    const wrong = Object.entries(mixPpm).find(([, ppm]) => !isPpm(ppm));
    if (wrong !== undefined) return inputProblem(`${path}.mixPpm.${wrong[0]}`, PPM_EXPECTED, wrong[1]);
    const total = totalOf(Object.values(mixPpm));
    if (total > WEIGHT_TOTAL_PPM)
      return inputProblem(`${path}.mixPpm`, 'weights that sum to 1000000 at most', total);
  }
  if (!isPpm(cashPpm)) return inputProblem('cashPpm', PPM_EXPECTED, cashPpm);
  const total = totalOf(strategies.map(({ weightPpm }) => weightPpm)) + cashPpm;
  return total === WEIGHT_TOTAL_PPM
    ? null
    : inputProblem('strategies', 'weights that sum to 1000000, cash included', total);
}

const PPM_EXPECTED = 'whole millionths from 0 to 1000000';
const isPpm = (ppm: number): boolean => Number.isSafeInteger(ppm) && ppm >= 0 && ppm <= WEIGHT_TOTAL_PPM;
const totalOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
