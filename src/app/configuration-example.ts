import { configurationSchema } from './configuration-schema.ts';
import { childNode, nodeFor, type SchemaNode, schemaTree } from './schema-tree.ts';

const API_KEY_NAME =
  'organizations/00000000-0000-0000-0000-000000000000/apiKeys/00000000-0000-0000-0000-000000000000';

/** A configuration that validates as it stands. Keys are placeholders, addresses are those of programs. */
const EXAMPLE = {
  database: 'trueup.sqlite',
  venues: [
    {
      id: 'coinbase',
      kind: 'coinbase',
      credentials: {
        keyName: API_KEY_NAME,
        privateKey: '-----BEGIN EC PRIVATE KEY-----\nyour key\n-----END EC PRIVATE KEY-----\n',
      },
      keyRights: 'checked',
      scope: { portfolio: '00000000-0000-0000-0000-000000000000' },
      policy: 'propose',
      opening: 'confirm',
      markets: ['BTC-USD', 'ETH-USD', 'SOL-USD'],
      cashAsset: 'USD',
      baseUrl: 'https://api.coinbase.com',
    },
    {
      id: 'wallet',
      kind: 'coinbase-wallet',
      credentials: { keyName: API_KEY_NAME, privateKey: 'your key in base64' },
      scope: { network: 'base-mainnet', addresses: ['0x0000000000000000000000000000000000000000'] },
      policy: 'observe',
      opening: 'confirm',
      markets: [],
      baseUrl: 'https://api.cdp.coinbase.com/platform',
    },
    {
      id: 'dydx',
      kind: 'dydx',
      credentials: { privateKey: 'the private key of your API trading key', authenticatorId: 1 },
      scope: { address: 'dydx1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq', subaccountNumbers: [0] },
      policy: 'propose',
      opening: 'confirm',
      markets: ['BTC-USD', 'ETH-USD'],
      cashAsset: 'USDC',
      indexerUrl: 'https://indexer.dydx.trade',
      validatorUrl: 'https://dydx-ops-rpc.kingnodes.com',
      chainId: 'dydx-mainnet-1',
    },
    {
      id: 'solana',
      kind: 'solana',
      credentials: { secretKey: 'your secret key in base 58' },
      custody: 'full',
      scope: { owner: '11111111111111111111111111111111' },
      policy: 'auto',
      opening: 'auto',
      markets: ['SOL/USDC'],
      cashAsset: 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v',
      rpcUrls: ['https://api.mainnet-beta.solana.com', 'https://your-second-endpoint.example'],
      swapUrl: 'https://lite-api.jup.ag/swap/v1',
      priorityFeeMaxLamports: 1_000_000,
      feeReserveLamports: 50_000_000,
      transfersTo: [],
    },
    {
      id: 'kraken',
      kind: 'statement',
      file: 'kraken.csv',
      maxAgeSeconds: 86_400,
      policy: 'propose',
      opening: 'confirm',
    },
  ],
  reconciliation: {
    enabled: true,
    intervalSeconds: 30,
    timeoutSeconds: 30,
    retryCount: 4,
    thresholdUsd: '10',
    thresholdPercentage: '0.001',
    combine: 'or',
    dustUsd: '1',
    quietWindowSeconds: 5,
    confirmations: 2,
    gateTimeLimitSeconds: 300,
    approvalTimeLimitSeconds: 86_400,
    autoCorrect: { maxUsd: '50', maxNavFraction: '0.001', maxPerAssetPerDay: 3 },
  },
  strategies: [
    {
      id: 'trend',
      weight: '0.5',
      mix: { BTC: '0.6', ETH: '0.3' },
      venues: ['coinbase', 'dydx'],
      minWeight: '0.2',
      maxWeight: '0.6',
    },
    { id: 'solBreakout', weight: '0.3' },
  ],
  cash: '0.2',
  normalize: false,
  method: { kind: 'threshold' },
  caps: {
    assets: { BTC: { minWeight: '0.1', maxWeight: '0.4' }, CASH: { minWeight: '0.1' } },
    others: { maxWeight: '0.35' },
    minPosition: '0.01',
    excess: 'cash',
  },
  unassigned: 'hold',
  groups: { cbBTC: 'BTC', USDT: 'CASH' },
  limits: {
    maxPositionPct: '40',
    minCashPct: '1',
    minCashUsd: '10',
    minTradeUsd: '10',
    maxTurnoverPerDay: '0.2',
    maxOrderUsd: '5000',
    maxOrdersPerHour: 10,
    maxOrdersPerDay: 50,
    maxSlippageBps: '20',
    maxLeverage: '1',
    minimumBalanceUsd: '50',
    priceStaleness: {
      tradeSeconds: 10,
      valueSeconds: 60,
      illiquidWarnSeconds: 86_400,
      illiquidErrorSeconds: 259_200,
    },
    reconcileGate: { ageSeconds: 60 },
    concurrency: 1,
  },
  rebalancing: {
    destination: 'optimal',
    bands: 'optimal',
    bandTerms: { riskAversion: '3', fixedCostUsd: '0.1' },
    returnsFile: 'returns.csv',
    returnsMaxAgeSeconds: 2_592_000,
    triggers: {
      bands: true,
      cashFlow: { minFlowUsd: '50', minFlowShare: '0.005', below: '0.02', above: '0.02' },
      risk: true,
      calendar: {
        every: 'month',
        day: 1,
        at: '09:00',
        zone: 'Europe/Berlin',
        catchUp: true,
        minDrift: '0.03',
      },
    },
    combine: 'any',
    checkIntervalSeconds: 300,
    confirmations: 2,
    confirmationSpacingSeconds: 60,
    minIntervalSeconds: 86_400,
    approval: 'ask',
    release: 'streaming',
    priceMoveMaxBps: '50',
    replansMax: 2,
  },
  tax: {
    method: 'mintax',
    methods: { kraken: 'fifo' },
    rates: { shortTerm: '0.37', longTerm: '0.15', usableLoss: '1' },
    longTerm: 'ownRate',
    networkFee: 'disposal',
    zone: 'America/New_York',
    washSale: { windowDays: 30, groups: [['VTI', 'ITOT']] },
    aversion: '1',
  },
  valuations: { intervalSeconds: 300, keepRawDays: 30, keepHourlyDays: 365 },
  audit: { headFile: 'trueup.sqlite.head' },
  metrics: { port: 9_464, host: '127.0.0.1' },
  alerts: {
    checkIntervalSeconds: 5,
    cooldownSeconds: { critical: 300, warning: 3_600, info: 86_400 },
    strategyDrawdown: '0.25',
    quietHours: { from: '22:00', to: '07:00', zone: 'Europe/Berlin' },
    channels: [],
    routes: [],
  },
  tokens: { JUPyiwrYJFskUPiHa7hkeR8VUtAeFoSYbKedZNsDvCN: 'JUP' },
} as const;

/**
 * A complete configuration in which every key is explained by a comment key before it: "//policy" explains "policy".
 * A key that the example leaves out, because another stands in its place, is explained too.
 */
export function configurationExample(): Readonly<Record<string, unknown>> {
  return explained(EXAMPLE, schemaTree(configurationSchema)) as Readonly<Record<string, unknown>>;
}

function explained(value: unknown, tree: SchemaNode): unknown {
  const node = nodeFor(tree, value);
  if (node === null || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((member) => explained(member, childNode(node, 0) ?? {}));
  const entries: [string, unknown][] = [];
  const keys = new Set([...Object.keys(value), ...Object.keys(node.properties ?? {})]);
  for (const key of keys) {
    const child = childNode(node, key) ?? {};
    if (child.description !== undefined) entries.push([`//${key}`, explanationOf(child)]);
    if (Object.hasOwn(value, key))
      entries.push([key, explained((value as Record<string, unknown>)[key], child)]);
  }
  return Object.fromEntries(entries);
}

function explanationOf(node: SchemaNode): string {
  const isTelling = node.default !== undefined && typeof node.default !== 'object';
  return isTelling ? `${node.description} Default: ${JSON.stringify(node.default)}.` : `${node.description}`;
}
