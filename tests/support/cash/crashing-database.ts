import { copyFileSync, existsSync, rmSync } from 'node:fs';
import type { KyselyPlugin, PluginTransformQueryArgs, PluginTransformResultArgs } from 'kysely';
import { type OpenDatabase, openDatabase } from '../../../db/database.ts';

/** What a process that ends does to a statement: it is never run. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

/** A database whose process can end between any two statements. */
export class CrashingDatabase {
  #opened: OpenDatabase | null = null;
  #path: string;
  #generation = 0;
  #statementsLeft: number | null = null;

  /** `:memory:`, where a crash rolls back; or a file, where the process is gone and another one opens what it left. */
  constructor(path: string) {
    this.#path = path;
  }

  get isFile(): boolean {
    return this.#path !== ':memory:';
  }

  async db(): Promise<OpenDatabase['db']> {
    this.#opened ??= await openDatabase(this.#path, { nowMs: 0 });
    return this.#opened.db.withPlugin(this.#plugin);
  }

  /** Ends the process before so many more statements have run. */
  crashAfter(statements: number): void {
    this.#statementsLeft = statements;
  }

  disarm(): void {
    this.#statementsLeft = null;
  }

  /** Ends the process here and now: what is not committed is lost. To be thrown within a transaction. */
  crash(): Crash {
    this.#statementsLeft = null;
    this.#keepFiles();
    return new Crash('the process ended');
  }

  /** Opens what a crash left behind, without whatever the ended process still did. In memory there is nothing to do. */
  async reopen(): Promise<void> {
    if (!this.isFile) return;
    if (!existsSync(this.#nextPath())) this.#keepFiles();
    await this.close();
    this.#removeFiles(this.#path);
    this.#path = this.#nextPath();
    this.#generation++;
  }

  async close(): Promise<void> {
    await this.#opened?.close();
    this.#opened = null;
  }

  /** The files as they are in the middle of a transaction: what the end of a process leaves on the disk. */
  #keepFiles(): void {
    if (!this.isFile) return;
    for (const suffix of ['', '-wal'])
      if (existsSync(this.#path + suffix)) copyFileSync(this.#path + suffix, this.#nextPath() + suffix);
  }

  #nextPath(): string {
    return `${this.#path.replace(/\.\d+$/, '')}.${this.#generation + 1}`;
  }

  #removeFiles(path: string): void {
    for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
  }

  readonly #plugin: KyselyPlugin = {
    transformQuery: ({ node }: PluginTransformQueryArgs) => {
      if (this.#statementsLeft === 0) throw this.crash();
      if (this.#statementsLeft !== null) this.#statementsLeft--;
      return node;
    },
    transformResult: async ({ result }: PluginTransformResultArgs) => result,
  };
}
