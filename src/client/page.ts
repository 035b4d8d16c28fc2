/** The page tells the machine when the network or the reader may have come back: then it pays to ask at once. */
import { fromCallback } from 'xstate';
import type { PageEvents } from './environment.ts';

export type PageEdge =
  | { type: 'online' } // the browser thinks that there is a network now
  | { type: 'offline' } // it thinks that there is none
  | { type: 'visible' }; // the page came into view

export const pageLogic = fromCallback<{ type: 'none' }, { page: PageEvents }>(({ input, sendBack }) =>
  input.page((type) => sendBack({ type })),
);
