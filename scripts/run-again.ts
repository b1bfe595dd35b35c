import { spawn } from 'node:child_process';

/**
 * Runs the script that runs now once more, in a process of its own with other words, and gives what that prints as JSON.
 * Its standard error is this one's. `part` names what it does, such as "runs from 0", in the error where it prints
 * nothing whole: its exit code alone says nothing, since a tally that found something ends with 1.
 */
export function runAgain<Tally>(words: readonly string[], part: string): Promise<Tally> {
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? '', ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      try {
        resolve(JSON.parse(text) as Tally);
      } catch (cause) {
        reject(new Error(`${part}: expected a tally, found exit code ${code}`, { cause }));
      }
    });
  });
}
