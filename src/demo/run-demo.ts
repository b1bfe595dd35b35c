import { readCorrections } from '../../db/correction-repository.ts';
import { recordedPrices } from '../exchanges/simulated/recorded-prices.ts';
import { seededRandom } from '../platform/random.ts';
import { TurnClock } from '../platform/turn-clock.ts';
import { type Harness, openHarness } from '../replay/harness.ts';
import { createDemoBot } from './demo-bot.ts';
import { type DemoDocument, demoDocument } from './demo-document.ts';
import { type DemoScript, writeDemoScript } from './demo-script.ts';
import { DEMO_SETTINGS } from './demo-settings.ts';
import { weightsNow } from './demo-weights.ts';
import { type DemoWorld, openDemoWorld } from './demo-world.ts';

/** The day before a strong day of the recorded prices begins. */
export const DEMO_START_MS = Date.UTC(2024, 7, 8);
/** Simulated time that every answer of a venue takes. */
const CALL_MS = 40;
const HOUR_MS = 3_600_000;

export interface DemoOptions {
  readonly seed: number;
  /** Simulated hours of the scenario, at least 24 for all of it. */
  readonly hours: number;
  readonly database: string;
  readonly journal?: string;
  /** True once somebody wants it to end: the scenario then ends at its next step. */
  readonly isEnding?: () => boolean;
  /** Hears of what happens, for people. */
  readonly onProgress: (progress: DemoProgress) => void;
}

export interface DemoProgress {
  readonly atMs: number;
  readonly hour: number;
  readonly hours: number;
  /** Null for the mere passing of time. */
  readonly title: string | null;
}

export interface RunningDemo {
  /** What the scenario came to. */
  readonly document: DemoDocument;
  readonly harness: Harness;
  /** Goes on with ordinary business for a while. */
  advance(ms: number): Promise<void>;
  /** No more than this time has recorded prices. */
  readonly endMs: number;
  close(): Promise<void>;
}

/** Runs the demo's scenario to its end and stays ready to go on. Uses loopback only. */
export async function runDemo(options: DemoOptions): Promise<RunningDemo> {
  const { seed, hours } = options;
  const prices = recordedPrices({ interpolate: true });
  const worldClock = new TurnClock(DEMO_START_MS);
  let serviceNow = (): number => worldClock.now();
  const world = await openDemoWorld({ worldClock, now: () => serviceNow(), prices, seed });
  const harness = await openOrClose(world, () =>
    openHarness({
      settings: DEMO_SETTINGS,
      exchanges: world.exchanges,
      startMs: DEMO_START_MS,
      seed,
      database: options.database,
      ...(options.journal === undefined ? {} : { journal: options.journal }),
      worldClock,
      parking: Object.values(world.servers),
      callMs: CALL_MS,
    }),
  );
  serviceNow = harness.clock.now;
  const watch = watchDemo(harness);
  const script = writeScript(world, harness, { seed, hours });
  await play(script, harness, worldClock, options);
  const document = await demoDocument({
    harness,
    world,
    script,
    watch: watch(),
    hours: hoursPassed(harness),
  });
  return {
    document,
    harness,
    endMs: prices.endMs,
    advance: (ms) => advanceBoth(harness, worldClock, harness.clock.now() + ms),
    close: async () => {
      await harness.close();
      await world.close();
    },
  };
}

/** Less than was asked for where somebody ended it. */
const hoursPassed = ({ clock }: Harness): number =>
  Math.round(((clock.now() - DEMO_START_MS) / HOUR_MS) * 100) / 100;

/** Servers that stay open would keep a process alive that has failed. */
async function openOrClose(world: DemoWorld, open: () => Promise<Harness>): Promise<Harness> {
  try {
    return await open();
  } catch (error) {
    for (const exchange of world.exchanges) await exchange.close();
    await world.close();
    throw error;
  }
}

/** What only shows while it runs. */
export interface DemoWatch {
  readonly firstCertifiedReportMs: number | null;
  readonly weightsBefore: Readonly<Record<string, string>>;
}

function watchDemo(harness: Harness): () => DemoWatch {
  let firstCertifiedReportMs: number | null = null;
  let weightsBefore: Readonly<Record<string, string>> | null = null;
  harness.service.subscribe((event) => {
    if (event.type === 'venueReportMade' && event.unknown === null)
      firstCertifiedReportMs ??= performance.now();
    if (event.type === 'planMade') weightsBefore ??= weightsNow(harness.service.reading()).weights;
  });
  return () => ({
    firstCertifiedReportMs,
    weightsBefore: weightsBefore ?? weightsNow(harness.service.reading()).weights,
  });
}

function writeScript(
  world: DemoWorld,
  harness: Harness,
  { seed, hours }: { readonly seed: number; readonly hours: number },
): DemoScript {
  let requests = 0;
  const random = seededRandom(seed + 1);
  const bot = createDemoBot(world, (event) => harness.send({ to: 'portfolio', message: event }));
  return writeDemoScript(DEMO_START_MS, hours, {
    world,
    bot,
    random,
    rebalance: (reason) =>
      harness.send({
        to: 'rebalancing',
        message: {
          type: 'rebalancing.requested',
          requestId: `demo-${++requests}`,
          approval: 'approved',
          reason,
        },
      }),
    approveProposals: async () => {
      for (const { id } of await readCorrections(harness.database.db, ['proposed'])) {
        await harness.send({
          to: 'portfolio',
          message: {
            type: 'portfolio.decisionMade',
            requestId: `approve-${id}`,
            by: 'person:demo',
            decision: { kind: 'approveCorrection', correctionId: id },
          },
        });
      }
    },
  });
}

async function play(
  script: DemoScript,
  harness: Harness,
  worldClock: TurnClock,
  { hours, onProgress, isEnding = () => false }: DemoOptions,
): Promise<void> {
  const endMs = DEMO_START_MS + hours * HOUR_MS;
  const tell = (title: string | null): void => {
    const atMs = harness.clock.now();
    onProgress({ atMs, hour: Math.floor((atMs - DEMO_START_MS) / HOUR_MS), hours, title });
  };
  for (const { atMs, title, run } of script.steps) {
    if (isEnding()) return;
    await advanceBoth(harness, worldClock, atMs, () => tell(null));
    if (title !== null) tell(title);
    await run();
    await harness.settle();
  }
  if (isEnding()) return;
  await advanceBoth(harness, worldClock, endMs, () => tell(null));
}

/** An hour at a time, so that progress shows. Both clocks stand at the same time afterwards. */
async function advanceBoth(
  harness: Harness,
  worldClock: TurnClock,
  atMs: number,
  onHour: () => void = () => {},
): Promise<void> {
  while (harness.clock.now() < atMs) {
    await harness.advanceTo(Math.min(atMs, harness.clock.now() + HOUR_MS));
    onHour();
  }
  await worldClock.moveTo(Math.max(worldClock.now(), harness.clock.now()));
}
