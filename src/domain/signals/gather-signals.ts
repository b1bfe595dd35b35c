import { type InputProblem, inputProblem } from '../rebalancing/input-problem.ts';
import { byId } from '../targets/apportion.ts';
import { findSignalProblem, isSameSignal, type Signal, type SourceOnAsset, sourceKey } from './signal.ts';

/** What one source has said of one asset. */
export interface SourceSignals extends SourceOnAsset {
  /** The one that counts; null where it has said nothing up to now. */
  readonly newest: Signal | null;
  /** Those before it, oldest first: the newest `HISTORY_MAX` of them. */
  readonly earlier: readonly Signal[];
  /** Of a time that has not come. */
  readonly future: readonly Signal[];
}

/** How far back the habits of a source are looked for. */
export const HISTORY_MAX = 64;

export type Gathered =
  | { readonly state: 'gathered'; readonly sources: readonly SourceSignals[] }
  | { readonly state: 'refused'; readonly problem: InputProblem };

/**
 * Signals by asset and source, in one order whatever the order they come in; the same signal twice is one. Refuses two
 * different ones of one source on one asset at one time, because nobody knows which is meant. Sources that are expected
 * and have said nothing are among them.
 */
export function gatherSignals(
  signals: readonly Signal[],
  { asOfMs, expected }: { readonly asOfMs: number; readonly expected: readonly SourceOnAsset[] },
): Gathered {
  const bySource = new Map<string, { readonly of: SourceOnAsset; readonly byTime: Map<number, Signal> }>();
  for (const { source, asset } of expected)
    bySource.set(sourceKey({ source, asset }), { of: { source, asset }, byTime: new Map() });
  for (const [index, signal] of signals.entries()) {
    const { source, asset, atMs } = signal;
    const path = `signals[${index}]`;
    const problem = findSignalProblem(path, signal);
    if (problem !== null) return { state: 'refused', problem };
    const key = sourceKey(signal);
    const known = bySource.get(key) ?? { of: { source, asset }, byTime: new Map<number, Signal>() };
    const before = known.byTime.get(atMs);
    if (before !== undefined && !isSameSignal(before, signal)) {
      const expectedText = `one signal of a source on an asset at one time`;
      const found = `another one of ${source} on ${asset} at ${new Date(atMs).toISOString()}`;
      return { state: 'refused', problem: inputProblem(path, expectedText, found) };
    }
    known.byTime.set(atMs, signal);
    bySource.set(key, known);
  }
  const sources = [...bySource.values()].map(({ of, byTime }) =>
    sourceSignalsOf(of, [...byTime.values()], asOfMs),
  );
  return {
    state: 'gathered',
    sources: sources.sort((a, b) => byId(a.asset, b.asset) || byId(a.source, b.source)),
  };
}

function sourceSignalsOf(of: SourceOnAsset, signals: readonly Signal[], asOfMs: number): SourceSignals {
  const inOrder = signals.toSorted((a, b) => a.atMs - b.atMs);
  const told = inOrder.filter(({ atMs }) => atMs <= asOfMs);
  return {
    ...of,
    newest: told.at(-1) ?? null,
    earlier: told.slice(0, -1).slice(-HISTORY_MAX),
    future: inOrder.slice(told.length),
  };
}
