import { createRequire } from 'node:module';
import type * as Internal from 'litesvm/dist/internal.js';

/** The packages that only a simulated chain needs. None is a dependency of the library at run time. */
export interface SimulatorParts {
  readonly web3: typeof import('@solana/web3.js');
  readonly spl: typeof import('@solana/spl-token');
  /** The virtual machine's own interface, bytes in and bytes out. */
  readonly vm: typeof Internal;
}

/** Loads them when a simulated chain is opened; says which is absent and how to get it. */
export async function loadSimulatorParts(): Promise<SimulatorParts> {
  const web3 = await import('@solana/web3.js');
  // Loaded as CommonJS: the token library's ES modules take most of a second longer under a loader.
  const load = createRequire(import.meta.url);
  const spl = present('@solana/spl-token', () => load('@solana/spl-token') as SimulatorParts['spl']);
  const vm = present('litesvm', () => load('litesvm/dist/internal.js') as SimulatorParts['vm']);
  return { web3, spl, vm };
}

function present<T>(name: string, load: () => T): T {
  try {
    return load();
  } catch (cause) {
    const how = `npm install --save-dev ${name}`;
    throw new Error(`the simulated Solana chain needs the package ${name}, which cannot be loaded: ${how}`, {
      cause,
    });
  }
}
