// Runs the contract that every adapter keeps, and says for each how many cases ran and passed:
// npm run contract -- --json --adapter dydx

import { parseArgs } from 'node:util';
import { runContract } from '../tests/exchanges/contract.ts';
import { ADAPTERS, VARIANTS } from '../tests/exchanges/contract-adapters.ts';

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, adapter: { type: 'string' } },
});

const chosen = [...ADAPTERS, ...VARIANTS].filter(
  ({ adapter }) => values.adapter === undefined || adapter === values.adapter,
);
if (chosen.length === 0) throw new Error(`expected an adapter, found ${values.adapter}`);
for (const under of chosen) {
  const { adapter, cases, passed, failures } = await runContract(under);
  if (values.json) process.stdout.write(`${JSON.stringify({ adapter, cases, passed })}\n`);
  else process.stdout.write(`${adapter}: ${passed} of ${cases} cases passed\n`);
  for (const { name, found, known } of failures) {
    const why = known === null ? '' : ` (KNOWN: ${known})`;
    process.stderr.write(`  ${adapter}: ${name}: ${found}${why}\n`);
  }
  if (passed < cases) process.exitCode = 1;
}
