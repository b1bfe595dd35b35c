// How fast the audit log is verified: npm run bench:audit -- [--rows 200000] [--json]

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { appendAudit, type NewAuditEntry } from '../db/audit-repository.ts';
import { openDatabase, openDatabaseReadOnly } from '../db/database.ts';
import { verifyAudit } from '../db/verify-audit.ts';

const APPENDED = 1_000;
const START_MS = Date.UTC(2026, 0, 1);
const RUNS = 5;

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '200000' }, json: { type: 'boolean', default: false } },
});
const rows = Math.ceil(Number(values.rows) / APPENDED) * APPENDED;
const folder = mkdtempSync(join(tmpdir(), 'trueup-bench-'));
try {
  const path = join(folder, 'audit.sqlite');
  const audit = { signingKey: null, publicKeys: [], headFile: null, onProblem: console.error };
  const owner = await openDatabase(path, { nowMs: START_MS, audit });
  for (let from = 0; from < rows; from += APPENDED)
    await appendAudit(
      owner.db,
      Array.from({ length: APPENDED }, (_, index) => entryOf(from + index)),
    );
  await owner.close();
  const { db, close } = await openDatabaseReadOnly(path);
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const from = performance.now();
    const verdict = await verifyAudit(db);
    times.push(performance.now() - from);
    if (!verdict.verified || verdict.entries !== rows) throw new Error(JSON.stringify(verdict));
  }
  await close();
  const ms = times.sort((a, b) => a - b)[Math.floor(RUNS / 2)] ?? 0;
  const result = { rows, ms: Math.round(ms), rowsPerSecond: Math.round((rows / ms) * 1_000) };
  if (values.json) console.log(JSON.stringify(result));
  else
    console.log(
      `${result.rows} rows in ${result.ms} ms (median of ${RUNS}): ${result.rowsPerSecond} rows/s verified`,
    );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** As long as what the service writes of a fill: some 300 characters. */
function entryOf(index: number): NewAuditEntry {
  const event = {
    type: 'portfolio.fillReported',
    eventId: `event-${index}`,
    venue: 'coinbase',
    orderId: `order-${index >> 2}`,
    market: 'BTC-USD',
    side: index % 2 === 0 ? 'buy' : 'sell',
    quantity: '0.01230000',
    price: '64123.45',
    fee: { asset: 'USD', amount: '0.47' },
    atMs: START_MS + index * 10,
  };
  const outcome = { status: 'posted', eventId: event.eventId, bookVersion: index };
  return { atMs: event.atMs, actor: 'bot', kind: event.type, body: { event, outcome } };
}
