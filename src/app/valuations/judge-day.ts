import { inTransaction, type OpenDatabase } from '../../../db/database.ts';
import { readDayJudgement, saveDayJudgement } from '../../../db/day-judgement-repository.ts';
import { readLastDayAt, readLastDays } from '../../../db/valuation-repository.ts';
import type { RiskLevel } from '../../domain/correlation/correlation-risk.ts';
import {
  type CorrelationJudgement,
  type DayJudgement,
  rememberLevel,
  type StrategyJudgement,
} from '../../domain/risk/day-judgement.ts';
import { strategyFall } from '../../domain/risk/strategy-fall.ts';
import type { AssetGroups } from '../asset-groups.ts';
import { readScopes } from './book-performance.ts';
import { CORRELATED_DAYS, correlationOfHoldings } from './correlation-of-holdings.ts';

/** A strategy that has held nothing for so long is over. */
const FLAT_MS = 30 * 86_400_000;

/**
 * What the newest valuation of a day says of risk: as it was kept, or worked out and kept where that valuation is newer.
 * Two rows are read where nothing is new. Null before the first valuation.
 */
export async function keepDayJudged(
  { db }: Pick<OpenDatabase, 'db'>,
  { groups, nowMs }: { readonly groups: AssetGroups; readonly nowMs: number },
): Promise<DayJudgement | null> {
  const kept = await readDayJudgement(db);
  const valuedAtMs = await readLastDayAt(db, nowMs);
  if (valuedAtMs === null || (kept !== null && kept.valuedAtMs >= valuedAtMs)) return kept;
  const judged = await judgeDay(db, {
    groups,
    valuedAtMs,
    previousLevel: kept?.rememberedLevel ?? null,
  });
  await inTransaction(db, (trx) => saveDayJudgement(trx, judged));
  return judged;
}

/** Of a valuation of a day, which is there, and what was before it. Writes nothing. */
export async function judgeDay(
  db: OpenDatabase['db'],
  of: { readonly groups: AssetGroups; readonly valuedAtMs: number; readonly previousLevel: RiskLevel | null },
): Promise<DayJudgement> {
  const days = await readLastDays(db, { toMs: of.valuedAtMs, limit: CORRELATED_DAYS });
  const correlation = judgementOf(correlationOfHoldings(days, of));
  return {
    valuedAtMs: of.valuedAtMs,
    correlation,
    rememberedLevel: rememberLevel(of.previousLevel, correlation),
    strategies: await judgeStrategies(db, of),
  };
}

function judgementOf(found: ReturnType<typeof correlationOfHoldings>): CorrelationJudgement {
  if (found.state !== 'analysed') return found;
  const { riskLevel, recommendation, reasons } = found.analysis;
  return riskLevel === null || recommendation === null
    ? { state: 'unknown', reason: reasons.riskLevel ?? 'it was not measured' }
    : { state: 'judged', level: riskLevel, recommendation };
}

async function judgeStrategies(
  db: OpenDatabase['db'],
  { groups, valuedAtMs }: { readonly groups: AssetGroups; readonly valuedAtMs: number },
): Promise<readonly StrategyJudgement[]> {
  const { stored, scopes } = await readScopes(db, { groups, by: 'strategy', fromMs: null, toMs: valuedAtMs });
  return scopes
    .filter(({ parts }) =>
      parts.some((own, place) => own.length > 0 && valuedAtMs - (stored[place]?.atMs ?? 0) <= FLAT_MS),
    )
    .map(({ scope, series, parts }) => {
      const unpriced = (parts.at(-1) ?? []).flatMap(({ asset, valueUsd }) =>
        valueUsd === null ? [asset] : [],
      );
      return { strategy: scope, fall: strategyFall(series, unpriced) };
    });
}
