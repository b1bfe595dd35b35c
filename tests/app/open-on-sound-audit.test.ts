import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AuditBrokenError } from '../../db/assert-audit-intact.ts';
import { readAuditHeads } from '../../db/audit-head-file.ts';
import { auditPublicKeysOf } from '../../db/audit-signature.ts';
import { openDatabaseReadOnly } from '../../db/database.ts';
import { readVenueStates } from '../../db/venue-state-repository.ts';
import { verifyAudit } from '../../db/verify-audit.ts';
import { openPortfolio } from '../../src/app/open-portfolio.ts';
import type { Portfolio } from '../../src/app/portfolio-api.ts';
import { ConfigurationError } from '../../src/app/portfolio-configuration.ts';
import { auditKeyPem } from '../support/audit-tamperings.ts';
import { realTimeConfiguration, realTimeExchange } from '../support/real-time-venue.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';

let folder: DatabaseFolder;
let problems: string[];
const opened: Portfolio[] = [];
beforeEach(() => {
  folder = new DatabaseFolder();
  problems = [];
});
afterEach(async () => {
  for (const portfolio of opened.splice(0)) await portfolio.close();
  await folder.clean();
});

async function open(audit: object = {}, environment: Record<string, string> = {}): Promise<Portfolio> {
  const portfolio = await openPortfolio({
    configuration: { ...realTimeConfiguration(), audit },
    database: folder.path(),
    exchanges: { coinbase: realTimeExchange().exchange },
    environment,
    onProblem: (problem) => problems.push(problem),
  });
  opened.push(portfolio);
  return portfolio;
}

async function ran(audit: object = {}, environment: Record<string, string> = {}): Promise<void> {
  const portfolio = await open(audit, environment);
  await portfolio.reports();
  await portfolio.close();
}

const refusal = () => open().catch((error: unknown) => error);
const beside = async () => folder.keep(await openDatabaseReadOnly(folder.path()));
const headFile = () => folder.path('book.sqlite.head');
const heads = () => readAuditHeads(headFile())?.heads ?? [];

describe('a portfolio whose audit log is not as it was written', () => {
  it('does not open: its venues are halted, and nothing is posted', async () => {
    await ran();
    const before = await verifyAudit((await beside()).db);
    folder.tamper('audit_entry', "update audit_entry set body = body || ' ' where sequence = 1");
    const error = await refusal();
    expect(error).toBeInstanceOf(AuditBrokenError);
    expect(String(error)).toContain('entry 1: ');
    const { db } = await beside();
    expect(await readVenueStates(db)).toMatchObject([
      { venue: 'coinbase', mode: 'halted', modeReason: 'the audit log does not verify' },
    ]);
    const { entries } = await db
      .selectFrom('audit_entry')
      .select(({ fn }) => fn.countAll<number>().as('entries'))
      .executeTakeFirstOrThrow();
    expect(entries).toBe(before.entries);
  });

  it('does not open when entries were cut off with all that told of them in the database', async () => {
    await ran();
    folder.tamper(
      'audit_entry',
      `delete from audit_entry where sequence > 1;
       update audit_head set sequence = 1, hash = (select hash from audit_entry where sequence = 1)`,
    );
    expect(await refusal()).toMatchObject({ name: 'AuditBrokenError', verdict: { sequence: 2 } });
  });
});

describe('the audit log of a portfolio', () => {
  it('ends with a head that is kept beside the database, and a warning where it is not signed', async () => {
    await ran();
    const { db } = await beside();
    expect(await verifyAudit(db, { heads: heads() })).toMatchObject({ verified: true, unanchored: 0 });
    expect(problems).toEqual([expect.stringContaining('the audit log is not signed')]);
  });

  it.each([
    ['the configuration', () => [{ signingKey: auditKeyPem(7).signing }, {}] as const],
    [
      'an environment variable',
      () => [{ signingKeyEnv: 'KEY' }, { KEY: auditKeyPem(7).signing.replaceAll('\n', '\\n') }] as const,
    ],
    [
      'a file',
      () => {
        writeFileSync(folder.path('audit.pem'), auditKeyPem(7).signing);
        return [{ signingKeyFile: folder.path('audit.pem') }, {}] as const;
      },
    ],
  ])('is signed with the key from %s, start after start', async (_, configured) => {
    const [audit, environment] = configured();
    await ran(audit, environment);
    await ran(audit, environment);
    const publicKeys = auditPublicKeysOf(auditKeyPem(7).verifying);
    const verdict = await verifyAudit((await beside()).db, { heads: heads(), publicKeys });
    expect(verdict).toMatchObject({ verified: true, unanchored: 0 });
    expect(heads().every(({ signature }) => signature !== null)).toBe(true);
    expect(problems).toEqual([]);
  });

  it('goes on under a key that is new to it', async () => {
    await ran();
    await ran({ signingKey: auditKeyPem(7).signing });
    await ran({ signingKey: auditKeyPem(8).signing, publicKey: auditKeyPem(7).verifying });
    expect(readFileSync(headFile(), 'utf8')).not.toContain('PRIVATE');
  });

  it.each([
    ['two keys', { signingKey: auditKeyPem(7).signing, signingKeyEnv: 'KEY' }, 'audit'],
    ['a key that is none', { signingKey: 'hunter2' }, 'audit.signingKey'],
    ['a variable that is not set', { signingKeyEnv: 'NO_SUCH_KEY' }, 'NO_SUCH_KEY'],
    ['a file that is not there', { publicKey: '/no/such/file.pem' }, 'audit.publicKey'],
  ])('is not configured with %s', async (_, audit, path) => {
    const error = await open(audit, { KEY: auditKeyPem(7).signing }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as ConfigurationError).problems.map((problem) => problem.path)).toContain(path);
    expect(String(error)).not.toContain('hunter2');
  });
});
