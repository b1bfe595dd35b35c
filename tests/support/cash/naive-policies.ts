import {
  type CashScript,
  FEE_PARTS,
  MARGIN_PARTS,
  MICROS_PER_LOT_TICK,
  PATH_STEPS,
  signOf,
  stressPerLot,
  type Wish,
} from './cash-script.ts';
import { chargeOf } from './venue-charge.ts';

/**
 * What is done without a protocol, kept to show that the histories are hard. `plannedProceeds` reckons with fees and
 * some slippage, but spends what its sells shall bring before they have. `confirmedCashBlind` waits for its sells, then
 * spends all that is confirmed, without fees, slippage and rounding. Both trade at the market.
 */
export const NAIVE_POLICIES = ['plannedProceeds', 'confirmedCashBlind'] as const;
export type NaivePolicy = (typeof NAIVE_POLICIES)[number];

/** When the sells of a patient policy are over. */
const CONFIRMED_STEP = PATH_STEPS / 2;

/** Whether an account is overdrawn at any time of a script where a policy decides: the account's money or collateral. */
export function isOverdrawn(script: CashScript, policy: NaivePolicy): boolean {
  const account = new NaiveAccount(script);
  if (policy === 'plannedProceeds') spendPlanned(account, script);
  else spendConfirmed(account, script);
  return account.lowest < 0;
}

function spendPlanned(account: NaiveAccount, script: CashScript): void {
  const first = priceAt(script, 0);
  const feePart = script.feeBps / FEE_PARTS;
  const planned = script.sells.reduce((total, { share }) => {
    return (
      total + Math.floor(script.heldLots * share) * (neededPerLot(script, first) - value(1, first) * feePart)
    );
  }, 0);
  const budget = account.free(first) + planned;
  const worst = slipped(script, first);
  const lots = (share: number) =>
    Math.floor((budget * share) / (neededPerLot(script, worst) + value(1, worst) * feePart));
  const trades = [
    ...script.sells.map((wish) => ({
      wish,
      isOpening: false,
      lots: Math.floor(script.heldLots * wish.share),
    })),
    ...script.buys.map((wish) => ({ wish, isOpening: true, lots: lots(wish.share) })),
  ].sort((a, b) => a.wish.step - b.wish.step);
  for (const { wish, isOpening, lots: wanted } of trades) {
    account.trade({
      isOpening,
      lots: Math.floor(wanted * wish.filledShare),
      price: priceAt(script, wish.step),
    });
  }
}

function spendConfirmed(account: NaiveAccount, script: CashScript): void {
  for (const { step, share, filledShare } of script.sells) {
    const lots = Math.floor(Math.floor(script.heldLots * share) * filledShare);
    account.trade({ isOpening: false, lots, price: priceAt(script, Math.min(step, CONFIRMED_STEP)) });
  }
  const decided = priceAt(script, CONFIRMED_STEP);
  const budget = account.free(decided);
  script.buys.forEach(({ share }: Wish, index) => {
    const lots = Math.floor((budget * share) / neededPerLot(script, decided));
    account.trade({ isOpening: true, lots, price: priceAt(script, CONFIRMED_STEP + 1 + index) });
  });
}

class NaiveAccount {
  lowest = 0;
  readonly #script: CashScript;
  #money: number;
  #lots: number;

  constructor(script: CashScript) {
    this.#script = script;
    this.#money = script.money;
    this.#lots = script.heldLots;
  }

  /** Money, or collateral above the initial margin at a mark. */
  free(mark: number): number {
    return this.#money + signOf(this.#script.position) * this.#lots * stressPerLot(this.#script, mark);
  }

  trade({ isOpening, lots, price }: { isOpening: boolean; lots: number; price: number }): void {
    if (lots <= 0) return;
    const isBuy = isOpening === isOpenedByBuys(this.#script);
    this.#money -= chargeOf(this.#script, { side: isBuy ? 'buy' : 'sell', lots, price }).money;
    this.#lots += isOpening ? lots : -lots;
    this.lowest = Math.min(this.lowest, this.free(price));
  }
}

const isOpenedByBuys = ({ kind, position }: CashScript): boolean =>
  kind !== 'perpetual' || signOf(position) > 0;

const value = (lots: number, price: number): number => lots * price * MICROS_PER_LOT_TICK;

const neededPerLot = ({ kind, margin }: CashScript, price: number): number =>
  kind === 'perpetual' ? (value(1, price) * margin) / MARGIN_PARTS : value(1, price);

const priceAt = ({ path }: CashScript, step: number): number => path[Math.min(step, path.length - 1)] ?? 1;

function slipped(script: CashScript, price: number): number {
  const slip = (price * script.limitSlipBps) / FEE_PARTS;
  return isOpenedByBuys(script) ? Math.ceil(price + slip) : Math.max(1, Math.floor(price - slip));
}
