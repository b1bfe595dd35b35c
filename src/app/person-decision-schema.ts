import * as z from 'zod';
import { foundText, pathText } from './configuration-problem.ts';
import type { PersonDecision } from './portfolio-api.ts';
import { object, text } from './schema-terms.ts';

/** Checks what the bot passes on as a person's decision. @throws {TypeError} that names the place, before anything is done. */
export function parsePersonDecision(raw: unknown): PersonDecision {
  return parseWith(decisionSchema, raw, 'decision');
}

/** Who decided, as the audit log will say. @throws {TypeError} */
export function parseActor(raw: unknown): string {
  return parseWith(text('who decides, as text'), raw, 'by');
}

/** @throws {TypeError} that names the place, what was expected and what was found. */
function parseWith<T>(schema: z.ZodType<T>, raw: unknown, name: string): T {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path ?? [];
  const found = path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown>)?.[key], raw);
  const place = path.length === 0 ? name : `${name}.${pathText(path)}`;
  const expected = issue?.code === 'unrecognized_keys' ? 'no unknown key' : issue?.message;
  throw new TypeError(`${place}: expected ${expected}, found ${foundText(found, path)}`);
}

const onCorrection = { correctionId: text('the id of a correction') };
const withReason = { reason: text('why, as text') };
const onPlan = { planHash: text('the hash of a plan') };

const DECISIONS = [
  object({ kind: z.literal('openVenue'), venue: text('the id of a venue') }),
  object({ kind: z.literal('acceptDiscrepancy'), discrepancyId: text('the id of a discrepancy') }),
  object({ kind: z.literal('approveCorrection'), ...onCorrection }),
  object({ kind: z.literal('rejectCorrection'), ...onCorrection }),
  object({ kind: z.literal('reverseCorrection'), ...onCorrection }),
  object({ kind: z.literal('approvePlan'), ...onPlan }),
  object({ kind: z.literal('rejectPlan'), ...onPlan }),
  object({ kind: z.literal('abortRebalance'), ...withReason }),
  object({ kind: z.literal('pauseRebalance'), ...withReason }),
  object({ kind: z.literal('resumeRebalance'), ...withReason }),
  object({ kind: z.literal('haltTrading'), ...withReason }),
  object({ kind: z.literal('rearmTrading'), ...withReason }),
  object({ kind: z.literal('acknowledgeAlert'), alertId: text('the id of an alert'), ...withReason }),
  object({
    kind: z.literal('confirmToken'),
    strategy: text('the id of a strategy'),
    asset: text('the name of an asset or a group'),
  }),
  object({
    kind: z.literal('addNote'),
    text: z.string({ error: 'a text' }),
    venue: text('the id of a venue, or null').nullable(),
    on: text('the id of a discrepancy or of a correction, or null').nullable(),
  }),
] as const;

const KINDS = DECISIONS.map(({ shape }) => `"${shape.kind.value}"`).join(', ');

const decisionSchema: z.ZodType<PersonDecision> = z.discriminatedUnion('kind', DECISIONS, {
  error: `an object with "kind": one of ${KINDS}`,
});
