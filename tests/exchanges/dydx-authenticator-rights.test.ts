import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { authenticatorRights } from '../../src/exchanges/dydx/authenticator-rights.ts';
import { refusalByAuthenticator } from '../../src/exchanges/simulated/dydx-authenticators.ts';
import {
  allOf,
  anyOf,
  BATCH_CANCEL,
  CANCEL,
  clobPairs,
  messages,
  OTHER_PUBLIC_KEY,
  type Part,
  PLACE,
  signedBy,
  subaccounts,
  TRADING_PUBLIC_KEY,
  tradingKey,
  unregistered,
} from '../support/dydx-authenticators.ts';

const SEND = '/cosmos.bank.v1beta1.MsgSend';
const WITHDRAW = '/dydxprotocol.sending.MsgWithdrawFromSubaccount';

const signed = signedBy(TRADING_PUBLIC_KEY);
const orders = messages(PLACE, CANCEL, BATCH_CANCEL);

const rightsOf = (parts: Readonly<Record<number, Part>>, authenticatorId = '7', subaccountNumber = 0) =>
  authenticatorRights(
    Object.entries(parts).map(([id, part]) => ({ id, ...part })),
    { authenticatorId, publicKey: TRADING_PUBLIC_KEY.toString('base64'), subaccountNumber },
  );

const TRADES = { canTrade: true, canWithdraw: false };
const withdraws = (detail: string) => ({
  canTrade: expect.any(Boolean),
  canWithdraw: true,
  detail: expect.stringContaining(detail),
});
const idle = { canTrade: false, canWithdraw: false, detail: expect.stringContaining('of subaccount 0') };
const notTold = (reason: string, detail: string) => ({
  state: 'unknown',
  reason,
  detail: expect.stringContaining(detail),
});
const text = (type: string, config: string): Part => ({ type, config: Buffer.from(config) });
const inJson = (json: unknown): Part => text('AllOf', JSON.stringify(json));
const base64 = (plain: string | Uint8Array): string => Buffer.from(plain).toString('base64');

describe('the rights of a permissioned key by the authenticator that it names', () => {
  it.each<[string, Part, object]>([
    ['a trading key as the web interface makes it', tradingKey(), TRADES],
    ['one filter of all three messages', allOf(signed, orders), TRADES],
    ['placing and cancelling alone', allOf(signed, messages(PLACE, CANCEL)), TRADES],
    ['one market', allOf(signed, orders, clobPairs(0), subaccounts(0, 1)), TRADES],
    [
      'a composite within a composite',
      allOf(allOf(signed, orders), anyOf(subaccounts(1), subaccounts(0))),
      TRADES,
    ],
    ['either of two keys', allOf(anyOf(signedBy(OTHER_PUBLIC_KEY), signed), orders), TRADES],
    [
      'a way for another key that may do all',
      anyOf(allOf(signed, orders), signedBy(OTHER_PUBLIC_KEY)),
      TRADES,
    ],
    [
      'an unknown way that is for another key',
      anyOf(allOf(signed, orders), allOf(signedBy(OTHER_PUBLIC_KEY), unregistered())),
      TRADES,
    ],

    ['the key alone', signed, withdraws('authenticator 7 lets it sign any message')],
    ['the key and a subaccount', allOf(signed, subaccounts(0)), withdraws('any message')],
    ['the key and a market', allOf(signed, clobPairs(0)), withdraws('any message')],
    ['a transfer among the messages', allOf(signed, messages(PLACE, CANCEL, SEND)), withdraws(SEND)],
    ['a withdrawal beside the orders', allOf(signed, anyOf(orders, messages(WITHDRAW))), withdraws(WITHDRAW)],
    ['a way around the messages', allOf(signed, anyOf(orders, subaccounts(0))), withdraws('any message')],
    ['a way around everything', anyOf(allOf(signed, orders), signed), withdraws('any message')],
    [
      'a transfer that no unknown part prevents',
      anyOf(allOf(signed, messages(SEND)), unregistered()),
      withdraws(SEND),
    ],

    ['another subaccount', allOf(signed, orders, subaccounts(1, 128)), idle],
    ['no cancels', allOf(signed, messages(PLACE)), idle],
    [
      'placing in one market and cancelling in another',
      anyOf(allOf(signed, messages(PLACE), clobPairs(0)), allOf(signed, messages(CANCEL), clobPairs(1))),
      idle,
    ],
    [
      'names of messages as the chain does not write them',
      allOf(signed, messages(PLACE.slice(1), CANCEL.slice(1))),
      idle,
    ],
    ['names of messages with blanks', allOf(signed, messages(PLACE, ` ${CANCEL}`)), idle],
    ['no message at all', allOf(signed, messages()), idle],

    [
      'another key',
      tradingKey(OTHER_PUBLIC_KEY),
      notTold('wrongScope', 'authenticator 7 is for another key: the account has 7, and for this key none'),
    ],
    [
      'both keys at once',
      allOf(signed, signedBy(OTHER_PUBLIC_KEY), orders),
      notTold('wrongScope', 'is for another key'),
    ],

    [
      'an unknown type',
      unregistered(),
      notTold('malformed', 'authenticator 7: expected a known type of authenticator, found "SpendLimit"'),
    ],
    [
      'an unknown type beside the orders',
      allOf(signed, orders, unregistered()),
      notTold('malformed', '"SpendLimit"'),
    ],
    [
      'an unknown type instead of messages',
      allOf(signed, unregistered()),
      notTold('malformed', '"SpendLimit"'),
    ],
    [
      'a type that is not on the chain yet',
      { ...tradingKey(), type: 'PartitionedAllOf' },
      notTold('malformed', '"PartitionedAllOf"'),
    ],
    [
      'a key of another length',
      allOf(signedBy(Buffer.alloc(65)), orders),
      notTold('malformed', 'expected a public key of 33 bytes, found 65 bytes'),
    ],
    ['no JSON', text('AllOf', '[{'), notTold('malformed', 'expected JSON of two authenticators or more')],
    [
      'bytes that are no text',
      { type: 'AllOf', config: Buffer.from([0xff, 0xfe]) },
      notTold('malformed', 'expected JSON'),
    ],
    ['nothing', text('AllOf', ''), notTold('malformed', 'expected JSON')],
    ['null', inJson(null), notTold('malformed', 'expected JSON')],
    ['one member', allOf(signed), notTold('malformed', 'expected JSON of two')],
    [
      'a member without a config',
      inJson([{ type: 'AnyOf' }, { type: 'AllOf', config: '' }]),
      notTold('malformed', 'expected JSON'),
    ],
    [
      'a config that is not base 64',
      inJson([
        { type: 'MessageFilter', config: '!' },
        { type: 'AllOf', config: '' },
      ]),
      notTold('malformed', 'expected JSON'),
    ],
    // The chain's decoder takes names in any case, and the last of them.
    [
      'a type in two spellings',
      inJson([
        { type: 'MessageFilter', Type: 'AnyOf', config: base64(PLACE) },
        { type: 'SignatureVerification', config: base64(TRADING_PUBLIC_KEY) },
      ]),
      notTold('malformed', 'expected JSON'),
    ],
    [
      'a subaccount that is no number',
      allOf(signed, orders, text('SubaccountFilter', '0,x')),
      notTold('malformed', 'found "0,x"'),
    ],
    [
      'a subaccount beyond 32 bits',
      allOf(signed, orders, text('SubaccountFilter', '4294967296')),
      notTold('malformed', 'numbers of subaccounts'),
    ],
    [
      'a market that is no number',
      allOf(signed, orders, text('ClobPairIdFilter', '')),
      notTold('malformed', 'numbers of clobPairs'),
    ],
  ])('%s', (_what, part, expected) => {
    expect(rightsOf({ 7: part })).toEqual(expected);
  });

  it('are asked of the subaccount that orders are placed from', () => {
    const parts = { 7: allOf(signed, orders, subaccounts(128)) };
    expect(rightsOf(parts, '7', 128)).toEqual(TRADES);
    expect(rightsOf(parts)).toEqual(idle);
  });

  it('are not told where there is no such authenticator, and those there are are named', () => {
    expect(rightsOf({})).toEqual(
      notTold('wrongScope', 'authenticator 7 is not there: the account has none, and for this key none'),
    );
    expect(rightsOf({ 3: tradingKey(OTHER_PUBLIC_KEY), 12: tradingKey() })).toEqual(
      notTold('wrongScope', 'authenticator 7 is not there: the account has 3, 12, and for this key 12'),
    );
  });

  it('are those of every authenticator of the account that takes the key', () => {
    const named = { 7: tradingKey() };
    expect(rightsOf({ ...named, 8: signed })).toEqual(withdraws('authenticator 8 lets it sign any message'));
    expect(rightsOf({ ...named, 8: allOf(signed, messages(WITHDRAW)) })).toEqual(withdraws(WITHDRAW));
    expect(rightsOf({ ...named, 8: signedBy(OTHER_PUBLIC_KEY) })).toEqual(TRADES);
    expect(rightsOf({ ...named, 8: unregistered() })).toEqual(notTold('malformed', 'authenticator 8'));
  });

  it('are told in a sentence, however much there is', () => {
    const many = Array.from({ length: 100 }, (_one, index) => `/a.b.Msg${index}`);
    const { detail } = rightsOf({ 7: allOf(signed, messages(...many)) }) as { detail: string };
    expect(detail.split(', ')).toHaveLength(10);
  });
});

describe('rights and the chain', () => {
  const leaf = fc.constantFrom(
    signed,
    signed,
    signedBy(OTHER_PUBLIC_KEY),
    orders,
    messages(PLACE, CANCEL),
    messages(SEND),
    messages(PLACE, SEND),
    subaccounts(0),
    subaccounts(1),
    clobPairs(0),
    clobPairs(1, 2),
  );
  const { tree } = fc.letrec<{ tree: Part }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      fc
        .tuple(fc.constantFrom(allOf, anyOf), fc.array(tie('tree'), { minLength: 2, maxLength: 3 }))
        .map(([compose, parts]) => compose(...parts)),
    ),
  }));
  const passes = (
    part: Part,
    typeUrl: string,
    order: { subaccountNumber: number; clobPairId: number } | null,
  ) =>
    refusalByAuthenticator(part, {
      typeUrl,
      order,
      isSignedWith: (key) => TRADING_PUBLIC_KEY.equals(key),
    }) === null;

  it('agree on what a key can sign, whatever the authenticator', () => {
    const seen = { withdraws: 0, trades: 0 };
    fc.assert(
      fc.property(tree, (part) => {
        const rights = rightsOf({ 7: part });
        const canWithdraw = [SEND, WITHDRAW].some((typeUrl) => passes(part, typeUrl, null));
        const canTrade = [0, 1, 2, 3].some((clobPairId) =>
          [PLACE, CANCEL].every((typeUrl) => passes(part, typeUrl, { subaccountNumber: 0, clobPairId })),
        );
        seen.withdraws += Number(canWithdraw);
        seen.trades += Number(canTrade && !canWithdraw);
        if ('state' in rights)
          expect([rights.reason, canWithdraw, canTrade]).toEqual(['wrongScope', false, false]);
        else expect(rights).toMatchObject({ canWithdraw, canTrade });
      }),
      { numRuns: 3_000 },
    );
    expect(Math.min(seen.withdraws, seen.trades)).toBeGreaterThan(20);
  });
});
