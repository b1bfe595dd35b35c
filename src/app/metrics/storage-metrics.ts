import { stat } from 'node:fs/promises';
import type { Registry } from 'prom-client';
import { countOpenAlerts } from '../../../db/alert-repository.ts';
import { readAuditSequence } from '../../../db/audit-repository.ts';
import type { OpenDatabase } from '../../../db/database.ts';
import { ALERT_LEVELS } from '../../domain/alerts/alert-codes.ts';
import type { Collector } from './collector.ts';
import { boundedCounter, boundedGauge } from './instruments.ts';

export interface StoragePorts {
  readonly registry: Registry;
  readonly database: OpenDatabase;
  /** A file, or ":memory:". */
  readonly databasePath: string;
  readonly journalPath: string | null;
  /** Of the audit log, when the service started. */
  readonly firstSequence: number;
}

/** What the service has written, read when somebody asks. */
export function storageCollectors(ports: StoragePorts): readonly Collector[] {
  return [auditCollector(ports), alertCollector(ports), fileCollector(ports)];
}

function auditCollector({ registry, database, firstSequence }: StoragePorts): Collector {
  const newest = boundedGauge(registry, {
    name: 'trueup_audit_sequence',
    help: 'Sequence number of the newest entry of the audit log.',
    labels: {},
  });
  const entries = boundedCounter(registry, {
    name: 'trueup_audit_entries_total',
    help: 'Entries that this process has added to the audit log.',
    labels: {},
  });
  let counted = firstSequence;
  return {
    of: 'audit log',
    clear: newest.clear,
    collect: async () => {
      const sequence = await readAuditSequence(database.db);
      newest.set({}, sequence);
      entries.add({}, sequence - counted);
      counted = sequence;
    },
  };
}

function alertCollector({ registry, database }: StoragePorts): Collector {
  const open = boundedGauge(registry, {
    name: 'trueup_alerts_open',
    help: 'Alerts that are open now, by level.',
    labels: { level: ALERT_LEVELS },
  });
  return {
    of: 'alerts',
    clear: open.clear,
    collect: async () => {
      const counts = await countOpenAlerts(database.db);
      for (const level of ALERT_LEVELS) open.set({ level }, counts[level]);
    },
  };
}

function fileCollector({ registry, databasePath, journalPath }: StoragePorts): Collector {
  const database = boundedGauge(registry, {
    name: 'trueup_database_size_bytes',
    help: 'Size of the database: the file itself, and its write-ahead log. Absent for one in memory.',
    labels: { file: ['database', 'log'] },
  });
  const journal = boundedGauge(registry, {
    name: 'trueup_journal_size_bytes',
    help: 'Size of the journal. Absent without one.',
    labels: {},
  });
  const hasFile = databasePath !== ':memory:';
  return {
    of: 'files',
    clear: () => {
      database.clear();
      journal.clear();
    },
    collect: async () => {
      if (hasFile) {
        database.set({ file: 'database' }, (await stat(databasePath)).size);
        database.set({ file: 'log' }, (await stat(`${databasePath}-wal`)).size);
      }
      if (journalPath !== null) journal.set({}, (await stat(journalPath)).size);
    },
  };
}
