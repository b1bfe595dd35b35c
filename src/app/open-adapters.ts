import type { VenueId } from '../domain/venue/venue.ts';
import type { Exchange } from '../exchanges/exchange.ts';
import type { Configuration } from './configuration.ts';
import { openExchange } from './open-exchange.ts';

/** Ready-made adapters by venue: a bot's own, or a test's. */
export type ProvidedExchanges = Readonly<Record<VenueId, Exchange>>;

/** The adapter of every configured venue, in the configuration's order. Where one fails, the others are closed. */
export async function openAdapters(
  configuration: Configuration,
  options: { readonly provided: ProvidedExchanges; readonly now: () => number },
): Promise<readonly Exchange[]> {
  const opened: Exchange[] = [];
  try {
    for (const venue of configuration.venues) {
      const { tokens } = configuration;
      const adapter = options.provided[venue.id] ?? (await openExchange(venue, { now: options.now, tokens }));
      if (adapter.venue !== venue.id || adapter.kind !== venue.kind) {
        const expected = `an exchange for ${venue.id} of kind ${venue.kind}`;
        throw new Error(`expected ${expected}, found ${adapter.venue} of kind ${adapter.kind}`);
      }
      opened.push(adapter);
    }
    return opened;
  } catch (error) {
    await Promise.allSettled(opened.map((exchange) => exchange.close()));
    throw error;
  }
}
