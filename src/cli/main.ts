#!/usr/bin/env node
import { Console } from 'node:console';
import { ownVersion } from '../app/own-version.ts';
import type { Secret } from '../app/secret.ts';
import { systemClock } from '../platform/clock.ts';
import { registerAbort } from './abort-command.ts';
import { registerAlerts } from './alerts-command.ts';
import { registerAttribution } from './attribution-command.ts';
import { registerAudit } from './audit-command.ts';
import type { CommandRegistration } from './command-context.ts';
import { registerConfig } from './config-command.ts';
import { registerCorrelation } from './correlation-command.ts';
import { registerDecisions } from './decide-command.ts';
import { registerDemo } from './demo-command.ts';
import { registerDiff } from './diff-command.ts';
import { registerDiscrepancies } from './discrepancies-command.ts';
import { EXIT } from './exit-code.ts';
import { registerExplain } from './explain-command.ts';
import { registerGates } from './gates-command.ts';
import { registerHalt, registerRearm } from './halt-command.ts';
import { registerHistory } from './history-command.ts';
import { registerIncidents } from './incidents-command.ts';
import { registerLots } from './lots-command.ts';
import { registerNote } from './note-command.ts';
import { registerOpen } from './open-command.ts';
import { createOutput } from './output.ts';
import { registerPause } from './pause-command.ts';
import { registerPerformance } from './performance-command.ts';
import { personAtTerminal } from './person.ts';
import { registerPlan } from './plan-command.ts';
import { registerRebalance } from './rebalance-command.ts';
import { registerRebalances } from './rebalances-command.ts';
import { registerReconcile } from './reconcile-command.ts';
import { registerReplay } from './replay-command.ts';
import { registerReport } from './report-command.ts';
import { registerResume } from './resume-command.ts';
import { registerRun } from './run-command.ts';
import { reportFailure, runCommandLine } from './run-command-line.ts';
import { registerSignals } from './signals-command.ts';
import { registerSnapshot } from './snapshot-command.ts';
import { registerStatus } from './status-command.ts';
import { registerTargets } from './targets-command.ts';
import { registerTransfer } from './transfer-command.ts';
import { registerTransfers } from './transfers-command.ts';
import { registerValuations } from './valuations-command.ts';

/** In the order in which help lists them. */
const COMMANDS: readonly CommandRegistration[] = [
  registerDemo,
  registerConfig,
  registerSnapshot,
  registerDiff,
  registerOpen,
  registerReconcile,
  registerDiscrepancies,
  registerExplain,
  registerDecisions,
  registerGates,
  registerTargets,
  registerSignals,
  registerPlan,
  registerRebalance,
  registerRebalances,
  registerAbort,
  registerPause,
  registerResume,
  registerHalt,
  registerRearm,
  registerRun,
  registerStatus,
  registerAlerts,
  registerHistory,
  registerNote,
  registerTransfer,
  registerTransfers,
  registerValuations,
  registerPerformance,
  registerAttribution,
  registerCorrelation,
  registerLots,
  registerReport,
  registerAudit,
  registerReplay,
  registerIncidents,
];

const streams = { out: process.stdout, err: process.stderr };
const environment = process.env;
const secrets: Secret[] = [];

// Libraries that log must not disturb the one document on stdout.
globalThis.console = new Console(process.stderr, process.stderr);

// A reader that has seen enough, such as `head`, closes the pipe; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

process.on('uncaughtException', (error) => {
  const output = createOutput(streams, { isJson: process.argv.includes('--json'), environment });
  process.exitCode = reportFailure(error, {
    output,
    secrets,
    isDebugging: Boolean(environment.TRUEUP_DEBUG),
  });
  process.exit();
});

process.exitCode = EXIT.failed;
process.exitCode = await runCommandLine({
  words: process.argv.slice(2),
  commands: COMMANDS,
  streams,
  environment,
  clock: systemClock,
  person: personAtTerminal(),
  version: ownVersion(),
  secrets,
});
