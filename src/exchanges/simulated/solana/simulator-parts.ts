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
  const spl = await present('@solana/spl-token', () => import('@solana/spl-token'));
  const vm = await present('litesvm', async () => {
    return createRequire(import.meta.url)('litesvm/dist/internal.js') as typeof Internal;
  });
  return { web3, spl, vm };
}

async function present<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const how = `npm install --save-dev ${name}`;
    throw new Error(`the simulated Solana chain needs the package ${name}, which cannot be loaded: ${how}`, {
      cause,
    });
  }
}
