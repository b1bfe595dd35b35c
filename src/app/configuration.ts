import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { TaxTerms } from '../domain/lots/tax-terms.ts';
import type { Amount } from '../domain/money/amount.ts';
import type { PlanLimits } from '../domain/rebalancing/plan-input.ts';
import type { RiskLimits } from '../domain/risk/risk-limits.ts';
import type { Targeting } from '../domain/strategies/targeting.ts';
import { type AlertsConfiguration, resolveAlerts } from './alerts/resolve-alerts.ts';
import { type AssetGroups, DEFAULT_GROUPS } from './asset-groups.ts';
import { type AuditConfiguration, resolveAudit } from './audit-configuration.ts';
import {
  bandProblems,
  bandTriggerProblems,
  targetProblems,
  taxProblems,
  venueProblems,
} from './configuration-claims.ts';
import { type ConfigurationProblem, problemsOf } from './configuration-problem.ts';
import { configurationSchema, type WrittenConfiguration } from './configuration-schema.ts';
import { destinationOf } from './destination-schema.ts';
import { parseJsonText } from './json-text.ts';
import { limitsOf } from './limits-schema.ts';
import type {
  ExecutionSettings,
  PlanningSettings,
  TriggerSettings,
  ValuationSettings,
} from './portfolio/service-settings.ts';
import { triggerSettingsOf } from './rebalancing/trigger-settings.ts';
import { type Environment, type OverrideSource, overrideReconciliation } from './reconciliation-overrides.ts';
import type { ReconciliationFlags } from './reconciliation-settings.ts';
import { resolveVenue } from './resolve-venue.ts';
import { schemaTree } from './schema-tree.ts';
import { type SettingInForce, settingsInForce } from './settings-in-force.ts';
import { assembleTargeting } from './targeting/assemble-targeting.ts';
import { type TargetFiles, targetFilesOf } from './targeting/target-files.ts';
import type { VenueConfiguration } from './venue-configuration.ts';

/** Everything the service is told, checked, with every default in place and secrets in their wrappers. */
export interface Configuration {
  /** Absolute, or ":memory:". */
  readonly database: string;
  readonly venues: readonly VenueConfiguration[];
  readonly reconciliation: ReconciliationConfiguration;
  /** Group or ungrouped asset → weight. They sum to 1; empty without any, and where strategies stand instead. */
  readonly targets: Readonly<Record<string, Amount>>;
  /** Strategies, methods and caps; null where targets are plain weights, or there are none. */
  readonly targeting: Targeting | null;
  readonly targetFiles: TargetFiles;
  readonly groups: AssetGroups;
  /** Pct in percent, Bps in basis points, other shares as fractions. */
  readonly limits: PlanLimits & RiskLimits;
  /** The names among them that the file has. */
  readonly limitsWritten: readonly string[];
  readonly rebalancing: RebalancingConfiguration;
  /** Null: plans heed no tax. */
  readonly tax: TaxTerms | null;
  readonly valuations: ValuationSettings;
  readonly audit: AuditConfiguration;
  /** Null: none are served. */
  readonly metrics: MetricsConfiguration | null;
  readonly alerts: AlertsConfiguration;
  /** Solana mint → short name. */
  readonly tokens: Readonly<Record<string, string>>;
}

export interface ReconciliationConfiguration {
  readonly isEnabled: boolean;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly retryCount: number;
  readonly thresholdUsd: Amount;
  /** A share of the holding: "0.001" is 0.1 %. */
  readonly thresholdFraction: Amount;
  readonly combine: 'or' | 'and';
  readonly dustUsd: Amount;
  readonly quietWindowMs: number;
  readonly confirmations: number;
  /** How long a person may approve a proposal. */
  readonly approvalTimeLimitMs: number;
  /** A venue that is not certified for longer is closed. */
  readonly gateTimeLimitMs: number;
  readonly autoCorrect: WrittenConfiguration['reconciliation']['autoCorrect'];
}

export interface RebalancingConfiguration {
  readonly execution: ExecutionSettings;
  /** Null where the service plans only on request. */
  readonly triggers: TriggerSettings | null;
  /** How far targets are traded to. */
  readonly planning: PlanningSettings;
  /** Of the returns file: from its end on, as long as it is used; null without one. */
  readonly returnsAgeMaxMs: number | null;
}

export interface MetricsConfiguration {
  /** 0 takes any that is free. */
  readonly port: number;
  /** An address of this machine alone. */
  readonly host: string;
}

export interface ConfigurationSources {
  readonly path: string;
  readonly environment: Environment;
  /** Values from the command line, which count before the environment and the file. */
  readonly flags?: ReconciliationFlags;
  /** Text of a file; throws where there is none. */
  readonly readFile?: (path: string) => string;
}

export type LoadedConfiguration =
  | {
      readonly ok: true;
      readonly configuration: Configuration;
      /** The settings of reconciliation, with where each came from. */
      readonly reconciliation: readonly SettingInForce[];
    }
  | { readonly ok: false; readonly problems: readonly ConfigurationProblem[] };

/** A configuration above this size is not one. */
const FILE_LENGTH_MAX = 1_000_000;

/** Reads and checks a configuration file. Problems say all that is wrong, as far as it can be told, and no secret. */
export function loadConfiguration(sources: ConfigurationSources): LoadedConfiguration {
  const readFile = sources.readFile ?? ((path: string) => readFileSync(path, 'utf8'));
  const document = readDocument(sources.path, readFile);
  if (!document.ok) return document;
  const raw = document.value;
  const isObject = typeof raw === 'object' && raw !== null && !Array.isArray(raw);
  const written = (isObject ? raw : {}) as Readonly<Record<string, unknown>>;
  const overrides = overrideReconciliation(written.reconciliation, sources.environment, sources.flags ?? {});
  const checked = configurationSchema.safeParse(
    isObject ? { ...written, reconciliation: overrides.section } : raw,
  );
  if (!checked.success) {
    const problems = problemsOf(checked.error.issues, raw, schemaTree(configurationSchema));
    return { ok: false, problems: [...overrides.problems, ...problems.map(placedBy(overrides.sources))] };
  }
  const limitsWritten = Object.keys(typeof written.limits === 'object' ? (written.limits ?? {}) : {});
  const { configuration, problems } = assemble(checked.data, limitsWritten, sources, readFile);
  const all = [...overrides.problems, ...problems];
  if (all.length > 0) return { ok: false, problems: all };
  const reconciliation = settingsInForce(checked.data.reconciliation, written.reconciliation, overrides);
  return { ok: true, configuration, reconciliation };
}

type Document =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problems: readonly ConfigurationProblem[] };

function readDocument(path: string, readFile: (path: string) => string): Document {
  const refuse = (expected: string, found: string): Document => ({
    ok: false,
    problems: [{ path, expected, found }],
  });
  let source: string;
  try {
    source = readFile(path);
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    return refuse('a JSON file that can be read', typeof code === 'string' ? code : 'none');
  }
  if (source.length > FILE_LENGTH_MAX) {
    return refuse(`at most ${FILE_LENGTH_MAX} characters`, `${source.length} characters`);
  }
  const parsed = parseJsonText(source);
  if (parsed.ok) return parsed;
  return refuse(`${parsed.expected} at line ${parsed.line}, column ${parsed.column}`, parsed.found);
}

/** A problem with a value that the environment or a flag gave is a problem of that place. */
function placedBy(
  sources: ReadonlyMap<string, OverrideSource>,
): (problem: ConfigurationProblem) => ConfigurationProblem {
  return (problem) => {
    const key = problem.path.startsWith('reconciliation.')
      ? problem.path.slice('reconciliation.'.length)
      : '';
    const source = sources.get(key);
    return source === undefined
      ? problem
      : { path: source.path, expected: problem.expected, found: JSON.stringify(source.text) };
  };
}

function assemble(
  written: WrittenConfiguration,
  limitsWritten: readonly string[],
  sources: ConfigurationSources,
  readFile: (path: string) => string,
): { readonly configuration: Configuration; readonly problems: readonly ConfigurationProblem[] } {
  const { environment } = sources;
  const resolved = written.venues.map((venue, index) =>
    resolveVenue(venue, `venues[${index}]`, { environment, readFile, path: sources.path }),
  );
  const venues = resolved.map(({ venue }) => venue);
  const groups: AssetGroups = { ...DEFAULT_GROUPS, ...written.groups };
  const audit = resolveAudit(written.audit, { path: sources.path, environment, readFile });
  const alerts = resolveAlerts(written.alerts, { environment, readFile });
  const configured = venues.filter((venue) => venue !== null);
  const targeting = assembleTargeting(written, {
    venues: configured,
    groups,
    path: sources.path,
    readFile,
  });
  const configuration: Configuration = {
    database: databasePath(written.database, sources.path),
    venues: configured,
    reconciliation: inMilliseconds(written.reconciliation),
    targets: written.targets,
    targeting: targeting.targeting,
    targetFiles: targetFilesOf(written, sources.path),
    groups,
    limits: limitsOf(written.limits),
    limitsWritten,
    rebalancing: {
      triggers: triggerSettingsOf(written.rebalancing),
      planning: destinationOf(written.rebalancing, (group) => group),
      returnsAgeMaxMs: returnsAgeMaxOf(written.rebalancing),
      execution: executionOf(written.rebalancing),
    },
    tax: written.tax ?? null,
    valuations: valuationsOf(written.valuations),
    audit: audit.audit,
    metrics: written.metrics ?? null,
    alerts: alerts.alerts,
    tokens: written.tokens,
  };
  const claims = targetProblems(written.targets, groups, written.normalize);
  const problems = [
    ...resolved.flatMap((venue) => venue.problems),
    ...audit.problems,
    ...alerts.problems,
    ...venueProblems(venues),
    ...taxProblems(written.tax, written.venues),
    ...(claims.length > 0 ? claims : targeting.problems),
    ...bandProblems(written.rebalancing.bands, targeting.names),
    ...bandTriggerProblems(written.rebalancing.triggers.bands, configuration.rebalancing.planning),
  ];
  return { configuration, problems };
}

const executionOf = ({
  release,
  priceMoveMaxBps,
  replansMax,
}: WrittenConfiguration['rebalancing']): ExecutionSettings => ({ release, priceMoveMaxBps, replansMax });

const returnsAgeMaxOf = ({
  returnsFile,
  returnsMaxAgeSeconds,
}: WrittenConfiguration['rebalancing']): number | null =>
  returnsFile === undefined ? null : milliseconds(returnsMaxAgeSeconds);

const DAY_MS = 86_400_000;

const valuationsOf = ({
  intervalSeconds,
  keepRawDays,
  keepHourlyDays,
}: WrittenConfiguration['valuations']): ValuationSettings => ({
  intervalMs: milliseconds(intervalSeconds),
  retention: { rawMs: keepRawDays * DAY_MS, hourlyMs: keepHourlyDays * DAY_MS },
});

function inMilliseconds(written: WrittenConfiguration['reconciliation']): ReconciliationConfiguration {
  const {
    enabled,
    intervalSeconds,
    timeoutSeconds,
    quietWindowSeconds,
    gateTimeLimitSeconds,
    approvalTimeLimitSeconds,
    thresholdPercentage,
    ...rest
  } = written;
  return {
    ...rest,
    isEnabled: enabled,
    intervalMs: milliseconds(intervalSeconds),
    timeoutMs: milliseconds(timeoutSeconds),
    quietWindowMs: milliseconds(quietWindowSeconds),
    gateTimeLimitMs: milliseconds(gateTimeLimitSeconds),
    approvalTimeLimitMs: milliseconds(approvalTimeLimitSeconds),
    thresholdFraction: thresholdPercentage,
  };
}

const milliseconds = (seconds: number): number => Math.round(seconds * 1_000);

const databasePath = (database: string, configurationPath: string): string =>
  database === ':memory:' ? database : resolve(dirname(configurationPath), database);
