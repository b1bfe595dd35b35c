import { createHash } from 'node:crypto';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import { failureOfStatus, failureOfTransport } from '../http-failure.ts';
import { type Pace, UNPACED } from '../pace.ts';
import { type ApiKey, type CoinbaseCredentials, openApiKey } from './api-key.ts';
import { CoinbaseTrouble, incomplete } from './coinbase-trouble.ts';
import { parseDocument, skewOf } from './signed-requests.ts';

/** An answer longer than this is not read to its end. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

export interface BalancesPage {
  readonly endpoint: string;
  readonly document: unknown;
  readonly sha256: string;
  readonly clockSkewMs: number | null;
}

export interface WalletRequests {
  readonly origin: string;
  /** One page of an address's balances. Throws `CoinbaseTrouble` for everything but a readable success. */
  readBalances(
    address: { readonly network: string; readonly address: string },
    page: string | null,
    signal: AbortSignal,
  ): Promise<BalancesPage>;
  /** As `readBalances`, from the newer endpoints, which the SDK does not have. */
  readTokenBalances(
    address: { readonly chain: 'evm' | 'solana'; readonly network: string; readonly address: string },
    page: string | null,
    signal: AbortSignal,
  ): Promise<BalancesPage>;
  close(): void;
}

/**
 * The developer platform through the given SDK's generated API, on an HTTP client of our own: the SDK's wallet
 * classes share one key in the process, read the first page only, and lose digits, status and headers.
 *
 * The SDK is loaded here and nowhere else, because loading takes a third of a second.
 */
export async function openWalletRequests(options: {
  readonly baseUrl: string;
  readonly credentials: CoinbaseCredentials;
  readonly now: () => number;
  /** Stands before every request; nobody waits without it. */
  readonly pace?: Pace;
}): Promise<WalletRequests> {
  const { pace = UNPACED } = options;
  const apiKey = openApiKey(options.credentials);
  const [{ default: axios }, { Configuration, ExternalAddressesApi }, { CoinbaseAuthenticator }] =
    await Promise.all([
      import('axios'),
      import('@coinbase/coinbase-sdk/dist/client/index.js'),
      import('@coinbase/coinbase-sdk/dist/coinbase/authenticator.js'),
    ]);
  const basePath = options.baseUrl.replace(/\/+$/, '');
  const authenticator = new CoinbaseAuthenticator(apiKey.name, sdkKeyText(apiKey), 'trueup');
  const agents = {
    httpAgent: new HttpAgent({ keepAlive: true }),
    httpsAgent: new HttpsAgent({ keepAlive: true }),
  };
  const client = axios.create({
    ...agents,
    proxy: false,
    maxRedirects: 0,
    maxContentLength: ANSWER_BYTES_MAX,
    responseType: 'arraybuffer',
    transformResponse: [(bytes: unknown) => bytes],
    validateStatus: () => true,
  });
  client.interceptors.request.use(
    (config) =>
      authenticator.authenticateRequest(config as never) as unknown as Promise<InternalAxiosRequestConfig>,
  );
  const addresses = new ExternalAddressesApi(new Configuration({ basePath }), basePath, client as never);

  async function readPage(
    path: string,
    request: (signal: AbortSignal) => Promise<AxiosResponse>,
    signal: AbortSignal,
  ): Promise<BalancesPage> {
    const sentAtMs = options.now();
    const response = await pace('reconcile', signal, request).catch((error: unknown) => {
      throw troubleOf(error, signal);
    });
    const bytes = Buffer.from(response.data as ArrayBuffer);
    const headers = headersOf(response.headers);
    const token = String(response.config.headers.Authorization ?? '').slice('Bearer '.length);
    const body = token === '' ? bytes.toString('utf8') : bytes.toString('utf8').replaceAll(token, '[token]');
    const failure = failureOfStatus(response.status, headers, body, options.now());
    if (failure !== null) throw new CoinbaseTrouble(failure);
    return {
      endpoint: `GET ${path}`,
      document: parseDocument(body, { method: 'GET', path }),
      sha256: createHash('sha256').update(bytes).digest('hex'),
      clockSkewMs: skewOf(headers.date ?? null, sentAtMs, options.now()),
    };
  }

  return {
    origin: new URL(basePath).origin,
    readBalances: ({ network, address }, page, signal) =>
      readPage(
        `/v1/networks/${network}/addresses/${address}/balances`,
        (ending) =>
          addresses.listExternalAddressBalances(network, address, page ?? undefined, {
            signal: ending,
          }) as unknown as Promise<AxiosResponse>,
        signal,
      ),
    readTokenBalances({ chain, network, address }, page, signal) {
      const path = `/v2/${chain}/token-balances/${network}/${encodeURIComponent(address)}`;
      const params = page === null ? {} : { pageToken: page };
      return readPage(path, (ending) => client.get(`${basePath}${path}`, { params, signal: ending }), signal);
    },
    close() {
      agents.httpAgent.destroy();
      agents.httpsAgent.destroy();
    },
  };
}

/** The two forms that the SDK takes: SEC1 PEM, or base64 of seed and public key. */
function sdkKeyText({ algorithm, key }: ApiKey): string {
  if (algorithm === 'ES256') return key.export({ type: 'sec1', format: 'pem' }).toString();
  const { d = '', x = '' } = key.export({ format: 'jwk' });
  return Buffer.concat([Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')]).toString('base64');
}

function troubleOf(error: unknown, signal: AbortSignal): CoinbaseTrouble {
  const { message } = error as { message?: unknown };
  if (!signal.aborted && typeof message === 'string' && message.startsWith('maxContentLength')) {
    return incomplete(`an answer is longer than ${ANSWER_BYTES_MAX} bytes`);
  }
  return new CoinbaseTrouble(failureOfTransport(error, signal));
}

function headersOf(headers: object): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
}
