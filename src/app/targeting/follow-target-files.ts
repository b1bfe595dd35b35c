import { readFile, stat } from 'node:fs/promises';
import type { ReturnsRead } from '../../../actors/messages/portfolio-messages.ts';
import { sha256Hex } from '../../domain/hash.ts';
import type { Signal } from '../../domain/signals/signal.ts';
import type { ReadReturns } from '../../domain/targets/usable-returns.ts';
import type { Clock } from '../../platform/clock.ts';
import { readReturns } from './read-returns.ts';
import { readSignalFile, SignalError } from './read-signals.ts';
import type { ReturnsFile, TargetFile, TargetFiles } from './target-files.ts';

/** What a file of returns says, and what for. */
type ToldReturns = Required<Omit<ReturnsRead, 'type'>>;

/** What files say now: nothing where it is what was told before, or there is no such file. */
export interface ToldByFiles {
  readonly returns: readonly ToldReturns[];
  readonly signals: { readonly by: string; readonly signals: readonly Signal[] } | null;
}

export interface FollowedFiles {
  stop(): void;
}

/** How often files are looked at. */
const LOOK_INTERVAL_MS = 30_000;
/** A file above this size holds no returns of days and no signals. */
const FILE_BYTES_MAX = 10_000_000;

/**
 * Reads the files that targets and risk are derived from, at once and then twice a minute, and tells what is new in
 * them. The first look is over when this resolves. What cannot be read is a problem; returns are then told as unread as
 * well, while signals that were told before hold until they expire.
 */
export async function followTargetFiles(
  files: TargetFiles,
  on: {
    readonly clock: Clock;
    /** Must not throw. */
    readonly tell: (told: ToldByFiles) => void;
    readonly onProblem: (problem: string) => void;
  },
): Promise<FollowedFiles> {
  if (files.returns.length === 0 && files.signals === null) return { stop: () => undefined };
  const reader = new TargetFileReader(files, on.onProblem);
  let isStopped = false;
  let timer: unknown = null;
  const look = async (): Promise<void> => {
    const told = await reader.read();
    if (isStopped) return;
    if (told.returns.length > 0 || told.signals !== null) on.tell(told);
    timer = on.clock.setTimeout(() => void look(), LOOK_INTERVAL_MS);
  };
  await look();
  return {
    stop: () => {
      isStopped = true;
      on.clock.clearTimeout(timer);
    },
  };
}

/** Reads the files and remembers what they said. Never rejects. */
export class TargetFileReader {
  readonly #files: TargetFiles;
  readonly #onProblem: (problem: string) => void;
  readonly #told = new Map<string, string>();

  constructor(files: TargetFiles, onProblem: (problem: string) => void) {
    this.#files = files;
    this.#onProblem = onProblem;
  }

  async read(): Promise<ToldByFiles> {
    const { returns, signals } = this.#files;
    const told = await Promise.all(returns.map((file) => this.#returns(file)));
    return {
      returns: told.flatMap((each) => each ?? []),
      signals: signals && (await this.#signals(signals)),
    };
  }

  async #returns(file: ReturnsFile): Promise<ToldReturns | null> {
    const found = await textOf(file);
    if (!this.#isNew(file, found)) return null;
    const { name, uses } = file;
    const returns: ReadReturns =
      'reason' in found
        ? { state: 'unread', source: name, reason: found.reason }
        : readReturns(name, found.text);
    if (returns.state === 'unread') this.#onProblem(`${name}: ${returns.reason}`);
    return { returns, uses };
  }

  async #signals(file: TargetFile): Promise<ToldByFiles['signals']> {
    const found = await textOf(file);
    if (!this.#isNew(file, found)) return null;
    if ('reason' in found) {
      this.#onProblem(`${file.name}: ${found.reason}`);
      return null;
    }
    try {
      return { by: file.name, signals: readSignalFile(file.name, found.text) };
    } catch (error) {
      if (!(error instanceof SignalError)) throw error;
      this.#onProblem(error.message);
      return null;
    }
  }

  #isNew({ path }: TargetFile, found: FoundText): boolean {
    const hash = sha256Hex(JSON.stringify(found));
    const isNew = this.#told.get(path) !== hash;
    this.#told.set(path, hash);
    return isNew;
  }
}

type FoundText = { readonly text: string } | { readonly reason: string };

async function textOf({ path }: TargetFile): Promise<FoundText> {
  try {
    const { size } = await stat(path);
    if (size > FILE_BYTES_MAX) return { reason: `expected at most ${FILE_BYTES_MAX} bytes, found ${size}` };
    return { text: await readFile(path, 'utf8') };
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    return {
      reason: `it cannot be read, ${typeof code === 'string' ? code : 'for no reason that is known'}`,
    };
  }
}
