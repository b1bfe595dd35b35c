// What a configuration file may hold. Each key carries its explanation, which `trueup config example` prints,
// and what is expected of it, which a problem names. Keys that start with "//" never reach this schema.

import type * as z from 'zod';
import { amount } from '../domain/money/amount.ts';
import { alertsSchema } from './alerts/alerts-schema.ts';
import { configuredLimits } from './limits-schema.ts';
import { isLoopback, METRICS_HOST, METRICS_PORT, PORT_MAX } from './metrics/metrics-address.ts';
import { rebalancing } from './rebalancing/rebalancing-schema.ts';
import {
  amountText,
  fractionText,
  listOf,
  name,
  named,
  object,
  oneOf,
  seconds,
  text,
  truth,
  weightText,
  wholeNumber,
} from './schema-terms.ts';
import { caps, method, strategies, strategyRegistry, unassigned } from './targeting/targeting-schema.ts';
import { taxSchema } from './tax/tax-schema.ts';
import { venueSchema } from './venue-schema.ts';

const autoCorrect = object({
  maxUsd: amountText('50')
    .default(amount('50'))
    .describe('Largest value of one automatic correction, in USD.'),
  maxNavFraction: fractionText('0.001')
    .default(amount('0.001'))
    .describe('The same as a fraction of the whole portfolio; the smaller of both counts.'),
  maxPerAssetPerDay: wholeNumber(0, 1_000)
    .default(3)
    .describe('Automatic corrections of one asset in one day.'),
});

/** Seconds and percentages as people write them; once loaded, milliseconds and fractions. */
const reconciliation = object({
  enabled: truth().default(true).describe('Whether venues are reconciled on a schedule.'),
  intervalSeconds: seconds(1, 86_400).default(30).describe('Time between two rounds of one venue.'),
  timeoutSeconds: seconds(0.05, 600)
    .default(30)
    .describe('Longest time that one reading of a venue may take; each request of it has 10 s.'),
  retryCount: wholeNumber(0, 20)
    .default(4)
    .describe(
      'How often a read that failed in passing is tried again within its round: 4 makes 5 tries in all.',
    ),
  thresholdUsd: amountText('10')
    .default(amount('10'))
    .describe('A difference of this value matters, in USD.'),
  thresholdPercentage: fractionText('0.001')
    .default(amount('0.001'))
    .describe('A difference of this share of the holding matters, as a fraction: "0.001" is 0.1 %.'),
  combine: oneOf(['or', 'and'])
    .default('or')
    .describe('Whether one threshold is enough (or), or both must be reached (and).'),
  dustUsd: amountText('1').default(amount('1')).describe('Differences below this value are dust, in USD.'),
  quietWindowSeconds: seconds(0, 60)
    .default(5)
    .describe(
      'Time that a venue gets to settle: after a fill, and between two confirmations. Longer, up to 60, where fills have shown that it is slower.',
    ),
  confirmations: wholeNumber(2, 10)
    .default(2)
    .describe('Snapshots that must agree before a difference counts.'),
  gateTimeLimitSeconds: seconds(1, 86_400)
    .default(300)
    .describe('A venue without a certified snapshot for longer is closed for trading.'),
  approvalTimeLimitSeconds: seconds(60, 2_592_000)
    .default(86_400)
    .describe(
      'A proposed correction can be approved for so long; afterwards it is derived and proposed anew.',
    ),
  autoCorrect: autoCorrect.prefault({}).describe('Limits of corrections without a person, for policy auto.'),
});

const audit = object({
  signingKey: text('the PEM of an Ed25519 private key')
    .optional()
    .describe('Signs checkpoints of the audit log: an Ed25519 private key in PEM (PKCS8). Unsigned without.'),
  signingKeyEnv: text('the name of an environment variable')
    .optional()
    .describe('Instead of signingKey: the environment variable that holds it.'),
  signingKeyFile: text('the path of a file')
    .optional()
    .describe('Instead of signingKey: the file that holds it.'),
  publicKey: text('the path of a file, or public keys in PEM')
    .optional()
    .describe('Earlier public keys, to verify what they signed: a file with them in PEM, or the PEM itself.'),
  headFile: text('the path of a file')
    .optional()
    .describe("Where the log's end is kept as well. Best on another disk. Beside the database without."),
});

const valuations = object({
  intervalSeconds: seconds(60, 86_400)
    .default(300)
    .describe(
      'Time between two valuations, besides those at 00:00 UTC and before every deposit or withdrawal.',
    ),
  keepRawDays: wholeNumber(2, 3_650)
    .default(30)
    .describe('Days that all of them are kept; afterwards the first of each hour is left.'),
  keepHourlyDays: wholeNumber(2, 36_500)
    .default(365)
    .describe(
      'Days that those of each hour are kept. Those of each day and before a flow are kept for ever.',
    ),
});

const LOOPBACK = 'an address of this machine alone, such as "127.0.0.1" or "::1"';

const metrics = object({
  port: wholeNumber(0, PORT_MAX)
    .default(METRICS_PORT)
    .describe('Where they are served; 0 takes any port that is free.'),
  host: text(LOOPBACK)
    .refine(isLoopback, { error: LOOPBACK })
    .default(METRICS_HOST)
    .describe('The address that is listened at. Never one that others can reach.'),
});

const namesByAsset = (expected: string) => named(name('a name'), text(expected), 'an object of names');

export const configurationSchema = object({
  database: text('the path of a file')
    .default('trueup.sqlite')
    .describe("Where the book is kept. A relative path starts at this file's folder."),
  venues: listOf(venueSchema, { members: 'venues', min: 0, max: 100 }).describe('The accounts to reconcile.'),
  reconciliation: reconciliation.prefault({}).describe('How the book is compared with the venues.'),
  targets: named(name('a name'), weightText(), 'an object of weights')
    .default({})
    .describe(
      'Share of each asset or group. They sum to 1, cash included. Without these and without strategies, nothing is traded.',
    ),
  strategies: strategies
    .optional()
    .describe(
      'Instead of targets: strategies, each with a share of the portfolio. They sum to 1 with "cash".',
    ),
  cash: weightText().optional().describe('With strategies: cash that belongs to none of them. "0" without.'),
  strategyRegistry: strategyRegistry
    .optional()
    .describe(
      'A file that says what strategies without a mix trade: {"trend": {"traded_tokens": ["BTC"]}}. A relative path starts at this file\'s folder.',
    ),
  normalize: truth()
    .default(false)
    .describe(
      'Whether weights that do not sum to 1 are scaled to it. Refused otherwise; mixes and caps never are.',
    ),
  method: method
    .optional()
    .describe('How the configured weights become targets. Without it they are the targets.'),
  caps: caps
    .optional()
    .describe('Bounds of the targets, kept by projection: ratios stay among those that are at no bound.'),
  unassigned: unassigned
    .default('hold')
    .describe(
      'What becomes of holdings that no target names: kept outside of every plan (hold), sold, or taken over by strategies that want them (adopt).',
    ),
  groups: namesByAsset('the name of a group')
    .default({})
    .describe(
      'Assets that count as one for targets, over those known already, such as USD and USDC in CASH.',
    ),
  limits: configuredLimits.prefault({}).describe('Bounds of every plan.'),
  rebalancing: rebalancing.prefault({}).describe('When and how the targets are traded to.'),
  tax: taxSchema
    .optional()
    .describe(
      'How lots are chosen and taxed. With it plans heed tax, and tell gains. Without it they do neither.',
    ),
  valuations: valuations.prefault({}).describe('When the portfolio is valued, and how long that is kept.'),
  audit: audit.prefault({}).describe('How the audit log is signed, and where its end is kept as well.'),
  metrics: metrics
    .optional()
    .describe('Metrics for Prometheus, and whether the service is well. Nothing is served without this.'),
  alerts: alertsSchema
    .prefault({})
    .describe('What people have to know: who is told, how, and when not. See docs/ALERTS.md.'),
  tokens: namesByAsset('a short name')
    .default({})
    .describe('Short names of Solana mints, over those known already. The mint alone says what an asset is.'),
});

/** A configuration as it is written, with every default in place. */
export type WrittenConfiguration = z.output<typeof configurationSchema>;
