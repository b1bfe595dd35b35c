import type { ContractRig, Method } from '../exchanges/contract.ts';
import { type HostileWire, serveHostileWire, type WireRequest } from './hostile-wire.ts';
import { type ScriptedServer, serveScript } from './scripted-server.ts';

/** Between an adapter and all the servers of its venue; each gets a wire, by name. */
export interface Wires<Name extends string> {
  readonly urls: Readonly<Record<Name, string>>;
  readonly rig: Pick<ContractRig, 'knows' | 'meet' | 'asked' | 'held' | 'overran'>;
  rewrite(change: (body: string) => string): void;
  close(): Promise<void>;
}

/** Commands meet trouble only in the requests that `isCommand` names: what prepares them goes through. */
export async function openWires<Name extends string>(
  upstreams: Readonly<Record<Name, string>>,
  isCommand: (request: WireRequest) => boolean,
): Promise<Wires<Name>> {
  const trap: ScriptedServer = await serveScript(() => ({ body: {} }));
  const wires = new Map<Name, HostileWire>();
  for (const [name, upstream] of Object.entries(upstreams) as [Name, string][])
    wires.set(name, await serveHostileWire(upstream, `${trap.url}/trap`));
  const all = [...wires.values()];
  let trapped = 0;
  const total = (count: (wire: HostileWire) => number) => all.reduce((sum, wire) => sum + count(wire), 0);
  const isOf = (method: Method) =>
    method === 'submitOrder' || method === 'cancelOrder' ? isCommand : () => true;
  return {
    urls: Object.fromEntries([...wires].map(([name, { url }]) => [name, url])) as Record<Name, string>,
    rig: {
      // What a key may do is told in truth values: no number stands there as text.
      knows: (trouble, method) =>
        trouble !== 'numbers' || !['readKeyRights', 'readTradeKeyRights'].includes(method),
      meet(trouble, method, only) {
        let count = 0;
        const isMet = (request: WireRequest): boolean => {
          if (!isOf(method)(request)) return false;
          count += 1;
          return only === undefined || count === only;
        };
        for (const wire of all) wire.meet(trouble, isMet);
        trapped = trap.requests.length;
      },
      asked: () => total((wire) => wire.matched()),
      held: () => total((wire) => wire.held()),
      overran() {
        if (trap.requests.length > trapped) return 'a redirect was followed';
        return total((wire) => wire.overrun()) > 0 ? 'a huge body was read to its end' : null;
      },
    },
    rewrite(change) {
      for (const wire of all) wire.rewrite(change);
    },
    async close() {
      await Promise.all([trap, ...all].map((server) => server.close()));
    },
  };
}
