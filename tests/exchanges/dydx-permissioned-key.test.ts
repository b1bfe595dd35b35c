import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { loadDydxWire } from '../../src/exchanges/dydx/dydx-wire.ts';
import {
  OTHER_PRIVATE_KEY,
  TEST_MNEMONIC,
  TEST_PRIVATE_KEY,
  TRADING_PRIVATE_KEY,
} from '../support/dydx-account.ts';
import {
  allOf,
  CANCEL,
  clobPairs,
  messages,
  numbered,
  type Part,
  PLACE,
  signedBy,
  subaccounts,
  TRADING_PUBLIC_KEY,
  tradingKey,
} from '../support/dydx-authenticators.ts';
import { recordedDydx } from '../support/dydx-wire-venue.ts';
import type { ScriptedAnswer } from '../support/scripted-server.ts';

const signal = new AbortController().signal;
const PERMISSIONED = { privateKey: TRADING_PRIVATE_KEY, authenticatorId: '7' };
const SHORT_TERM = { clientOrderId: '1', timeInForce: 'immediateOrCancel', limitPrice: '61000' };
const LONG_TERM = { clientOrderId: '2' };
const signed = signedBy(TRADING_PUBLIC_KEY);

let dydx: Awaited<ReturnType<typeof recordedDydx>>;
afterEach(() => dydx.close());

async function open(part: Part = tradingKey(), credentials: object = PERMISSIONED) {
  dydx = await recordedDydx({ credentials, authenticators: [numbered(7, part)] });
}

/** What a validator was sent, read by the client's own message types. */
function decoded(transaction: string) {
  const wire = loadDydxWire();
  const { bodyBytes, authInfoBytes } = wire.TxRaw.decode(Buffer.from(transaction, 'base64'));
  const { messages: sent, nonCriticalExtensionOptions } = wire.TxBody.decode(bodyBytes);
  const [signer] = wire.AuthInfo.decode(authInfoBytes).signerInfos;
  return {
    messages: sent.map(({ typeUrl }) => typeUrl),
    authenticators: nonCriticalExtensionOptions.map(({ typeUrl, value }) => [
      typeUrl,
      wire.TxExtension.decode(value).selectedAuthenticators.map(String),
    ]),
    signer: Buffer.from(wire.PubKey.decode(signer?.publicKey?.value ?? Buffer.alloc(0)).key),
    sequence: Number(signer?.sequence),
  };
}

describe('orders by a permissioned key', () => {
  it.each([
    ['short-term', SHORT_TERM],
    ['long-term', LONG_TERM],
  ])('of the %s kind are placed and cancelled under its authenticator', async (_kind, instruction) => {
    await open();
    const order = await dydx.prepare(instruction);
    expect(await dydx.exchange.submitOrder(order, signal)).toMatchObject({ state: 'accepted' });
    expect(dydx.venue.orders()).toHaveLength(1);
    expect(await dydx.exchange.cancelOrder(order, '', signal)).toMatchObject({ state: 'requested' });
    expect(dydx.transactions.map((transaction) => decoded(transaction).messages)).toEqual([
      [PLACE],
      [CANCEL],
    ]);
    for (const transaction of dydx.transactions)
      expect(decoded(transaction)).toMatchObject({
        authenticators: [['/dydxprotocol.accountplus.TxExtension', ['7']]],
        signer: TRADING_PUBLIC_KEY,
      });
  });

  it("are signed with the account's own number and sequence, and the same on every attempt", async () => {
    await open();
    const order = await dydx.prepare(LONG_TERM);
    expect(JSON.parse(order.payload)).toMatchObject({ account: { number: 42, sequence: 7 } });
    dydx.answerBroadcasts((taken) => {
      taken();
      return 'cut';
    });
    for (let attempt = 0; attempt < 2; attempt += 1)
      expect(await dydx.exchange.submitOrder(order, signal)).toMatchObject({ state: 'outcomeUnknown' });
    expect(new Set(dydx.transactions).size).toBe(1);
    expect(decoded(dydx.transactions[0] ?? '').sequence).toBe(7);
    expect(dydx.venue.orders()).toHaveLength(1);
  });

  it('carry the largest id exactly, which the chain refuses where it is not there', async () => {
    const authenticatorId = '18446744073709551615';
    await open(tradingKey(), { ...PERMISSIONED, authenticatorId });
    const order = await dydx.prepare(SHORT_TERM);
    expect(await dydx.exchange.submitOrder(order, signal)).toEqual({
      state: 'rejected',
      reason: `dydxaccountplus 1: authenticator ${authenticatorId} not found`,
    });
    expect(dydx.venue.orders()).toEqual([]);
  });

  it.each<[string, Part, object]>([
    ['of another key', tradingKey(), { ...PERMISSIONED, privateKey: OTHER_PRIVATE_KEY }],
    ['without its message', allOf(signed, messages(CANCEL)), PERMISSIONED],
    ['of another subaccount', allOf(signed, messages(PLACE), subaccounts(1)), PERMISSIONED],
    ['of another market', allOf(signed, messages(PLACE), clobPairs(99)), PERMISSIONED],
  ])('are refused by the chain where the authenticator is %s', async (_what, part, credentials) => {
    await open(part, credentials);
    const outcome = await dydx.exchange.submitOrder(await dydx.prepare(SHORT_TERM), signal);
    expect(outcome).toMatchObject({
      state: 'rejected',
      reason: expect.stringContaining('dydxaccountplus 104'),
    });
    expect(dydx.venue.orders()).toEqual([]);
  });
});

describe("orders by the account's own key", () => {
  /** Of a placement and a cancel of each kind, as they were before permissioned keys were supported. */
  const BYTES = [
    'd4f2dd01b1fd108217d8da07ab0c403396de6d297e9096715945d3ec177fe58d',
    '921d056aa1f96d486bbdd24c8acf3843501aaffa0a4eb53becd9cee6db81308f',
    'f95945d599c2e20740338d58de9876ec214fa6689b87e0f9f5c9282066cc3ae9',
    '65f652af39a41fee75a6159f92f92d4c7076f8c1224976558ff273a6c8b7193a',
  ];

  it('are the same bytes as ever, and name no authenticator', async () => {
    await open(tradingKey(), { privateKey: TEST_PRIVATE_KEY });
    for (const instruction of [SHORT_TERM, LONG_TERM]) {
      const order = await dydx.prepare(instruction);
      await dydx.exchange.submitOrder(order, signal);
      await dydx.exchange.cancelOrder(order, '', signal);
    }
    expect(dydx.transactions.map((one) => createHash('sha256').update(one).digest('hex'))).toEqual(BYTES);
    expect(decoded(dydx.transactions[0] ?? '').authenticators).toEqual([
      ['/dydxprotocol.accountplus.TxExtension', []],
    ]);
  });

  it('are denied where it is the key of another wallet, with what it needs', async () => {
    await open(tradingKey(), { privateKey: TRADING_PRIVATE_KEY });
    expect(await dydx.exchange.submitOrder(await dydx.prepare(SHORT_TERM), signal)).toMatchObject({
      state: 'deniedLocally',
      reason: expect.stringContaining('a permissioned key needs its authenticatorId'),
    });
    expect(dydx.transactions).toEqual([]);
  });
});

describe('the rights of a dYdX key', () => {
  const rights = (by = signal) => dydx.exchange.readKeyRights?.(by);

  it('are what the chain says of its authenticator, asked once, of a validator alone', async () => {
    await open();
    expect(await rights()).toEqual({ canTrade: true, canWithdraw: false });
    expect(dydx.methods).toEqual(['status', 'abci_query']);
    expect(dydx.indexer.requests).toEqual([]);
  });

  it('are those of whoever can withdraw where the authenticator lets it', async () => {
    await open(signed);
    expect(await rights()).toMatchObject({
      canWithdraw: true,
      detail: expect.stringContaining('authenticator 7 lets it sign any message'),
    });
  });

  it('are not told of an authenticator that is not there', async () => {
    await open(tradingKey(), { ...PERMISSIONED, authenticatorId: '70' });
    expect(await rights()).toEqual({
      state: 'unknown',
      reason: 'wrongScope',
      detail: 'authenticator 70 is not there: the account has 7, and for this key 7',
    });
  });

  it("are all where it is the account's own key, whatever the authenticator: the chain is not asked", async () => {
    await open(tradingKey(), { privateKey: TEST_PRIVATE_KEY, authenticatorId: '7' });
    expect(await rights()).toMatchObject({ canTrade: true, canWithdraw: true });
    expect(dydx.methods).toEqual([]);
  });

  it("are not asked for of the account's own key, which is custody", async () => {
    await open(tradingKey(), { privateKey: TEST_PRIVATE_KEY });
    expect(dydx.exchange.readKeyRights).toBeUndefined();
  });

  it('are unknown of a key that cannot be read, which is not quoted', async () => {
    await open(tradingKey(), { mnemonic: `${TEST_MNEMONIC} sesame`, authenticatorId: '7' });
    expect(await rights()).toEqual({
      state: 'unknown',
      reason: 'refused',
      detail: 'the configured key cannot be read',
    });
  });

  const queried = (response: object): ScriptedAnswer => ({
    body: { jsonrpc: '2.0', id: 0, result: { response: { code: 0, index: '0', height: '9', ...response } } },
  });
  it.each<[string, ScriptedAnswer, string]>([
    ['cuts the connection', 'cut', 'unreachable'],
    ['is down', { status: 503, body: '' }, 'unreachable'],
    ['asks to wait', { status: 429, headers: { 'retry-after': '7' }, body: '' }, 'rateLimited'],
    ['has no such query', queried({ code: 6, log: 'unknown query path', codespace: 'sdk' }), 'refused'],
    ['answers with a page', { body: '<html></html>' }, 'malformed'],
    ['answers without a response', { body: { jsonrpc: '2.0', id: 0, result: {} } }, 'malformed'],
    [
      'answers with bytes that end early',
      queried({ value: Buffer.from([0x0a, 0x7f, 1]).toString('base64') }),
      'malformed',
    ],
    [
      'answers with an authenticator without a type',
      queried({ value: Buffer.from([0x0a, 0x02, 0x08, 0x07]).toString('base64') }),
      'malformed',
    ],
    ['answers with nothing', queried({ value: '' }), 'wrongScope'],
    ['answers with more than is read', { body: `"${'x'.repeat(70_000)}"` }, 'malformed'],
  ])('are unknown where a validator %s', async (_what, answer, reason) => {
    await open();
    dydx.answerQueries(() => answer);
    expect(await rights()).toMatchObject({ state: 'unknown', reason });
    dydx.answerQueries((taken) => taken());
    expect(await rights()).toEqual({ canTrade: true, canWithdraw: false });
  });

  it('are unknown as timed out once the caller has no more time', async () => {
    await open();
    const abort = new AbortController();
    dydx.answerQueries(() => {
      abort.abort();
      return 'hang';
    });
    expect(await rights(abort.signal)).toMatchObject({ state: 'unknown', reason: 'timedOut' });
    expect(await rights(AbortSignal.abort())).toMatchObject({ state: 'unknown', reason: 'timedOut' });
  });
});
