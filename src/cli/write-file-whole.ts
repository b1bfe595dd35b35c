import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';

/**
 * Writes a file line by line and puts it in its place when it is whole: whoever looks meanwhile sees what was there
 * before, and what fails leaves that as it was.
 */
export async function writeFileWhole<T>(
  path: string,
  work: (write: (line: string) => void) => Promise<T>,
): Promise<T> {
  const unfinished = `${path}.${process.pid}.unfinished`;
  const file = openSync(unfinished, 'wx');
  try {
    const result = await written(file, work);
    renameSync(unfinished, path);
    return result;
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}

async function written<T>(file: number, work: (write: (line: string) => void) => Promise<T>): Promise<T> {
  try {
    const result = await work((line) => {
      writeSync(file, `${line}\n`);
    });
    fsyncSync(file);
    return result;
  } finally {
    closeSync(file);
  }
}
