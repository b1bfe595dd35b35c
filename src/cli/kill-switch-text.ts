import type { KillSwitch } from '../domain/risk/kill-switch.ts';
import { ageText } from './age-text.ts';
import { printable } from './table.ts';

/** Who has stopped trading, how long ago and why; null where nobody has. */
export const killSwitchText = ({ isOn, by, atMs, reason }: KillSwitch, nowMs: number): string | null =>
  isOn
    ? `trading was stopped by ${printable(by)} ${ageText(nowMs - atMs)} ago: ${printable(reason)} (trueup rearm)`
    : null;
