/** The columns of the table of actors: what each is called, says and is sorted by. */
import type { Actor } from '../../../inspector/messages.ts';
import type { Figure } from './figures.ts';
import { ageWords, byteWords, countWords, eventWords, nameOf, rateWords, stateWords } from './words.ts';

interface Column {
  readonly title: string;
  /** What it means, where its title is not enough. */
  readonly hint: string;
  readonly isNumber?: true;
  readonly valueOf: (actor: Actor, figure: Figure | undefined) => string | number;
  readonly words: (actor: Actor, figure: Figure | undefined, now: number) => string;
}

const ifAny = (figure: Figure | undefined, words: (known: Figure) => string): string =>
  figure === undefined ? '' : words(figure);

export const columns = {
  name: {
    title: 'Actor',
    hint: 'the name of the member, or of the actor',
    valueOf: nameOf,
    words: nameOf,
  },
  state: {
    title: 'State',
    hint: 'the innermost states that it is in, in all regions',
    valueOf: stateWords,
    words: stateWords,
  },
  room: {
    title: 'Room',
    hint: 'the room that the connection is in',
    valueOf: ({ connection }) => connection?.room ?? '',
    words: ({ connection }) => connection?.room ?? '',
  },
  via: {
    title: 'Via',
    hint: 'the transport of the connection',
    valueOf: ({ connection }) => connection?.transport ?? '',
    words: ({ connection }) => connection?.transport ?? '',
  },
  age: {
    title: 'Age',
    hint: 'since when it has been known',
    isNumber: true,
    valueOf: ({ since }) => -since,
    words: ({ since }, _, now) => ageWords(now - since),
  },
  in: {
    title: 'In',
    hint: 'messages that came from its client',
    isNumber: true,
    valueOf: (_, figure) => figure?.messagesIn ?? -1,
    words: (_, figure) => ifAny(figure, ({ messagesIn }) => countWords(messagesIn)),
  },
  inRate: {
    title: 'In/s',
    hint: 'messages that came from its client in the last second',
    isNumber: true,
    valueOf: (_, figure) => figure?.inPerSecond ?? -1,
    words: (_, figure) => ifAny(figure, ({ inPerSecond }) => rateWords(inPerSecond)),
  },
  out: {
    title: 'Out',
    hint: 'messages that went to its client',
    isNumber: true,
    valueOf: (_, figure) => figure?.messagesOut ?? -1,
    words: (_, figure) => ifAny(figure, ({ messagesOut }) => countWords(messagesOut)),
  },
  outRate: {
    title: 'Out/s',
    hint: 'messages that went to its client in the last second',
    isNumber: true,
    valueOf: (_, figure) => figure?.outPerSecond ?? -1,
    words: (_, figure) => ifAny(figure, ({ outPerSecond }) => rateWords(outPerSecond)),
  },
  outbox: {
    title: 'Outbox',
    hint: 'what its client has not taken yet: messages and bytes',
    isNumber: true,
    valueOf: (_, figure) => figure?.outboxBytes ?? -1,
    words: (_, figure) =>
      ifAny(figure, ({ outboxMessages, outboxBytes }) =>
        outboxBytes === 0 ? '0' : `${outboxMessages} · ${byteWords(outboxBytes)}`,
      ),
  },
  lastEvent: {
    title: 'Last event',
    hint: 'what happened to it last',
    valueOf: ({ lastEvent = '' }) => lastEvent,
    words: ({ lastEvent = '' }) => eventWords(lastEvent),
  },
} as const satisfies Record<string, Column>;

export type ColumnName = keyof typeof columns;

export const columnNames = Object.keys(columns) as ColumnName[];
