import { describe, expect, it, test } from '@jest/globals';
import { subaccountChannel } from '../../src/exchanges/dydx/subaccount-channel.ts';
import type { Heard } from '../../src/exchanges/stream/stream-channel.ts';
import { hasReferenceData, referenceData } from '../support/reference-data.ts';

const ADDRESS = 'dydx1test';
const channel = subaccountChannel({ address: ADDRESS, subaccountNumbers: [0, 129] });

function heardOf(messages: readonly (object | string)[], from = channel): readonly Heard[] {
  let state = from.opened;
  return messages.map((message) => {
    const step = from.hear(state, typeof message === 'string' ? message : JSON.stringify(message));
    state = step.state;
    return step.heard;
  });
}
const kindsOf = (messages: readonly (object | string)[]) => heardOf(messages).map(({ kind }) => kind);

const PARENT = { channel: 'v4_parent_subaccounts', id: `${ADDRESS}/0` };
const CHILD = { channel: 'v4_subaccounts', id: `${ADDRESS}/129` };
const BLOCKS = { channel: 'v4_block_height', id: 'v4_block_height' };
const said = (type: string, number: number, more: object = {}) => ({
  type,
  connection_id: 'c',
  message_id: number,
  ...more,
});
const LIVE = [
  said('connected', 0),
  said('subscribed', 1, BLOCKS),
  said('subscribed', 2, PARENT),
  said('subscribed', 3, CHILD),
];
const LIVE_KINDS = ['alive', 'alive', 'alive', 'live'];

describe('the subaccount channels of dYdX', () => {
  it('subscribes to each parent with its children, to each child that stands alone, and to blocks', () => {
    expect(channel.subscribe().map((text) => JSON.parse(text))).toEqual([
      { type: 'subscribe', ...PARENT },
      { type: 'subscribe', ...CHILD },
      { type: 'subscribe', channel: 'v4_block_height' },
    ]);
  });

  it.each<[string, readonly (object | string)[], readonly string[]]>([
    ['are live once all are confirmed', LIVE, LIVE_KINDS],
    [
      'are not live by the confirmation of another account',
      [...LIVE.slice(0, 3), said('subscribed', 3, { ...CHILD, id: 'dydx1other/129' })],
      ['alive', 'alive', 'alive', 'alive'],
    ],
    [
      'are not live by one confirmation twice',
      [...LIVE.slice(0, 3), said('subscribed', 3, PARENT)],
      ['alive', 'alive', 'alive', 'alive'],
    ],
    ['move with data', [...LIVE, said('channel_data', 4, PARENT)], [...LIVE_KINDS, 'moved']],
    ['move with data in batches', [...LIVE, said('channel_batch_data', 4, CHILD)], [...LIVE_KINDS, 'moved']],
    ['do not move with blocks', [...LIVE, said('channel_data', 4, BLOCKS)], [...LIVE_KINDS, 'alive']],
    [
      'do not move with blocks that lack an id',
      [...LIVE, said('channel_batch_data', 4, { channel: 'v4_block_height' })],
      [...LIVE_KINDS, 'alive'],
    ],
    ['know that a message was missed', [...LIVE, said('channel_data', 5, BLOCKS)], [...LIVE_KINDS, 'broken']],
    [
      'take a number twice for trouble',
      [said('connected', 0), said('subscribed', 0, PARENT)],
      ['alive', 'broken'],
    ],
    ['are broken where one is ended', [...LIVE, said('unsubscribed', 4, CHILD)], [...LIVE_KINDS, 'broken']],
    ['are broken by an error', [said('error', 0, { message: 'Internal error' })], ['broken']],
    ['are broken by what is no JSON', ['nothing'], ['broken']],
    ['are broken by a message without a number', [{ type: 'connected' }], ['broken']],
    [
      'let pass what they do not know',
      [said('news', 0), said('news', 1, { channel: 'v5' })],
      ['alive', 'alive'],
    ],
  ])('%s', (_, messages, kinds) => {
    expect(kindsOf(messages)).toEqual(kinds);
  });
});

if (!hasReferenceData) {
  test.todo('needs the recordings, which are not here');
} else {
  describe('recorded messages of the dYdX indexer', () => {
    const updates = referenceData('wire/dydx/abacus.ws-updates.json') as Record<
      string,
      Record<string, unknown>
    >;
    const recorded = Object.entries(updates).filter(([, { message_id }]) => typeof message_id === 'number');
    test.each(recorded)('%s', (_, message) => {
      const [address = '', number = ''] = String(message.id).split('/');
      const own = subaccountChannel({ address, subaccountNumbers: [Number(number)] });
      const state = { ...own.opened, last: (message.message_id as number) - 1 };
      const { kind } = own.hear(state, JSON.stringify(message)).heard;
      expect(kind).toBe(message.type === 'subscribed' ? 'alive' : 'moved');
    });

    test('blocks and errors', () => {
      const named = (name: string) => referenceData(`wire/nautilus/dydx/${name}.json`) as object;
      expect(heardOf([named('ws_block_height_subscribed')])[0]?.kind).toBe('alive');
      expect(heardOf([named('ws_block_height_update')])[0]?.kind).toBe('alive');
      expect(heardOf([named('ws_error')])[0]).toEqual({
        kind: 'broken',
        reason: "refused: Invalid subscription: channel 'invalid_channel' not found",
      });
    });
  });
}
