import { knownBasis, type Lot } from '../../../src/domain/lots/lot.ts';
import type { PlannedMethod } from '../../../src/domain/lots/lot-method.ts';
import { amount, multiply, round } from '../../../src/domain/money/amount.ts';
import type { PlanInput, PlanTaxInput } from '../../../src/domain/rebalancing/plan-input.ts';
import { type Random, seededRandom } from '../../../src/platform/random.ts';

export const AT_MS = Date.parse('2026-01-01T12:00:00Z');
export const DAY_MS = 86_400_000;

export const TAX: PlanTaxInput = {
  method: 'mintax',
  methods: {},
  rates: { shortTerm: amount('0.37'), longTerm: amount('0.15'), usableLoss: amount('1') },
  longTerm: 'ownRate',
  networkFee: 'disposal',
  zone: 'UTC',
  aversion: amount('1'),
  atMs: AT_MS,
  lots: [],
  recentLosses: [],
};

export const taxLot = (
  id: string,
  of: {
    account: string;
    asset: string;
    quantity: string;
    cost: string | null;
    days: number;
    source?: Lot['source'];
  },
): Lot => ({
  id,
  origin: id,
  account: of.account,
  asset: of.asset,
  quantity: amount(of.quantity),
  basis: of.cost === null ? { state: 'unknown' } : knownBasis(amount(of.cost), amount(of.quantity)),
  acquiredAtMs: AT_MS - of.days * DAY_MS,
  heldSince: of.cost === null ? { state: 'unknown' } : { state: 'known', atMs: AT_MS - of.days * DAY_MS },
  source: of.source ?? 'purchase',
  isReplacement: false,
});

/** An input with lots for all that it holds, bought at up to half less or more than the price, over three years. */
export function withLots(
  input: PlanInput,
  at: { readonly seed: number; readonly method?: PlannedMethod; readonly unknownShare?: number },
): PlanInput {
  const random = seededRandom(at.seed);
  const lots = input.venues.flatMap(({ id: account, holdings, markets }) =>
    Object.entries(holdings).flatMap(([asset, held]) => {
      const bid = markets.find((market) => market.asset === asset)?.bid ?? amount('1');
      return cut(random, held).map((quantity, index) => {
        const price = multiply(bid, amount((0.5 + random.next()).toFixed(4)));
        const isUnknown = random.next() < (at.unknownShare ?? 0);
        return taxLot(`${account} ${asset} ${index}`, {
          account,
          asset,
          quantity,
          cost: isUnknown ? null : round(multiply(price, quantity), 8),
          days: Math.floor(random.next() * 1_000),
        });
      });
    }),
  );
  return { ...input, tax: { ...TAX, method: at.method ?? 'mintax', lots } };
}

function cut(random: Random, held: string): readonly ReturnType<typeof amount>[] {
  const parts = 1 + Math.floor(random.next() * 5);
  const atoms = BigInt(Math.floor(Number(held) * 1e8));
  const quantities = Array.from({ length: parts }, () => atoms / BigInt(parts)).filter((part) => part > 0n);
  return quantities.map((part) => amount((Number(part) / 1e8).toFixed(8)));
}
