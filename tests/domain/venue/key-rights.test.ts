import { expect, it } from '@jest/globals';
import { judgeKey, type KeyTask } from '../../../src/domain/venue/key-rights.ts';
import { type UnknownReason, unknown } from '../../../src/domain/venue/observation.ts';

const reads = { canTrade: false, canWithdraw: false };
const trades = { canTrade: true, canWithdraw: false };
const TASKS: readonly KeyTask['trade'][] = ['must', 'may', 'needNot'];

it.each(TASKS)('refuses a key that can withdraw, whatever it is for: "%s" trade', (trade) => {
  for (const canTrade of [true, false])
    expect(judgeKey({ canTrade, canWithdraw: true }, { trade })).toEqual({
      state: 'refused',
      expected: 'a key that can neither withdraw nor transfer',
      found: 'one that can withdraw or transfer',
    });
});

it.each([
  ['a key that can withdraw', { canTrade: true, canWithdraw: true }],
  ['a key that cannot trade', reads],
])('says what the venue says of %s', (_what, rights) => {
  const told = { ...rights, detail: 'one that is told of' };
  expect(judgeKey(told, { trade: 'must' })).toMatchObject({ state: 'refused', found: 'one that is told of' });
});

it.each([
  ['must', trades, { state: 'fits', excess: null }],
  ['must', reads, { state: 'refused', found: 'one that can only read' }],
  ['may', trades, { state: 'fits', excess: null }],
  ['may', reads, { state: 'fits', excess: null }],
  ['needNot', trades, { state: 'fits', excess: 'it can trade, and another key is there for orders' }],
  ['needNot', reads, { state: 'fits', excess: null }],
] as const)('judges a key that %s trade and of which the venue says %j', (trade, rights, verdict) => {
  expect(judgeKey(rights, { trade })).toMatchObject(verdict);
});

it.each<[UnknownReason, 'unread' | 'untold']>([
  ['unreachable', 'unread'],
  ['timedOut', 'unread'],
  ['rateLimited', 'unread'],
  ['refused', 'untold'],
  ['malformed', 'untold'],
  ['incomplete', 'untold'],
  ['incoherent', 'untold'],
  ['stale', 'untold'],
  ['wrongScope', 'untold'],
  ['suspectSource', 'untold'],
])('never takes rights that are unknown (%s) for none', (reason, state) => {
  for (const trade of TASKS)
    expect(judgeKey(unknown(reason, 'why'), { trade })).toEqual({ state, detail: `${reason}: why` });
});
