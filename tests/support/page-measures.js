// What a test asks of a page, evaluated in the browser: plain script, since it knows a document and the rest does not.

globalThis.measures = (() => {
  const isShown = (each) => each.getClientRects().length > 0;
  const shown = (selector) => [...document.querySelectorAll(selector)].filter(isShown);

  /** How wide the page is, and what reaches beyond it. */
  function overflow() {
    const { scrollWidth, clientWidth } = document.documentElement;
    const beyond = shown('body *').filter((each) => each.getBoundingClientRect().right > clientWidth + 0.5);
    return { scrollWidth, clientWidth, beyond: beyond.map((each) => each.outerHTML.slice(0, 120)) };
  }

  /** Every label of every chart that is shown: where it stands and how large it is, in pixels of the screen. */
  function charts() {
    return shown('svg').map((svg) => {
      const { left, right } = svg.getBoundingClientRect();
      const labels = [...svg.querySelectorAll('text')].map((text) => {
        const box = text.getBoundingClientRect();
        const size = Number.parseInt(getComputedStyle(text).fontSize, 10) * (text.getScreenCTM()?.a ?? 0);
        const { left, right, top, bottom } = box;
        return { said: text.textContent, left, right, top, bottom, size };
      });
      return { left, right, labels };
    });
  }

  /** The exact number of each figure that is named, or what stands there instead. */
  function figures() {
    return [...document.querySelectorAll('[data-figure]')].map((each) => [
      each.dataset.figure,
      each.querySelector('data')?.value ?? each.textContent,
    ]);
  }

  /** Texts whose contrast with the page behind them is below a ratio, as WCAG 2 reckons it. */
  function faintBelow(least) {
    const luminance = (colour) =>
      (colour.match(/[\d.]+/g) ?? [])
        .slice(0, 3)
        .map((value) => Number(value) / 255)
        .map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
        .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
    const behind = luminance(getComputedStyle(document.body).backgroundColor);
    const ratioOf = (colour) => {
      const [low, high] = [luminance(colour), behind].sort((a, b) => a - b);
      return (high + 0.05) / (low + 0.05);
    };
    return shown('h1, p, dt, td, figcaption, svg text')
      .map((each) => {
        const { fill, color } = getComputedStyle(each);
        return { said: each.textContent, ratio: ratioOf(each instanceof SVGElement ? fill : color) };
      })
      .filter(({ ratio }) => ratio < least);
  }

  /** Which of the two drawings of a chart is shown, and on what. */
  function layout() {
    return {
      behind: getComputedStyle(document.body).backgroundColor,
      wide: shown('.wide').length,
      narrow: shown('.narrow').length,
    };
  }

  return { overflow, charts, figures, faintBelow, layout };
})();
