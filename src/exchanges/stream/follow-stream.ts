import type { Clock } from '../../platform/clock.ts';
import { retryDelayMs } from '../../resilience/retry-delay.ts';
import type { StreamChannel } from './stream-channel.ts';
import type { OpenSocket, StreamSocket } from './stream-socket.ts';

/** What a follower tells: `live` and `lost` take turns, and `moved` comes only between the two. */
export type StreamEvent =
  | { readonly kind: 'live' }
  | { readonly kind: 'moved' }
  | { readonly kind: 'lost'; readonly reason: string };

export interface StreamOptions<State> {
  readonly url: string;
  readonly channel: StreamChannel<State>;
  readonly clock: Clock;
  /** At least 0 and less than 1; spreads the tries of several bots. */
  readonly random: () => number;
  /** Must not throw. */
  readonly tell: (event: StreamEvent) => void;
  readonly openSocket: OpenSocket;
}

export interface FollowedStream {
  /** Tells nothing any more, and lets go of the connection. */
  stop(): void;
}

/** From the first byte to the last confirmation. */
const SUBSCRIBED_WITHIN_MS = 15_000;
/** An account that moves without pause is told of this often: who hears of it reads it anyway. */
const MOVED_INTERVAL_MS = 1_000;
/** Venues count connections: Coinbase took one in four seconds from an address when its limit was published. */
const RECONNECT_MIN_MS = 4_000;
/** A connection that has lasted this long was a good one: the next try is a first one again. */
const SOUND_AFTER_MS = 60_000;

/**
 * Keeps a subscription alive: connects, subscribes, and after any trouble does so again, with full jitter.
 *
 * A message that was missed, one that cannot be read, silence and a closed connection are all the same: what happened
 * meanwhile is unknown, so it tells `lost` once and begins anew. It tells `lost` for a venue that it cannot reach from
 * the start, too. Nothing is kept of what the messages say.
 */
export function followStream<State>(options: StreamOptions<State>): FollowedStream {
  const { url, channel, clock, random, tell, openSocket } = options;
  let told: 'nothing' | 'live' | 'lost' = 'nothing';
  let attempts = 0;
  let socket: StreamSocket | null = null;
  let state = channel.opened;
  let liveSinceMs: number | null = null;
  let deadline: unknown = null;
  let movedTimer: unknown = null;
  let hasMovedMore = false;

  function connect(): void {
    attempts += 1;
    state = channel.opened;
    expectWithin(SUBSCRIBED_WITHIN_MS, `no subscription within ${SUBSCRIBED_WITHIN_MS} ms`);
    socket = openSocket(url, {
      opened: () => {
        for (const message of channel.subscribe()) socket?.send(message);
      },
      said,
      ended: lose,
    });
  }

  function said(text: string): void {
    const step = channel.hear(state, text);
    state = step.state;
    const { heard } = step;
    if (heard.kind === 'broken') {
      lose(heard.reason);
      return;
    }
    if (heard.kind === 'live' && liveSinceMs === null) {
      liveSinceMs = clock.now();
      told = 'live';
      tell({ kind: 'live' });
    }
    // Until it is live it has its own deadline, which chatter does not put off.
    if (liveSinceMs !== null) expectWithin(channel.silenceMaxMs, `silent for ${channel.silenceMaxMs} ms`);
    if (heard.kind === 'moved' && liveSinceMs !== null) tellMoved();
  }

  /** At once, and then what comes within an interval together at its end. */
  function tellMoved(): void {
    if (movedTimer !== null) {
      hasMovedMore = true;
      return;
    }
    tell({ kind: 'moved' });
    movedTimer = clock.setTimeout(() => {
      movedTimer = null;
      if (!hasMovedMore) return;
      hasMovedMore = false;
      tellMoved();
    }, MOVED_INTERVAL_MS);
  }

  function lose(reason: string): void {
    const wasSound = liveSinceMs !== null && clock.now() - liveSinceMs >= SOUND_AFTER_MS;
    letGo();
    if (wasSound) attempts = 0;
    if (told !== 'lost') {
      told = 'lost';
      tell({ kind: 'lost', reason });
    }
    deadline = clock.setTimeout(connect, retryDelayMs(attempts + 1, random(), RECONNECT_MIN_MS));
  }

  function letGo(): void {
    socket?.drop();
    socket = null;
    liveSinceMs = null;
    hasMovedMore = false;
    for (const timer of [deadline, movedTimer]) if (timer !== null) clock.clearTimeout(timer);
    deadline = null;
    movedTimer = null;
  }

  function expectWithin(timeoutMs: number, reason: string): void {
    if (deadline !== null) clock.clearTimeout(deadline);
    deadline = clock.setTimeout(() => lose(reason), timeoutMs);
  }

  connect();
  return { stop: letGo };
}
