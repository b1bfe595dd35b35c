import { type Command, Option } from 'commander';
import {
  LOT_METHODS,
  type LotMethod,
  PLANNED_METHODS,
  type PlannedMethod,
} from '../domain/lots/lot-method.ts';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { type BookOptions, withBookOptions, withExistingBook } from './existing-book.ts';
import { EXIT } from './exit-code.ts';
import { printLots, printWithdrawn } from './print-lots.ts';
import { readConfiguration } from './read-configuration.ts';

/** `trueup lots`: what was disposed of, from which tax lots, at which gain; and which lots are left. */
export function registerLots(program: Command, context: CommandContext): void {
  const command = withBookOptions(
    program
      .command('lots')
      .description(
        'Account for tax lots, of the book or of a file: gains by disposal and by year, what is held.',
      ),
  )
    .option('--input <file>', 'instead of a book: acquisitions, disposals and transfers, and their rules')
    .option('--venue <id>', 'of the book: only this venue')
    .option('--asset <asset>', 'of the book: only this asset')
    .addOption(
      new Option('--method <method>', 'how lots are chosen, instead of the configured method').choices(
        LOT_METHODS,
      ),
    )
    .action((options: LotsOptions) => lots(options, context));
  withCommonHelp(
    command,
    [
      'trueup lots --config trueup.json',
      'trueup lots --database trueup.sqlite --asset BTC --method hifo --json',
      'trueup lots --input lots.json --method mintax',
    ],
    [
      'Reads beside a running "trueup run". Asks no venue and writes nothing. What the book does not know, such as what',
      'a deposit cost, is unknown and never zero. docs/LOTS.md has the methods and the shape of the file. No tax advice.',
      '',
      'Exit codes: 0 done, 1 failed, 2 wrong usage, input or configuration',
    ].join('\n'),
  );
}

interface LotsOptions extends BookOptions {
  readonly input?: string;
  readonly asset?: string;
  readonly method?: LotMethod;
}

async function lots(options: LotsOptions, context: CommandContext): Promise<void> {
  const { input, config, database, venue, asset } = options;
  if (input === undefined) return bookLots(options, context);
  if (config !== undefined || database !== undefined)
    throw new CommandFailure('usage', 'expected one of --input, --config and --database, found several');
  if (venue !== undefined || asset !== undefined)
    throw new CommandFailure('usage', 'expected --venue and --asset with a book alone, found --input');
  fileLots(input, options.method, context, await import('../app/account-lots-file.ts'));
}

function fileLots(
  input: string,
  method: LotMethod | undefined,
  { output, finish }: CommandContext,
  { accountLotsFile }: typeof import('../app/account-lots-file.ts'),
): void {
  const accounted = accountLotsFile(input, method);
  if (accounted.state === 'refused')
    throw new CommandFailure('usage', 'the lots cannot be accounted for', accounted.problems);
  if (output.isJson) output.document(accounted.document);
  else printLots(accounted.document, output);
  finish(EXIT.done);
}

async function bookLots(options: LotsOptions, context: CommandContext): Promise<void> {
  const { config, venue = null, asset = null } = options;
  const method = methodOf(options.method);
  const configuration = config === undefined ? null : await readConfiguration(config, context);
  const tax = configuration?.tax ?? null;
  if (method === 'mintax' && tax === null)
    throw new CommandFailure(
      'usage',
      '--method: expected a method that needs no rates, or --config with "tax", found mintax',
    );
  if (method === 'average' && tax?.washSale)
    throw new CommandFailure('usage', '--method: expected another one beside tax.washSale, found average');
  const { output, finish } = context;
  const { path, outcome } = await withExistingBook(options, context, async (book) => {
    const { bookLotsDocument } = await import('../app/tax/book-lots-document.ts');
    const { DEFAULT_GROUPS } = await import('../app/asset-groups.ts');
    const groups = configuration?.groups ?? DEFAULT_GROUPS;
    const outcome = await bookLotsDocument(book.db, { groups, tax, method, venue, asset });
    return { path: book.path, outcome };
  });
  if (outcome.state === 'unknownAsset') {
    const expected =
      outcome.known.map((each) => JSON.stringify(each)).join(', ') || 'nothing: no lots are held';
    throw new CommandFailure('usage', `--asset: expected ${expected}, found ${JSON.stringify(asset)}`);
  }
  const { document } = outcome;
  if (output.isJson) output.document({ database: path, ...document });
  else {
    printLots(document, output);
    printWithdrawn(document.withdrawn, output);
  }
  finish(EXIT.done);
}

function methodOf(method: LotMethod | undefined): PlannedMethod | null {
  if (method === undefined) return null;
  const planned = PLANNED_METHODS.find((each) => each === method);
  if (planned !== undefined) return planned;
  throw new CommandFailure(
    'usage',
    `--method: expected a method that chooses lots by itself, because a book names none, found ${method}`,
  );
}
