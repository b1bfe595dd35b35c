import type { Kysely } from 'kysely';
import { canonicalJson } from '../src/domain/canonical-json.ts';
import type { DayJudgement } from '../src/domain/risk/day-judgement.ts';
import type { Database } from './tables.ts';

/** Null before the first. */
export async function readDayJudgement(db: Kysely<Database>): Promise<DayJudgement | null> {
  const row = await db.selectFrom('day_judgement').selectAll().executeTakeFirst();
  if (row === undefined) return null;
  const body = JSON.parse(row.body) as Pick<DayJudgement, 'correlation' | 'strategies'>;
  return { valuedAtMs: row.valued_at_ms, rememberedLevel: row.remembered_level, ...body };
}

/** In the place of the one before. */
export async function saveDayJudgement(
  db: Kysely<Database>,
  { valuedAtMs, rememberedLevel, correlation, strategies }: DayJudgement,
): Promise<void> {
  const judged = {
    valued_at_ms: valuedAtMs,
    remembered_level: rememberedLevel,
    body: canonicalJson({ correlation, strategies }),
  };
  await db
    .insertInto('day_judgement')
    .values({ id: 1, ...judged })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(judged))
    .execute();
}
