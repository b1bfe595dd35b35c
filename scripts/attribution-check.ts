// Attributes random histories with flows, and says how far contributions are from the returns they are of, at the worst:
// npm run attribution-check -- --histories 10000 --seed 1 [--json]
// Exit code 1: more than 1e-12 of the return, or of 1 where the return is smaller; or money that does not add up.

import { parseArgs } from 'node:util';
import { checkAttribution } from '../tests/support/attribution-check.ts';

const ERROR_MAX = 1e-12;
const COUNT_MAX = 1_000_000;

const { values } = parseArgs({
  options: {
    histories: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});

const check = checkAttribution(numberOf('histories', values.histories), numberOf('seed', values.seed));
const isSound =
  check.largestRelativeError <= ERROR_MAX &&
  check.largestErrorOfReturn <= ERROR_MAX &&
  check.inexactGains === 0 &&
  check.notFinite === 0;

if (values.json) console.log(JSON.stringify({ ...check, errorMax: ERROR_MAX, sound: isSound }, null, 2));
else
  for (const [name, value] of Object.entries({ ...check, sound: isSound })) console.log(`${name}: ${value}`);
process.exitCode = isSound ? 0 : 1;

function numberOf(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1 && value <= COUNT_MAX) return value;
  console.error(`--${name}: expected a whole number from 1 to ${COUNT_MAX}, found ${text}`);
  process.exit(2);
}
