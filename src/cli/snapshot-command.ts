import type { Command } from 'commander';
import type { SnapshotDocument } from '../app/snapshot-document.ts';
import type { VenueConfiguration } from '../app/venue-configuration.ts';
import type { Exchange } from '../exchanges/exchange.ts';
import { withDeadline } from '../platform/deadline.ts';
import { systemRandom } from '../platform/random.ts';
import { type RetryPorts, retryRead } from '../resilience/retry-read.ts';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { EXIT } from './exit-code.ts';
import type { Output } from './output.ts';
import { readConfiguration, venueWithId } from './read-configuration.ts';
import { registerSnapshotVerify } from './snapshot-verify-command.ts';
import { type Column, printable, right, tableLines } from './table.ts';

interface SnapshotOptions {
  readonly config: string;
  readonly venue: string;
  readonly timeoutSeconds?: string;
}

/** `trueup snapshot`: reads one venue once and shows what it holds, with the proof that this is all of it. */
export function registerSnapshot(program: Command, context: CommandContext): void {
  const command = program
    .command('snapshot')
    .description('Read one venue once: balances, positions, open orders and fills, with a certificate.')
    .requiredOption('--config <file>', 'the configuration')
    .requiredOption('--venue <id>', 'the venue to read, by its id in the configuration')
    .option('--timeout-seconds <seconds>', 'longest time to read, instead of reconciliation.timeoutSeconds')
    .action((options: SnapshotOptions) => takeSnapshot(options, context));
  withCommonHelp(
    command,
    [
      'trueup snapshot --config trueup.json --venue coinbase',
      'trueup snapshot --config trueup.json --venue dydx --json',
    ],
    [
      'Sends no order. A venue that does not answer in full is unknown, never empty: the reason is printed. What failed',
      'in passing is tried again, as reconciliation.retryCount says, while there is time.',
      '',
      'Exit codes: 0 known, 1 failed, 2 wrong usage or configuration, 3 unknown',
    ].join('\n'),
  );
  registerSnapshotVerify(command, context);
  // What reading a venue requires, its subcommand does not.
  command.hook('preSubcommand', () => {
    for (const option of command.options) option.mandatory = false;
  });
}

async function takeSnapshot(options: SnapshotOptions, context: CommandContext): Promise<void> {
  const { timeoutSeconds } = options;
  const flags = timeoutSeconds === undefined ? {} : { timeoutSeconds };
  const configuration = await readConfiguration(options.config, context, flags);
  const venue = venueWithId(configuration, options.venue);
  const { snapshotDocument } = await import('../app/snapshot-document.ts');
  const exchange = await openVenue(venue, configuration.tokens, context);
  try {
    const { timeoutMs, retryCount } = configuration.reconciliation;
    await refuseKey({ exchange, venue }, timeoutMs, context);
    const { clock, output } = context;
    const onRetry: RetryPorts['onRetry'] = ({ reason }, retryInMs) =>
      output.note(`trueup: ${venue.id}: ${reason}, asked again in ${retryInMs} ms`);
    const retries: RetryPorts = { clock, random: systemRandom.next, retryCount, onRetry };
    const observed = await withDeadline({ clock, timeoutMs }, (signal) =>
      retryRead(retries, signal, () => exchange.observe({ fillsSinceMs: null }, signal)),
    );
    const document = snapshotDocument(venue.id, venue.kind, observed);
    if (context.output.isJson) context.output.document(document);
    else print(document, context.output);
    context.finish(document.state === 'known' ? EXIT.done : EXIT.inconclusive);
  } finally {
    await exchange.close();
  }
}

async function openVenue(
  venue: VenueConfiguration,
  tokens: Readonly<Record<string, string>>,
  context: CommandContext,
) {
  const { openExchange } = await import('../app/open-exchange.ts');
  const { openRequestGates } = await import('../app/request-limits.ts');
  const { paceOf } = await import('../app/open-adapters.ts');
  const gate = openRequestGates([venue], context.clock).get(venue.id);
  try {
    return await openExchange(venue, { now: () => context.clock.now(), tokens, ...paceOf(gate) });
  } catch (error) {
    if (!(error instanceof Error) || error.name === 'InvariantViolation') throw error;
    const message = `the venue ${venue.id} cannot be opened: ${error.message}`;
    throw new CommandFailure('configuration', message, [], { cause: error });
  }
}

/** Ends the command where the key may do what it must not. A venue that does not answer is told of, and read. */
async function refuseKey(
  opened: { readonly exchange: Exchange; readonly venue: VenueConfiguration },
  timeoutMs: number,
  { clock, output }: CommandContext,
): Promise<void> {
  const { checkKeys } = await import('../app/check-keys.ts');
  const onProblem = (problem: string) => output.note(`trueup: ${problem}`);
  try {
    const ports = { clock, timeoutMs, sendsOrdersTo: () => false, untold: 'tell', onProblem } as const;
    await checkKeys([opened], ports);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'KeyRefusedError') throw error;
    throw new CommandFailure('configuration', error.message, [], { cause: error });
  }
}

function print(document: SnapshotDocument, output: Output): void {
  const { style } = output;
  const heading = `${style.bold(document.venue)} ${style.dim(document.kind)}`;
  if (document.state === 'unknown') {
    output.line(`${heading}  ${style.bad(`unknown: ${document.reason}`)}`);
    output.line(printable(document.detail));
    return;
  }
  const { pages, scope } = document.certificate;
  output.line(`${heading}  ${style.good('known')} at ${new Date(document.observedAtMs).toISOString()}`);
  output.line(style.dim(`complete and coherent, ${pages.length} pages, scope ${printable(scope)}`));
  printSection(
    output,
    'Balances',
    BALANCE_COLUMNS,
    document.balances.map((balance) => {
      const name =
        'symbol' in balance && balance.symbol !== balance.asset
          ? `${balance.symbol} (${balance.asset})`
          : balance.asset;
      return [name, balance.total, balance.available, balance.hold];
    }),
  );
  if ('accrued' in document && document.accrued !== undefined) {
    const rows = document.accrued.map(({ asset, amount }) => [asset, amount]);
    printSection(output, 'Owed and not settled', ACCRUED_COLUMNS, rows);
  }
  printSection(
    output,
    'Positions',
    POSITION_COLUMNS,
    document.positions.map((position) => [
      position.market,
      position.side,
      position.size,
      position.entryPrice,
    ]),
  );
  if ('valuations' in document) {
    const rows = document.valuations.map(({ account, asset, equity, freeCollateral }) => [
      account,
      equity,
      freeCollateral ?? 'unknown',
      asset,
    ]);
    printSection(output, 'Valued by the venue, no balances', VALUATION_COLUMNS, rows);
  }
  printSection(
    output,
    'Open orders',
    ORDER_COLUMNS,
    document.openOrders.map((order) => [
      order.market,
      order.side,
      order.remaining,
      order.limitPrice ?? 'none',
      order.clientOrderId ?? order.id,
    ]),
  );
  printSection(
    output,
    'Fills',
    FILL_COLUMNS,
    document.fills.map((fill) => [
      new Date(fill.atMs).toISOString(),
      fill.market,
      fill.side,
      fill.quantity,
      fill.price,
      `${fill.fee.amount} ${fill.fee.asset}`,
    ]),
  );
}

const BALANCE_COLUMNS = [{ title: 'Asset' }, right('Total'), right('Available'), right('Hold')];
const ACCRUED_COLUMNS = [{ title: 'Asset' }, right('Amount')];
const POSITION_COLUMNS = [{ title: 'Market' }, { title: 'Side' }, right('Size'), right('Entry price')];
const VALUATION_COLUMNS = [{ title: 'Account' }, right('Equity'), right('Free collateral'), { title: 'In' }];
const ORDER_COLUMNS = [
  { title: 'Market' },
  { title: 'Side' },
  right('Remaining'),
  right('Limit'),
  { title: 'Id' },
];
const FILL_COLUMNS = [
  { title: 'At' },
  { title: 'Market' },
  { title: 'Side' },
  right('Quantity'),
  right('Price'),
  right('Fee'),
];

function printSection(
  output: Output,
  title: string,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): void {
  output.line();
  if (rows.length === 0) {
    output.line(`${output.style.bold(title)}: none`);
    return;
  }
  output.line(output.style.bold(title));
  for (const line of tableLines(columns, rows)) output.line(`  ${line}`);
}
