import { canonicalJson } from '../../src/domain/canonical-json.ts';
import { systemClock } from '../../src/platform/clock.ts';
import {
  type AdapterUnderTest,
  type ContractCase,
  type ContractRig,
  PLAIN,
  type Setting,
} from './contract.ts';
import { settled, shown, whyIncomplete, whyUncertified } from './contract-outcome.ts';

const SKEW_MS = 300_000;
const CLOSED_WITHIN_MS = 1_000;

/** Cases that each need a venue of their own: how much it lists, whose it is, what time it has. */
export function* settingCases(under: AdapterUnderTest): Generator<ContractCase> {
  for (const rows of under.rowCounts) {
    const run = () => within(under, { ...PLAIN, rows }, readsAll);
    yield { name: `observe, ${rows === 0 ? 'nothing' : rows === 1 ? 'one row' : `${rows} rows`}`, run };
  }
  if (under.namesAccount) {
    const run = () => within(under, { ...PLAIN, isForeign: true }, (rig) => isUnknown(rig, ['wrongScope']));
    yield { name: 'observe, wrong account', run };
  }
  for (const skewMs of [SKEW_MS, -SKEW_MS]) {
    const run = () =>
      within(under, { ...PLAIN, skewMs }, (rig) =>
        under.tellsTime ? isUnknown(rig, ['stale']) : readsAll(rig),
      );
    yield { name: `observe, clock ${skewMs > 0 ? 'ahead' : 'behind'}`, run };
  }
  yield { name: 'close, releases everything', run: () => closes(under) };
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

const observe = (rig: ContractRig) =>
  settled((signal) => rig.exchange.observe({ fillsSinceMs: null }, signal));

/** All that the venue has, and the same when it is read again. */
async function readsAll(rig: ContractRig): Promise<string | null> {
  const read = await observe(rig);
  if (read.state === 'unknown') return `expected an answer, found ${shown(read)}`;
  const again = await observe(rig);
  const isSame = again.state === 'known' && canonicalJson(again.value) === canonicalJson(read.value);
  return (
    whyUncertified(read, rig) ??
    whyIncomplete(read, rig) ??
    (isSame ? null : 'another answer when read again')
  );
}

async function isUnknown(rig: ContractRig, reasons: readonly string[]): Promise<string | null> {
  const read = await observe(rig);
  return read.state === 'unknown' && reasons.includes(read.reason)
    ? null
    : `expected unknown (${reasons.join(', ')}), found ${shown(read)}`;
}

/** After a read, a hang that was aborted, and the end, no socket is left and no timer that keeps the process. */
async function closes(under: AdapterUnderTest): Promise<string | null> {
  const before = held();
  const rig = await under.open(PLAIN);
  try {
    await observe(rig);
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
