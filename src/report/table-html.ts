import { type Html, html } from './html.ts';

export interface HtmlColumn<Row> {
  readonly title: string;
  readonly cell: (row: Row) => Html | string;
  readonly isNumber?: boolean;
}

/** A table; on a narrow page each row is a block of its own, with the titles before the cells. */
export function tableHtml<Row>(columns: readonly HtmlColumn<Row>[], rows: readonly Row[]): Html {
  const kind = ({ isNumber }: HtmlColumn<Row>): string => (isNumber === true ? 'number' : 'words');
  return html`<table><thead><tr>${columns.map(
    (column) => html`<th class="${kind(column)}" scope="col">${column.title}</th>`,
  )}</tr></thead><tbody>${rows.map(
    (row) =>
      html`<tr>${columns.map(
        (column) => html`<td class="${kind(column)}" data-label="${column.title}">${column.cell(row)}</td>`,
      )}</tr>`,
  )}</tbody></table>`;
}
