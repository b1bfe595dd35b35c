/** What a person is told of a decision. */
export interface Answer {
  readonly status: 'done' | 'refused';
  readonly reason: string;
}

export const done = (reason: string): Answer => ({ status: 'done', reason });
export const refused = (reason: string): Answer => ({ status: 'refused', reason });
