// What the service tells a scraper.
//
// Invariants:
// 1. Nothing here reaches an actor: hearing never throws and never waits, and what fails is told once and left out.
// 2. What is not known has no value. It is never zero.
// 3. Every label has its values named: venues, workers, and what the types of the domain list.

import { Registry } from 'prom-client';
import type { Announcement } from '../../../actors/messages/announcements.ts';
import { readAuditSequence } from '../../../db/audit-repository.ts';
import type { OpenDatabase } from '../../../db/database.ts';
import type { VenueId } from '../../domain/venue/venue.ts';
import type { RequestGate } from '../../resilience/request-gate.ts';
import { ownVersion } from '../own-version.ts';
import type { Reading } from '../portfolio/read-standing.ts';
import type { ServiceSettings } from '../portfolio/service-settings.ts';
import { countAnnouncements } from './announcement-metrics.ts';
import type { Collector } from './collector.ts';
import { Once } from './once.ts';
import { processCollector } from './process-metrics.ts';
import { requestCollector } from './request-metrics.ts';
import { RoundTimes } from './round-times.ts';
import { standingCollectors, verificationCollector } from './standing-metrics.ts';
import { storageCollectors } from './storage-metrics.ts';

export interface MetricsPorts {
  readonly settings: ServiceSettings;
  readonly now: () => number;
  readonly database: OpenDatabase;
  /** A file, or ":memory:". */
  readonly databasePath: string;
  readonly journalPath: string | null;
  /** The gate before the requests to each venue. */
  readonly gates: ReadonlyMap<VenueId, RequestGate>;
  /** What the service knows now; asked only once it runs. */
  readonly reading: () => Reading;
  readonly health: () => string;
  readonly onProblem: (problem: string) => void;
}

/** Counts what is announced, and says it together with what is known now. Begins before the service does. */
export class ServiceMetrics {
  readonly rounds: RoundTimes;
  readonly #registry = new Registry();
  readonly #onProblem: (problem: string) => void;
  readonly #isFirst = new Once();
  readonly #count: (announcement: Announcement) => void;
  readonly #verification: ReturnType<typeof verificationCollector>;
  readonly #collectors: readonly Collector[];
  #saying: Promise<string> | null = null;

  static async open(ports: MetricsPorts): Promise<ServiceMetrics> {
    return new ServiceMetrics(ports, await readAuditSequence(ports.database.db));
  }

  private constructor(ports: MetricsPorts, firstSequence: number) {
    const { settings, now } = ports;
    const registry = this.#registry;
    const venues = settings.venues.map(({ venue }) => venue);
    const startedAtMs = now();
    const timeLimitMs = settings.reconciliation.gateTimeLimitMs;
    this.#onProblem = ports.onProblem;
    this.rounds = new RoundTimes(now);
    this.#count = countAnnouncements({ registry, venues, rounds: this.rounds, startedAtMs });
    const standing = { registry, venues, startedAtMs, timeLimitMs, reading: ports.reading };
    this.#verification = verificationCollector(standing);
    this.#collectors = [
      ...standingCollectors(standing),
      requestCollector({ registry, venues, gates: ports.gates }),
      this.#verification,
      ...storageCollectors({ ...ports, registry, firstSequence }),
      processCollector({ registry, health: ports.health, version: ownVersion() }),
    ];
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Never throws. */
  hear(announcement: Announcement): void {
    this.#attempt(`counting of ${announcement.type}`, () => this.#count(announcement));
    if (announcement.type === 'venueReportMade')
      this.#attempt('time without a certified read', () => this.#verification.hear(announcement.venue));
  }

  /** All metrics in the text format of Prometheus. Whoever asks meanwhile gets the same. */
  say(): Promise<string> {
    this.#saying ??= this.#collect().finally(() => {
      this.#saying = null;
    });
    return this.#saying;
  }

  async #collect(): Promise<string> {
    for (const collector of this.#collectors) {
      collector.clear();
      try {
        await collector.collect();
      } catch (error) {
        // Half of it may stand: better nothing.
        collector.clear();
        this.#tell(`reading of ${collector.of}`, error);
      }
    }
    return this.#registry.metrics();
  }

  #attempt(what: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#tell(what, error);
    }
  }

  #tell(what: string, error: unknown): void {
    if (!this.#isFirst.time(what)) return;
    const message = error instanceof Error ? error.message : String(error);
    // Later, so that whoever listens cannot throw into the service.
    queueMicrotask(() => this.#onProblem(`metrics: the ${what} failed: ${message}`));
  }
}
