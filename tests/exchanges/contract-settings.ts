import { canonicalJson } from '../../src/domain/canonical-json.ts';
import type { Known, Observation, Snapshot } from '../../src/domain/venue/observation.ts';
import type { Activity } from '../../src/domain/venue/venue.ts';
import { systemClock } from '../../src/platform/clock.ts';
import {
  type AdapterUnderTest,
  type ContractCase,
  type ContractRig,
  type ListingRead,
  PLAIN,
  type Setting,
} from './contract.ts';
import { settled, shown, whyActivityIncomplete, whyIncomplete, whyUncertified } from './contract-outcome.ts';

const SKEW_MS = 300_000;
const CLOSED_WITHIN_MS = 1_000;

/** Cases that each need a venue of their own: how much it lists, whose it is, what time it has. */
export function* settingCases(under: AdapterUnderTest): Generator<ContractCase> {
  for (const { of, read, counts } of under.lists)
    for (const count of counts) {
      const run = () => within(under, { ...PLAIN, rows: { of, count } }, (rig) => readsAll(rig, read));
      yield { name: `${read}, ${count === 0 ? 'no' : count} ${of}`, run };
    }
  for (const read of LISTING.filter((one) => under.asks.has(one))) yield* accountCases(under, read);
  yield { name: 'close, releases everything', run: () => closes(under) };
}

const LISTING: readonly ListingRead[] = ['observe', 'readActivity'];

function* accountCases(under: AdapterUnderTest, read: ListingRead): Generator<ContractCase> {
  if (under.namesAccount) {
    const run = () =>
      within(under, { ...PLAIN, isForeign: true }, (rig) => isUnknown(rig, read, ['wrongScope']));
    yield { name: `${read}, wrong account`, run };
  }
  for (const skewMs of [SKEW_MS, -SKEW_MS]) {
    const run = () =>
      within(under, { ...PLAIN, skewMs }, (rig) =>
        under.tellsTime ? isUnknown(rig, read, ['stale']) : readsAll(rig, read),
      );
    yield { name: `${read}, clock ${skewMs > 0 ? 'ahead' : 'behind'}`, run };
  }
}

async function within(
  under: AdapterUnderTest,
  setting: Setting,
  look: (rig: ContractRig) => Promise<string | null>,
): Promise<string | null> {
  const rig = await under.open(setting);
  try {
    return await look(rig);
  } finally {
    await rig.close();
  }
}

const readBy = (rig: ContractRig, read: ListingRead) =>
  settled(
    (signal): Promise<Observation<Snapshot | readonly Activity[]>> =>
      read === 'observe'
        ? rig.exchange.observe({ fillsSinceMs: null }, signal)
        : rig.exchange.readActivity({ sinceMs: 0, assets: rig.assets }, signal),
  );

/** All that the venue has, and the same when it is read again. */
async function readsAll(rig: ContractRig, by: ListingRead): Promise<string | null> {
  const read = await readBy(rig, by);
  if (read.state === 'unknown') return `expected an answer, found ${shown(read)}`;
  const again = await readBy(rig, by);
  const isSame = again.state === 'known' && canonicalJson(again.value) === canonicalJson(read.value);
  return (
    whyUncertified(read, rig) ??
    (by === 'observe'
      ? whyIncomplete(read as Known<Snapshot>, rig)
      : whyActivityIncomplete(read as Known<readonly Activity[]>, rig)) ??
    (isSame ? null : 'another answer when read again')
  );
}

async function isUnknown(
  rig: ContractRig,
  by: ListingRead,
  reasons: readonly string[],
): Promise<string | null> {
  const read = await readBy(rig, by);
  return read.state === 'unknown' && reasons.includes(read.reason)
    ? null
    : `expected unknown (${reasons.join(', ')}), found ${shown(read)}`;
}

/** After a read, a hang that was aborted, and the end, no socket is left and no timer that keeps the process. */
async function closes(under: AdapterUnderTest): Promise<string | null> {
  const before = held();
  const rig = await under.open(PLAIN);
  try {
    await readBy(rig, 'observe');
    if (rig.knows('hang', 'observe')) {
      rig.meet('hang', 'observe');
      await settled((signal) => rig.exchange.observe({ fillsSinceMs: null }, signal), 20);
    }
  } finally {
    await rig.close();
  }
  for (let waitedMs = 0; held() > before; waitedMs += 10) {
    if (waitedMs >= CLOSED_WITHIN_MS) return `${held() - before} more sockets than before`;
    await new Promise((resolve) => systemClock.setTimeout(resolve, 10));
  }
  return null;
}

const held = (): number =>
  process.getActiveResourcesInfo().filter((kind) => /TCP|TLS|Pipe/.test(kind)).length;
