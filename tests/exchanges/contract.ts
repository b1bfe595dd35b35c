// The contract that every adapter keeps, whatever its venue and the network do.
//
// Invariants, each a case or a check of every case:
// 1. A read is `Known` with a certificate that verifies, or `Unknown` for a reason that the trouble explains.
// 2. What was read is all that the venue has: trouble never makes it less.
// 3. A command without a readable answer is `outcomeUnknown`, and is at the venue once at most.
// 4. Everything settles soon after its signal aborts, throws nothing, and leaves no connection behind.

import type { OrderInstruction, PreparedOrder } from '../../src/domain/venue/order.ts';
import type { AssetId } from '../../src/domain/venue/venue.ts';
import type { Exchange } from '../../src/exchanges/exchange.ts';
import type { Trouble } from '../support/trouble.ts';
import { commandCases } from './contract-commands.ts';
import { readCases } from './contract-reads.ts';
import { settingCases } from './contract-settings.ts';

export const READS = [
  'observe',
  'readActivity',
  'readMarkets',
  'prepareOrder',
  'findOrder',
  'readKeyRights',
  'readTradeKeyRights',
] as const;
export const COMMANDS = ['submitOrder', 'cancelOrder'] as const;
export type Read = (typeof READS)[number];
export type Command = (typeof COMMANDS)[number];
export type Method = Read | Command;

export interface AdapterUnderTest {
  readonly adapter: string;
  /** The methods that ask the venue; the others answer by themselves, always the same. */
  readonly asks: ReadonlySet<Method>;
  /** What a 429 says of an order, by the venue's documented word. */
  readonly rateLimitedOrder: 'rejected' | 'outcomeUnknown';
  /** Whether the venue tells its time: then a clock that is minutes off is `stale`. */
  readonly tellsTime: boolean;
  /** Whether its answers name the account that they are of. */
  readonly namesAccount: boolean;
  readonly lists: readonly ListUnderTest[];
  /** Cases that fail for a reason that is known, by name. They count as failed, with the reason. */
  readonly known?: Readonly<Record<string, string>>;
  open(setting: Setting): Promise<ContractRig>;
}

/** A list that a read gives all of. */
export interface ListUnderTest {
  /** Such as "fills", of the account. */
  readonly of: string;
  readonly read: ListingRead;
  /** How many rows it is tried with: around its pages where it has pages. */
  readonly counts: readonly number[];
}

/** The reads that list what an account has. */
export type ListingRead = 'observe' | 'readActivity';

export interface Setting {
  /** How much one list of the venue has; null for a venue with one thing of each kind. */
  readonly rows: { readonly of: string; readonly count: number } | null;
  /** The venue's clock minus ours. */
  readonly skewMs: number;
  /** Answers of another account than the one that was asked for. */
  readonly isForeign: boolean;
}

/** How many rows of a list a setting is about; null where it is about another list, or none. */
export const rowsOf = ({ rows }: Setting, of: string): number | null => (rows?.of === of ? rows.count : null);

export const PLAIN: Setting = { rows: null, skewMs: 0, isForeign: false };

export interface VenueTruth {
  readonly totals: Readonly<Record<AssetId, string>>;
  readonly fills: number;
  readonly openOrders: number;
  /** Amounts of all deposits, withdrawals, transfers and payments of funding, in any order. */
  readonly moved: readonly string[];
}

export interface ContractRig {
  readonly exchange: Exchange;
  readonly markets: readonly string[];
  readonly assets: readonly AssetId[];
  /** Must not be in anything that comes out. */
  readonly secrets: readonly string[];
  /** What the venue has, without asking the adapter. */
  truth(): VenueTruth;
  /** Whether this venue can come to such trouble. */
  knows(trouble: Trouble, method: Method): boolean;
  /** Meets the next call of a method with trouble, all its requests or the one of that number; null with none. */
  meet(trouble: Trouble | null, method: Method, only?: number): void;
  /** Requests of the method that came since then; null where none can be counted. */
  asked(): number | null;
  /** Requests that the venue holds open. */
  held(): number;
  /** Whether a body was read beyond all bounds, or a redirect followed. */
  overran(): string | null;
  /** An order that rests where the venue has such orders. */
  instruct(serial: number): OrderInstruction;
  /** How many orders the venue took of this one. */
  taken(order: PreparedOrder): Promise<number>;
  close(): Promise<void>;
}

/** One case; resolves to what is wrong, or to null. */
export interface ContractCase {
  readonly name: string;
  run(): Promise<string | null>;
}

export interface ContractReport {
  readonly adapter: string;
  readonly cases: number;
  readonly passed: number;
  readonly failures: readonly {
    readonly name: string;
    readonly found: string;
    readonly known: string | null;
  }[];
}

/**
 * Runs every case that the adapter's venue can come to. The short extent leaves out those that break a read's requests
 * one by one.
 */
export async function runContract(
  under: AdapterUnderTest,
  extent: 'all' | 'short' = 'all',
): Promise<ContractReport> {
  const rig = await under.open(PLAIN);
  const failures: { name: string; found: string; known: string | null }[] = [];
  let cases = 0;
  const judge = async ({ name, run }: ContractCase): Promise<void> => {
    cases += 1;
    const known = under.known?.[name] ?? null;
    const found = await run().catch((error: unknown) => `threw ${(error as Error).stack ?? error}`);
    if (found !== null) failures.push({ name, found, known });
    else if (known !== null) failures.push({ name, found: 'passes, and is known to fail', known: null });
  };
  try {
    for (const one of readCases(under, rig, extent)) await judge(one);
    for (const one of commandCases(under, rig)) await judge(one);
  } finally {
    await rig.close();
  }
  for (const one of settingCases(under)) await judge(one);
  return { adapter: under.adapter, cases, passed: cases - failures.length, failures };
}
