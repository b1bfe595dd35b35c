import type { Command } from 'commander';
import { RECONCILIATION_SETTINGS, type ReconciliationFlags } from '../app/reconciliation-settings.ts';

/** Adds the flags that count before the configuration's `reconciliation` and before the environment. */
export function withReconciliationFlags(command: Command): Command {
  for (const { key, flag, argument } of RECONCILIATION_SETTINGS)
    command.option(`${flag} <${argument}>`, `instead of reconciliation.${key}`);
  return command;
}

/** Those of the flags that were given, unread: the configuration's schema judges them, by their flag's name. */
export function reconciliationFlagsOf(options: object): ReconciliationFlags {
  const given = options as Readonly<Record<string, unknown>>;
  const flags = RECONCILIATION_SETTINGS.flatMap(({ key }) => {
    const text = given[key];
    return typeof text === 'string' ? [[key, text] as const] : [];
  });
  return Object.fromEntries(flags);
}
