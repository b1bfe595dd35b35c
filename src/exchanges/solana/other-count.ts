import { type Unknown, unknown } from '../../domain/venue/observation.ts';

/** An account that is left out of an answer is not an account that does not exist. */
export function otherCount(accounts: readonly unknown[], addresses: readonly string[]): Unknown | null {
  if (accounts.length === addresses.length) return null;
  return unknown('malformed', `asked for ${addresses.length} accounts, ${accounts.length} answered`);
}
