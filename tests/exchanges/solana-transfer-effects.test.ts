import { describe, expect, it } from '@jest/globals';
import * as spl from '@solana/spl-token';
import { Keypair, type PublicKey } from '@solana/web3.js';
import fc from 'fast-check';
import { readMintBytes, withheldOf } from '../../src/exchanges/solana/mint-extensions.ts';
import { RENT_MINIMUM_LAMPORTS } from '../../src/exchanges/solana/spending-limits.ts';
import type { AccountState } from '../../src/exchanges/solana/swap-effects.ts';
import { SYSTEM_PROGRAM } from '../../src/exchanges/solana/swap-programs.ts';
import {
  accountsOf,
  judgeTransfer,
  type TransferTerms,
} from '../../src/exchanges/solana/transfer-effects.ts';
import { USDC, WSOL } from '../support/solana-chain.ts';
import {
  TOKEN_ACCOUNT_RENT as RENT,
  TOKEN_PROGRAM,
  type TokenAccount,
  tokenAccount,
} from '../support/solana-token-account.ts';

const key = (seed: number): PublicKey => Keypair.fromSeed(new Uint8Array(32).fill(seed)).publicKey;
const [owner, friend, thief] = [key(1), key(2), key(3)];
const FEE = 6_000n;
const limits = { priorityFeeMaxLamports: 1_000n, feeReserveLamports: 50_000_000n };

type Token = Partial<TokenAccount> & Pick<TokenAccount, 'atoms'>;
const token = (of: Token): AccountState => tokenAccount({ mint: USDC, holder: owner, ...of });

const wallet = (lamports: bigint, program = SYSTEM_PROGRAM, data = new Uint8Array()): AccountState => ({
  lamports,
  program,
  data,
});

type Pair = readonly [before: AccountState | null, after: AccountState | null];

const common = { owner: owner.toBase58(), to: friend.toBase58(), ...limits };
const lamports = (atoms: bigint): TransferTerms => ({ ...common, kind: 'lamports', atoms });
const tokens = (
  atoms: bigint,
  more: Partial<Extract<TransferTerms, { kind: 'token' }>> = {},
): TransferTerms => ({
  ...common,
  kind: 'token',
  atoms,
  mint: USDC,
  program: TOKEN_PROGRAM,
  destination: 'theirs',
  moves: [{ source: 'ours', atoms }],
  arrives: atoms,
  ...more,
});

function judge(terms: TransferTerms, pairs: readonly Pair[], fee = FEE) {
  const changes = accountsOf(terms).map((address, index) => {
    const [before = null, after = null] = pairs[index] ?? [];
    return { address, before, after };
  });
  return judgeTransfer({ fee, changes }, terms);
}

const verdict = (terms: TransferTerms, pairs: readonly Pair[], fee = FEE): string => {
  const judged = judge(terms, pairs, fee);
  return judged.state === 'harmless' ? `costs ${judged.costLamports}` : judged.reason;
};

const SOL = 1_000_000_000n;
const rich = (lamportsLeft: bigint): Pair => [wallet(5n * SOL), wallet(5n * SOL - lamportsLeft)];
const source = (before: bigint, after: bigint): Pair => [token({ atoms: before }), token({ atoms: after })];
const theirs = (before: bigint, after: bigint): Pair => [
  token({ atoms: before, holder: friend }),
  token({ atoms: after, holder: friend }),
];
const opened = (atoms: bigint, more: Partial<Token> = {}): Pair => [
  null,
  token({ atoms, holder: friend, ...more }),
];
const friendly: Pair = [wallet(SOL), wallet(2n * SOL)];
const NEW: Pair = [null, wallet(SOL)];

describe('the effects of a transfer', () => {
  it.each<[string, TransferTerms, readonly Pair[], string]>([
    ['SOL to a wallet', lamports(SOL), [rich(SOL + FEE), friendly], 'costs 6000'],
    ['SOL to a new wallet', lamports(SOL), [rich(SOL + FEE), NEW], 'costs 6000'],
    [
      'more SOL than said',
      lamports(SOL),
      [rich(SOL + FEE + 1n), friendly],
      '1000006001 lamports leave the owner, expected 1000006000',
    ],
    [
      'less SOL than said',
      lamports(SOL),
      [rich(SOL), friendly],
      '1000000000 lamports leave the owner, expected 1000006000',
    ],
    [
      'SOL that does not arrive',
      lamports(SOL),
      [rich(SOL + FEE), [wallet(SOL), wallet(SOL)]],
      '0 lamports arrive at',
    ],
    [
      'SOL into a program',
      lamports(SOL),
      [rich(SOL + FEE), [wallet(SOL), wallet(2n * SOL, TOKEN_PROGRAM)]],
      'is expected to be a wallet',
    ],
    [
      'an owner that is given away',
      lamports(SOL),
      [[wallet(5n * SOL), wallet(4n * SOL - FEE, TOKEN_PROGRAM)], friendly],
      "give the owner's account away",
    ],
    ['an owner without SOL', lamports(SOL), [[null, null], friendly], 'does not hold any SOL'],
    ['tokens to an account', tokens(10n), [rich(FEE), source(30n, 20n), theirs(1n, 11n)], 'costs 6000'],
    [
      'tokens to a new account',
      tokens(10n),
      [rich(FEE + RENT), source(30n, 20n), opened(10n)],
      'costs 2045280',
    ],
    [
      'tokens with a fee of the mint',
      tokens(10n, { arrives: 9n }),
      [rich(FEE), source(30n, 20n), theirs(1n, 10n)],
      'costs 6000',
    ],
    [
      'more tokens than said',
      tokens(10n),
      [rich(FEE), source(30n, 19n), theirs(1n, 11n)],
      '11 atoms leave ours, expected 10',
    ],
    [
      'fewer that arrive',
      tokens(10n),
      [rich(FEE), source(30n, 20n), theirs(1n, 10n)],
      '9 atoms arrive at theirs, expected 10',
    ],
    [
      'more that arrive',
      tokens(10n),
      [rich(FEE), source(30n, 20n), theirs(1n, 12n)],
      '11 atoms arrive at theirs, expected 10',
    ],
    [
      'SOL that leaves with tokens',
      tokens(10n),
      [rich(FEE + 1n), source(30n, 20n), theirs(1n, 11n)],
      '6001 lamports leave the owner, expected 6000',
    ],
    [
      'rent beyond the cap',
      tokens(10n),
      [rich(FEE + 20_000_000n), source(30n, 20n), opened(10n, { lamports: 20_000_000n })],
      'lamports of rent',
    ],
    [
      'an account of somebody else',
      tokens(10n),
      [rich(FEE + RENT), source(30n, 20n), opened(10n, { holder: thief })],
      'belongs to',
    ],
    [
      'a new account with a delegate',
      tokens(10n),
      [rich(FEE + RENT), source(30n, 20n), opened(10n, { delegate: thief })],
      'for somebody else',
    ],
    [
      'a new account that another may close',
      tokens(10n),
      [rich(FEE + RENT), source(30n, 20n), opened(10n, { closer: thief })],
      'for somebody else',
    ],
    [
      'an account of another program',
      tokens(10n),
      [rich(FEE + RENT), source(30n, 20n), opened(10n, { program: SYSTEM_PROGRAM })],
      'belongs to',
    ],
    [
      'an account of another mint',
      tokens(10n),
      [rich(FEE + RENT), source(30n, 20n), opened(10n, { mint: WSOL })],
      'expected to be a token account',
    ],
    [
      'a source that gets a delegate',
      tokens(10n),
      [rich(FEE), [token({ atoms: 30n }), token({ atoms: 20n, delegate: thief })], theirs(1n, 11n)],
      'changes who may use account ours',
    ],
    [
      'a source that is given away',
      tokens(10n),
      [rich(FEE), [token({ atoms: 30n }), token({ atoms: 20n, holder: thief })], theirs(1n, 11n)],
      'changes who may use account ours',
    ],
    [
      'a source that is closed',
      tokens(10n),
      [rich(FEE), [token({ atoms: 10n }), null], theirs(1n, 11n)],
      'stay a token account',
    ],
    [
      'a source that loses its rent',
      tokens(10n),
      [rich(FEE), [token({ atoms: 30n }), token({ atoms: 20n, lamports: 1n })], theirs(1n, 11n)],
      'lamports leave ours',
    ],
    [
      'wrapped SOL, which is its own lamports',
      tokens(10n, { mint: WSOL }),
      [
        rich(FEE),
        [token({ mint: WSOL, atoms: 30n }), token({ mint: WSOL, atoms: 20n })],
        [null, token({ mint: WSOL, atoms: 10n, holder: friend })],
      ].map((pair, index) => (index === 0 ? rich(FEE + RENT) : pair)) as Pair[],
      'costs 2045280',
    ],
  ])('%s', (_name, terms, pairs, expected) => {
    expect(verdict(terms, pairs)).toContain(expected);
  });

  it('cap the fee at what the network takes and the bid that is allowed', () => {
    const at = (fee: bigint) => verdict(lamports(SOL), [rich(SOL + fee), friendly], fee);
    expect(at(6_000n)).toBe('costs 6000');
    expect(at(6_001n)).toBe("the transfer's fee is 6001 lamports, at most 6000");
  });
});

const atoms = fc.bigInt({ min: 1n, max: 1n << 40n });
const off = fc.bigInt({ min: -1_000n, max: 1_000n });

describe('of whatever a simulation shows, nothing is signed unless', () => {
  it("1. Exactly the amount leaves the owner's accounts, and beside it the fee and the rent alone, both capped.", () => {
    fc.assert(
      fc.property(
        atoms,
        off,
        off,
        fc.boolean(),
        fc.bigInt({ min: 0n, max: 8_000n }),
        (sent, more, extra, opens, fee) => {
          const rent = opens ? RENT : 0n;
          const left = fee + rent + extra;
          const receiver = opens ? opened(sent) : theirs(5n, 5n + sent);
          const pairs = [rich(left), source(sent + 2_000n, 2_000n - more), receiver];
          const isFit = more === 0n && extra === 0n && fee <= 6_000n;
          expect(judge(tokens(sent), pairs, fee).state).toBe(isFit ? 'harmless' : 'deniedLocally');
        },
      ),
    );
  });

  it('2. Exactly what was said arrives, in an account that belongs to the receiver.', () => {
    fc.assert(
      fc.property(
        atoms,
        off,
        fc.constantFrom(owner, friend, thief),
        fc.boolean(),
        (sent, more, holder, opens) => {
          const now = 5_000n + sent + more;
          const receiver: Pair = opens
            ? [null, token({ atoms: now, holder })]
            : [token({ atoms: 5_000n, holder }), token({ atoms: now, holder })];
          const arrives = opens ? 5_000n + sent : sent;
          const pairs = [rich(FEE + (opens ? RENT : 0n)), source(sent, 0n), receiver];
          const isFit = more === 0n && holder === friend;
          const judged = judge(tokens(sent, { arrives }), pairs);
          expect(judged.state).toBe(isFit ? 'harmless' : 'deniedLocally');
        },
      ),
    );
  });

  it("3. Nobody may use the owner's accounts afterwards who may not now.", () => {
    const someone = fc.option(fc.constantFrom(owner, friend, thief), { nil: undefined });
    fc.assert(
      fc.property(someone, someone, someone, someone, (delegate, newDelegate, closer, newCloser) => {
        const was = token({ atoms: 10n, ...(delegate && { delegate }), ...(closer && { closer }) });
        const is = token({
          atoms: 0n,
          ...(newDelegate && { delegate: newDelegate }),
          ...(newCloser && { closer: newCloser }),
        });
        const judged = judge(tokens(10n), [rich(FEE), [was, is], theirs(0n, 10n)]);
        const isFit = delegate === newDelegate && closer === newCloser;
        expect(judged.state).toBe(isFit ? 'harmless' : 'deniedLocally');
      }),
    );
  });

  it("4. A transfer of SOL leaves the chain's minimum and the fee reserve.", () => {
    const floor = RENT_MINIMUM_LAMPORTS + limits.feeReserveLamports;
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n * floor }), (left) => {
        const own: Pair = [wallet(left + SOL + FEE), wallet(left)];
        expect(judge(lamports(SOL), [own, friendly]).state).toBe(
          left >= floor ? 'harmless' : 'deniedLocally',
        );
      }),
    );
  });
});

describe('the bytes of a mint', () => {
  const plain = Buffer.alloc(82);
  plain.writeUInt8(6, 44);
  const extended = (...extensions: readonly (readonly [number, Buffer])[]): Buffer => {
    const head = Buffer.alloc(166);
    plain.copy(head);
    head.writeUInt8(1, 165);
    const parts = extensions.map(([type, content]) => {
      const header = Buffer.alloc(4);
      header.writeUInt16LE(type, 0);
      header.writeUInt16LE(content.length, 2);
      return Buffer.concat([header, content]);
    });
    return Buffer.concat([head, ...parts]);
  };
  const hook = (program: number) => Buffer.concat([Buffer.alloc(32), Buffer.alloc(32, program)]);
  const denial = (data: Buffer) => {
    const read = readMintBytes(data);
    return read?.state === 'deniedLocally' ? read.reason : read;
  };

  it.each<[string, Buffer, unknown]>([
    ['without extensions', plain, { state: 'transferable', decimals: 6, fees: null }],
    [
      'with a delegate of its own, who endangers what is held and not what leaves',
      extended([12, Buffer.alloc(32, 1)]),
      { state: 'transferable', decimals: 6, fees: null },
    ],
    [
      'with a hook that calls nobody',
      extended([14, hook(0)]),
      { state: 'transferable', decimals: 6, fees: null },
    ],
    ['with a hook', extended([14, hook(7)]), 'the mint has every transfer call a program of its own'],
    [
      'that cannot be transferred',
      extended([9, Buffer.alloc(0)]),
      'the mint does not let its tokens be transferred',
    ],
    [
      'with what is not known',
      extended([99, Buffer.alloc(3)]),
      'the mint has an extension that is not known here: number 99',
    ],
    [
      'with padding behind the last',
      Buffer.concat([extended([10, Buffer.alloc(8)]), Buffer.alloc(5)]),
      { state: 'transferable', decimals: 6, fees: null },
    ],
    ['that is cut off', extended([9, Buffer.alloc(0)]).subarray(0, 120), null],
    ['whose extension is longer than it', extended([10, Buffer.alloc(8)]).subarray(0, 174), null],
    ['that is an account', Buffer.concat([Buffer.alloc(165), Buffer.from([2])]), null],
  ])('%s', (_name, data, expected) => {
    expect(denial(data)).toEqual(expected);
  });

  it('say what is withheld of a transfer: rounded up, and at most so much', () => {
    const fee = { bps: 100, maximumAtoms: 50n };
    expect([1n, 100n, 101n, 4_999n, 1_000_000n].map((sent) => withheldOf(sent, fee))).toEqual([
      1n,
      1n,
      2n,
      50n,
      50n,
    ]);
    expect(withheldOf(9n, { bps: 0, maximumAtoms: 50n })).toBe(0n);
  });

  it('say what is withheld as the token program has it', () => {
    const content = Buffer.alloc(spl.TRANSFER_FEE_CONFIG_SIZE);
    const at = (epoch: bigint, maximumFee: bigint, transferFeeBasisPoints: number) => ({
      epoch,
      maximumFee,
      transferFeeBasisPoints,
    });
    spl.TransferFeeConfigLayout.encode(
      {
        transferFeeConfigAuthority: owner,
        withdrawWithheldAuthority: owner,
        withheldAmount: 3n,
        olderTransferFee: at(1n, 7n, 20),
        newerTransferFee: at(9n, 8n, 30),
      },
      content,
    );
    expect(denial(extended([1, content]))).toMatchObject({
      fees: {
        older: { bps: 20, maximumAtoms: 7n, epoch: 1n },
        newer: { bps: 30, maximumAtoms: 8n, epoch: 9n },
      },
    });
  });
});
