import {
  alive,
  broken,
  type ChannelStep,
  moved,
  objectOf,
  type StreamChannel,
} from '../stream/stream-channel.ts';
import { type ApiKey, signToken, TOKEN_LIFE_MAX_MS } from './api-key.ts';

export interface UserChannelState {
  /** Number of the last message on this connection; null before the first. */
  readonly last: number | null;
  /** The same of each channel. */
  readonly lastOf: Readonly<Record<string, number>>;
  readonly isLive: boolean;
}

/** Heartbeats come every second. */
const SILENCE_MAX_MS = 10_000;
const CHANNELS = ['user', 'heartbeats'] as const;

/**
 * The `user` channel of Coinbase Advanced Trade: orders and what becomes of them. The `heartbeats` channel keeps it open
 * and shows that it is. One connection for a user, so that no products are named: all are meant.
 *
 * https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-channels
 */
export function userChannel(ports: {
  readonly apiKey: ApiKey;
  /** The machine's time, which the venue checks. */
  readonly machineNow: () => number;
}): StreamChannel<UserChannelState> {
  return {
    opened: { last: null, lastOf: {}, isLive: false },
    // A token is good for one message.
    subscribe: () =>
      CHANNELS.map((channel) =>
        JSON.stringify({
          type: 'subscribe',
          channel,
          jwt: signToken(ports.apiKey, { nowMs: ports.machineNow(), lifeMs: TOKEN_LIFE_MAX_MS }),
        }),
      ),
    hear,
    silenceMaxMs: SILENCE_MAX_MS,
  };
}

function hear(state: UserChannelState, text: string): ChannelStep<UserChannelState> {
  const message = objectOf(text);
  if (message === null) return { state, heard: broken('expected a message in JSON, found none') };
  if (message.type === 'error') return { state, heard: broken(`refused: ${textOf(message.message)}`) };
  const { channel, sequence_num: number, events } = message;
  if (typeof channel !== 'string' || typeof number !== 'number' || !Array.isArray(events))
    return { state, heard: broken('expected a channel, a sequence_num and events, found others') };
  if (!isNext(state, channel, number)) {
    const after = `${state.last} on the connection and ${state.lastOf[channel] ?? 'none'} on ${channel}`;
    return { state, heard: broken(`messages were missed: ${number} follows ${after}`) };
  }
  const next = { ...state, last: number, lastOf: { ...state.lastOf, [channel]: number } };
  if (channel === 'subscriptions') return confirmed(next, events);
  if (channel !== 'user') return { state: next, heard: alive };
  // A snapshot says what is under way when one subscribes, and one who does reads the account.
  const isUpdate = events.some((event) => typeOf(event) !== 'snapshot');
  return { state: next, heard: isUpdate ? moved : alive };
}

/**
 * The venue documents that each message has exactly one more than the one before it, and not whether it counts them by
 * connection or by channel. A number that continues neither count means that one was missed; that it continues the
 * wrong one by accident does not happen where messages are counted by connection, for then no channel's number is next.
 */
function isNext({ last, lastOf }: UserChannelState, channel: string, number: number): boolean {
  if (last === null) return true;
  const before = Object.hasOwn(lastOf, channel) ? lastOf[channel] : null;
  return number === last + 1 || (before === null ? number === 0 : number === (before ?? 0) + 1);
}

/** What is subscribed to now, all of it. */
function confirmed(state: UserChannelState, events: readonly unknown[]): ChannelStep<UserChannelState> {
  const names = new Set(events.flatMap((event) => Object.keys(Object(Object(event).subscriptions))));
  if (CHANNELS.every((channel) => names.has(channel)))
    return { state: { ...state, isLive: true }, heard: { kind: 'live' } };
  if (!state.isLive) return { state, heard: alive };
  return { state, heard: broken(`subscribed to ${[...names].join(', ') || 'nothing'} any more`) };
}

const typeOf = (event: unknown): unknown => Object(event).type;
const textOf = (value: unknown): string => (typeof value === 'string' ? value : 'no reason was given');
