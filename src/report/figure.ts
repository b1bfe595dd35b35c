import { type Html, html, trusted } from './html.ts';

/** Widths that the page has room for: of a desk or a sheet of paper, and of a phone. */
export const WIDE = 944;
export const NARROW = 344;

/**
 * A chart drawn twice, for either width: one that is scaled down to a phone has labels that nobody can read. `saying`
 * is what it shows, for whoever hears the page.
 */
export const figure = (
  saying: string,
  drawAt: (width: number) => string,
  caption: Html | null = null,
): Html =>
  html`<figure role="img" aria-label="${saying}"><div class="wide">${trusted(drawAt(WIDE))}</div><div class="narrow">${trusted(drawAt(NARROW))}</div>${
    caption === null ? null : html`<figcaption>${caption}</figcaption>`
  }</figure>`;
