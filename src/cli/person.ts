import { createInterface } from 'node:readline/promises';

/** Whoever sits before the terminal, if anybody does. */
export interface Person {
  /** What the person types; null where there is nobody to ask. */
  ask(question: string): Promise<string | null>;
  /** Hears once that the command is to end, as by Ctrl-C. The returned function stops listening. */
  onStop(stop: () => void): () => void;
}

export const NOBODY: Person = { ask: async () => null, onStop: () => () => {} };

/** The person at this process's terminal. Questions go to stderr, so that stdout stays the result's. */
export function personAtTerminal(): Person {
  return {
    ask: async (question) => {
      if (!process.stdin.isTTY || !process.stderr.isTTY) return null;
      const terminal = createInterface({ input: process.stdin, output: process.stderr });
      try {
        return await terminal.question(question);
      } finally {
        terminal.close();
      }
    },
    onStop: (stop) => {
      const heard = (): void => {
        off();
        stop();
      };
      const off = (): void => {
        process.off('SIGINT', heard);
        process.off('SIGTERM', heard);
      };
      process.once('SIGINT', heard);
      process.once('SIGTERM', heard);
      return off;
    },
  };
}

/** Whether a person types exactly this word. */
export async function isConfirmed(
  person: Person,
  question: string,
  word: string,
): Promise<boolean | 'nobody'> {
  const typed = await person.ask(`${question} Type "${word}" to go on: `);
  return typed === null ? 'nobody' : typed.trim() === word;
}
