// What the band that we trade by loses, against the best of a grid on the same simulated years; ends with 1 where it is
// more than a tenth worse: npm run band-loss -- --paths 3000 --seed 1 [--json]

import { parseArgs } from 'node:util';
import { BAND_LOSS_TERMS } from '../tests/support/band-loss-model.ts';
import { compareBands, GRID } from '../tests/support/band-loss-report.ts';

const COSTS_BPS_PER_SIDE = [1, 10, 60, 120];
const RATIO_MAX = 1.1;
const PROGRESS_EVERY = 250;

const { values } = parseArgs({
  options: {
    paths: { type: 'string', default: String(BAND_LOSS_TERMS.paths) },
    seed: { type: 'string', default: String(BAND_LOSS_TERMS.seed) },
    json: { type: 'boolean', default: false },
  },
});
const terms = { ...BAND_LOSS_TERMS, paths: Number(values.paths), seed: Number(values.seed) };
const lines = compareBands(COSTS_BPS_PER_SIDE, GRID, terms, (paths) => {
  if (paths % PROGRESS_EVERY === 0) process.stderr.write(`${paths} of ${terms.paths} paths\n`);
});
const ratioMax = Math.max(...lines.map(({ ratio }) => ratio));
if (values.json)
  process.stdout.write(`${JSON.stringify({ ...terms, policies: GRID.length, ratioMax, lines }, null, 2)}\n`);
else {
  const points = (fraction: number) => (100 * fraction).toFixed(2);
  for (const { costBpsPerSide, halfWidth, destination, lossBps, best, ratio } of lines)
    process.stdout.write(
      `${costBpsPerSide} bps a side: ${points(halfWidth)} points, back to ${points(destination)}: ` +
        `${lossBps.toFixed(2)} bps a year; best of ${GRID.length}: ${points(best.halfWidth)} back to ` +
        `${points(best.destination)}: ${best.lossBps.toFixed(2)}; ratio ${ratio.toFixed(3)}\n`,
    );
}
process.exitCode = ratioMax > RATIO_MAX ? 1 : 0;
