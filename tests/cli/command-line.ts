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

/** Runs a command line in this process and collects what it prints. */
export async function runInProcess(
  words: readonly string[],
  options: {
    readonly environment?: Readonly<Record<string, string>>;
    readonly isTerminal?: boolean;
    readonly commands?: readonly CommandRegistration[];
  } = {},
): Promise<Ended> {
  let out = '';
  let err = '';
  const isTTY = options.isTerminal ?? false;
  const exitCode = await runCommandLine({
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
        },
        isTTY,
      },
    },
    environment: options.environment ?? {},
    clock: systemClock,
    version: '1.2.3',
  });
  return { exitCode, out, err };
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
