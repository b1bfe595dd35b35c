import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from '@jest/globals';
import { fixture } from '../support/fixture.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';
import { openTestSolana, type RpcCall, type RpcReply, serveSolana } from '../support/solana-wallet.ts';

// biome-ignore lint/suspicious/noExplicitAny: tests break the fixture in ways that its shape does not foresee.
type Wallet = any;
const TOKEN_PROGRAM = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
const TOKEN_2022 = 'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb';
const signal = new AbortController().signal;
const wallet = (): Wallet => fixture('solana/wallet.json');

function replyOf(from: Wallet, { method, params }: RpcCall): RpcReply {
  if (method === 'getBalance') return { result: from.getBalance };
  if (method === 'getMultipleAccounts') return { result: from.getMultipleAccounts };
  if (method !== 'getTokenAccountsByOwner') return { error: { code: -32601, message: 'Method not found' } };
  const program = params[1].programId === TOKEN_2022 ? 'spl-token-2022' : 'spl-token';
  return { result: from[`getTokenAccountsByOwner ${program}`] };
}

const servers: ScriptedServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function open(reply: (call: RpcCall) => RpcReply) {
  const server = await serveSolana(reply);
  servers.push(server);
  const exchange = await openTestSolana({ rpcUrls: [server.url], scope: { owner: wallet().owner } });
  return { exchange, server };
}

const observe = async (reply: (call: RpcCall) => RpcReply) => {
  const { exchange } = await open(reply);
  return exchange.observe({ fillsSinceMs: null }, signal);
};

/** The fixture with one change. */
const changed = (change: (from: Wallet) => void): Wallet => {
  const from = wallet();
  change(from);
  return from;
};

describe('a Solana wallet', () => {
  it('is one exact balance per mint over all accounts of both token programs', async () => {
    const observed = await observe((call) => replyOf(wallet(), call));
    if (observed.state !== 'known') throw new Error(observed.detail);
    expect(observed.value).toEqual({
      balances: wallet().expected,
      positions: [],
      openOrders: [],
      fills: [],
      accrued: [],
      facts: expect.any(Array),
    });
    expect(observed.certificate).toMatchObject({ complete: true, coherent: true, scope: wallet().owner });
    expect(observed.certificate.watermarkAfter.height).toBe(401);
  });

  it('is read a second time when the answers come from different slots, and once when they share one', async () => {
    const twice = await open((call) => replyOf(wallet(), call));
    await twice.exchange.observe({ fillsSinceMs: null }, signal);
    expect(twice.server.requests).toHaveLength(6 + 1);
    const oneSlot = changed((from) => {
      for (const key of Object.keys(from)) if (key.startsWith('get')) from[key].context.slot = 400;
    });
    const once = await open((call) => replyOf(oneSlot, call));
    const observed = await once.exchange.observe({ fillsSinceMs: null }, signal);
    expect(observed.state).toBe('known');
    expect(once.server.requests).toHaveLength(3 + 1);
  });

  it('has the same page hashes whenever the same answer is given', async () => {
    const { exchange } = await open((call) => replyOf(wallet(), call));
    const first = await exchange.observe({ fillsSinceMs: null }, signal);
    const second = await exchange.observe({ fillsSinceMs: null }, signal);
    expect(second).toEqual(first);
  });

  it('is asked for by four calls over HTTP, one for each token program and one for fees, and nothing is kept open', async () => {
    const oneSlot = changed((from) => {
      for (const key of Object.keys(from)) if (key.startsWith('get')) from[key].context.slot = 400;
    });
    const { exchange, server } = await open((call) => replyOf(oneSlot, call));
    await exchange.observe({ fillsSinceMs: null }, signal);
    const { owner } = wallet();
    const parsed = { commitment: 'confirmed', encoding: 'jsonParsed' };
    expect(server.requests.map(({ method, path, headers }) => [method, path, headers.upgrade])).toEqual(
      Array(4).fill(['POST', '/', undefined]),
    );
    const calls = server.requests.map(({ body }) => JSON.parse(body));
    expect(calls.map(({ method, params }) => [method, params])).toEqual(
      expect.arrayContaining([
        ['getBalance', [owner, { commitment: 'confirmed' }]],
        ['getTokenAccountsByOwner', [owner, { programId: TOKEN_PROGRAM }, parsed]],
        ['getTokenAccountsByOwner', [owner, { programId: TOKEN_2022 }, parsed]],
      ]),
    );
  });

  it('never uses what opens a socket: the SDK reconnects one for ever', async () => {
    const opensSocket =
      /\b(?:confirmTransaction|sendAndConfirm\w*|on(?:Account|Logs|ProgramAccount|Root|Signature|Slot)\w*)\b/;
    const folder = 'src/exchanges/solana';
    for (const file of readdirSync(folder)) {
      expect([file, opensSocket.exec(readFileSync(`${folder}/${file}`, 'utf8'))]).toEqual([file, null]);
    }
  });

  it('counts an account once when both programs list it', async () => {
    const both = changed((from) => {
      from['getTokenAccountsByOwner spl-token-2022'].value.push(
        ...from['getTokenAccountsByOwner spl-token'].value,
      );
    });
    const observed = await observe((call) => replyOf(both, call));
    expect(observed).toMatchObject({ state: 'known', value: { balances: wallet().expected } });
  });

  it('settles when it moves once between two reads', async () => {
    const observed = await observe((call) =>
      replyOf(
        changed((from) => {
          if (call.earlier < 3) from.getBalance.value = 5;
        }),
        call,
      ),
    );
    expect(observed).toMatchObject({ state: 'known', value: { balances: wallet().expected } });
  });

  it('is incoherent when it moves all the time, and is read a limited number of times', async () => {
    const { exchange, server } = await open((call) =>
      replyOf(
        changed((from) => {
          from.getBalance.value = 1_000 + call.earlier;
        }),
        call,
      ),
    );
    const observed = await exchange.observe({ fillsSinceMs: null }, signal);
    expect(observed).toMatchObject({ state: 'unknown', reason: 'incoherent' });
    expect(server.requests).toHaveLength(12);
  });

  it('is malformed when the decimals of a mint change within the process', async () => {
    let decimals = 6;
    const { exchange } = await open((call) =>
      replyOf(
        changed((from) => {
          for (const row of from['getTokenAccountsByOwner spl-token'].value.slice(0, 3)) {
            row.account.data.parsed.info.tokenAmount.decimals = decimals;
          }
        }),
        call,
      ),
    );
    expect((await exchange.observe({ fillsSinceMs: null }, signal)).state).toBe('known');
    decimals = 9;
    expect(await exchange.observe({ fillsSinceMs: null }, signal)).toMatchObject({
      state: 'unknown',
      reason: 'malformed',
    });
  });
});

describe('a read that fails', () => {
  const first = (from: Wallet) => from['getTokenAccountsByOwner spl-token'].value[0].account;
  const replies: readonly [string, string, (call: RpcCall) => RpcReply][] = [
    ['429', 'rateLimited', () => ({ status: 429, headers: { 'retry-after': '7' }, body: 'slow down' })],
    ['503', 'unreachable', () => ({ status: 503, body: 'upstream' })],
    ['403', 'refused', () => ({ status: 403, body: 'no' })],
    ['a redirect', 'refused', () => ({ status: 302, headers: { location: '/elsewhere' }, body: '' })],
    ['a closed connection', 'unreachable', () => 'cut'],
    ['an empty body', 'malformed', () => ({ body: '' })],
    ['a page of HTML', 'malformed', () => ({ body: '<html>gateway</html>' })],
    ['a result of null', 'malformed', () => ({ result: null })],
    [
      'an error of the node',
      'refused',
      () => ({ error: { code: -32602, message: 'Invalid param: WrongSize' } }),
    ],
    [
      'a node that is behind',
      'stale',
      () => ({ error: { code: -32005, message: 'Node is behind by 42 slots' } }),
    ],
    ['an error that is text', 'malformed', () => ({ error: 'something wrong' })],
  ];
  it.each(replies)('is unknown for %s: %s', async (_name, reason, reply) => {
    const onlyBalance = await observe((call) =>
      call.method === 'getBalance' ? reply(call) : replyOf(wallet(), call),
    );
    expect(onlyBalance).toMatchObject({ state: 'unknown', reason });
    const only2022 = await observe((call) =>
      call.params[1]?.programId === TOKEN_2022 ? reply(call) : replyOf(wallet(), call),
    );
    expect(only2022).toMatchObject({ state: 'unknown', reason });
  });

  it('passes on how long a busy endpoint wants to be left alone', async () => {
    const observed = await observe(() => ({ status: 429, headers: { 'retry-after': '7' }, body: '' }));
    expect(observed).toMatchObject({ reason: 'rateLimited', retryAfterMs: 7_000 });
  });

  // The SDK waits and asks again by itself where it sees a 429; when to ask again is not its decision.
  it.each<[string, () => RpcReply]>([
    ['429', () => ({ status: 429, headers: { 'retry-after': '0' }, body: 'slow down' })],
    ['an error 429 of the node', () => ({ error: { code: 429, message: 'Too many requests' } })],
    ['503', () => ({ status: 503, body: 'upstream' })],
  ])('asks each question once, also when the answer is %s', async (_name, reply) => {
    const { exchange, server } = await open(reply);
    expect((await exchange.observe({ fillsSinceMs: null }, signal)).state).toBe('unknown');
    expect(server.requests).toHaveLength(3);
    expect(new Set(server.requests.map(({ body }) => body)).size).toBe(3);
  });

  const rows: readonly [string, string, (from: Wallet) => void][] = [
    ['lamports beyond 2^53', 'malformed', (from) => (from.getBalance.value = 9007199254740992)],
    ['lamports with a fraction', 'malformed', (from) => (from.getBalance.value = 0.5)],
    ['negative lamports', 'malformed', (from) => (from.getBalance.value = -1)],
    ['lamports in text', 'malformed', (from) => (from.getBalance.value = '5')],
    [
      'an amount that is a number',
      'malformed',
      (from) => (first(from).data.parsed.info.tokenAmount.amount = 5),
    ],
    [
      'an amount with a dot',
      'malformed',
      (from) => (first(from).data.parsed.info.tokenAmount.amount = '1.5'),
    ],
    ['no amount', 'malformed', (from) => delete first(from).data.parsed.info.tokenAmount],
    ['no decimals', 'malformed', (from) => delete first(from).data.parsed.info.tokenAmount.decimals],
    ['a state of its own', 'malformed', (from) => (first(from).data.parsed.info.state = 'melted')],
    ['raw bytes', 'malformed', (from) => (first(from).data = ['AAAA', 'base64'])],
    ['a program of its own', 'malformed', (from) => (first(from).owner = from.owner)],
    ["another's account", 'wrongScope', (from) => (first(from).data.parsed.info.owner = TOKEN_2022)],
  ];
  it.each(rows)('fails the whole page for %s: %s', async (_name, reason, change) => {
    expect(await observe((call) => replyOf(changed(change), call))).toMatchObject({
      state: 'unknown',
      reason,
    });
  });

  it('times out soon after its signal aborts', async () => {
    const controller = new AbortController();
    const { exchange } = await open((call) => {
      if (call.earlier === 2) controller.abort();
      return 'hang';
    });
    const observed = await exchange.observe({ fillsSinceMs: null }, controller.signal);
    expect(observed).toMatchObject({ state: 'unknown', reason: 'timedOut' });
    const again = await exchange.observe({ fillsSinceMs: null }, controller.signal);
    expect(again).toMatchObject({ state: 'unknown', reason: 'timedOut' });
  });

  it('keeps the key of an endpoint out of what it says', async () => {
    const key = 'k3y-of-the-endpoint-0123456789';
    const server = await serveSolana(() => ({ status: 401, body: `invalid key ${key}` }));
    servers.push(server);
    const exchange = await openTestSolana({
      rpcUrls: [`${server.url}/v2/${key}?token=${key}`],
      scope: { owner: wallet().owner },
    });
    const observed = await exchange.observe({ fillsSinceMs: null }, signal);
    expect(observed).toMatchObject({ state: 'unknown', reason: 'refused' });
    expect(JSON.stringify(observed)).not.toContain(key);
  });
});

describe('a configuration that cannot work', () => {
  const { owner } = wallet();
  it.each([
    ['an owner that is no address', { scope: { owner: 'nobody' } }, /scope.owner/],
    ['no endpoint', { rpcUrls: [] }, /rpcUrls/],
    ['a key that is no key', { credentials: { secretKey: 'l0l' } }, /credentials.secretKey/],
    [
      'a key of nonsense bytes',
      { credentials: { secretKey: `[${'9,'.repeat(63)}9]` } },
      /credentials.secretKey/,
    ],
  ])('is refused for %s, without the key in the message', async (_name, wrong, message) => {
    const opening = openTestSolana({ rpcUrls: ['http://127.0.0.1:9'], scope: { owner }, ...wrong });
    await expect(opening).rejects.toThrow(message);
    await expect(opening).rejects.not.toThrow(/9,9/);
  });
});
