import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const folder = process.env.TRUEUP_REFERENCE_DATA ?? join(process.cwd(), '../shared/data');

export const hasReferenceData = existsSync(folder);

/** A parsed file of the recordings that tests may compare with, or null where this machine does not have them. */
export function referenceData(path: string): unknown | null {
  const text = referenceText(path);
  return text === null ? null : (JSON.parse(text) as unknown);
}

/** The text of a file of the recordings, or null where this machine does not have them. */
export function referenceText(path: string): string | null {
  const file = join(folder, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}

/** Every file below a folder of the recordings by its path from there, or null where this machine does not have them. */
export function referenceFiles(path: string): readonly string[] | null {
  const root = join(folder, path);
  if (!existsSync(root)) return null;
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}
