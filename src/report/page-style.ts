/** The page's own style: nothing is loaded from anywhere. Light, dark by the reader's choice, and light on paper. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --surface: #ffffff; --panel: #f6f7f9; --text: #1b1f24; --muted: #57606a; --line: #d5dae0;
  --series-1: #1f5fbf; --series-2: #8a5a00; --gain: #1a7f4b; --loss: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --surface: #14171b; --panel: #1c2127; --text: #e8eaed; --muted: #a4adb8; --line: #39414a;
    --series-1: #7fb0ff; --series-2: #e0b252; --gain: #5ec994; --loss: #ff8b80;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 24px 16px 48px; max-width: 976px; background: var(--surface); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: break-word;
}
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 4px; }
h2 { font-size: 1.2rem; margin: 40px 0 8px; }
p { margin: 4px 0 12px; max-width: 68ch; }
.muted, figcaption { color: var(--muted); font-size: 0.9rem; }
figure { margin: 12px 0; break-inside: avoid; }
svg { display: block; width: 100%; height: auto; }
.narrow { display: none; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 8px; margin: 12px 0; }
dl > div { background: var(--panel); border-radius: 6px; padding: 8px 12px; break-inside: avoid; }
dt { color: var(--muted); font-size: 0.85rem; }
dd { margin: 0; font-variant-numeric: tabular-nums; }
.groups { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0 16px; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
th, td { text-align: left; vertical-align: top; padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); }
th { color: var(--muted); font-weight: 600; overflow-wrap: normal; }
td.words { overflow-wrap: break-word; min-width: 9ch; }
td.number { white-space: nowrap; }
td.words { min-width: 7ch; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
tr { break-inside: avoid; }
.key::before { content: ""; display: inline-block; width: 1.6em; margin-right: 0.4em; vertical-align: middle; border-top: 2px solid; }
.key.value::before { border-color: var(--series-1); }
.key.deposits::before { border-color: var(--series-2); border-top-style: dashed; }
@media (max-width: 760px) {
  .wide { display: none; }
  .narrow { display: block; }
  .groups { grid-template-columns: minmax(0, 1fr); }
  table, tbody, tr, td { display: block; }
  thead { display: none; }
  tr { border-bottom: 1px solid var(--line); padding: 8px 0; }
  td, td.number { border: 0; padding: 2px 0; text-align: left; white-space: normal; }
  td::before { content: attr(data-label) ": "; color: var(--muted); }
}
@media print {
  :root {
    color-scheme: light;
    --surface: #ffffff; --panel: #f6f7f9; --text: #1b1f24; --muted: #57606a; --line: #d5dae0;
    --series-1: #1f5fbf; --series-2: #8a5a00; --gain: #1a7f4b; --loss: #b3261e;
  }
  body { padding: 0; max-width: none; print-color-adjust: exact; }
  .wide { display: block; }
  .narrow { display: none; }
  .groups { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  table { display: table; }
  thead { display: table-header-group; }
  tbody { display: table-row-group; }
  tr { display: table-row; }
  td, td.number { display: table-cell; padding: 4px 8px 4px 0; border-bottom: 1px solid var(--line); }
  td.number { text-align: right; }
  td::before { content: none; }
  h2 { break-after: avoid; }
}
`;
