import { afterEach, describe, expect, it } from '@jest/globals';
import * as web3 from '@solana/web3.js';
import { Keypair, PublicKey, VersionedTransaction } from '@solana/web3.js';
import { amount, subtract } from '../../src/domain/money/amount.ts';
import type { PreparedTransfer, TransferInstruction } from '../../src/domain/venue/transfer.ts';
import { type TransferMethods, transfersOf } from '../../src/exchanges/exchange.ts';
import { associatedTokenAddress } from '../../src/exchanges/solana/associated-token-address.ts';
import { TOKEN_2022_PROGRAM, TOKEN_PROGRAM } from '../../src/exchanges/solana/mint-facts.ts';
import {
  ASSOCIATED_TOKEN_PROGRAM,
  COMPUTE_BUDGET_PROGRAM,
  SYSTEM_PROGRAM,
} from '../../src/exchanges/solana/swap-programs.ts';
import { JUP, PYUSD, startTestChain, TAXED, type TestChain, USDC, WSOL } from '../support/solana-chain.ts';
import { openSolanaProxy, type SolanaProxy } from '../support/solana-proxy.ts';
import { TEST_NOW_MS } from '../support/solana-wallet.ts';

const signal = new AbortController().signal;
const FRIEND = Keypair.fromSeed(new Uint8Array(32).fill(9)).publicKey.toBase58();
const CHANGING = 'ChangingChangingChangingChangingChangingCh1';
/** Longer than a blockhash lives and a block takes to become final. */
const EXPIRED_MS = 75_000;

const open: { chain?: TestChain | undefined; proxies: SolanaProxy[] } = { proxies: [] };
afterEach(async () => {
  await Promise.all(open.proxies.splice(0).map((proxy) => proxy.close()));
  await open.chain?.server.close();
  open.chain = undefined;
});

interface Opened extends TestChain {
  readonly wallet: TransferMethods;
  balanceOf(asset: string): string;
}

async function start(
  options: Parameters<TestChain['open']>[0] = {},
  more: Parameters<typeof startTestChain>[0] = [],
  mints: Parameters<typeof startTestChain>[2] = [],
): Promise<Opened> {
  const chain = await startTestChain(more, 'seven', mints);
  open.chain = chain;
  const wallet = transfersOf(await chain.open({ transfersTo: [FRIEND], ...options }));
  if (wallet === null) throw new Error('a wallet transfers');
  const balanceOf = (asset: string) =>
    chain.server.balances().find((balance) => balance.asset === asset)?.total ?? '0';
  return { ...chain, wallet, balanceOf };
}

const wanted = (changes: Partial<TransferInstruction> = {}): TransferInstruction => ({
  transferId: 'transfer-1',
  venue: 'solana-test',
  asset: 'SOL',
  amount: amount('2'),
  to: FRIEND,
  ...changes,
});

async function prepared(
  { wallet }: Opened,
  changes: Partial<TransferInstruction> = {},
): Promise<PreparedTransfer> {
  const made = await wallet.prepareTransfer(wanted(changes), signal);
  if (made.state !== 'prepared') throw new Error(JSON.stringify(made));
  return made.transfer;
}

/** What the endpoint of the chain says of an account of the receiver. */
async function held({ server }: TestChain, mint: string, program: string): Promise<string | null> {
  const address = associatedTokenAddress(web3, { owner: FRIEND, mint, program });
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getTokenAccountBalance', params: [address] });
  const answer = await (await fetch(server.urls.rpcUrl ?? '', { method: 'POST', body })).json();
  return (answer as { result?: { value: { uiAmountString: string } } }).result?.value.uiAmountString ?? null;
}

const programsOf = ({ payload }: PreparedTransfer): readonly string[] => {
  const { message } = VersionedTransaction.deserialize(Buffer.from(payload, 'base64'));
  return message.compiledInstructions.map(
    ({ programIdIndex }) => message.staticAccountKeys[programIdIndex]?.toBase58() ?? '',
  );
};

describe('a transfer', () => {
  it.each([
    ['a classic token to an account that is missing', USDC, '250.5', TOKEN_PROGRAM, '250.5'],
    ['a token of Token-2022', PYUSD, '0.000001', TOKEN_2022_PROGRAM, '0.000001'],
    ['a token that takes a fee, of which less arrives', TAXED, '10', TOKEN_2022_PROGRAM, '9.9'],
    ['a token whose fee is rounded up', TAXED, '0.000101', TOKEN_2022_PROGRAM, '0.000099'],
    ['all of three accounts', USDC, '1000.000001', TOKEN_PROGRAM, '1000.000001'],
    ['wrapped SOL', WSOL, '0.5', TOKEN_PROGRAM, '0.5'],
  ])('of %s moves exactly that', async (_name, asset, quantity, program, arrives) => {
    const chain = await start({}, [
      { asset: TAXED, amount: amount('20') },
      { asset: WSOL, amount: amount('1') },
    ]);
    const before = [chain.balanceOf(asset), chain.balanceOf('SOL')];
    const transfer = await prepared(chain, { asset, amount: amount(quantity) });
    expect(transfer.arrives).toBe(arrives);
    expect(await held(chain, asset, program)).toBeNull();
    expect(await chain.wallet.submitTransfer(transfer, signal)).toEqual({
      state: 'accepted',
      venueOrderId: transfer.reference,
    });
    expect(await held(chain, asset, program)).toBe(arrives);
    expect(await chain.wallet.findTransfer(transfer, signal)).toEqual({
      state: 'found',
      status: 'confirmed',
      atMs: TEST_NOW_MS,
      fee: transfer.fee,
    });
    const after = [chain.balanceOf(asset), chain.balanceOf('SOL')];
    const changes = before.map((one, index) => subtract(amount(one), amount(after[index] ?? '0')));
    expect(changes).toEqual([quantity, transfer.fee.amount]);
  });

  it.each([
    [0, '9.5'],
    [5, '9.9'],
  ])('of a token whose fee changes with epoch %d takes the one in force', async (epoch, arrives) => {
    const chain = await start(
      {},
      [{ asset: CHANGING, amount: amount('20') }],
      [
        {
          mint: CHANGING,
          symbol: 'CHANGING',
          decimals: 6,
          program: 'spl-token-2022',
          transferFeeBps: 100,
          transferFeeChange: { epoch, bps: 500 },
        },
      ],
    );
    const transfer = await prepared(chain, { asset: CHANGING, amount: amount('10') });
    expect(transfer.arrives).toBe(arrives);
    await chain.wallet.submitTransfer(transfer, signal);
    expect(await held(chain, CHANGING, TOKEN_2022_PROGRAM)).toBe(arrives);
  });

  it('opens the account of the receiver once', async () => {
    const chain = await start();
    const first = await prepared(chain, { asset: USDC });
    await chain.wallet.submitTransfer(first, signal);
    const second = await prepared(chain, { asset: USDC, transferId: 'transfer-2' });
    const bids = [COMPUTE_BUDGET_PROGRAM, COMPUTE_BUDGET_PROGRAM];
    expect(programsOf(first)).toEqual([...bids, ASSOCIATED_TOKEN_PROGRAM, TOKEN_PROGRAM]);
    expect(programsOf(second)).toEqual([...bids, TOKEN_PROGRAM]);
    expect([first.fee.amount, second.fee.amount]).toEqual(['0.00204503', '0.00000575']);
  });

  it('of SOL can leave all but the rent, the fee reserve and the fee, and no lamport more', async () => {
    const chain = await start({ limits: { feeReserveLamports: 1_000_000n, priorityFeeMaxLamports: 0n } });
    const more = wanted({ amount: amount('9.99810413'), transferId: 'transfer-0' });
    expect(await chain.wallet.prepareTransfer(more, signal)).toEqual({
      state: 'deniedLocally',
      reason: 'the transfer leaves 1890870 lamports, the fee reserve and rent are 1890880',
    });
    const transfer = await prepared(chain, { amount: amount('9.99810412') });
    expect(programsOf(transfer)).toEqual([COMPUTE_BUDGET_PROGRAM, SYSTEM_PROGRAM]);
    expect(transfer.fee.amount).toBe('0.000005');
    await chain.wallet.submitTransfer(transfer, signal);
    expect(chain.balanceOf('SOL')).toBe('0.00189088');
  });

  it('bids what landed lately, within the cap', async () => {
    const chain = await start({ limits: { priorityFeeMaxLamports: 3n } });
    expect((await prepared(chain)).fee.amount).toBe('0.000005003');
    expect((await prepared(chain, { asset: USDC, transferId: 't-2' })).fee.amount).toBe('0.002044283');
  });

  it('signs nothing that stands for two: the second waits for another blockhash', async () => {
    const chain = await start();
    const proxy = await openSolanaProxy(chain.server.urls.rpcUrl ?? '', (answer, { body }) => {
      const { method } = JSON.parse(body);
      if (method !== 'getLatestBlockhash') return answer;
      same ??= (answer as { result: unknown }).result;
      return { ...(answer as object), result: same };
    });
    let same: unknown;
    open.proxies.push(proxy);
    const wallet = transfersOf(await chain.open({ transfersTo: [FRIEND], rpcUrls: [proxy.url] }));
    const first = await wallet?.prepareTransfer(wanted(), signal);
    const second = await wallet?.prepareTransfer(wanted({ transferId: 'transfer-2' }), signal);
    expect(first).toMatchObject({ state: 'prepared' });
    expect(second).toMatchObject({ state: 'unknown', reason: 'stale' });
    expect(await wallet?.prepareTransfer(wanted(), signal)).toEqual(first);
  });
});

describe('a transfer is denied before it is signed', () => {
  const noKey = Keypair.fromSeed(new Uint8Array(32).fill(5)).publicKey;
  const [vault] = PublicKey.findProgramAddressSync([Buffer.from('vault')], noKey);

  it.each<[string, Partial<TransferInstruction>, string]>([
    [
      'to an address that is not on the list',
      { to: noKey.toBase58() },
      'is not among the addresses of transfersTo',
    ],
    ['to what is no address', { to: 'friend' }, 'expected an address in base 58, found friend'],
    ['of nothing', { amount: amount('0') }, 'expected an amount above 0, found 0'],
    ['of less than nothing', { amount: amount('-1') }, 'expected an amount above 0, found -1'],
    ['finer than a lamport', { amount: amount('0.0000000001') }, '0.0000000001 is finer than 9 decimals'],
    [
      'finer than the token',
      { asset: USDC, amount: amount('0.0000001') },
      '0.0000001 is finer than 6 decimals',
    ],
    [
      'of more SOL than there is',
      { amount: amount('9.9492') },
      '9.9492 SOL is more than the 9.94910912 that rent and the fee reserve leave',
    ],
    [
      'of more tokens than there are',
      { asset: PYUSD, amount: amount('50.6') },
      `50.6 of ${PYUSD} is more than the 50.5 that can be moved`,
    ],
    [
      'of a token that is not held',
      { asset: JUP, amount: amount('1') },
      `1 of ${JUP} is more than the 0 that can be moved`,
    ],
    ['of frozen tokens', { asset: TAXED, amount: amount('1') }, 'the rest is frozen'],
    [
      'of what is no mint by its name',
      { asset: 'USDC' },
      'expected SOL or the address of a mint, found USDC',
    ],
    [
      'of so little SOL to a new account that it could not exist',
      { amount: amount('0.0008') },
      'is a new account: expected at least 890880 lamports',
    ],
  ])('%s', async (_name, changes, reason) => {
    const chain = await start({}, [{ asset: TAXED, amount: amount('20'), isFrozen: true }]);
    expect(await chain.wallet.prepareTransfer(wanted(changes), signal)).toEqual({
      state: 'deniedLocally',
      reason: expect.stringContaining(reason),
    });
  });

  it.each<[string, (chain: TestChain) => string, string]>([
    ['the wallet itself', ({ server }) => server.owner, 'is the wallet itself'],
    ['a program', () => TOKEN_PROGRAM, 'is a program, expected a wallet'],
    [
      'a token account',
      ({ server }) =>
        associatedTokenAddress(web3, { owner: server.owner, mint: USDC, program: TOKEN_PROGRAM }),
      'is a token account or a mint',
    ],
    ['a mint', () => USDC, 'is a token account or a mint'],
    [
      'an account of a program',
      ({ server }) => server.openLookupTable([USDC]),
      'belongs to program AddressLookupTab1e',
    ],
    ['an address that nobody has a key of', () => vault.toBase58(), 'is no key of anybody'],
  ])('to %s, even if it is on the list', async (_name, receiver, reason) => {
    const chain = await start();
    const to = receiver(chain);
    const wallet = transfersOf(await chain.open({ transfersTo: [to] }));
    for (const asset of ['SOL', USDC])
      expect(await wallet?.prepareTransfer(wanted({ to, asset }), signal)).toEqual({
        state: 'deniedLocally',
        reason: expect.stringContaining(reason),
      });
  });

  it('where the list is empty, and where there is no key', async () => {
    const { wallet } = await start({ transfersTo: [] });
    expect(await wallet.prepareTransfer(wanted(), signal)).toMatchObject({
      state: 'deniedLocally',
      reason: expect.stringContaining('transfersTo names no address'),
    });
    const readOnly = transfersOf(
      await (open.chain as TestChain).open({ transfersTo: [FRIEND], credentials: null }),
    );
    expect(await readOnly?.prepareTransfer(wanted(), signal)).toMatchObject({
      state: 'deniedLocally',
      reason: 'no credentials are configured for this venue',
    });
  });

  it('and a list with what is no address is refused at the start', async () => {
    const chain = await start();
    await expect(chain.open({ transfersTo: ['friend'] })).rejects.toThrow(
      'transfersTo is expected to be an address in base 58, found friend',
    );
  });
});

describe('an endpoint that lies', () => {
  const behind = async (chain: Opened, change: (answer: Answer, method: string) => unknown) => {
    const proxy = await openSolanaProxy(chain.server.urls.rpcUrl ?? '', (answer, { body }) =>
      change(answer as Answer, JSON.parse(body).method),
    );
    open.proxies.push(proxy);
    const { secondRpcUrl = '' } = chain.server.urls;
    const wallet = transfersOf(
      await chain.open({ transfersTo: [FRIEND], rpcUrls: [proxy.url, secondRpcUrl] }),
    );
    if (wallet === null) throw new Error('a wallet transfers');
    return wallet;
  };
  // biome-ignore lint/suspicious/noExplicitAny: answers have the shapes of their methods.
  type Answer = any;

  it('of decimals moves nothing', async () => {
    const chain = await start();
    chain.server.lie('first', { kind: 'decimals', mint: USDC, decimals: 2 });
    expect(await chain.wallet.prepareTransfer(wanted({ asset: USDC }), signal)).toMatchObject({
      state: 'unknown',
      reason: 'suspectSource',
    });
  });

  it('of heights does not let it expire early: the highest endpoint counts', async () => {
    const chain = await start();
    const wallet = await behind(chain, (answer, method) => {
      if (method === 'getLatestBlockhash') answer.result.value.lastValidBlockHeight = 20;
      if (method === 'getBlockHeight') answer.result = 10;
      return answer;
    });
    expect(await wallet.prepareTransfer(wanted(), signal)).toMatchObject({
      state: 'prepared',
      transfer: { expiresAtHeight: 1_150 },
    });
  });

  it('of a blockhash that is good for ever does not hold it open for good', async () => {
    const chain = await start();
    const wallet = await behind(chain, (answer, method) => {
      if (method === 'getLatestBlockhash') answer.result.value.lastValidBlockHeight = 99_999;
      return answer;
    });
    expect(await wallet.prepareTransfer(wanted(), signal)).toMatchObject({
      state: 'unknown',
      reason: 'incoherent',
    });
  });

  it.each(['simulateTransaction', 'getMultipleAccounts'])('of what %s shows signs nothing', async (lie) => {
    const chain = await start();
    const wallet = await behind(chain, (answer, method) => {
      const accounts = method !== lie ? null : (answer.result.value.accounts ?? answer.result.value);
      const own = Array.isArray(accounts)
        ? accounts.find((one: Answer) => one?.lamports > 5_000_000_000)
        : null;
      if (own) own.lamports -= 1;
      return answer;
    });
    expect(await wallet.prepareTransfer(wanted(), signal)).toMatchObject({
      state: 'deniedLocally',
      reason: expect.stringContaining('lamports leave the owner, expected'),
    });
  });

  it('of the signature it was sent leaves the outcome unknown, and it is found all the same', async () => {
    const chain = await start();
    const transfer = await prepared(chain);
    const wallet = await behind(chain, (answer, method) =>
      method === 'sendTransaction' ? { ...answer, result: 'another' } : answer,
    );
    expect(await wallet.submitTransfer(transfer, signal)).toEqual({
      state: 'outcomeUnknown',
      detail: 'the endpoint answers with another signature: another',
    });
    expect(await wallet.findTransfer(transfer, signal)).toMatchObject({ status: 'confirmed' });
  });

  it('of the record, showing that of another transaction, confirms nothing', async () => {
    const chain = await start();
    const [other, mine] = [await prepared(chain), await prepared(chain, { transferId: 'transfer-2' })];
    await chain.wallet.submitTransfer(other, signal);
    await chain.wallet.submitTransfer(mine, signal);
    let shown: Answer;
    const wallet = await behind(chain, (answer, method) => {
      if (method === 'getTransaction') shown ??= answer.result;
      return method === 'getTransaction' ? { ...answer, result: shown } : answer;
    });
    expect(await wallet.findTransfer(other, signal)).toMatchObject({ status: 'confirmed' });
    expect(await wallet.findTransfer(mine, signal)).toMatchObject({ state: 'unknown', reason: 'malformed' });
  });

  it('of what moved confirms nothing', async () => {
    const chain = await start();
    const transfer = await prepared(chain);
    await chain.wallet.submitTransfer(transfer, signal);
    const wallet = await behind(chain, (answer, method) => {
      if (method === 'getTransaction') answer.result.meta.postBalances[0] += 1_000;
      return answer;
    });
    expect(await wallet.findTransfer(transfer, signal)).toMatchObject({
      state: 'unknown',
      reason: 'malformed',
    });
  });

  it('of what was signed is not obeyed: other bytes than the reference names are not sent', async () => {
    const chain = await start();
    const transfer = await prepared(chain);
    expect(await chain.wallet.submitTransfer({ ...transfer, reference: 'another' }, signal)).toMatchObject({
      state: 'deniedLocally',
    });
  });
});

describe('a transfer that nobody has seen', () => {
  it('is proven absent by two endpoints past its expiry, and by one never', async () => {
    const chain = await start();
    const alone = transfersOf(
      await chain.open({ transfersTo: [FRIEND], rpcUrls: [chain.server.urls.rpcUrl ?? ''] }),
    );
    const transfer = await prepared(chain);
    expect(await chain.wallet.findTransfer(transfer, signal)).toMatchObject({
      state: 'absent',
      isProven: false,
    });
    await chain.clock.moveTo(TEST_NOW_MS + EXPIRED_MS);
    expect(await chain.wallet.findTransfer(transfer, signal)).toMatchObject({
      state: 'absent',
      isProven: true,
    });
    expect(await alone?.findTransfer(transfer, signal)).toMatchObject({ state: 'absent', isProven: false });
    expect(await chain.wallet.submitTransfer(transfer, signal)).toMatchObject({ state: 'accepted' });
    expect(await chain.wallet.findTransfer(transfer, signal)).toMatchObject({
      state: 'absent',
      isProven: true,
    });
  });

  it('is open while it failed and could still be undone, and rejected with its fee when that is final', async () => {
    const chain = await start();
    const transfer = await prepared(chain, { asset: PYUSD, amount: amount('50') });
    chain.server.withdraw(PYUSD, amount('40'));
    await chain.wallet.submitTransfer(transfer, signal);
    expect(await chain.wallet.findTransfer(transfer, signal)).toEqual({ state: 'found', status: 'open' });
    await chain.clock.moveTo(TEST_NOW_MS + 20_000);
    expect(await chain.wallet.findTransfer(transfer, signal)).toEqual({
      state: 'found',
      status: 'rejected',
      atMs: TEST_NOW_MS,
      fee: { asset: 'SOL', amount: '0.00000575' },
    });
  });
});
