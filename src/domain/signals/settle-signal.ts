import type { SignalRules } from '../targets/derive-signals.ts';
import { isSameSignal, type Signal } from './signal.ts';

/** What became of a signal that was reported. Everything but `kept` changes nothing. */
export interface SignalOutcome {
  readonly source: string;
  readonly asset: string;
  /** `repeated`: known already. `late`: a newer one of the source on the asset is known. */
  readonly status: 'kept' | 'repeated' | 'late' | 'refused';
  /** Empty where it was kept. */
  readonly reason: string;
}

/** How far the clock of a source may be ahead of ours. */
const SIGNAL_AHEAD_MAX_MS = 60_000;

/**
 * Whether a signal takes the place of `before`, the one that is known of its source on its asset. Refused is what nobody
 * is expected to say, what is of a time that has not come, and two different ones of one time.
 */
export function settleSignal(
  signal: Signal,
  {
    rules,
    before,
    nowMs,
  }: {
    /** Null where no targets are derived from signals. */
    readonly rules: SignalRules | null;
    readonly before: Signal | null;
    readonly nowMs: number;
  },
): SignalOutcome {
  const { source, asset, atMs } = signal;
  const settled = (status: SignalOutcome['status'], reason: string): SignalOutcome => ({
    source,
    asset,
    status,
    reason,
  });
  if (rules === null)
    return settled('refused', 'expected "method": {"kind": "signals"}, found another method');
  if (!rules.sources.some((one) => one.source === source && one.asset === asset))
    return settled(
      'refused',
      `expected a source on an asset that method.sources names, found ${source} on ${asset}`,
    );
  if (atMs > nowMs + SIGNAL_AHEAD_MAX_MS)
    return settled('refused', `expected a time that has come, found ${atMs - nowMs} ms from now`);
  if (before === null || before.atMs < atMs) return settled('kept', '');
  if (before.atMs > atMs) return settled('late', `one of ${before.atMs - atMs} ms later is known`);
  return isSameSignal(before, signal)
    ? settled('repeated', 'it is known already')
    : settled('refused', `expected the same signal again, found another one of the time ${atMs}`);
}
