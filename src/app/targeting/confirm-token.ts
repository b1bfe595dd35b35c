import type { OpenDatabase } from '../../../db/database.ts';
import { readTokenMappings, saveTokenMappings } from '../../../db/target-repository.ts';
import {
  confirmMapping,
  needsConfirmation,
  type TokenMapping,
} from '../../domain/strategies/infer-tokens.ts';
import { type Answer, done, refused } from '../portfolio/answer.ts';
import type { RoundContext } from '../portfolio/round-context.ts';

/** That a strategy trades an asset or a group. */
export interface StrategyToken {
  readonly strategy: string;
  readonly asset: string;
}

/** A person's word that a strategy trades an asset. Says so where there is nothing to confirm. */
export async function confirmToken(
  token: StrategyToken,
  by: string,
  { db, nowMs, change }: RoundContext,
): Promise<Answer> {
  const { answer, mappings } = await confirmIn(db, token, { by, atMs: nowMs });
  change.afterwards.push(({ targets }) => {
    targets.tokens = mappings;
  });
  return answer;
}

/** The same in a database, within the transaction that `db` is, with the map as it is afterwards. */
export async function confirmIn(
  db: OpenDatabase['db'],
  { strategy, asset }: StrategyToken,
  confirmation: { readonly by: string; readonly atMs: number },
): Promise<{ readonly answer: Answer; readonly mappings: readonly TokenMapping[] }> {
  const before = await readTokenMappings(db);
  const found = before.find((each) => each.strategy === strategy && each.asset === asset);
  if (found === undefined) {
    const known = before.filter((each) => each.strategy === strategy).map((each) => each.asset);
    const expected =
      known.length === 0 ? 'a strategy that is mapped to an asset' : `one of ${known.join(', ')}`;
    return { answer: refused(`${strategy}: expected ${expected}, found ${asset}`), mappings: before };
  }
  if (!needsConfirmation(found))
    return { answer: refused(`${asset} of ${strategy} needs no confirmation`), mappings: before };
  const mappings = before.map((each) => (each === found ? confirmMapping(each, confirmation) : each));
  await saveTokenMappings(db, mappings);
  return { answer: done(`${strategy} trades ${asset}: confirmed`), mappings };
}
