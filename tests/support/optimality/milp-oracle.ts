// The exact optimum by HiGHS, from the input alone: nothing of the planner is used, so that its mistakes show.

import loadHighs from 'highs';
import type { PlanInput } from '../../../src/domain/rebalancing/plan-input.ts';

export interface Optimum {
  /** Of the best plan that was found; nothing is better where it is proven. */
  readonly objective: number;
  readonly isProven: boolean;
  readonly elapsedMs: number;
}

/** What a market's orders are made of, in dollars. */
export interface LotTerms {
  readonly venue: number;
  readonly group: string;
  readonly lotValue: number;
  readonly buyCash: number;
  readonly sellCash: number;
  readonly lotsMin: number;
  readonly lotsHeld: number;
  /** Tax on what is sold, the least first; nothing where there is none. */
  readonly taxes?: readonly { readonly lots: number; readonly taxPerLot: number }[];
}

export interface Problem {
  readonly nav: number;
  readonly values: ReadonlyMap<string, number>;
  readonly targets: ReadonlyMap<string, number>;
  readonly cash: readonly number[];
  readonly markets: readonly LotTerms[];
}

const CASH = 'CASH';
/** A venue's smallest order, and a tenth: REBALANCING.md §3c, step 5. */
const MINIMUM_MARGIN = 1.1;
const TIME_LIMIT_SECONDS = 6;
/** Of the portfolio: what an optimum may be off by. */
const GAP = 1e-9;

/** The integer problem of REBALANCING.md §3d with κ = 1 and φ = 0, for spot markets without limits. */
export function problemOf(input: PlanInput): Problem {
  const values = new Map(Object.keys(input.targets).map((group) => [group, 0]));
  const move = (group: string, usd: number) => values.set(group, (values.get(group) ?? 0) + usd);
  const markets: LotTerms[] = [];
  for (const [index, venue] of input.venues.entries()) {
    move(CASH, Number(venue.cash));
    const fee = Number(venue.takerFeeBps) / 10_000;
    for (const market of venue.markets) {
      const [bid, ask, step] = [Number(market.bid), Number(market.ask), Number(market.step)];
      const held = Number(venue.holdings[market.asset] ?? '0');
      const mid = (bid + ask) / 2;
      move(market.asset, held * mid);
      const byNotional = (MINIMUM_MARGIN * Number(market.minNotional)) / bid;
      markets.push({
        venue: index,
        group: market.asset,
        lotValue: step * mid,
        buyCash: step * ask * (1 + fee),
        sellCash: step * bid * (1 - fee),
        lotsMin: Math.max(1, Math.ceil(Math.max(Number(market.minQuantity), byNotional) / step - 1e-9)),
        lotsHeld: Math.floor(held / step + 1e-9),
      });
    }
  }
  const nav = [...values.values()].reduce((sum, value) => sum + value, 0);
  const targets = new Map(Object.entries(input.targets).map(([group, ppm]) => [group, (nav * ppm) / 1e6]));
  return { nav, values, targets, cash: input.venues.map(({ cash }) => Number(cash)), markets };
}

/** Opens the solver, which takes a moment, for any number of problems. */
export async function openOracle(
  timeLimitSeconds = TIME_LIMIT_SECONDS,
): Promise<(problem: Problem, now: () => number) => Promise<Optimum>> {
  // The package's types are those of its CommonJS build, whose default is a member.
  const open = loadHighs as unknown as typeof loadHighs.default;
  let highs = await open();
  return async (problem, now) => {
    const program = programOf(problem);
    const options = {
      output_flag: false,
      time_limit: timeLimitSeconds,
      mip_rel_gap: 0,
      mip_abs_gap: GAP * problem.nav,
    };
    const from = now();
    let solved: ReturnType<typeof highs.solve>;
    try {
      solved = highs.solve(program, options);
    } catch {
      // Its presolve gives up on one problem in a hundred, and an instance that has thrown is of no more use.
      highs = await open();
      solved = highs.solve(program, { ...options, presolve: 'off' });
    }
    const { Status, ObjectiveValue } = solved;
    return { objective: ObjectiveValue, isProven: Status === 'Optimal', elapsedMs: now() - from };
  };
}

/** As text in the LP format; every name is a letter that is no "e" and a number. */
function programOf({ values, targets, cash, markets, nav }: Problem): string {
  const groups = [...values.keys()];
  const objective = groups.map((_, group) => `u${group}`);
  const rows: string[] = [];
  const bounds: string[] = [];
  const general: string[] = [];
  const binary: string[] = [];
  for (const [index, market] of markets.entries()) {
    const most = Math.floor((2 * nav) / market.lotValue);
    objective.push(term(market.buyCash - market.lotValue, `b${index}`));
    objective.push(term(market.lotValue - market.sellCash, `s${index}`));
    const taxed = (market.taxes ?? []).map((_, place) => `x${index}x${place}`);
    for (const [place, { lots, taxPerLot }] of (market.taxes ?? []).entries()) {
      objective.push(term(taxPerLot, `x${index}x${place}`));
      bounds.push(`0 <= x${index}x${place} <= ${decimal(lots)}`);
    }
    if (taxed.length > 0) rows.push(`s${index} - ${taxed.join(' - ')} = 0`);
    rows.push(
      `b${index} ${term(-market.lotsMin, `y${index}`)} >= 0`,
      `b${index} ${term(-most, `y${index}`)} <= 0`,
    );
    rows.push(`s${index} ${term(-market.lotsMin, `z${index}`)} >= 0`);
    rows.push(`s${index} ${term(-market.lotsHeld, `z${index}`)} <= 0`, `y${index} + z${index} <= 1`);
    bounds.push(`0 <= b${index} <= ${most}`, `0 <= s${index} <= ${market.lotsHeld}`);
    general.push(`b${index}`, `s${index}`);
    binary.push(`y${index}`, `z${index}`);
  }
  for (const [group, name] of groups.entries()) {
    const moves = markets.flatMap((market, index) => {
      if (name === CASH) return [term(-market.buyCash, `b${index}`), term(market.sellCash, `s${index}`)];
      if (market.group !== name) return [];
      return [term(market.lotValue, `b${index}`), term(-market.lotValue, `s${index}`)];
    });
    const away = (values.get(name) ?? 0) - (targets.get(name) ?? 0);
    const negative = moves.map((move) => (move.startsWith('-') ? `+${move.slice(1)}` : `-${move.slice(1)}`));
    rows.push(
      `u${group} ${negative.join(' ')} >= ${decimal(away)}`,
      `u${group} ${moves.join(' ')} >= ${decimal(-away)}`,
    );
  }
  for (const [venue, free] of cash.entries()) {
    const spent = markets.flatMap((market, index) =>
      market.venue === venue ? [term(market.buyCash, `b${index}`), term(-market.sellCash, `s${index}`)] : [],
    );
    if (spent.length > 0) rows.push(`${spent.join(' ')} <= ${decimal(free)}`);
  }
  const named = rows.map((row, index) => ` r${index}: ${wrapped(row)}`);
  return [
    'Minimize',
    ` obj: ${wrapped(objective.join(' + ').replaceAll('+ +', '+').replaceAll('+ -', '-'))}`,
    'Subject To',
    ...named,
    'Bounds',
    ...bounds.map((bound) => ` ${bound}`),
    'General',
    ...general.map((name) => ` ${name}`),
    'Binary',
    ...binary.map((name) => ` ${name}`),
    'End',
  ].join('\n');
}

/** The format takes no line of more than 560 characters. */
const wrapped = (row: string): string => row.replaceAll(/ (?=[+-] )/g, '\n  ');

/** A number with its sign before a name, in plain decimals. */
const term = (factor: number, name: string): string =>
  `${factor < 0 ? '-' : '+'} ${
    Math.abs(factor)
      .toFixed(12)
      .replace(/\.?0+$/, '') || '0'
  } ${name}`;

/** Never with an exponent, which the format reads as a name. */
const decimal = (value: number): string =>
  value
    .toFixed(12)
    .replace(/\.?0+$/, '')
    .replace(/^-?$|^-0$/, '0');
