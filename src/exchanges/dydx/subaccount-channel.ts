import {
  alive,
  broken,
  type ChannelStep,
  type Heard,
  moved,
  objectOf,
  type StreamChannel,
} from '../stream/stream-channel.ts';
import type { DydxScope } from './dydx-scope.ts';
import { PARENTS } from './subaccount-group.ts';

export interface SubaccountChannelState {
  /** Number of the last message on this connection; null before the first. */
  readonly last: number | null;
  /** What was subscribed to and is not confirmed yet. */
  readonly awaited: readonly string[];
}

/** A block comes about every second; a chain that stands still for this long is worth another connection. */
const SILENCE_MAX_MS = 30_000;
const BLOCK_HEIGHT = 'v4_block_height';

/**
 * The subaccount channels of the dYdX indexer: of each parent with its children, of each child that stands alone, and
 * the heights of blocks, which show that the connection lives.
 *
 * https://docs.dydx.xyz/indexer-client/websockets
 */
export function subaccountChannel(scope: DydxScope): StreamChannel<SubaccountChannelState> {
  const subscriptions = [
    ...scope.subaccountNumbers.map((number) => ({
      channel: number < PARENTS ? 'v4_parent_subaccounts' : 'v4_subaccounts',
      id: `${scope.address}/${number}`,
    })),
    { channel: BLOCK_HEIGHT },
  ];
  return {
    opened: { last: null, awaited: subscriptions.map(nameOf).sort() },
    subscribe: () => subscriptions.map((each) => JSON.stringify({ type: 'subscribe', ...each })),
    hear: (state, text) => hear(state, text),
    silenceMaxMs: SILENCE_MAX_MS,
  };
}

/** `id` of the block heights is their channel's name, where one is given. */
const nameOf = ({ channel, id }: { readonly channel: string; readonly id?: string }): string =>
  channel === BLOCK_HEIGHT ? BLOCK_HEIGHT : `${channel} ${id}`;

function hear(state: SubaccountChannelState, text: string): ChannelStep<SubaccountChannelState> {
  const message = objectOf(text);
  if (message === null) return { state, heard: broken('expected a message in JSON, found none') };
  const { type, message_id: number, channel, id } = message;
  if (type === 'error') return { state, heard: broken(`refused: ${textOf(message.message)}`) };
  if (typeof number !== 'number') return { state, heard: broken('expected a message_id, found none') };
  if (state.last !== null && number !== state.last + 1)
    return { state, heard: broken(`messages were missed: ${number} follows ${state.last}`) };
  const next = { ...state, last: number };
  if (typeof channel !== 'string') return { state: next, heard: alive };
  const name = nameOf({ channel, ...(typeof id === 'string' && { id }) });
  if (type === 'subscribed') return confirmed(next, name);
  if (type === 'unsubscribed') return { state: next, heard: broken(`subscribed to ${name} no more`) };
  return { state: next, heard: heardOf(type, name) };
}

function confirmed(state: SubaccountChannelState, name: string): ChannelStep<SubaccountChannelState> {
  const awaited = state.awaited.filter((each) => each !== name);
  const isLive = awaited.length === 0 && state.awaited.length > 0;
  return { state: { ...state, awaited }, heard: isLive ? { kind: 'live' } : alive };
}

/** Blocks come whether anything has moved or not. */
function heardOf(type: unknown, name: string): Heard {
  const isData = type === 'channel_data' || type === 'channel_batch_data';
  return isData && name !== BLOCK_HEIGHT ? moved : alive;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : 'no reason was given');
