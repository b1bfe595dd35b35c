import { afterEach, describe, expect, it, test } from '@jest/globals';
import { ACCOUNTS_PATH, serveAccount, TEST_CREDENTIALS } from '../support/coinbase-account.ts';
import { serveDydxAccount } from '../support/dydx-account.ts';
import { hasReferenceData, referenceData } from '../support/reference-data.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';
import { serveSolana } from '../support/solana-wallet.ts';
import { runInProcess, withConfiguration } from './command-line.ts';

// biome-ignore lint/suspicious/noExplicitAny: recordings have the shapes that other people gave them.
type Recording = any;
const wire = (path: string): Recording => referenceData(`wire/${path}`);
const environment = { CB_KEY_NAME: TEST_CREDENTIALS.keyName, CB_PRIVATE_KEY: TEST_CREDENTIALS.privateKey };

/** A recorded account on loopback, how it is configured, and what somebody else found that it holds. */
interface Recorded {
  readonly server: ScriptedServer;
  readonly venue: object;
  /** By asset; what is zero is left out. */
  readonly totals: Readonly<Record<string, string>>;
}

const RECORDED: readonly (readonly [string, () => Promise<Recorded>])[] = [
  ['a live account of Coinbase on two pages', serveCoinbase],
  ['a subaccount of dYdX', serveDydx],
  ['a wallet on Solana', serveWallet],
];

async function serveCoinbase(): Promise<Recorded> {
  const { response_pages, expected } = wire('coinbase/accounts.live.real.json');
  const [first, second] = response_pages;
  const server = await serveAccount({ accounts: first }, ({ path, query }) =>
    path === ACCOUNTS_PATH && query.get('cursor') === first.cursor ? { body: second } : null,
  );
  const scope = { portfolio: first.accounts[0].retail_portfolio_id };
  return {
    server,
    venue: { kind: 'coinbase', baseUrl: server.url, credentialsEnv: 'CB', scope },
    totals: Object.fromEntries(
      Object.entries<Recording>(expected.non_zero).map(([asset, { total }]) => [asset, total]),
    ),
  };
}

async function serveDydx(): Promise<Recorded> {
  const { result: subaccount } = wire('nautilus/dydx/http_get_subaccount.json');
  const { address } = subaccount.subaccount;
  const server = await serveDydxAccount(address, {
    subaccounts: { 0: subaccount },
    orders: wire('nautilus/dydx/http_get_orders.json').result,
    fills: wire('nautilus/dydx/http_get_fills.json').result,
    height: wire('nautilus/dydx/http_get_block_height.json').result,
  });
  const scope = { address, subaccountNumbers: [0] };
  return {
    server,
    venue: { kind: 'dydx', indexerUrl: server.url, validatorUrl: server.url, scope },
    totals: { USDC: '45.201296' },
  };
}

async function serveWallet(): Promise<Recorded> {
  const { expected, ...bodies } = wire('solana/solnet.tokenwallet.json');
  const server = await serveSolana(({ method }) => ({ body: bodies[method] ?? { error: { code: -32601 } } }));
  const byMint = Object.entries<Recording>(expected.byMint).map(([mint, { quantity }]) => [mint, quantity]);
  // Its recorder names two of the mints. Of the others the answer itself writes the quantity out.
  const listed = bodies.getTokenAccountsByOwner.result.value.map(({ account }: Recording) => {
    const { mint, tokenAmount } = account.data.parsed.info;
    return [mint, tokenAmount.uiAmountString];
  });
  return {
    server,
    venue: { kind: 'solana', rpcUrls: [server.url], scope: { owner: expected.owner } },
    totals: { SOL: expected.sol, ...Object.fromEntries(listed), ...Object.fromEntries(byMint) },
  };
}

if (!hasReferenceData) {
  test.todo('needs the recordings, which are not here');
} else {
  describe('trueup snapshot', () => {
    let server: ScriptedServer | null = null;
    afterEach(async () => {
      await server?.close();
      server = null;
    });

    it.each(RECORDED)('prints exactly what was recorded of %s', async (_case, serve) => {
      const { venue, totals, ...recorded } = await serve();
      server = recorded.server;
      const { exitCode, out } = await withConfiguration({ venues: [{ id: 'v', ...venue }] }, (path) =>
        runInProcess(['snapshot', '--config', path, '--venue', 'v', '--json'], { environment }),
      );
      const document = JSON.parse(out);
      expect({ exitCode, state: document.state }).toEqual({ exitCode: 0, state: 'known' });
      const held = (document.balances as Recording[]).filter(({ total }) => total !== '0');
      expect(Object.fromEntries(held.map(({ asset, total }) => [asset, total]))).toEqual(totals);
      expect(document.certificate).toMatchObject({ complete: true, coherent: true });
    });
  });
}
