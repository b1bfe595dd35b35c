import * as z from 'zod';

const DIGITS = /^(?:0|[1-9]\d{0,19})$/;
const UINT64_MAX = 0xffff_ffff_ffff_ffffn;

export const AUTHENTICATOR_ID_EXPECTED =
  'the number of an authenticator: a whole number from 0 on, or its digits as text';

/** A number of 64 bits in decimal digits. */
export const isAuthenticatorId = (text: string): boolean => DIGITS.test(text) && BigInt(text) <= UINT64_MAX;

/** In JSON, a number or its digits, as a number there is exact up to 2^53 - 1 only; digits afterwards. */
export const authenticatorId = () => {
  const error = AUTHENTICATOR_ID_EXPECTED;
  const asNumber = z.number().refine((value) => Number.isSafeInteger(value) && value >= 0, { error });
  const asText = z.string().refine(isAuthenticatorId, { error });
  return z.union([asNumber, asText], { error }).transform(String);
};
