import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Configuration, loadConfiguration } from './configuration.ts';
import type { ConfigurationProblem } from './configuration-problem.ts';
import type { ProvidedExchanges } from './open-adapters.ts';
import type { Environment } from './reconciliation-overrides.ts';

/** A configuration that is wrong, with every problem's path, what was expected and what was found. Holds no secret. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly problems: readonly ConfigurationProblem[];

  constructor(problems: readonly ConfigurationProblem[]) {
    const lines = problems.map(
      ({ path, expected, found }) => `${path}: expected ${expected}, found ${found}`,
    );
    super(`the configuration is wrong\n${lines.join('\n')}`);
    this.problems = problems;
  }
}

export interface ConfigurationInput {
  /** What a configuration file would hold. */
  readonly configuration?: object;
  readonly configurationFile?: string;
  readonly exchanges?: ProvidedExchanges;
  readonly environment?: Environment;
}

/** The checked configuration of an embedded portfolio. @throws {ConfigurationError} */
export function configurationOf(input: ConfigurationInput): Configuration {
  const { configuration, configurationFile, exchanges = {}, environment = process.env } = input;
  if ((configuration === undefined) === (configurationFile === undefined)) {
    const found = configuration === undefined ? 'neither' : 'both';
    const expected = 'configuration or configurationFile';
    throw new ConfigurationError([{ path: 'options', expected, found }]);
  }
  // An object is read as a file of the working folder would be.
  const path = configurationFile ?? resolve('configuration');
  const text = configuration && JSON.stringify(withoutKeys(configuration, exchanges));
  const readFile = (file: string): string =>
    file === path && text !== undefined ? text : readFileSync(file, 'utf8');
  const loaded = loadConfiguration({ path, environment, readFile });
  if (!loaded.ok) throw new ConfigurationError(loaded.problems);
  return loaded.configuration;
}

/** A venue whose adapter is there already needs no key, but its kind may want one. */
function withoutKeys(configuration: object, exchanges: ProvidedExchanges): object {
  const { venues } = configuration as { venues?: unknown };
  if (!Array.isArray(venues)) return configuration;
  return {
    ...configuration,
    venues: venues.map(
      (venue: { id?: unknown; kind?: unknown; credentials?: unknown; credentialsEnv?: unknown }) => {
        const isProvided = typeof venue?.id === 'string' && Object.hasOwn(exchanges, venue.id);
        const isKeyed = venue?.kind === 'coinbase' || venue?.kind === 'coinbase-wallet';
        if (!isProvided || !isKeyed || venue.credentials !== undefined || venue.credentialsEnv !== undefined)
          return venue;
        return {
          ...venue,
          credentials: { keyName: String(venue.id), privateKey: 'the adapter is provided' },
        };
      },
    ),
  };
}
