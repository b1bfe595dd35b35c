/** The rows of the first table under a heading, cell by cell, without its own heading. */
export function tableUnder(document: string, heading: string): readonly (readonly string[])[] {
  const section = document.split(`\n${heading}\n`)[1]?.split(/\n## /)[0] ?? '';
  const [table = ''] = /(?:^\|.*\|$\n?)+/m.exec(section) ?? [];
  return table
    .trimEnd()
    .split('\n')
    .slice(2)
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
}
