import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.env.TRUEUP_REFERENCE_DATA ?? join(process.cwd(), '../shared/data');

export const hasReferenceData = existsSync(folder);

/** A parsed file of the recordings that tests may compare with, or null where this machine does not have them. */
export function referenceData(path: string): unknown | null {
  const file = join(folder, path);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as unknown) : null;
}
