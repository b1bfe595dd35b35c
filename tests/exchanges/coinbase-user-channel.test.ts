import { describe, expect, it } from '@jest/globals';
import { openApiKey } from '../../src/exchanges/coinbase/api-key.ts';
import { userChannel } from '../../src/exchanges/coinbase/user-channel.ts';
import { createSimulatedKey, tokenChecker } from '../../src/exchanges/simulated/coinbase-tokens.ts';
import type { Heard } from '../../src/exchanges/stream/stream-channel.ts';

const NOW_MS = 1_800_000_000_000;
const key = createSimulatedKey();
const channel = userChannel({ apiKey: openApiKey(key.credentials), machineNow: () => NOW_MS });

/** What the messages of one connection mean, in order. */
function heardOf(messages: readonly (object | string)[]): readonly Heard[] {
  let state = channel.opened;
  return messages.map((message) => {
    const step = channel.hear(state, typeof message === 'string' ? message : JSON.stringify(message));
    state = step.state;
    return step.heard;
  });
}

const said = (name: string, sequence: number, ...events: readonly object[]) => ({
  channel: name,
  client_id: '',
  timestamp: '2026-04-07T14:30:06.000000Z',
  sequence_num: sequence,
  events,
});
const confirmed = (sequence: number, ...names: readonly string[]) =>
  said('subscriptions', sequence, { subscriptions: Object.fromEntries(names.map((name) => [name, ['id']])) });
const snapshot = (sequence: number) => said('user', sequence, { type: 'snapshot', orders: [] });
const update = (sequence: number) => said('user', sequence, { type: 'update', orders: [{ order_id: 'a' }] });
const beat = (sequence: number) => said('heartbeats', sequence, { heartbeat_counter: '3049' });
const LIVE = [confirmed(0, 'user'), confirmed(1, 'user', 'heartbeats')] as const;

describe('the user channel of Coinbase', () => {
  it.each<[string, readonly (object | string)[], readonly Heard['kind'][]]>([
    ['is live once both subscriptions are confirmed', [...LIVE], ['alive', 'live']],
    ['is not live with heartbeats alone', [confirmed(0, 'heartbeats'), beat(1)], ['alive', 'alive']],
    [
      'moves with an update of an order',
      [...LIVE, update(2), update(3)],
      ['alive', 'live', 'moved', 'moved'],
    ],
    ['does not move with a snapshot or a heartbeat', [snapshot(0), beat(1)], ['alive', 'alive']],
    [
      'moves where one of several events is an update',
      [said('user', 0, { type: 'snapshot', orders: [] }, { type: 'update', orders: [] })],
      ['moved'],
    ],
    ['may begin at any number', [beat(77), beat(78)], ['alive', 'alive']],
    ['knows that a message was missed', [...LIVE, update(2), beat(4)], ['alive', 'live', 'moved', 'broken']],
    [
      'knows that a message of an unknown channel was missed',
      [beat(0), said('news', 2)],
      ['alive', 'broken'],
    ],
    ['takes a number twice for trouble', [beat(0), beat(0)], ['alive', 'broken']],
    ['takes a number of before for trouble', [beat(5), beat(6), beat(5)], ['alive', 'alive', 'broken']],
    [
      'counts by channel where the venue does',
      [beat(0), snapshot(0), beat(1), update(1)],
      ['alive', 'alive', 'alive', 'moved'],
    ],
    [
      'knows what was missed where the venue counts by channel',
      [beat(0), beat(1), beat(2), snapshot(0), beat(3), update(2)],
      ['alive', 'alive', 'alive', 'alive', 'alive', 'broken'],
    ],
    ['lets pass what it does not know', [said('news', 0, {}), beat(1)], ['alive', 'alive']],
    [
      'is broken once it is subscribed to less',
      [...LIVE, confirmed(2, 'heartbeats')],
      ['alive', 'live', 'broken'],
    ],
    ['is broken by an error', [{ type: 'error', message: 'authentication failure' }], ['broken']],
    ['is broken by what is no JSON', ['<html>'], ['broken']],
    ['is broken by a list', ['[]'], ['broken']],
    ['is broken by null', ['null'], ['broken']],
    ['is broken by a message without a number', [{ channel: 'user', events: [] }], ['broken']],
    ['is broken by a number in words', [{ channel: 'user', sequence_num: '0', events: [] }], ['broken']],
    ['is broken by events that are no list', [{ channel: 'user', sequence_num: 0, events: {} }], ['broken']],
    ['is not broken by events that are no objects', [said('user', 0, null as never, 7 as never)], ['moved']],
    [
      'is not fooled by a channel named as what objects have',
      [said('__proto__', 0), said('constructor', 1)],
      ['alive', 'alive'],
    ],
  ])('%s', (_, messages, kinds) => {
    expect(heardOf(messages).map(({ kind }) => kind)).toEqual(kinds);
  });

  it('says what was refused and what was missed', () => {
    expect(heardOf([{ type: 'error', message: 'authentication failure' }])).toEqual([
      { kind: 'broken', reason: 'refused: authentication failure' },
    ]);
    expect(heardOf([beat(3), beat(5)])[1]).toEqual({
      kind: 'broken',
      reason: 'messages were missed: 5 follows 3 on the connection and 3 on heartbeats',
    });
  });

  it('cuts what a venue writes', () => {
    const [heard] = heardOf([{ type: 'error', message: 'x'.repeat(100_000) }]);
    expect(heard?.kind === 'broken' && heard.reason.length).toBe(300);
  });

  it('subscribes to both channels, each with a token of its own without a request', () => {
    const checker = tokenChecker({
      ...key,
      keyName: key.credentials.keyName,
      machineNow: () => NOW_MS,
      claim: 'uri',
    });
    const messages = channel.subscribe().map((text) => JSON.parse(text) as Record<string, unknown>);
    expect(messages.map(({ type, channel: name }) => [type, name])).toEqual([
      ['subscribe', 'user'],
      ['subscribe', 'heartbeats'],
    ]);
    const tokens = messages.map(({ jwt }) => String(jwt));
    expect(new Set(tokens).size).toBe(2);
    // Everything else is in order: the claim that is missing is the one that a stream has not.
    for (const token of tokens)
      expect(checker.refusalOf(`Bearer ${token}`, 'GET host/path')).toBe(
        'the token is for undefined, not for GET host/path',
      );
  });
});
