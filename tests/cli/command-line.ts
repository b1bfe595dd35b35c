import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommandRegistration } from '../../src/cli/command-context.ts';
import { registerConfig } from '../../src/cli/config-command.ts';
import { runCommandLine } from '../../src/cli/run-command-line.ts';
import { registerSnapshot } from '../../src/cli/snapshot-command.ts';
import { systemClock } from '../../src/platform/clock.ts';

export interface Ended {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

export interface RunInProcessOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly isTerminal?: boolean;
  readonly commands?: readonly CommandRegistration[];
  /** What the person at the terminal types, in order; nobody sits there without. */
  readonly typed?: readonly string[];
}

/** Runs a command line in this process and collects what it prints. */
export function runInProcess(words: readonly string[], options: RunInProcessOptions = {}): Promise<Ended> {
  return startInProcess(words, options).ended;
}

export interface Started {
  readonly ended: Promise<Ended>;
  /** Resolves once stderr holds the text; rejects when the command ends before. */
  said(text: string): Promise<void>;
  /** Ctrl-C. */
  stop(): void;
}

/** Starts a command line that goes on until it is stopped. */
export function startInProcess(words: readonly string[], options: RunInProcessOptions = {}): Started {
  let out = '';
  let err = '';
  const isTTY = options.isTerminal ?? false;
  const typed = options.typed && [...options.typed];
  const waiting = new Set<() => void>();
  let stop = (): void => {};
  const ended = runCommandLine({
    words,
    commands: options.commands ?? [registerSnapshot, registerConfig],
    streams: {
      out: {
        write: (text) => {
          out += text;
        },
        isTTY,
      },
      err: {
        write: (text) => {
          err += text;
          for (const look of waiting) look();
        },
        isTTY,
      },
    },
    environment: options.environment ?? {},
    clock: systemClock,
    person: {
      ask: async (question) => {
        err += question;
        return typed?.shift() ?? null;
      },
      onStop: (heard) => {
        stop = heard;
        return () => {};
      },
    },
    version: '1.2.3',
  }).then((exitCode) => ({ exitCode, out, err }));
  return {
    ended,
    said: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!err.includes(text)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
        void ended.then((end) => reject(new Error(`ended without "${text}": ${JSON.stringify(end)}`)));
      }),
    stop: () => stop(),
  };
}

/** Writes a configuration into a new folder and gives its path to the work, after which the folder is gone. */
export async function withConfiguration<T>(
  document: unknown,
  work: (path: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'trueup-cli-'));
  try {
    const path = join(folder, 'trueup.json');
    writeFileSync(path, typeof document === 'string' ? document : JSON.stringify(document));
    return await work(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
