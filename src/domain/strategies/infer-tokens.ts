// Which assets a strategy trades, by the best source that knows.
//
// Invariants, each held by a property test of the same name:
// 1. A strategy of which nothing is known has no asset, never all of them.
// 2. The first source that names an asset decides, and none below it is asked.
// 3. What is less certain than 0.9 is not traded live until a person has confirmed it.

import { type Amount, amount, isLess, isNegative, isZero, multiply, sum } from '../money/amount.ts';
import { type InputProblem, inputProblem } from '../rebalancing/input-problem.ts';
import { byId } from '../targets/apportion.ts';
import type { AssetId } from '../venue/venue.ts';
import type { StrategyId } from './strategy-allocation.ts';
import { wordsOfName } from './words-of-name.ts';

export type TokenSource = 'configuration' | 'registry' | 'fills' | 'name';

/** That a strategy trades an asset, who says so, and how sure that is. To be kept as it is. */
export interface TokenMapping {
  readonly strategy: StrategyId;
  readonly asset: AssetId;
  readonly source: TokenSource;
  /** From 0 to 1. */
  readonly confidence: number;
  /** For people: what the source says. */
  readonly evidence: string;
  readonly inferredAtMs: number;
  /** Null until a person has confirmed it. */
  readonly confirmation: { readonly by: string; readonly atMs: number } | null;
}

/** What is known of one strategy. */
export interface TokenKnowledge {
  readonly strategy: StrategyId;
  /** Null where nothing is configured; an empty list says that it trades nothing. */
  readonly configured: readonly AssetId[] | null;
  /** What a registry of strategies lists as traded. Empty where it lists nothing. */
  readonly registered: readonly AssetId[];
  /** The strategy's own. Values in one currency, of either side, never negative. */
  readonly fills: readonly { readonly asset: AssetId; readonly value: Amount; readonly filledAtMs: number }[];
}

export type InferredTokens =
  | { readonly state: 'inferred'; readonly mappings: readonly TokenMapping[] }
  | { readonly state: 'refused'; readonly problem: InputProblem };

/** REBALANCING.md §3a. */
const CONFIDENCE: Readonly<Record<TokenSource, number>> = {
  configuration: 1,
  registry: 0.95,
  fills: 0.9,
  name: 0.6,
};
const CONFIDENCE_MIN = 0.9;
const FILLS_WINDOW_MS = 30 * 86_400_000;
const FILLS_SHARE_MIN = amount('0.05');

/**
 * The assets of one strategy, by name. `symbols` is all there is to match: symbol in capitals → asset. Fills count
 * from 30 days before `nowMs`, and an asset by 5 % of their value. Never throws; refuses, with the place, an asset that
 * is configured or registered but not among the symbols, and fills of less than nothing.
 */
export function inferTokens(
  knowledge: TokenKnowledge,
  { symbols, nowMs }: { readonly symbols: Readonly<Record<string, AssetId>>; readonly nowMs: number },
): InferredTokens {
  const { strategy, configured, registered, fills } = knowledge;
  const known = new Set(Object.values(symbols));
  const problem =
    findUnknown(configured ?? [], `strategies.${strategy}.tokens`, known) ??
    findUnknown(registered, `registry.${strategy}.traded_tokens`, known) ??
    findFillProblem(fills, `fills.${strategy}`);
  if (problem !== null) return { state: 'refused', problem };
  const mapped = (source: TokenSource, named: ReadonlyMap<AssetId, string>): InferredTokens => ({
    state: 'inferred',
    mappings: [...named]
      .sort(([a], [b]) => byId(a, b))
      .map(([asset, evidence]) => ({
        strategy,
        asset,
        source,
        confidence: CONFIDENCE[source],
        evidence,
        inferredAtMs: nowMs,
        confirmation: null,
      })),
  });
  if (configured !== null)
    return mapped('configuration', new Map(configured.map((asset) => [asset, 'it is configured'])));
  if (registered.length > 0)
    return mapped('registry', new Map(registered.map((asset) => [asset, 'the registry lists it'])));
  const traded = tradedIn(fills, nowMs);
  return traded.size > 0 ? mapped('fills', traded) : mapped('name', namedIn(strategy, symbols));
}

/** Whether an order for the asset may leave in live mode on the word of this mapping. */
export const isTradedLive = (mapping: TokenMapping): boolean => !needsConfirmation(mapping);

/** Whether a person must say that the mapping is right before it counts. */
export const needsConfirmation = ({ confidence, confirmation }: TokenMapping): boolean =>
  confidence < CONFIDENCE_MIN && confirmation === null;

/** The mapping as a person has confirmed it; its source and confidence stay what they were. */
export const confirmMapping = (
  mapping: TokenMapping,
  confirmation: { readonly by: string; readonly atMs: number },
): TokenMapping => ({ ...mapping, confirmation });

function tradedIn(fills: TokenKnowledge['fills'], nowMs: number): ReadonlyMap<AssetId, string> {
  const recent = fills.filter(
    ({ filledAtMs }) => filledAtMs > nowMs - FILLS_WINDOW_MS && filledAtMs <= nowMs,
  );
  const total = sum(recent.map(({ value }) => value));
  const traded = new Map<AssetId, string>();
  for (const asset of new Set(recent.map((fill) => fill.asset))) {
    const value = sum(recent.filter((fill) => fill.asset === asset).map((fill) => fill.value));
    if (isZero(value) || isLess(value, multiply(total, FILLS_SHARE_MIN))) continue;
    traded.set(asset, `${value} of ${total} filled within 30 days`);
  }
  return traded;
}

function namedIn(name: string, symbols: Readonly<Record<string, AssetId>>): ReadonlyMap<AssetId, string> {
  const named = new Map<AssetId, string>();
  for (const word of wordsOfName(name)) {
    const symbol = word.toUpperCase();
    const asset = Object.hasOwn(symbols, symbol) ? symbols[symbol] : undefined;
    if (asset !== undefined) named.set(asset, `its name contains the word "${word}"`);
  }
  return named;
}

function findUnknown(
  assets: readonly AssetId[],
  path: string,
  known: ReadonlySet<AssetId>,
): InputProblem | null {
  const index = assets.findIndex((asset) => !known.has(asset));
  return index < 0 ? null : inputProblem(`${path}[${index}]`, 'an asset that is known', assets[index]);
}

function findFillProblem(fills: TokenKnowledge['fills'], path: string): InputProblem | null {
  const index = fills.findIndex(({ value }) => isNegative(value));
  return index < 0
    ? null
    : inputProblem(`${path}[${index}].value`, 'a value of zero or more', fills[index]?.value);
}
