import { afterEach, describe, expect, it } from '@jest/globals';
import * as spl from '@solana/spl-token';
import { PublicKey } from '@solana/web3.js';
import fc from 'fast-check';
import { fromAtoms, sum, toAtoms } from '../../src/domain/money/amount.ts';
import type { HoldingFact } from '../../src/domain/venue/holding-fact.ts';
import { factsOf } from '../../src/exchanges/solana/holding-facts.ts';
import { balancesOf, type Holdings } from '../../src/exchanges/solana/holdings.ts';
import { readTokenAccountBytes } from '../../src/exchanges/solana/token-account-layout.ts';
import type { TokenAccount } from '../../src/exchanges/solana/token-account-row.ts';
import { createTokenRegistry } from '../../src/exchanges/solana/token-registry.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';
import { JUP, PYUSD, USDC, WSOL } from '../support/solana-chain.ts';
import { openTestSolana, type RpcCall, type RpcReply, serveSolana } from '../support/solana-wallet.ts';

const signal = new AbortController().signal;
const OWNER = 'CuGi7mDBEn2prciuwoLm1vdyVa3X9AiiZC2kDSyfT5yF';
const DELEGATE = '9we6kjtbcZ2vy3GSLLsZTEhbAqXPTRvEyoxa8wxSqKp5';
const SPL = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
const TOKEN_2022 = 'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb';

const servers: ScriptedServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

interface Row {
  readonly mint: string;
  readonly amount: string;
  readonly lamports?: number;
  readonly info?: object;
}

const addressOf = (index: number) => new PublicKey(new Uint8Array(32).fill(index + 1)).toBase58();

const MINT_OF_6 = {
  lamports: 1,
  owner: TOKEN_2022,
  executable: false,
  rentEpoch: 0,
  data: { program: 'spl-token-2022', space: 82, parsed: { type: 'mint', info: { decimals: 6 } } },
};

interface FeeInit {
  readonly epoch?: bigint;
  readonly bps?: number;
  readonly maximum?: bigint;
}

/** The account of a mint with a fee on transfers, as bytes, as a node shows it. */
function mintOf({ older = {}, newer = older }: { readonly older?: FeeInit; readonly newer?: FeeInit }) {
  const { TransferFeeConfigLayout: layout, ACCOUNT_SIZE: padded } = spl;
  const [start, content] = [padded + 1 + 4, Buffer.alloc(layout.span)];
  const feeOf = ({ epoch = 0n, bps = 100, maximum = 5_000_000n }: FeeInit) => ({
    epoch,
    maximumFee: maximum,
    transferFeeBasisPoints: bps,
  });
  layout.encode(
    {
      transferFeeConfigAuthority: PublicKey.default,
      withdrawWithheldAuthority: PublicKey.default,
      withheldAmount: 0n,
      olderTransferFee: feeOf(older),
      newerTransferFee: feeOf(newer),
    },
    content,
  );
  const data = Buffer.alloc(start + content.length);
  data[padded] = 1;
  data.writeUInt16LE(spl.ExtensionType.TransferFeeConfig, padded + 1);
  data.writeUInt16LE(content.length, padded + 3);
  data.set(content, start);
  return shown(data);
}

const shown = (data: Buffer, owner = TOKEN_2022) => ({
  lamports: 1,
  owner,
  executable: false,
  rentEpoch: 0,
  data: [data.toString('base64'), 'base64'],
});

const rowOf = ({ mint, amount, lamports = 2_039_280, info = {} }: Row, index: number, program: string) => ({
  pubkey: addressOf(index),
  account: {
    lamports,
    owner: program,
    executable: false,
    rentEpoch: 0,
    data: {
      program: 'spl-token',
      space: 165,
      parsed: {
        type: 'account',
        info: {
          mint,
          owner: OWNER,
          state: 'initialized',
          tokenAmount: { amount, decimals: 6, uiAmount: 1 },
          ...info,
        },
      },
    },
  },
});

const withContext = (value: unknown, slot = 7) => ({ result: { context: { slot }, value } });

async function serve(reply: (call: RpcCall) => RpcReply): Promise<ScriptedServer> {
  const server = await serveSolana(reply);
  servers.push(server);
  return server;
}

const replyOf =
  (rows: readonly Row[]) =>
  ({ method, params }: RpcCall): RpcReply => {
    if (method === 'getBalance') return withContext(1_000_000_000);
    if (method === 'getMultipleAccounts') return withContext(params[0].map(() => mintOf({})));
    const is2022 = params[1].programId === TOKEN_2022;
    return withContext(is2022 ? rows.map((row, index) => rowOf(row, index, TOKEN_2022)) : []);
  };

async function observe(rows: readonly Row[], reply = replyOf(rows)) {
  const server = await serve(reply);
  const exchange = await openTestSolana({ rpcUrls: [server.url], scope: { owner: OWNER } });
  return { observed: await exchange.observe({ fillsSinceMs: null }, signal), server };
}

async function known(rows: readonly Row[]) {
  const { observed } = await observe(rows);
  if (observed.state !== 'known') throw new Error(observed.detail);
  const { balances, facts = [] } = observed.value;
  return {
    balances,
    facts: facts.filter(({ asset }) => asset !== 'SOL'),
    sol: facts.filter(({ asset }) => asset === 'SOL'),
  };
}

describe('native SOL', () => {
  it('is spendable but for the rent of the wallet and the fee reserve; the rent of token accounts stands beside it', async () => {
    const { balances, sol } = await known([
      { mint: USDC, amount: '5' },
      { mint: JUP, amount: '0', lamports: 2_039_281 },
    ]);
    expect(balances.find(({ asset }) => asset === 'SOL')).toMatchObject({
      total: '1',
      available: '1',
      hold: '0',
    });
    expect(sol).toEqual([
      { kind: 'spendable', asset: 'SOL', amount: '0.94910912' },
      { kind: 'rentLocked', asset: 'SOL', amount: '0.00089088' },
      { kind: 'feeReserve', asset: 'SOL', amount: '0.05' },
      { kind: 'rentDeposit', asset: 'SOL', amount: '0.004078561', accounts: 2 },
    ]);
  });

  it('that is wrapped is a token, and its account holds rent beside its tokens', async () => {
    const wrapped = { mint: WSOL, amount: '500', lamports: 2_039_780, info: { isNative: true } };
    const { sol } = await known([wrapped]);
    expect(sol.at(-1)).toMatchObject({ kind: 'rentDeposit', amount: '0.00203928', accounts: 1 });
    // Lamports that are fewer than the tokens say nothing of rent, and a part of it is not said.
    const { sol: doubted } = await known([
      { ...wrapped, lamports: 499 },
      { mint: USDC, amount: '5' },
    ]);
    expect(doubted.map(({ kind }) => kind)).toEqual(['spendable', 'rentLocked', 'feeReserve']);
  });
});

describe('a token account', () => {
  const state = (value: object) => ({ extensions: [{ extension: 'immutableOwner' }, value] });
  const cases: readonly [string, Row, { available: string; hold: string }, readonly object[]][] = [
    [
      'that is frozen',
      { mint: USDC, amount: '5', info: { state: 'frozen' } },
      { available: '0', hold: '0.000005' },
      [{ kind: 'immovable', amount: '0.000005', because: 'frozen' }],
    ],
    [
      'whose tokens cannot be transferred',
      { mint: PYUSD, amount: '5', info: state({ extension: 'nonTransferableAccount' }) },
      { available: '0', hold: '0.000005' },
      [{ kind: 'immovable', amount: '0.000005', because: 'nonTransferable' }],
    ],
    [
      'with an extension that the node cannot read',
      { mint: PYUSD, amount: '5', info: state({ extension: 'unparseableExtension' }) },
      { available: '0', hold: '0.000005' },
      [{ kind: 'immovable', amount: '0.000005', because: 'unreadableExtension' }],
    ],
    [
      'with withheld transfer fees',
      {
        mint: PYUSD,
        amount: '5',
        info: state({ extension: 'transferFeeAmount', state: { withheldAmount: 3 } }),
      },
      { available: '0.000005', hold: '0' },
      [
        { kind: 'withheldFee', amount: '0.000003' },
        { kind: 'transferFee', bps: 100, maximum: '5', startsAtEpoch: null },
      ],
    ],
    [
      'with an encrypted part',
      {
        mint: PYUSD,
        amount: '5',
        info: state({ extension: 'confidentialTransferAccount', state: { approved: true } }),
      },
      { available: '0.000005', hold: '0' },
      [{ kind: 'confidential', accounts: 1 }],
    ],
    [
      'that somebody else may draw on, for more than there is',
      { mint: USDC, amount: '5', info: { delegate: DELEGATE, delegatedAmount: { amount: '9' } } },
      { available: '0.000005', hold: '0' },
      [{ kind: 'delegated', amount: '0.000005', to: DELEGATE }],
    ],
  ];
  it.each(cases)('%s is told as a fact and not as more to spend', async (_name, row, amounts, facts) => {
    const read = await known([row]);
    expect(read.balances.find(({ asset }) => asset === row.mint)).toMatchObject({
      total: '0.000005',
      ...amounts,
    });
    expect(read.facts).toEqual(facts.map((fact) => expect.objectContaining(fact)));
  });

  it.each([
    ['a withheld fee beyond 2^53', { withheldAmount: 9007199254740992 }],
    ['a withheld fee with a fraction', { withheldAmount: 0.5 }],
    ['no withheld fee', {}],
  ])('with %s fails the page', async (_name, wrong) => {
    const info = { extensions: [{ extension: 'transferFeeAmount', state: wrong }] };
    const { observed } = await observe([{ mint: PYUSD, amount: '5', info }]);
    expect(observed).toMatchObject({ state: 'unknown', reason: 'malformed' });
  });

  it('keeps its bytes but for amounts when a transfer with a fee comes in', () => {
    const data = Buffer.alloc(spl.ACCOUNT_SIZE + 1 + 4 + 8 + 4);
    data.fill(7, 0, 64);
    data[spl.ACCOUNT_SIZE] = 2;
    data.writeUInt16LE(spl.ExtensionType.TransferFeeAmount, spl.ACCOUNT_SIZE + 1);
    data.writeUInt16LE(8, spl.ACCOUNT_SIZE + 3);
    data.writeUInt16LE(spl.ExtensionType.ImmutableOwner, spl.ACCOUNT_SIZE + 13);
    const after = Buffer.from(data);
    after.writeBigUInt64LE(9n, 64);
    after.writeBigUInt64LE(1n, spl.ACCOUNT_SIZE + 5);
    expect(readTokenAccountBytes(after)?.rest).toBe(readTokenAccountBytes(data)?.rest);
    const locked = Buffer.from(after);
    locked.writeUInt16LE(spl.ExtensionType.CpiGuard, spl.ACCOUNT_SIZE + 13);
    expect(readTokenAccountBytes(locked)?.rest).not.toBe(readTokenAccountBytes(data)?.rest);
  });
});

describe('a fee on transfers', () => {
  const taxed: Row = {
    mint: PYUSD,
    amount: '5',
    info: { extensions: [{ extension: 'transferFeeAmount', state: { withheldAmount: 0 } }] },
  };
  const U64_MAX = 2n ** 64n - 1n;
  const readBy = (mint: unknown, epoch = 700) =>
    observe([taxed], (call) => {
      if (call.method === 'getMultipleAccounts') return withContext([mint]);
      if (call.method !== 'getEpochInfo') return replyOf([taxed])(call);
      const height = { absoluteSlot: 7, blockHeight: 7, slotIndex: 7, slotsInEpoch: 432_000 };
      return { result: { ...height, epoch } };
    });
  const older = { epoch: 600n, bps: 100, maximum: 5_000_000n };
  const newer = { epoch: 701n, bps: 250, maximum: U64_MAX };
  const [hundred, more] = [
    { bps: 100, maximum: '5' },
    { bps: 250, maximum: '18446744073709.551615' },
  ];

  it.each([
    ['never changed', { older }, 700, [{ ...hundred, startsAtEpoch: null }]],
    ['of nothing', { older: { bps: 0, maximum: 0n } }, 700, [{ bps: 0, maximum: '0', startsAtEpoch: null }]],
    ['of everything', { older: { bps: 10_000 } }, 700, [{ bps: 10_000, maximum: '5', startsAtEpoch: null }]],
    [
      'announced',
      { older, newer },
      700,
      [
        { ...hundred, startsAtEpoch: null },
        { ...more, startsAtEpoch: 701 },
      ],
    ],
    ['in its first epoch', { older, newer }, 701, [{ ...more, startsAtEpoch: null }]],
    ['in a later one', { older, newer }, 702, [{ ...more, startsAtEpoch: null }]],
    [
      'whose maximum alone changes',
      { older, newer: { ...older, epoch: 701n, maximum: 1n } },
      700,
      [
        { ...hundred, startsAtEpoch: null },
        { bps: 100, maximum: '0.000001', startsAtEpoch: 701 },
      ],
    ],
  ] as const)('%s is told exactly, with the epoch that it waits for', async (_name, config, epoch, fees) => {
    const { observed, server } = await readBy(mintOf(config), epoch);
    if (observed.state !== 'known') throw new Error(observed.detail);
    const told = observed.value.facts?.filter(({ kind }) => kind === 'transferFee');
    expect(told).toEqual(fees.map((fee) => ({ kind: 'transferFee', asset: PYUSD, ...fee })));
    const asked = server.requests.map(({ body }) => JSON.parse(body));
    // From the slot of the balances on, and the epoch only where it matters.
    const isChanged = 'newer' in config;
    expect(asked.slice(3).map(({ method, params }) => [method, params.at(-1)])).toEqual([
      ['getMultipleAccounts', { commitment: 'confirmed', encoding: 'base64', minContextSlot: 7 }],
      ...(isChanged ? [['getEpochInfo', { commitment: 'confirmed', minContextSlot: 7 }]] : []),
    ]);
    expect(observed.certificate.pages.map(({ endpoint }) => endpoint).slice(3)).toEqual(
      asked.slice(3).map(({ method }) => `RPC ${method}`),
    );
  });

  const whole = Buffer.from(mintOf({}).data[0] ?? '', 'base64');
  const edited = (edit: (bytes: Buffer) => void) => {
    const bytes = Buffer.from(whole);
    edit(bytes);
    return shown(bytes);
  };
  it.each<[string, unknown]>([
    ['is not there', null],
    ['belongs to another program', shown(whole, SPL)],
    ['is an account', edited((bytes) => bytes.writeUInt8(2, spl.ACCOUNT_SIZE))],
    ['has no extension', shown(whole.subarray(0, 82))],
    ['has another extension', edited((bytes) => bytes.writeUInt16LE(9, spl.ACCOUNT_SIZE + 1))],
    ['is cut', shown(whole.subarray(0, -1))],
    ['has a shorter fee', edited((bytes) => bytes.writeUInt16LE(107, spl.ACCOUNT_SIZE + 3))],
    ['takes more than everything', mintOf({ older: { bps: 10_001 } })],
    ['is going to take more than everything', mintOf({ older, newer: { bps: 10_001 } })],
    ['has a fee that never begins', mintOf({ older, newer: { ...newer, epoch: U64_MAX } })],
  ])('leaves the wallet unknown where its mint %s', async (_name, mint) => {
    const { observed } = await readBy(mint);
    expect(observed).toMatchObject({ state: 'unknown', reason: 'malformed' });
  });

  it('leaves the wallet unknown where the epoch that decides is no integer', async () => {
    const { observed } = await readBy(mintOf({ older, newer }), 0.5);
    expect(observed).toMatchObject({ state: 'unknown', reason: 'malformed' });
  });
});

describe('more mints than a node shows at once', () => {
  it('are all confirmed by the second endpoint, a hundred at a time', async () => {
    const mints = Array.from({ length: 101 }, (_, index) => addressOf(index + 100));
    const { url: first } = await serve(replyOf(mints.map((mint) => ({ mint, amount: '1' }))));
    const second = await serve(({ params: [keys] }) =>
      keys.length > 100
        ? { error: { code: -32602, message: 'Too many inputs provided; max 100' } }
        : withContext(keys.map(() => MINT_OF_6)),
    );
    const exchange = await openTestSolana({ rpcUrls: [first, second.url], scope: { owner: OWNER } });
    expect(await exchange.observe({ fillsSinceMs: null }, signal)).toMatchObject({ state: 'known' });
    const asked = second.requests.map(({ body }) => JSON.parse(body).params[0]);
    expect(asked.map((keys) => keys.length)).toEqual([100, 1]);
    expect(asked.flat()).toEqual(mints);
  });
});

describe('one moment of a wallet', () => {
  /** Slots that the three methods answer from, a round of reads each. */
  const rounds = (slots: readonly (readonly [number, number, number])[]) =>
    observe([], ({ method, params, earlier }) => {
      const [sol, tokens, tokens2022] = slots[Math.min(Math.floor(earlier / 3), slots.length - 1)] ?? [
        0, 0, 0,
      ];
      if (method === 'getBalance') return withContext(1_000_000_000, sol);
      return withContext([], params[1].programId === SPL ? tokens : tokens2022);
    });

  it.each([
    ['shares a slot', [[9, 9, 9]], 'known', 3],
    [
      'is the same later on',
      [
        [9, 10, 10],
        [11, 10, 12],
      ],
      'known',
      6,
    ],
    ['stands still', [[9, 10, 10]], 'known', 6],
    [
      'is the same from before',
      [
        [9, 10, 10],
        [10, 9, 10],
        [9, 10, 9],
        [10, 9, 9],
      ],
      'unknown',
      12,
    ],
  ] as const)('%s', async (_name, slots, state, requests) => {
    const { observed, server } = await rounds(slots);
    expect(observed).toMatchObject(state === 'known' ? { state } : { state, reason: 'incoherent' });
    expect(server.requests).toHaveLength(requests);
  });

  it('is asked for again from the newest slot of the first answers on', async () => {
    const { server } = await rounds([[9, 10, 8]]);
    const asked = server.requests.map(({ body }) => JSON.parse(body).params.at(-1).minContextSlot);
    expect(asked).toEqual([undefined, undefined, undefined, 10, 10, 10]);
  });
});

describe('invariants of what stands beside balances', () => {
  const anyAccount = fc.record({
    mint: fc.constantFrom(USDC, JUP, PYUSD),
    atoms: fc.nat(1_000_000).map(String),
    immovable: fc.constantFrom(
      'frozen' as const,
      'nonTransferable' as const,
      'unreadableExtension' as const,
      null,
    ),
    rentLamports: fc.nat(3_000_000),
  });
  const anyHoldings = fc
    .record({ lamports: fc.bigInt(0n, 10n ** 12n), accounts: fc.array(anyAccount, { maxLength: 8 }) })
    .map(({ lamports, accounts }): Holdings => {
      const rest = {
        program: SPL,
        decimals: 6,
        delegate: null,
        withheldAtoms: '0',
        hasConfidentialPart: false,
      };
      const all: TokenAccount[] = accounts.map((one, index) => ({ ...rest, ...one, address: String(index) }));
      return { state: 'collected', lamports, accounts: all, slots: [1], hash: '', pages: [] };
    });
  const amountsOf = (facts: readonly HoldingFact[], kinds: readonly string[], asset: string) =>
    sum(
      facts.flatMap((one) =>
        kinds.includes(one.kind) && one.asset === asset && 'amount' in one ? [one.amount] : [],
      ),
    );

  it('1. Spendable, rent-locked and fee reserve are the whole of native SOL, to the lamport.', () => {
    fc.assert(
      fc.property(anyHoldings, fc.bigInt(0n, 10n ** 10n), (holdings, reserve) => {
        const facts = factsOf(holdings, reserve, new Map());
        const whole = amountsOf(facts, ['spendable', 'rentLocked', 'feeReserve'], 'SOL');
        expect(whole).toBe(fromAtoms(holdings.lamports, 9));
        const left = toAtoms(amountsOf(facts, ['spendable'], 'SOL'), 9);
        expect(left === 0n || left === holdings.lamports - 890_880n - reserve).toBe(true);
      }),
    );
  });

  it('2. Immovable amounts are the hold of their asset, to the atom.', () => {
    fc.assert(
      fc.property(anyHoldings, (holdings) => {
        const facts = factsOf(holdings, 0n, new Map());
        for (const { asset, hold, total, available } of balancesOf(holdings, createTokenRegistry({}))) {
          expect(amountsOf(facts, ['immovable'], asset)).toBe(hold);
          expect(sum([available, hold])).toBe(total);
        }
      }),
    );
  });
});
