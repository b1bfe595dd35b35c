import * as z from 'zod';
import { type Unknown, unknown } from '../../domain/venue/observation.ts';
import { DECIMALS_MAX, TOKEN_PROGRAMS } from './mint-facts.ts';

/** One token account as it stands at the chain. */
export interface TokenAccount {
  readonly address: string;
  readonly program: string;
  readonly mint: string;
  readonly atoms: string;
  readonly decimals: number;
  /** Why its tokens cannot be moved; null where they can. */
  readonly immovable: 'frozen' | 'nonTransferable' | 'unreadableExtension' | null;
  /** What it holds to exist; null where lamports and tokens contradict each other. */
  readonly rentLamports: number | null;
  readonly delegate: { readonly to: string; readonly atoms: string } | null;
  /** Transfer fees of Token-2022 that lie in the account and are not its owner's; null where the mint takes none. */
  readonly withheldAtoms: string | null;
  readonly hasConfidentialPart: boolean;
}

const atoms = z.string().regex(/^\d{1,20}$/);
/** A count of atoms: text, or a JSON number that is still the number that was sent. */
const withheld = z.union([atoms, z.int().nonnegative().transform(String)]);

const extension = z.discriminatedUnion('extension', [
  z.object({ extension: z.literal('transferFeeAmount'), state: z.object({ withheldAmount: withheld }) }),
  z.object({ extension: z.literal('confidentialTransferAccount'), state: z.unknown() }),
  z.object({ extension: z.literal('nonTransferableAccount') }),
  z.object({ extension: z.literal('unparseableExtension') }),
]);
const READ = [
  'transferFeeAmount',
  'confidentialTransferAccount',
  'nonTransferableAccount',
  'unparseableExtension',
];

const tokenAccount = z.object({
  type: z.literal('account'),
  info: z.object({
    mint: z.string().regex(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/),
    owner: z.string(),
    state: z.enum(['initialized', 'frozen']),
    isNative: z.boolean().optional(),
    tokenAmount: z.object({ amount: atoms, decimals: z.int().min(0).max(DECIMALS_MAX) }),
    delegate: z.string().optional(),
    delegatedAmount: z.object({ amount: atoms }).optional(),
    extensions: z.array(z.looseObject({ extension: z.string() })).optional(),
  }),
});

interface Row {
  readonly address: string;
  readonly program: string;
  readonly lamports: number;
  readonly parsed: unknown;
}

/** Parses a row of `getTokenAccountsByOwner`. What it cannot vouch for is unknown: one such row fails the page. */
export function readTokenAccount(row: Row, owner: string): TokenAccount | Unknown {
  const { address, program } = row;
  const parsed = tokenAccount.safeParse(row.parsed);
  if (!parsed.success) return malformed(address, parsed.error);
  if (!TOKEN_PROGRAMS.includes(program)) {
    return unknown('malformed', `token account ${address} belongs to ${program}, which is no token program`);
  }
  const { info } = parsed.data;
  if (info.owner !== owner) {
    return unknown('wrongScope', `token account ${address} belongs to ${info.owner}, asked for ${owner}`);
  }
  const extensions = z
    .array(extension)
    .safeParse((info.extensions ?? []).filter((one) => READ.includes(one.extension)));
  if (!extensions.success) return malformed(address, extensions.error);
  const has = (name: string) => extensions.data.some((one) => one.extension === name);
  const fee = extensions.data.find((one) => one.extension === 'transferFeeAmount');
  return {
    address,
    program,
    mint: info.mint,
    atoms: info.tokenAmount.amount,
    decimals: info.tokenAmount.decimals,
    immovable:
      info.state === 'frozen'
        ? 'frozen'
        : has('nonTransferableAccount')
          ? 'nonTransferable'
          : has('unparseableExtension')
            ? 'unreadableExtension'
            : null,
    rentLamports: rentOf(row.lamports, info.isNative === true ? info.tokenAmount.amount : '0'),
    delegate:
      info.delegate === undefined ? null : { to: info.delegate, atoms: info.delegatedAmount?.amount ?? '0' },
    withheldAtoms: fee?.state.withheldAmount ?? null,
    hasConfidentialPart: has('confidentialTransferAccount'),
  };
}

/** A wrapped SOL account holds its tokens and its rent in the same lamports. */
function rentOf(lamports: number, nativeAtoms: string): number | null {
  if (!Number.isSafeInteger(lamports)) return null;
  const rent = BigInt(lamports) - BigInt(nativeAtoms);
  return rent < 0n ? null : Number(rent);
}

function malformed(address: string, error: z.ZodError): Unknown {
  const issue = error.issues[0];
  return unknown('malformed', `token account ${address}: ${issue?.path.join('.')}: ${issue?.message}`);
}
