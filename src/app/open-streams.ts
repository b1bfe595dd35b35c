import type { VenueId } from '../domain/venue/venue.ts';
import type { FollowedStream, StreamEvent } from '../exchanges/stream/follow-stream.ts';
import type { StreamChannel } from '../exchanges/stream/stream-channel.ts';
import { type Clock, systemClock } from '../platform/clock.ts';
import { systemRandom } from '../platform/random.ts';
import { hideSecrets } from './secret.ts';
import type { Delivery } from './service.ts';
import {
  type CoinbaseConfiguration,
  type DydxConfiguration,
  secretsOf,
  type VenueConfiguration,
} from './venue-configuration.ts';

export interface OpenStreams {
  /** Venues that are streamed, in the configuration's order. */
  readonly venues: readonly VenueId[];
  /** Nothing is delivered any more. */
  stop(): void;
}

/**
 * Follows the stream of every venue that has one. What streams tell enters the service as messages, and so into its
 * journal; no message of a venue is kept, and no word of one holds a secret.
 */
export async function openStreams(
  venues: readonly VenueConfiguration[],
  ports: {
    readonly machine: Clock;
    /** Must not throw. */
    readonly deliver: (delivery: Delivery) => void;
  },
): Promise<OpenStreams> {
  const streamed = venues.filter(isStreamed);
  const streams: FollowedStream[] = [];
  for (const venue of streamed) {
    const { followStream } = await import('../exchanges/stream/follow-stream.ts');
    const { openSocket } = await import('../exchanges/stream/stream-socket.ts');
    streams.push(
      followStream({
        url: venue.streamUrl,
        channel: await channelOf(venue),
        clock: ports.machine,
        random: systemRandom.next,
        tell: (event) => ports.deliver(deliveryOf(venue, event)),
        openSocket,
      }),
    );
  }
  return {
    venues: streamed.map(({ id }) => id),
    stop: () => {
      for (const stream of streams) stream.stop();
    },
  };
}

type Streamed = (CoinbaseConfiguration | DydxConfiguration) & { readonly streamUrl: string };

const isStreamed = (venue: VenueConfiguration): venue is Streamed =>
  'streamUrl' in venue && venue.streamUrl !== null;

async function channelOf(venue: Streamed): Promise<StreamChannel> {
  if (venue.kind === 'coinbase') {
    const { openApiKey } = await import('../exchanges/coinbase/api-key.ts');
    const { userChannel } = await import('../exchanges/coinbase/user-channel.ts');
    const { keyName, privateKey } = venue.credentials;
    const apiKey = openApiKey({ keyName: keyName.reveal(), privateKey: privateKey.reveal() });
    return userChannel({ apiKey, machineNow: systemClock.now }) as StreamChannel;
  }
  const { dydxScope } = await import('../exchanges/dydx/dydx-scope.ts');
  const { subaccountChannel } = await import('../exchanges/dydx/subaccount-channel.ts');
  return subaccountChannel(dydxScope(venue.scope)) as StreamChannel;
}

function deliveryOf(venue: Streamed, event: StreamEvent): Delivery {
  if (event.kind === 'moved')
    return { to: 'reconciliation', venue: venue.id, message: { type: 'reconciliation.accountMoved' } };
  const reason = event.kind === 'lost' ? hideSecrets(event.reason, secretsOf(venue)) : 'subscribed';
  const { kind: state } = event;
  return { to: 'portfolio', message: { type: 'portfolio.streamChanged', venue: venue.id, state, reason } };
}
