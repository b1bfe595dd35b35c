import type { Unknown } from '../domain/venue/observation.ts';
import type { Exchange } from '../exchanges/exchange.ts';

/** An adapter that reads what a person has put there: whatever it cannot read is told with the name of its source. */
export function withSource(exchange: Exchange, source: string): Exchange {
  const named = <T extends { readonly state: string }>(read: T | Unknown): T | Unknown =>
    isUnknown(read) ? { ...read, detail: `${source}: ${read.detail}` } : read;
  return {
    ...exchange,
    observe: async (request, signal) => named(await exchange.observe(request, signal)),
    readActivity: async (request, signal) => named(await exchange.readActivity(request, signal)),
  };
}

const isUnknown = (read: { readonly state: string }): read is Unknown => read.state === 'unknown';
