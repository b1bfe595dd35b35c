import { describe, expect, it } from '@jest/globals';
import { Keypair } from '@solana/web3.js';
import { type AccountState, deniedEffect } from '../../src/exchanges/solana/swap-effects.ts';
import { SYSTEM_PROGRAM } from '../../src/exchanges/solana/swap-programs.ts';
import type { SwapTerms } from '../../src/exchanges/solana/swap-terms.ts';
import { JUP, USDC, WSOL } from '../support/solana-chain.ts';
import {
  TOKEN_ACCOUNT_RENT as RENT,
  TOKEN_PROGRAM,
  type TokenAccount,
  tokenAccount,
} from '../support/solana-token-account.ts';

const owner = Keypair.fromSeed(new Uint8Array(32).fill(1)).publicKey;
const thief = Keypair.fromSeed(new Uint8Array(32).fill(2)).publicKey;
const SOL = 1_000_000_000n;
const FEE = 10_000n;

const token = (of: Omit<TokenAccount, 'holder'> & Partial<TokenAccount>): AccountState =>
  tokenAccount({ holder: owner, ...of });

const wallet = (lamports: bigint, program = SYSTEM_PROGRAM, data = new Uint8Array()): AccountState => ({
  lamports,
  program,
  data,
});

type Pair = readonly [before: AccountState | null, after: AccountState | null];

function judge(terms: Omit<SwapTerms, 'state' | 'mode'>, own: Pair, ...tokens: readonly Pair[]): string {
  const changes = [own, ...tokens].map(([before, after], index) => ({
    address: index === 0 ? owner.toBase58() : `account ${index}`,
    before,
    after,
  }));
  const rules = {
    owner: owner.toBase58(),
    terms: { state: 'terms', mode: 'ExactIn', ...terms } as const,
    feeReserveLamports: 50_000_000n,
  };
  return deniedEffect({ fee: FEE, changes }, rules)?.reason ?? 'signed';
}

const sellsSol = { inputAsset: 'SOL', outputAsset: USDC, inAtomsMax: SOL, outAtomsMin: 150_000_000n };
const sellsUsdc = { inputAsset: USDC, outputAsset: JUP, inAtomsMax: 100n, outAtomsMin: 200n };
const buysSol = { inputAsset: USDC, outputAsset: 'SOL', inAtomsMax: 150_000_000n, outAtomsMin: SOL };
const usdc = (before: bigint, after: bigint): Pair => [
  token({ mint: USDC, atoms: before }),
  token({ mint: USDC, atoms: after }),
];
const jup = (before: bigint, after: bigint): Pair => [
  token({ mint: JUP, atoms: before }),
  token({ mint: JUP, atoms: after }),
];
const fees: Pair = [wallet(5n * SOL), wallet(5n * SOL - FEE)];

describe('the effects of a swap', () => {
  it.each([
    [
      'exactly the terms',
      () => judge(sellsSol, [wallet(5n * SOL), wallet(4n * SOL - FEE)], usdc(0n, 150_000_000n)),
    ],
    [
      'a new account of the output',
      () =>
        judge(sellsUsdc, [wallet(SOL), wallet(SOL - FEE - RENT)], usdc(100n, 0n), [
          null,
          token({ mint: JUP, atoms: 200n }),
        ]),
    ],
    [
      'more than the minimum, for less than the input',
      () => judge(sellsUsdc, fees, usdc(100n, 1n), jup(0n, 300n)),
    ],
    [
      'SOL that is bought by a wallet below its reserve',
      () => judge(buysSol, [wallet(1_000_000n), wallet(1_000_000n + SOL - FEE)], usdc(150_000_000n, 0n)),
    ],
    [
      'an empty wrapped account that is closed for its rent',
      () =>
        judge(sellsSol, [wallet(5n * SOL), wallet(4n * SOL - FEE + RENT)], usdc(0n, 150_000_000n), [
          token({ mint: WSOL, atoms: 0n }),
          null,
        ]),
    ],
  ])('are signed for %s', (_name, judged) => {
    expect(judged()).toBe('signed');
  });

  const isDenied = (_name: string, reason: RegExp, judged: () => string) => {
    expect(judged()).toMatch(reason);
  };

  it.each<[string, RegExp, () => string]>([
    [
      'a lamport more goes in',
      /takes 1000000001 atoms, at most 1000000000/,
      () => judge(sellsSol, [wallet(5n * SOL), wallet(4n * SOL - FEE - 1n)], usdc(0n, 150_000_000n)),
    ],
    [
      'an atom more goes in',
      /takes 101 atoms, at most 100/,
      () => judge(sellsUsdc, fees, usdc(101n, 0n), jup(0n, 200n)),
    ],
    [
      'an atom less comes out',
      /gives 199 atoms, expected at least 200/,
      () => judge(sellsUsdc, fees, usdc(100n, 0n), jup(0n, 199n)),
    ],
    ['nothing comes out', /gives 0 atoms/, () => judge(sellsUsdc, fees, usdc(100n, 0n))],
    [
      'a lamport of a token swap goes elsewhere',
      /takes 1 lamports over fee and rent/,
      () => judge(sellsUsdc, [wallet(SOL), wallet(SOL - FEE - 1n)], usdc(100n, 0n), jup(0n, 200n)),
    ],
    [
      'the rent of a closed wrapped account goes elsewhere',
      /takes 2039280 lamports over fee and rent/,
      () => judge(sellsUsdc, fees, usdc(100n, 0n), jup(0n, 200n), [token({ mint: WSOL, atoms: 0n }), null]),
    ],
    [
      'it opens five accounts',
      /fee and rent are 10206400 lamports/,
      () =>
        judge(
          sellsUsdc,
          [wallet(SOL), wallet(SOL - FEE - 5n * RENT)],
          usdc(100n, 0n),
          jup(0n, 200n),
          ...[1, 2, 3, 4, 5].map((): Pair => [null, token({ mint: WSOL, atoms: 0n })]),
        ),
    ],
  ])(
    'at most the input leaves and at least the minimum arrives, fee and rent apart and capped: denied when %s',
    isDenied,
  );

  it.each<[string, RegExp, () => string]>([
    [
      'a token that is not traded moves',
      /moves -1 atoms of JUP\w+, which is not traded/,
      () => judge(sellsSol, [wallet(5n * SOL), wallet(4n * SOL - FEE)], usdc(0n, 150_000_000n), jup(1n, 0n)),
    ],
    [
      'an account is closed',
      /closes account/,
      () => judge(sellsUsdc, fees, [token({ mint: USDC, atoms: 100n }), null], jup(0n, 200n)),
    ],
    [
      'a delegate is approved',
      /who may use/,
      () =>
        judge(sellsUsdc, fees, usdc(100n, 0n), [
          token({ mint: JUP, atoms: 0n }),
          token({ mint: JUP, atoms: 200n, delegate: thief }),
        ]),
    ],
    [
      'somebody else may close',
      /who may use/,
      () =>
        judge(sellsUsdc, fees, usdc(100n, 0n), [
          token({ mint: JUP, atoms: 0n }),
          token({ mint: JUP, atoms: 200n, closer: thief }),
        ]),
    ],
    [
      'the account becomes somebody else’s',
      /who may use/,
      () =>
        judge(sellsUsdc, fees, usdc(100n, 0n), [
          token({ mint: JUP, atoms: 0n }),
          token({ mint: JUP, atoms: 200n, holder: thief }),
        ]),
    ],
    [
      'the account goes over to another program',
      /who may use/,
      () =>
        judge(sellsUsdc, fees, usdc(100n, 0n), [
          token({ mint: JUP, atoms: 0n }),
          token({ mint: JUP, atoms: 200n, program: thief.toBase58() }),
        ]),
    ],
    [
      'the new account is somebody else’s',
      /for somebody else/,
      () =>
        judge(sellsUsdc, [wallet(SOL), wallet(SOL - FEE - RENT)], usdc(100n, 0n), [
          null,
          token({ mint: JUP, atoms: 200n, holder: thief }),
        ]),
    ],
    [
      'the new account has a delegate',
      /for somebody else/,
      () =>
        judge(sellsUsdc, [wallet(SOL), wallet(SOL - FEE - RENT)], usdc(100n, 0n), [
          null,
          token({ mint: JUP, atoms: 200n, delegate: thief }),
        ]),
    ],
    [
      'the wallet goes over to a program',
      /give the owner's account away/,
      () => judge(sellsUsdc, [wallet(SOL), wallet(SOL - FEE, TOKEN_PROGRAM)], usdc(100n, 0n), jup(0n, 200n)),
    ],
    [
      'the wallet is emptied',
      /does not hold any SOL/,
      () => judge(sellsUsdc, [wallet(SOL), null], usdc(100n, 0n), jup(0n, 200n)),
    ],
  ])(
    "nothing else of the owner changes: no other account, no delegate, no authority, not the owner's own account: denied when %s",
    isDenied,
  );

  it.each<[string, RegExp, () => string]>([
    [
      'what is left is below fee reserve and rent',
      /leaves 50890879 lamports, the fee reserve and rent are 50890880/,
      () => judge(sellsSol, [wallet(SOL + FEE + 50_890_879n), wallet(50_890_879n)], usdc(0n, 150_000_000n)),
    ],
  ])("selling SOL leaves the chain's minimum and the fee reserve: denied when %s", isDenied);
});
