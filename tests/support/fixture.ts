import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A parsed file of tests/fixtures: documented shapes with values of our own. */
export function fixture(path: string): unknown {
  return JSON.parse(readFileSync(join(process.cwd(), 'tests/fixtures', path), 'utf8'));
}
