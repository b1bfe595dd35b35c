import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import type { Command } from 'commander';
import type { DemoProgress, RunningDemo } from '../demo/run-demo.ts';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { EXIT } from './exit-code.ts';
import type { Output } from './output.ts';

interface DemoFlags {
  readonly once?: boolean;
  readonly seed: string;
  readonly hours: string;
  readonly database?: string;
  readonly journal?: string;
}

/** As far as the recorded prices reach. */
const HOURS_MAX = 240;
/** What passes in the simulation in one tick of real time once the scenario is over. */
const SIMULATED_PER_TICK_MS = 300_000;
const TICK_MS = 1_000;
const HEAP_MAX_MB = 128;

/** `trueup demo`: a simulated day at four venues with real prices, from a bot's trades to the audit's verdict. */
export function registerDemo(program: Command, context: CommandContext): void {
  const command = program
    .command('demo')
    .description(
      'Run a simulated day: four venues on loopback, a bot, faults, corrections, a rebalance, an audit.',
    )
    .option('--once', 'end after the scenario instead of going on until Ctrl-C')
    .option('--seed <number>', 'the same seed gives the same day', '7')
    .option('--hours <number>', `simulated hours, 1 to ${HOURS_MAX}; the whole scenario takes 24`, '24')
    .option('--database <file>', 'keep the database in this file, which must not exist')
    .option('--journal <file>', 'record a journal that "trueup replay" can run again')
    .action((flags: DemoFlags) => run(flags, context));
  withCommonHelp(
    command,
    ['trueup demo --once', 'trueup demo --once --seed 7 --database demo.sqlite --journal demo.jsonl --json'],
    'Uses no network but loopback. Needs the development packages (litesvm).\n\nExit codes: 0 done, 1 failed, 2 wrong usage',
  );
}

async function run(flags: DemoFlags, context: CommandContext): Promise<void> {
  const { output } = context;
  const seed = wholeNumber('--seed', flags.seed, { least: 0, most: 2 ** 31 - 1 });
  const hours = wholeNumber('--hours', flags.hours, { least: 1, most: HOURS_MAX });
  refuseExisting('--database', flags.database);
  refuseExisting('--journal', flags.journal);
  // Garbage is collected sooner: the simulated venues live in this process, too, and need the room.
  setFlagsFromString(`--max-old-space-size=${HEAP_MAX_MB}`);
  if (!output.isJson) introduce(output);
  const { runDemo } = await import('../demo/run-demo.ts');
  const ending = listenForEnd();
  const demo = await runDemo({
    isEnding: ending.isWanted,
    seed,
    hours,
    database: flags.database ?? ':memory:',
    ...(flags.journal === undefined ? {} : { journal: flags.journal }),
    onProgress: progressTo(output),
  });
  if (output.isJson) output.document(demo.document);
  else {
    const { printDemo } = await import('./demo-report.ts');
    printDemo(demo.document, output);
  }
  if (ending.isWanted()) output.note('  ended before the scenario was over; nothing is lost');
  else if (!flags.once) await goOn(demo, ending, context);
  ending.forget();
  await demo.close();
  if (flags.database && !output.isJson)
    output.line(`  database kept: trueup audit verify --database ${flags.database}`);
  if (flags.journal && !output.isJson) output.line(`  journal kept: trueup replay ${flags.journal}`);
  context.finish(EXIT.done);
}

function introduce(output: Output): void {
  const { style } = output;
  output.line(style.bold('trueup demo'));
  output.line(
    style.dim(
      'Coinbase, dYdX, Solana and a wallet on Base, simulated on loopback in their wire formats, with real prices.',
    ),
  );
}

/** On a terminal one line that is rewritten; elsewhere a line for each thing that happens. */
function progressTo(output: Output): (progress: DemoProgress) => void {
  return ({ atMs, hour, hours, title }) => {
    const time = new Date(atMs).toISOString().slice(11, 16);
    if (title !== null) {
      if (output.isInteractive) output.rewrite('');
      output.note(`  ${time}  ${title}`);
    }
    if (output.isInteractive)
      output.rewrite(
        `  ${time}  ${'█'.repeat(Math.min(hour, 24))}${'·'.repeat(Math.max(0, Math.min(hours, 24) - hour))}  ${hour} of ${hours} h`,
      );
  };
}

interface Ending {
  readonly isWanted: () => boolean;
  /** Calls back once, when it is wanted or at once if it is already. */
  readonly whenWanted: (wake: () => void) => void;
  readonly forget: () => void;
}

/** Ctrl-C and the like: what is under way is finished first. */
function listenForEnd(): Ending {
  let isWanted = false;
  let wake = (): void => {};
  const want = (): void => {
    isWanted = true;
    wake();
  };
  process.on('SIGINT', want);
  process.on('SIGTERM', want);
  return {
    isWanted: () => isWanted,
    whenWanted: (callback) => {
      wake = callback;
      if (isWanted) callback();
    },
    forget: () => {
      process.off('SIGINT', want);
      process.off('SIGTERM', want);
    },
  };
}

/** The service keeps running, a few simulated minutes a second, until somebody ends it or the prices do. */
async function goOn(demo: RunningDemo, ending: Ending, { output, clock }: CommandContext): Promise<void> {
  output.note('  the service keeps running; Ctrl-C ends it and loses nothing');
  while (!ending.isWanted() && demo.harness.clock.now() + SIMULATED_PER_TICK_MS < demo.endMs) {
    await demo.advance(SIMULATED_PER_TICK_MS);
    const time = new Date(demo.harness.clock.now()).toISOString().slice(0, 16);
    const venues = [...demo.harness.service.reading().state.venues];
    const statuses = venues.map(([venue, { lastReport }]) => `${venue} ${lastReport?.status ?? '–'}`);
    if (output.isInteractive) output.rewrite(`  ${time}  ${statuses.join('  ')}`);
    await new Promise<void>((resolve) => {
      const timer = clock.setTimeout(() => resolve(), TICK_MS);
      ending.whenWanted(() => {
        clock.clearTimeout(timer);
        resolve();
      });
    });
  }
  const why = ending.isWanted()
    ? 'ending: what is under way is finished first'
    : 'the recorded prices end here';
  output.note(`${output.isInteractive ? '\n' : ''}  ${why}`);
}

function wholeNumber(
  name: string,
  text: string,
  { least, most }: { readonly least: number; readonly most: number },
): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new CommandFailure(
    'usage',
    `${name}: expected a whole number from ${least} to ${most}, found ${text}`,
  );
}

/** The demo starts from nothing, and nothing that somebody kept is overwritten. */
function refuseExisting(name: string, path: string | undefined): void {
  if (path === undefined) return;
  if (path === '') throw new CommandFailure('usage', `${name}: expected the name of a file, found none`);
  const folder = statSync(dirname(path), { throwIfNoEntry: false });
  if (!folder?.isDirectory()) {
    throw new CommandFailure('usage', `${name}: expected a file in a folder that exists, found ${path}`);
  }
  const found = statSync(path, { throwIfNoEntry: false });
  if (found && (found.isDirectory() || found.size > 0)) {
    throw new CommandFailure('usage', `${name}: expected a file that does not exist, found ${path}`);
  }
}
