// The settings of reconciliation that the environment and flags may change, under the names that earlier users
// know. A flag counts before the environment, the environment before the file.

/** Values of flags by the key of the file that they stand for, as text: { intervalSeconds: "60" }. */
export type ReconciliationFlags = Readonly<Partial<Record<ReconciliationKey, string>>>;

export type ReconciliationKey =
  | 'enabled'
  | 'intervalSeconds'
  | 'timeoutSeconds'
  | 'retryCount'
  | 'thresholdUsd'
  | 'thresholdPercentage';

interface Variable {
  readonly name: string;
  /** The value as the file would hold it; text that cannot be read stays as it is and fails the schema. */
  readonly read: (text: string) => unknown;
}

interface Setting {
  readonly key: ReconciliationKey;
  readonly flag: `--${string}`;
  /** What help calls the flag's value. */
  readonly argument: string;
  /** Aliases of one another; the first one reads flags as well. */
  readonly variables: readonly [Variable, ...Variable[]];
}

const asText = (text: string): unknown => text;
const asNumber = (text: string): unknown => (/^\d{1,12}(?:\.\d{1,6})?$/.test(text) ? Number(text) : text);
const asMilliseconds = (text: string): unknown => (/^\d{1,12}$/.test(text) ? Number(text) / 1_000 : text);
const asTruth = (text: string): unknown =>
  /^(?:true|1|yes|on)$/i.test(text) ? true : /^(?:false|0|no|off)$/i.test(text) ? false : text;

export const RECONCILIATION_SETTINGS: readonly Setting[] = [
  {
    key: 'enabled',
    flag: '--enabled',
    argument: 'true|false',
    variables: [{ name: 'RECONCILIATION_ENABLED', read: asTruth }],
  },
  {
    key: 'intervalSeconds',
    flag: '--interval-seconds',
    argument: 'seconds',
    variables: [{ name: 'RECONCILIATION_INTERVAL_SECONDS', read: asNumber }],
  },
  {
    key: 'timeoutSeconds',
    flag: '--timeout-seconds',
    argument: 'seconds',
    variables: [
      { name: 'RECONCILIATION_TIMEOUT_SECONDS', read: asNumber },
      { name: 'RECONCILIATION_TIMEOUT_MILLISECONDS', read: asMilliseconds },
    ],
  },
  {
    key: 'retryCount',
    flag: '--retry-count',
    argument: 'count',
    variables: [
      { name: 'RECONCILIATION_RETRY_COUNT', read: asNumber },
      { name: 'RECONCILIATION_MAX_RETRIES', read: asNumber },
    ],
  },
  {
    key: 'thresholdUsd',
    flag: '--threshold-usd',
    argument: 'amount',
    variables: [{ name: 'RECONCILIATION_THRESHOLD_USD', read: asText }],
  },
  {
    key: 'thresholdPercentage',
    flag: '--threshold-percentage',
    argument: 'fraction',
    variables: [{ name: 'RECONCILIATION_THRESHOLD_PERCENTAGE', read: asText }],
  },
];
