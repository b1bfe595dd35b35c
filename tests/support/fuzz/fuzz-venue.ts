import type { Exchange } from '../../../src/exchanges/exchange.ts';
import type { GoodAnswer } from './fuzz-answer.ts';
import type { ServedChange } from './fuzz-wires.ts';

export type ReadMethod = 'observe' | 'readActivity' | 'readMarkets' | 'findOrder' | 'readKeyRights';

/** One read of one account, whose answers are changed. */
export interface FuzzCase {
  readonly name: string;
  readonly method: ReadMethod;
  /** The adapter as after a start of the service: nothing is remembered of earlier runs. */
  open(): Promise<Exchange>;
  call(exchange: Exchange, signal: AbortSignal): Promise<unknown>;
  /** Markets that were asked for. */
  readonly markets?: readonly string[];
  /** Places of amounts that are in what the read is known to be: "key path" of a number. */
  readonly amounts: RegExp;
  /** Of those, the ones whose sign says nothing where they are known: "key path". */
  readonly unsigned?: RegExp;
  /**
   * Totals by asset that documents say, the way the venue documents them; null where it cannot be told simply.
   * Documents are those that were asked for, each once.
   */
  readonly totalsSaid?: (documents: readonly SaidDocument[]) => Readonly<Record<string, string>> | null;
}

export interface SaidDocument {
  readonly key: string;
  readonly document: unknown;
}

/** An adapter, its reads, and the venue's good answers to them. */
export interface FuzzVenue {
  readonly venue: string;
  readonly cases: readonly FuzzCase[];
  readonly answers: ReadonlyMap<string, GoodAnswer>;
  /** Must not be in anything that comes out. */
  readonly secrets: readonly string[];
  /** What the adapter is told the time is. */
  readonly nowMs: number;
  endRecording(): void;
  begin(changes: readonly ServedChange[]): void;
  asked(): readonly string[];
  tokens(): readonly string[];
  requests(): number;
  close(): Promise<void>;
}

/** Far enough from any edge of time. */
export const FUZZ_NOW_MS = 1_760_000_000_000;
