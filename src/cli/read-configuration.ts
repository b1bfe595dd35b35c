import { secretsOfChannel } from '../app/alerts/channel.ts';
import type { Configuration, LoadedConfiguration } from '../app/configuration.ts';
import type { ReconciliationFlags } from '../app/reconciliation-settings.ts';
import { secretsOf, type VenueConfiguration } from '../app/venue-configuration.ts';
import type { CommandContext } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';

/** The checked configuration of a command, with its secrets protected. Ends the command where it is wrong. */
export async function readConfiguration(
  path: string,
  context: CommandContext,
  flags: ReconciliationFlags = {},
): Promise<Configuration> {
  return (await loadForCommand(path, context, flags)).configuration;
}

/** The same, with where its settings come from. */
export async function loadForCommand(
  path: string,
  context: CommandContext,
  flags: ReconciliationFlags,
): Promise<Extract<LoadedConfiguration, { readonly ok: true }>> {
  const { loadConfiguration } = await import('../app/configuration.ts');
  const loaded = loadConfiguration({ path, environment: context.environment, flags });
  if (!loaded.ok)
    throw new CommandFailure('configuration', `the configuration ${path} is wrong`, loaded.problems);
  const { venues, audit, alerts } = loaded.configuration;
  context.protect([
    ...venues.flatMap(secretsOf),
    ...alerts.channels.flatMap(secretsOfChannel),
    ...(audit.signingKey ? [audit.signingKey] : []),
  ]);
  return loaded;
}

/** The venue with an id. Ends the command where none has it. */
export function venueWithId(configuration: Configuration, id: string): VenueConfiguration {
  const venue = configuration.venues.find((candidate) => candidate.id === id);
  if (venue !== undefined) return venue;
  const ids =
    configuration.venues.map((candidate) => `"${candidate.id}"`).join(', ') ||
    'an id; no venue is configured';
  throw new CommandFailure('usage', `--venue: expected ${ids}, found ${JSON.stringify(id)}`);
}
