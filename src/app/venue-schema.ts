// What a configuration file may say of a venue, by kind.

import * as z from 'zod';
import { authenticatorId } from './authenticator-id.ts';
import { LIVE_VENUES, SOLANA_USDC_MINT } from './live-venues.ts';
import {
  listOf,
  matching,
  numberBetween,
  object,
  oneOf,
  streamUrl,
  text,
  url,
  wholeNumber,
} from './schema-terms.ts';

const MARKET = /^[\w:./-]{1,128}$/;
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const ENVIRONMENT_PREFIX = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
/** Bech32: the chain's prefix is "dydx", that of its test deployments has been another. */
const DYDX_ADDRESS = /^[a-z]{1,20}1[a-z0-9]{1,84}$/;
const BASE58_ADDRESS = /^[1-9A-HJ-NP-Za-km-z]{32,44}$/;
/** The chain's own limit: 128 parents, and 1000 children each for isolated positions. */
const SUBACCOUNT_MAX = 128_000;

const coinbaseKey = () =>
  object({
    keyName: text('the name of an API key').describe('Name of the API key: "organizations/…/apiKeys/…".'),
    privateKey: text('the private key that belongs to keyName').describe(
      'PEM of a P-256 or Ed25519 key with line breaks as \\n, or an Ed25519 key in base64.',
    ),
  });

const dydxKey = () =>
  object({
    mnemonic: text('the words of a wallet')
      .optional()
      .describe('Words of the wallet. Either this or privateKey.'),
    privateKey: text('a private key in hex')
      .optional()
      .describe('Private key in hex. Either this or mnemonic.'),
    authenticatorId: authenticatorId()
      .optional()
      .describe(
        'Number of the authenticator at scope.address that lets this key place and cancel orders. With it the key is a permissioned one of another wallet, which is better: its rights are read at every start, and custody need not be said.',
      ),
  });

const solanaKey = () =>
  object({
    secretKey: text('a secret key').describe('64 bytes in base 58, or as a JSON array written as text.'),
  });

const prefix = (reads: string, name = 'credentials') =>
  matching(ENVIRONMENT_PREFIX, 'a prefix of environment variables, such as "COINBASE"')
    .optional()
    .describe(`Better than ${name} here: a prefix of environment variables. ${reads}`);

const untraded = {
  id: matching(NAME, 'a name of letters, digits, ".", "_" or "-"').describe(
    'Your name for this account. Every report, order and book entry uses it, so never change it.',
  ),
  policy: oneOf(['observe', 'propose', 'auto'])
    .default('propose')
    .describe(
      [
        'What happens with an explained difference. observe: it is reported. propose: a person approves.',
        'auto: it is corrected within reconciliation.autoCorrect.',
      ].join(' '),
    ),
  opening: oneOf(['confirm', 'auto'])
    .default('confirm')
    .describe(
      'How the first balances enter the book. confirm: by "trueup open". auto: once two certified snapshots agree.',
    ),
};

const common = {
  ...untraded,
  markets: listOf(matching(MARKET, 'the name of a market, such as "BTC-USD"'), {
    members: 'names of markets',
    min: 0,
    max: 200,
  })
    .default([])
    .describe(
      'Markets, as the venue names them, that assets are priced and traded in. Without any, nothing is.',
    ),
  requestsPerSecond: numberBetween(0.1, 1_000)
    .optional()
    .describe(
      'Requests at most, in the long run; a share is kept for cancels and reconciliation. Well below what the venue allows without it.',
    ),
};

/** What buys are paid with, in the venue's own name of it. */
const cashAsset = (asset: string) =>
  text('the name of an asset').default(asset).describe('What buys are paid with and sells bring.');

/** Said by hand, because it is no right of the key that could be taken back at the venue. */
const custody = (exception = '') =>
  oneOf(['full'])
    .optional()
    .describe(
      `Has to be "full" where credentials are configured: whoever has this key can move everything that the account holds.${exception}`,
    );

/** Whoever sends reads elsewhere must not be told of another account. */
const streamed = (what: string, readsFrom: string) =>
  [
    `Where the venue tells of ${what} as they change, so that a difference is found at once and not at the next poll.`,
    `"none": polling alone. Without it, the live stream where ${readsFrom} is the live venue's, and none elsewhere.`,
  ].join(' ');

const coinbase = object({
  kind: z.literal('coinbase').describe('Coinbase Advanced Trade: the exchange account of one API key.'),
  ...common,
  cashAsset: cashAsset('USD'),
  baseUrl: url().default(LIVE_VENUES.coinbaseBaseUrl).describe('Where requests go.'),
  streamUrl: streamUrl().describe(streamed('orders', 'baseUrl')),
  credentials: coinbaseKey().optional().describe('The API key. Needed for every read.'),
  credentialsEnv: prefix(
    '"CB" reads CB_KEY_NAME and CB_PRIVATE_KEY, or the files that CB_KEY_NAME_FILE and CB_PRIVATE_KEY_FILE name.',
  ),
  tradeCredentials: coinbaseKey()
    .optional()
    .describe('Another API key of the same portfolio, for orders alone; credentials then need only read.'),
  tradeCredentialsEnv: prefix('The same for tradeCredentials.', 'tradeCredentials'),
  keyRights: oneOf(['checked', 'unchecked'])
    .default('checked')
    .describe(
      'checked: a key that can withdraw or transfer, or does not tell, is refused. unchecked: any is taken, with a warning and an audit entry at every start.',
    ),
  scope: object({
    portfolio: text('the id of a portfolio')
      .optional()
      .describe('Id of one portfolio. Without it, the one that the API key belongs to.'),
  })
    .prefault({})
    .describe('Which part of the account belongs to the bot.'),
});

const coinbaseWallet = object({
  kind: z
    .literal('coinbase-wallet')
    .describe('Addresses on a chain, read through the Coinbase Developer Platform.'),
  ...common,
  baseUrl: url().default(LIVE_VENUES.coinbaseWalletBaseUrl).describe("Root of the platform's API."),
  credentials: coinbaseKey().optional().describe("The platform's API key. Needed for every read."),
  credentialsEnv: prefix(
    '"CDP" reads CDP_KEY_NAME and CDP_PRIVATE_KEY, or the files that CDP_KEY_NAME_FILE and CDP_PRIVATE_KEY_FILE name.',
  ),
  scope: object({
    network: matching(NAME, 'the id of a network, such as "base-mainnet"').describe(
      'Network of the addresses.',
    ),
    addresses: listOf(text('an address'), { members: 'addresses', min: 1, max: 100 }).describe(
      'The addresses, taken together as one venue.',
    ),
  }).describe('Which addresses belong to the bot.'),
});

const dydx = object({
  kind: z.literal('dydx').describe('dYdX v4. Needs the optional package @dydxprotocol/v4-client-js.'),
  ...common,
  cashAsset: cashAsset('USDC'),
  indexerUrl: url().default(LIVE_VENUES.dydxIndexerUrl).describe('The indexer, which answers every read.'),
  streamUrl: streamUrl().describe(streamed('subaccounts', 'indexerUrl')),
  validatorUrl: url()
    .default(LIVE_VENUES.dydxValidatorUrl)
    .describe("A validator's RPC, which takes orders and says how far the chain has come."),
  chainId: matching(NAME, 'the id of a chain, such as "dydx-mainnet-1"')
    .default(LIVE_VENUES.dydxChainId)
    .describe('The chain that orders are signed for.'),
  credentials: dydxKey().optional().describe('The key that signs orders. Needed for orders only.'),
  credentialsEnv: prefix(
    '"DYDX" reads DYDX_MNEMONIC or DYDX_PRIVATE_KEY, and DYDX_AUTHENTICATOR_ID where it is set; or the file that the same name with _FILE behind it names.',
  ),
  custody: custody(
    ' Not with an authenticatorId: there it takes the key whatever it may do, with a warning and an audit entry at every start.',
  ),
  unsettledFunding: oneOf(['included', 'apart'])
    .default('included')
    .describe(
      [
        'Funding that the chain has not settled yet. included: part of the collateral, as the indexer has it.',
        'apart: told beside it, for which validatorUrl is asked with every read, at the height of the indexer.',
      ].join(' '),
    ),
  scope: object({
    address: matching(DYDX_ADDRESS, 'an address in bech32, such as "dydx1…"').describe(
      'Address of the account.',
    ),
    subaccountNumbers: listOf(wholeNumber(0, SUBACCOUNT_MAX), { members: 'numbers', min: 1, max: 128 })
      .default([0])
      .describe(
        'Subaccounts that belong to the bot: parents 0 to 127, each with all its children, which hold isolated positions; or children from 128 on alone.',
      ),
  }).describe('Which subaccounts belong to the bot.'),
});

const solana = object({
  kind: z.literal('solana').describe('A Solana wallet: SOL and the tokens of both token programs.'),
  ...common,
  cashAsset: cashAsset(SOLANA_USDC_MINT),
  rpcUrl: url().optional().describe('One RPC endpoint. Either this or rpcUrls.'),
  rpcUrls: listOf(url(), { members: 'URLs', min: 1, max: 10 })
    .optional()
    .describe(
      'Several RPC endpoints. They answer reads in turn; a transaction is absent only when two say so.',
    ),
  swapUrl: url()
    .default(LIVE_VENUES.solanaSwapUrl)
    .describe(
      'A service compatible with Jupiter, with GET /quote and POST /swap below this URL. For orders only.',
    ),
  swapPrograms: listOf(matching(BASE58_ADDRESS, 'the address of a program in base 58'), {
    members: 'programs',
    min: 1,
    max: 100,
  })
    .optional()
    .describe(
      [
        'Programs that a swap may go through, in place of the built-in list: Jupiter, Raydium, Orca, Meteora.',
        'A transaction that names any other is not signed.',
      ].join(' '),
    ),
  priorityFeeMaxLamports: wholeNumber(0, 100_000_000)
    .default(1_000_000)
    .describe(
      'The most that a transaction may bid for its place in a block. Asked of swapUrl for swaps, and checked.',
    ),
  feeReserveLamports: wholeNumber(0, 1_000_000_000_000)
    .default(50_000_000)
    .describe(
      'Lamports kept for fees: a swap that sells SOL and a transfer of SOL leave them, and the rent of the wallet.',
    ),
  transfersTo: listOf(matching(BASE58_ADDRESS, 'the address of a wallet in base 58'), {
    members: 'addresses',
    min: 0,
    max: 20,
  })
    .default([])
    .describe(
      'Wallets that transfers may go to, and no others. Without any, nothing is transferred from here.',
    ),
  credentials: solanaKey()
    .optional()
    .describe('The key that signs swaps and transfers. Needed for these only.'),
  credentialsEnv: prefix('"SOL" reads SOL_SECRET_KEY, or the file that SOL_SECRET_KEY_FILE names.'),
  custody: custody(),
  scope: object({
    owner: matching(BASE58_ADDRESS, 'the address of a wallet in base 58').describe('Address of the wallet.'),
  }).describe('Which wallet belongs to the bot.'),
});

const statement = object({
  kind: z
    .literal('statement')
    .describe('A file that you export from any exchange. It is read, never traded.'),
  ...untraded,
  file: matching(/\.(?:csv|json)$/i, 'the path of a file that ends in .csv or .json').describe(
    [
      "The file. A relative path starts at this configuration's folder. CSV under the header asset,total or",
      'asset,available,hold; or JSON as "trueup snapshot --json" prints it, or as {"BTC": "0.5"}.',
    ].join(' '),
  ),
  maxAgeSeconds: wholeNumber(1, 31_536_000)
    .default(86_400)
    .describe(
      'An older statement is unknown. Its age is counted from the time that it names, or else the file.',
    ),
});

export const venueSchema = z.discriminatedUnion('kind', [coinbase, coinbaseWallet, dydx, solana, statement], {
  error: 'an object with "kind": one of "coinbase", "coinbase-wallet", "dydx", "solana", "statement"',
});

/** A venue as it is written: credentials are plain text here and only here. */
export type WrittenVenue = z.output<typeof venueSchema>;
