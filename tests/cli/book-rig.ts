import { writeFileSync } from 'node:fs';
import { registerAbort } from '../../src/cli/abort-command.ts';
import { registerAlerts } from '../../src/cli/alerts-command.ts';
import type { CommandRegistration } from '../../src/cli/command-context.ts';
import { registerDecisions } from '../../src/cli/decide-command.ts';
import { registerDiscrepancies } from '../../src/cli/discrepancies-command.ts';
import { registerExplain } from '../../src/cli/explain-command.ts';
import { registerGates } from '../../src/cli/gates-command.ts';
import { registerHalt, registerRearm } from '../../src/cli/halt-command.ts';
import { registerHistory } from '../../src/cli/history-command.ts';
import { registerNote } from '../../src/cli/note-command.ts';
import { registerPause } from '../../src/cli/pause-command.ts';
import { registerReconcile } from '../../src/cli/reconcile-command.ts';
import { registerResume } from '../../src/cli/resume-command.ts';
import { registerRun } from '../../src/cli/run-command.ts';
import { registerSnapshot } from '../../src/cli/snapshot-command.ts';
import { registerStatus } from '../../src/cli/status-command.ts';
import { amount } from '../../src/domain/money/amount.ts';
import { servedCoinbase } from '../support/served-coinbase.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';
import {
  type Ended,
  type RunInProcessOptions,
  runInProcess,
  type Started,
  startInProcess,
} from './command-line.ts';

const COMMANDS: readonly CommandRegistration[] = [
  registerAlerts,
  registerRun,
  registerReconcile,
  registerSnapshot,
  registerDiscrepancies,
  registerExplain,
  registerDecisions,
  registerGates,
  registerHistory,
  registerNote,
  registerStatus,
  registerAbort,
  registerPause,
  registerResume,
  registerHalt,
  registerRearm,
];

/** A book that is open at a simulated Coinbase, and the command line of its operator. */
export class BookRig {
  readonly folder = new DatabaseFolder();
  readonly world: Awaited<ReturnType<typeof servedCoinbase>>;
  readonly #started: Started[] = [];

  /** With the venue opened, and policy "propose" unless told otherwise. */
  static async open(changes: Parameters<BookRig['configure']>[0] = {}): Promise<BookRig> {
    const rig = new BookRig(await servedCoinbase());
    rig.configure({ venue: { policy: 'propose' }, ...changes });
    const { exitCode, err } = await rig.run(['reconcile', '--config', rig.config]);
    if (exitCode === 1 || exitCode === 2) throw new Error(`the venue can be opened: ${err}`);
    return rig;
  }

  private constructor(world: BookRig['world']) {
    this.world = world;
  }

  get config(): string {
    return this.folder.path('trueup.json');
  }

  configure(changes: Parameters<BookRig['world']['configuration']>[0]): void {
    const configuration = { database: 'book.sqlite', ...this.world.configuration(changes) };
    writeFileSync(this.config, JSON.stringify(configuration));
  }

  /** Words apart, or in one text where none has a space: CONFIG and DATABASE stand for the files. */
  run(words: string | readonly string[], options: RunInProcessOptions = {}): Promise<Ended> {
    return runInProcess(this.#wordsOf(words), {
      commands: COMMANDS,
      environment: this.world.environment,
      ...options,
    });
  }

  async document(words: string | readonly string[]) {
    return JSON.parse((await this.run(words)).out);
  }

  /** Starts `trueup run`, and waits until it has read the venue. */
  async startRun(): Promise<Started> {
    const options = { commands: COMMANDS, environment: this.world.environment };
    const command = startInProcess(this.#wordsOf('run --config CONFIG'), options);
    this.#started.push(command);
    await command.said('running in');
    return command;
  }

  /** A deposit that the bot knows nothing of, found, explained and proposed. */
  async differ(quantity = '500'): Promise<{ readonly discrepancyId: string; readonly correctionId: string }> {
    this.world.venue.deposit('USD', amount(quantity));
    await this.run('reconcile --config CONFIG');
    const { discrepancies } = await this.document('discrepancies --database DATABASE --json');
    const discrepancyId = discrepancies.at(-1).id;
    const { corrections } = await this.document(`explain ${discrepancyId} --database DATABASE --json`);
    return { discrepancyId, correctionId: corrections.at(-1)?.id };
  }

  async close(): Promise<void> {
    for (const command of this.#started.splice(0)) {
      command.stop();
      await command.ended;
    }
    await this.world.server.close();
    await this.folder.clean();
  }

  #wordsOf(words: string | readonly string[]): readonly string[] {
    const all = typeof words === 'string' ? words.split(' ') : words;
    return all.map((word) =>
      word === 'CONFIG' ? this.config : word === 'DATABASE' ? this.folder.path() : word,
    );
  }
}
