import { type Constraint, solve } from 'yalps';
import type { LotMarket, LotProblem } from './lot-problem.ts';

export interface Relaxed {
  /** Signed lots by market, not whole. */
  readonly lots: readonly number[];
  /** Tracking and cost, and tax where there is some, in dollars. */
  readonly objective: number;
  /** Markets that are bought and sold at once, the most first: a loss that no plan can have and keep what it sells. */
  readonly crossed: readonly number[];
  /** Cash above the floor that is not spent, by venue. */
  readonly cashLeft: readonly number[];
  /** Cash that is moved between venues, where that was allowed. */
  readonly transfers: readonly { readonly from: number; readonly to: number; readonly usd: number }[];
}

export interface RelaxationTerms {
  /** Prices in the cash rows: the limit prices that orders must be able to pay, or the touch for a bound on any plan. */
  readonly cashAt: 'limit' | 'touch';
  /** False finds the drift that no trading can remove. */
  readonly hasCosts: boolean;
  /** Cash that is there already moves between venues for nothing: what transfers could bring at most. */
  readonly hasTransfers?: boolean;
}

/** The solver sees the portfolio as this many units, so that its absolute precision means the same for every size. */
const SCALE = 10_000;
/** Of what is moved: so little that it changes no advice, and enough that cash goes straight to where it is wanted. */
const TRANSFER_COST = 1e-6;
/** The row of the objective. */
const COST = 0;
/** Of variables that nobody reads. */
const NAMELESS = -1;
/** Of the same units: less is the solver's own imprecision. */
const CROSSED_MIN = 1e-4;
const OPTIONS = { precision: 1e-9, maxPivots: 20_000 };

/**
 * The linear relaxation: lots need not be whole and no smallest order applies, so its optimum bounds every plan from
 * below. Null where the solver finds none, such as a venue whose cash is short and cannot be restored.
 */
export function relax(problem: LotProblem, terms: RelaxationTerms): Relaxed | null {
  const unit = SCALE / problem.nav;
  const rows = rowsOf(problem);
  const ways = terms.hasTransfers === true ? waysBetween(problem.venueCash.length) : [];
  const program = programOf(problem, terms, { rows, ways, unit });
  const { constraints, variables } = program;
  const solution = solve<number, number>(
    { direction: 'minimize', objective: COST, constraints, variables },
    OPTIONS,
  );
  if (solution.status !== 'optimal') return null;
  const values = new Map(solution.variables);
  const bought = problem.markets.map((_, index) => values.get(buyOf(index)) ?? 0);
  const sold = program.sales.map((sales) =>
    sales.reduce((total, variable) => total + (values.get(variable) ?? 0), 0),
  );
  const lots = problem.markets.map(
    (market, index) => ((bought[index] ?? 0) - (sold[index] ?? 0)) / unit / market.lotValue,
  );
  const crossing = problem.markets.map((_, index) => Math.min(bought[index] ?? 0, sold[index] ?? 0));
  const crossed = crossing
    .flatMap((both, index) => (both > CROSSED_MIN ? [index] : []))
    .sort((a, b) => (crossing[b] ?? 0) - (crossing[a] ?? 0) || a - b);
  const cashLeft = problem.venueCash.map((_, venue) => problem.venueCash[venue] ?? 0);
  for (const [index, market] of problem.markets.entries()) {
    const lotsHere = lots[index] ?? 0;
    const cash = terms.cashAt === 'limit' ? worstCashOf(market, lotsHere) : touchCashOf(market, lotsHere);
    cashLeft[market.venue] = (cashLeft[market.venue] ?? 0) + cash;
  }
  const transfers = ways.flatMap(({ from, to }, index) => {
    const usd = (values.get(rows.transfers + index) ?? 0) / unit;
    return usd > 0 ? [{ from, to, usd }] : [];
  });
  return { lots, objective: program.idle + solution.result / unit, crossed, cashLeft, transfers };
}

interface Program {
  readonly constraints: [number, Constraint][];
  readonly variables: [number, [number, number][]][];
  /** The variables that sell each market: one, or one for each piece of its tax. */
  readonly sales: readonly (readonly number[])[];
  /** The objective of doing nothing, in dollars: what the solver finds is how far below it one comes. */
  readonly idle: number;
}

/** Where things stand in the program, the ways of transfers, and the program's units in a dollar. */
interface Layout {
  readonly rows: ReturnType<typeof rowsOf>;
  readonly ways: ReturnType<typeof waysBetween>;
  readonly unit: number;
}

/**
 * |Δ − gap| is 2·max(0, Δ − gap) + gap − Δ: one row and one variable a group, met by doing nothing; turned where the gap
 * is below zero. So every trade costs less where it goes the way of its group, and twice what goes too far is added.
 */
function programOf(problem: LotProblem, terms: RelaxationTerms, { rows, ways, unit }: Layout): Program {
  const gaps = problem.groupTargets.map((target, group) => target - (problem.groupValues[group] ?? 0));
  const constraints: [number, Constraint][] = [];
  const variables: [number, [number, number][]][] = [];
  const sales: number[][] = [];
  const firstPiece = rows.transfers + ways.length;
  let pieceCount = 0;
  for (const [group, gap] of gaps.entries()) {
    const row = rows.groups + group;
    constraints.push([row, { max: Math.abs(gap) * unit }]);
    variables.push([
      NAMELESS,
      [
        [COST, 2],
        [row, -1],
      ],
    ]);
  }
  for (const [venue, cash] of problem.venueCash.entries()) {
    constraints.push([rows.venues + venue, { max: cashRow(problem, venue, cash, terms) * unit }]);
  }
  for (const [index, market] of problem.markets.entries()) {
    const purchase = tradeOf(problem, market, 1, { gaps, rows, terms });
    const { buysMax } = market;
    if (buysMax === undefined) variables.push([buyOf(index), purchase]);
    else if (buysMax > 0) {
      constraints.push([rows.bought + index, { max: buysMax * market.lotValue * unit }]);
      variables.push([buyOf(index), [...purchase, [rows.bought + index, 1]]]);
    }
    const soldHere: number[] = [];
    sales.push(soldHere);
    if (market.lotsHeld === 0) continue;
    constraints.push([rows.held + index, { max: market.lotsHeld * market.lotValue * unit }]);
    const sale = tradeOf(problem, market, -1, { gaps, rows, terms });
    const pieces = terms.hasCosts ? (market.saleTax?.pieces ?? []) : [];
    if (pieces.length === 0) {
      soldHere.push(sellOf(index));
      variables.push([sellOf(index), [...sale, [rows.held + index, 1]]]);
    }
    // Tax ascends from piece to piece, so that a minimum fills them in their order.
    for (const { lots, taxPerLot } of pieces) {
      const [variable, row] = [firstPiece + pieceCount, rows.pieces + pieceCount];
      pieceCount += 1;
      soldHere.push(variable);
      constraints.push([row, { max: lots * market.lotValue * unit }]);
      variables.push([
        variable,
        [...costing(sale, taxPerLot / market.lotValue), [rows.held + index, 1], [row, 1]],
      ]);
    }
  }
  for (const [index, { from, to }] of ways.entries()) {
    variables.push([
      rows.transfers + index,
      [
        [COST, TRANSFER_COST],
        [rows.venues + from, 1],
        [rows.venues + to, -1],
        [rows.sent + from, 1],
      ],
    ]);
    constraints.push([rows.sent + from, { max: Math.max(0, problem.venueCash[from] ?? 0) * unit }]);
  }
  return { constraints, variables, sales, idle: gaps.reduce((total, gap) => total + Math.abs(gap), 0) };
}

/** What a dollar's worth of a market, bought or sold, does to the objective, its group, cash and its venue. */
function tradeOf(
  problem: LotProblem,
  market: LotMarket,
  sign: 1 | -1,
  {
    gaps,
    rows,
    terms,
  }: Pick<Layout, 'rows'> & { readonly gaps: readonly number[]; readonly terms: RelaxationTerms },
): [number, number][] {
  const { lotValue, group, venue } = market;
  const touch = (sign === 1 ? market.buyCash : market.sellCash) / lotValue;
  const worst = (sign === 1 ? market.buyCashWorst : market.sellCashWorst) / lotValue;
  const cash = terms.hasCosts ? touch : 1;
  const spent = terms.hasCosts && terms.cashAt === 'limit' ? worst : cash;
  const direction = (gaps[group] ?? 0) < 0 ? -sign : sign;
  const ofCash = (gaps[problem.cashGroup] ?? 0) < 0 ? -sign : sign;
  return [
    [COST, sign * (cash - 1) - direction + ofCash * cash],
    [rows.groups + group, direction],
    [rows.groups + problem.cashGroup, -ofCash * cash],
    [rows.venues + venue, sign * spent],
  ];
}

/** The same trade, so much dearer for each dollar of it. */
const costing = (trade: readonly [number, number][], tax: number): [number, number][] =>
  trade.map(([row, value]) => [row, row === COST ? value + tax : value]);

const buyOf = (market: number): number => 2 * market;
const sellOf = (market: number): number => 2 * market + 1;

const touchCashOf = ({ buyCash, sellCash }: LotMarket, lots: number): number =>
  lots > 0 ? -lots * buyCash : -lots * sellCash;

const worstCashOf = ({ buyCashWorst, sellCashWorst }: LotMarket, lots: number): number =>
  lots > 0 ? -lots * buyCashWorst : -lots * sellCashWorst;

const waysBetween = (venues: number): readonly { readonly from: number; readonly to: number }[] =>
  Array.from({ length: venues }, (_, from) => from).flatMap((from) =>
    Array.from({ length: venues }, (_, to) => ({ from, to })).filter(({ to }) => to !== from),
  );

/** Where each kind of row begins, and the transfers among the variables: numbers, which the solver finds fastest. */
function rowsOf({ groupValues, venueCash, markets }: LotProblem) {
  const groups = COST + 1;
  const venues = groups + groupValues.length;
  const held = venues + venueCash.length;
  const sent = held + markets.length;
  const bought = sent + venueCash.length;
  const pieces = bought + markets.length;
  return { groups, venues, held, sent, bought, pieces, transfers: 2 * markets.length };
}

/**
 * What a venue's buys may spend beyond its sells. A venue whose cash is short may sell what it likes and buy nothing, or
 * restore its cash and buy: a bound on any plan takes both, and so lets buys spend what sells bring. A start for whole
 * lots restores it where sales can.
 */
function cashRow(problem: LotProblem, venue: number, cash: number, { cashAt }: RelaxationTerms): number {
  if (cash >= 0) return cash;
  if (cashAt === 'touch') return 0;
  const atVenue = problem.markets.filter((market) => market.venue === venue);
  const restorable = atVenue.reduce((total, market) => total + market.lotsHeld * market.sellCashWorst, 0);
  return restorable + cash >= 0 ? cash : 0;
}
