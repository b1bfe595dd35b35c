import type { ReturnsRead, SignalsReported } from '../../../actors/messages/portfolio-messages.ts';
import {
  addToSignalHistory,
  readSignalHistory,
  readSignals,
  saveSignal,
} from '../../../db/target-repository.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';
import { sha256Hex } from '../../domain/hash.ts';
import { HISTORY_MAX } from '../../domain/signals/gather-signals.ts';
import { settleSignals } from '../../domain/signals/settle-signals.ts';
import { estimateCovariance } from '../../domain/targets/estimate-covariance.ts';
import type { RoundContext } from '../portfolio/round-context.ts';

/** Keeps what sources say, within the transaction that `db` is; what is not kept is told and changes nothing. */
export async function keepSignals(message: SignalsReported, context: RoundContext): Promise<void> {
  const { db, settings, nowMs, change } = context;
  const { requestId, by, signals } = message;
  const method = settings.targeting?.method;
  const rules = method?.kind === 'signals' ? method.rules : null;
  // Messages of one batch follow each other: the database has those before.
  const { outcomes, kept } = settleSignals(signals, { rules, known: await readSignals(db), nowMs });
  for (const signal of kept) {
    await saveSignal(db, signal, nowMs);
    if (rules?.aggregation !== undefined) await addToSignalHistory(db, signal, 1 + HISTORY_MAX);
  }
  change.announcements.push({ type: 'signalsSettled', atMs: nowMs, requestId, outcomes });
  // A file is told again at every start: what it repeats is no news.
  if (outcomes.some(({ status }) => status === 'kept' || status === 'refused'))
    change.audit.push({
      atMs: nowMs,
      actor: by,
      kind: 'signalsReported',
      body: { requestId, signals, outcomes },
    });
  const after = await readSignals(db);
  if (kept.length > 0 && rules?.aggregation !== undefined) {
    const history = await readSignalHistory(db);
    change.afterwards.push(({ targets }) => {
      targets.signalHistory = history;
    });
  }
  change.afterwards.push(({ targets }) => {
    targets.signals = after;
  });
}

/** Takes over what a file of returns says; the audit log keeps which it was, and the journal what it said. */
export function takeReturns(
  { returns, uses = ['targets'] }: ReturnsRead,
  { nowMs, change }: RoundContext,
): void {
  const { source } = returns;
  const body =
    returns.state === 'unread'
      ? { ...returns, uses }
      : {
          state: returns.state,
          source,
          uses,
          observations: returns.observations,
          endsAtMs: returns.endsAtMs,
          hash: sha256Hex(canonicalJson(returns.returns)),
        };
  change.audit.push({ atMs: nowMs, actor: 'targets', kind: 'returnsRead', body });
  change.afterwards.push((state) => {
    if (uses.includes('targets')) state.targets.returns = returns;
    if (uses.includes('covariance')) state.covariance = estimateCovariance(returns);
  });
}
