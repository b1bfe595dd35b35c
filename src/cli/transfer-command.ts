import type { Command } from 'commander';
import type { Configuration } from '../app/configuration.ts';
import type { TransferResult, WantedTransfer } from '../app/portfolio-api.ts';
import { assertConfirmed } from './assert-confirmed.ts';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { readConfiguration, venueWithId } from './read-configuration.ts';
import { printable } from './table.ts';

interface TransferOptions {
  readonly config: string;
  readonly venue: string;
  readonly asset: string;
  readonly amount: string;
  readonly to: string;
  readonly toVenue?: string;
  readonly id?: string;
  readonly live?: boolean;
  readonly yes?: boolean;
}

/** `trueup transfer`: moves SOL or a token to an address that the configuration allows. */
export function registerTransfer(program: Command, context: CommandContext): void {
  const command = program
    .command('transfer')
    .description('Show what a transfer to an allowed address would do; with --live, do it.')
    .requiredOption('--config <file>', 'the configuration')
    .requiredOption('--venue <id>', 'the Solana venue that it leaves, by its id in the configuration')
    .requiredOption('--asset <name>', 'SOL, a symbol, or the address of a mint')
    .requiredOption('--amount <amount>', 'what leaves, as a decimal number')
    .requiredOption('--to <address>', 'the wallet that it goes to, one of transfersTo')
    .option('--to-venue <id>', 'the venue of this book that the wallet is')
    .option('--id <id>', 'the id of the transfer; made of its content without it')
    .option('--live', 'send it')
    .option('--yes', 'do not ask')
    .action((options: TransferOptions) => transfer(options, context));
  withCommonHelp(
    command,
    [
      'trueup transfer --config trueup.json --venue solana --asset USDC --amount 250 --to ADDRESS',
      'trueup transfer --config trueup.json --venue solana --asset SOL --amount 1.5 --to ADDRESS --live',
    ],
    [
      'Without --live it is built and simulated, and nothing is sent. The same id is the same transfer: typed twice, it',
      'happens once, and paying the same to the same address again takes another --id.',
      'A running "trueup run --mode live" is asked to do it; without one, this command takes the book for as long as it',
      'runs.',
      '',
      'Exit codes: 0 confirmed, or it could be sent, 1 denied, rejected or failed, 2 wrong usage or configuration,',
      '3 unknown',
    ].join('\n'),
  );
}

async function transfer(options: TransferOptions, context: CommandContext): Promise<void> {
  const configuration = await readConfiguration(options.config, context);
  const { wanted, name } = await wantedOf(options, configuration);
  const said = `${wanted.amount} ${name} from ${wanted.venue} to ${wanted.to}`;
  if (!options.live) {
    const { tryTransfer } = await import('./transfer-work.ts');
    const tried = await tryTransfer(wanted, configuration, context);
    const { state, ...facts } = tried;
    if (context.output.isJson) context.output.document({ ...wanted, live: false, state, ...facts });
    if (tried.state === 'couldBeSent') {
      context.output.line(`${said}: could be sent; nothing was`);
      context.output.line(`  arrives ${tried.arrives} ${name}, costs ${tried.fee.amount} ${tried.fee.asset}`);
      context.output.line(`  id ${wanted.transferId}; --live sends it`);
    } else context.output.line(`${said}: ${state}: ${printable(tried.reason)}`);
    context.finish(CODES[state]);
    return;
  }
  if (!options.yes) await confirm(said, `${wanted.amount} ${name}`, context);
  const { sendTransfer } = await import('./transfer-work.ts');
  const result = await sendTransfer(wanted, configuration, context);
  if (context.output.isJson) context.output.document({ ...wanted, live: true, ...result });
  print(said, result, context);
  context.finish(CODES[result.outcome]);
}

const CODES: Readonly<Record<'couldBeSent' | TransferResult['outcome'], ExitCode>> = {
  couldBeSent: EXIT.done,
  confirmed: EXIT.done,
  rejected: EXIT.failed,
  deniedLocally: EXIT.failed,
  unknown: EXIT.inconclusive,
};

async function wantedOf(
  options: TransferOptions,
  configuration: Configuration,
): Promise<{ readonly wanted: WantedTransfer; readonly name: string }> {
  const { venue, to, toVenue } = options;
  const { kind } = venueWithId(configuration, venue);
  if (kind !== 'solana')
    throw new CommandFailure('usage', `--venue: expected a venue of kind "solana", found ${kind}`);
  const { amount, isAmountText } = await import('../domain/money/amount.ts');
  if (!isAmountText(options.amount)) {
    const found = JSON.stringify(options.amount);
    throw new CommandFailure('usage', `--amount: expected a decimal number, found ${found}`);
  }
  if (toVenue !== undefined) venueWithId(configuration, toVenue);
  if (toVenue === venue) throw new CommandFailure('usage', `--to-venue: expected another venue than --venue`);
  const { assetNamed, transferIdOf } = await import('../app/transfers/name-transfer.ts');
  const asset = assetNamed(options.asset, configuration.tokens);
  if (asset === null) {
    const found = JSON.stringify(options.asset);
    throw new CommandFailure('usage', `--asset: expected SOL, a known symbol or a mint, found ${found}`);
  }
  const content = {
    venue,
    asset,
    amount: amount(options.amount),
    to,
    ...(toVenue !== undefined && { toVenue }),
  };
  const wanted = { transferId: options.id ?? transferIdOf(content), ...content };
  return { wanted, name: options.asset };
}

async function confirm(said: string, word: string, { output, person }: CommandContext): Promise<void> {
  output.note(printable(said));
  const question = 'What is sent does not come back.';
  await assertConfirmed(person, { question, word, otherwise: 'nothing was sent' });
}

function print(said: string, result: TransferResult, { output }: CommandContext): void {
  const { outcome, reference, arrives, fee, reason, transferId } = result;
  const paint = outcome === 'confirmed' ? output.style.good : output.style.bad;
  output.line(`${said}: ${paint(outcome)}${reason === '' ? '' : `: ${printable(reason)}`}`);
  if (reference !== null) output.line(`  signature ${reference}`);
  if (outcome === 'confirmed') output.line(`  arrived ${arrives}, cost ${fee?.amount} ${fee?.asset}`);
  if (outcome === 'unknown')
    output.line('  it may have happened: a running "trueup run" looks for it until it knows');
  output.line(`  id ${transferId}`);
}
