import type { describeInputProblem } from '../../domain/rebalancing/input-problem.ts';
import { parseTargets } from '../../domain/rebalancing/targets.ts';
import { type ResolvedTargets, resolveTargets } from '../../domain/strategies/resolve-targets.ts';
import type { Targeting } from '../../domain/strategies/targeting.ts';
import type { Mode, ServiceSettings } from '../portfolio/service-settings.ts';
import type { TargetMemory } from './target-memory.ts';

type TargetsNow = ResolvedTargets | { readonly state: 'none' };

/** The targets as they stand: of what is configured, by what is known of it now. `none` where nothing is configured. */
export function targetsOf(
  settings: ServiceSettings,
  { returns, signals, signalHistory, tokens, inForce }: TargetMemory,
  { nowMs, mode }: { readonly nowMs: number; readonly mode: Mode },
): TargetsNow {
  const targeting = targetingOf(settings);
  if (targeting === null) return { state: 'none' };
  if ('problem' in targeting) return { state: 'refused', code: 'WRONG_INPUT', problem: targeting.problem };
  const isSame = inForce?.method === targeting.method.kind && inForce.over === targeting.over;
  return resolveTargets(targeting, {
    nowMs,
    returns,
    // What was kept before signals were aggregated is no history, and counts all the same.
    signals: isAggregated(targeting) ? [...signalHistory, ...signals] : signals,
    tokens,
    inForce: isSame ? inForce.uncapped : null,
    isLive: mode === 'live',
  });
}

const isAggregated = ({ method }: Targeting): boolean =>
  method.kind === 'signals' && method.rules.aggregation !== undefined;

/** Plain weights are targeting too, without a method and without caps. */
export function targetingOf(
  settings: Pick<ServiceSettings, 'targets' | 'targeting'>,
): Targeting | { readonly problem: Parameters<typeof describeInputProblem>[0] } | null {
  if (settings.targeting !== undefined) return settings.targeting;
  if (Object.keys(settings.targets).length === 0) return null;
  const parsed = parseTargets(settings.targets);
  if (parsed.state === 'refused') return { problem: parsed.problem };
  return {
    base: { kind: 'weights', weights: parsed.targets },
    method: { kind: 'threshold' },
    over: 'assets',
    caps: { bounds: {}, excess: 'cash' },
    returnsAgeMaxMs: 0,
    unassigned: 'hold',
    symbols: {},
  };
}
