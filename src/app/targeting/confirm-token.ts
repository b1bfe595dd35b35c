import { readTokenMappings, saveTokenMappings } from '../../../db/target-repository.ts';
import { confirmMapping, needsConfirmation } from '../../domain/strategies/infer-tokens.ts';
import { type Answer, done, refused } from '../portfolio/answer.ts';
import type { RoundContext } from '../portfolio/round-context.ts';

/** A person's word that a strategy trades an asset. Says so where there is nothing to confirm. */
export async function confirmToken(
  { strategy, asset }: { readonly strategy: string; readonly asset: string },
  by: string,
  { db, nowMs, change }: RoundContext,
): Promise<Answer> {
  const mappings = await readTokenMappings(db);
  const found = mappings.find((each) => each.strategy === strategy && each.asset === asset);
  if (found === undefined) {
    const known = mappings.filter((each) => each.strategy === strategy).map((each) => each.asset);
    return refused(
      `expected an asset that ${strategy} is mapped to (${known.join(', ') || 'there is none'}), found ${asset}`,
    );
  }
  if (!needsConfirmation(found)) return refused(`${asset} of ${strategy} needs no confirmation`);
  const after = mappings.map((each) => (each === found ? confirmMapping(each, { by, atMs: nowMs }) : each));
  await saveTokenMappings(db, after);
  change.afterwards.push(({ targets }) => {
    targets.tokens = after;
  });
  return done(`${strategy} trades ${asset}: confirmed`);
}
