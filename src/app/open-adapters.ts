import type { VenueId } from '../domain/venue/venue.ts';
import type { Exchange } from '../exchanges/exchange.ts';
import type { Pace } from '../exchanges/pace.ts';
import type { RequestGate } from '../resilience/request-gate.ts';
import { concealSecrets } from './conceal-secrets.ts';
import type { Configuration } from './configuration.ts';
import { openExchange } from './open-exchange.ts';
import { secretsOf } from './venue-configuration.ts';

/** Ready-made adapters by venue: a bot's own, or a test's. */
export type ProvidedExchanges = Readonly<Record<VenueId, Exchange>>;

/** What `checkKeys` takes: each adapter of `openAdapters` with its venue. */
export const withVenues = (exchanges: readonly Exchange[], { venues }: Configuration) =>
  venues.flatMap((venue) => {
    const exchange = exchanges.find((each) => each.venue === venue.id);
    return exchange === undefined ? [] : [{ exchange, venue }];
  });

/** The adapter of every configured venue, in the configuration's order. Where one fails, the others are closed. */
export async function openAdapters(
  configuration: Configuration,
  options: {
    readonly provided: ProvidedExchanges;
    readonly now: () => number;
    /** The gate before the requests to each venue. */
    readonly gates: ReadonlyMap<VenueId, RequestGate>;
  },
): Promise<readonly Exchange[]> {
  const opened: Exchange[] = [];
  try {
    for (const venue of configuration.venues) {
      const { tokens } = configuration;
      const provided = options.provided[venue.id];
      const adapter = provided
        ? concealSecrets(provided, configuration.venues.flatMap(secretsOf))
        : await openExchange(venue, { now: options.now, tokens, ...paceOf(options.gates.get(venue.id)) });
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

/** How a gate stands before the requests of an adapter. */
export const paceOf = (gate: RequestGate | undefined): { readonly pace?: Pace } =>
  gate === undefined ? {} : { pace: gate.pass.bind(gate) };
