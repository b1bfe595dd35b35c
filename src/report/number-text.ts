import { type Html, html } from './html.ts';

/** A fraction as a percentage, with the exact number for whoever reads the page by machine. */
export const percent = (fraction: number): Html =>
  html`<data value="${fraction}">${percentText(fraction)}</data>`;

export const percentText = (fraction: number, decimals = 2): string =>
  `${signed((fraction * 100).toFixed(decimals))} %`;

/** An amount or another number, likewise. */
export const plain = (value: number | string, decimals = 2): Html =>
  html`<data value="${value}">${numberText(value, decimals)}</data>`;

/** With thousands apart by a thin space that does not break. */
export function numberText(value: number | string, decimals = 2): string {
  const [whole = '', rest] = Number(value).toFixed(decimals).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ' ');
  return signed(rest === undefined ? grouped : `${grouped}.${rest}`);
}

/** "2026-01-31 14:05" of UTC. */
export const timeText = (atMs: number): string => new Date(atMs).toISOString().slice(0, 16).replace('T', ' ');
export const dayText = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);

/** With a minus sign, and none before nothing. */
const signed = (text: string): string => (/^-[0. ]*$/.test(text) ? text.slice(1) : text.replace(/^-/, '−'));
