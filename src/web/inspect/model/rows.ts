/** The rows of the table of actors: a tree, in which connections are grouped by their states. */
import { topState } from '../../../state-value.ts';
import type { Actor } from '../../../inspector/messages.ts';
import { Signal } from '../../model/signal.ts';
import { columns, type ColumnName } from './columns.ts';
import type { Figure } from './figures.ts';
import type { View } from './session.ts';
import { nameOf, stateWords } from './words.ts';

interface RowBase {
  readonly key: string;
  /** How deep it is in the tree, from 1. */
  readonly level: number;
  /** Whether what is below it is shown; undefined where there is nothing. */
  readonly isOpen: boolean | undefined;
}

export type Row =
  | (RowBase & { readonly kind: 'group'; readonly state: string; readonly count: number })
  | (RowBase & { readonly kind: 'actor'; readonly actor: Actor; readonly figure: Figure | undefined });

export interface Sort {
  readonly by: ColumnName;
  readonly isDescending: boolean;
}

export interface Wish {
  /** Only what has this in its words, and what is above it. */
  readonly query: string;
  /** Undefined is the order in which they came. */
  readonly sort: Sort | undefined;
  /** The keys of rows that were opened or shut: a connection is shut at first, all else is open. */
  readonly toggled: ReadonlySet<string>;
}

/** What is wished now: it is kept while another pane is shown. */
export const tableWish = new Signal<Wish>({ query: '', sort: undefined, toggled: new Set() });

const statesInOrder = ['connecting', 'open', 'closing', 'closed'];

export function rowsOf(view: View, wish: Wish): Row[] {
  return new Tree(view, wish).rows;
}

class Tree {
  readonly rows: Row[] = [];
  readonly #view: View;
  readonly #wish: Wish;
  readonly #query: string;
  readonly #below = new Map<string | undefined, Actor[]>();

  constructor(view: View, wish: Wish) {
    this.#view = view;
    this.#wish = wish;
    this.#query = wish.query.trim().toLowerCase();
    for (const actor of view.actors.values()) {
      const isRoot = actor.parent === undefined || !view.actors.has(actor.parent);
      const above = isRoot ? undefined : actor.parent;
      const siblings = this.#below.get(above);
      if (siblings === undefined) this.#below.set(above, [actor]);
      else siblings.push(actor);
    }
    this.#list(undefined, 1);
  }

  #list(above: string | undefined, level: number): void {
    const found = (this.#below.get(above) ?? []).filter((actor) => this.#isWanted(actor));
    const sorted = this.#sorted(found);
    for (const actor of sorted) if (!isConnection(actor)) this.#row(actor, level);
    const groups = new Map<string, Actor[]>();
    for (const actor of sorted) {
      if (!isConnection(actor)) continue;
      const state = topState(actor.value ?? '');
      const members = groups.get(state);
      if (members === undefined) groups.set(state, [actor]);
      else members.push(actor);
    }
    const states = [...groups.keys()].toSorted((a, b) => statesInOrder.indexOf(a) - statesInOrder.indexOf(b));
    for (const state of states) this.#group(state, groups.get(state) ?? [], level);
  }

  #group(state: string, members: readonly Actor[], level: number): void {
    const key = `group ${state}`;
    const isOpen = !this.#wish.toggled.has(key);
    this.rows.push({ kind: 'group', key, level, isOpen, state, count: members.length });
    if (isOpen) for (const actor of members) this.#row(actor, level + 1);
  }

  #row(actor: Actor, level: number): void {
    const { id, type } = actor;
    const hasMore = this.#below.has(id);
    const isOpen = hasMore ? (type !== 'connection') !== this.#wish.toggled.has(id) : undefined;
    this.rows.push({ kind: 'actor', key: id, level, isOpen, actor, figure: this.#view.figures.get(id) });
    if (isOpen === true) this.#list(id, level + 1);
  }

  #isWanted(actor: Actor): boolean {
    if (this.#query === '' || wordsOf(actor).includes(this.#query)) return true;
    // Below a connection that is wanted all is; below others only what is.
    const above = actor.parent === undefined ? undefined : this.#view.actors.get(actor.parent);
    if (above?.type === 'connection' && wordsOf(above).includes(this.#query)) return true;
    return (this.#below.get(actor.id) ?? []).some((child) => this.#isWanted(child));
  }

  #sorted(actors: Actor[]): Actor[] {
    const { sort } = this.#wish;
    if (sort === undefined) return actors;
    const { valueOf } = columns[sort.by];
    const sign = sort.isDescending ? -1 : 1;
    const keyed = actors.map((actor) => ({
      actor,
      value: valueOf(actor, this.#view.figures.get(actor.id)),
    }));
    return keyed.toSorted((a, b) => sign * compare(a.value, b.value)).map(({ actor }) => actor);
  }
}

function isConnection({ type }: Actor): boolean {
  return type === 'connection';
}

function compare(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a) < String(b) ? -1 : Number(String(a) > String(b));
}

function wordsOf(actor: Actor): string {
  const { id, name, type, lastEvent = '', connection } = actor;
  const { room = '', transport = '', address = '' } = connection ?? {};
  return [id, name, type, nameOf(actor), stateWords(actor), lastEvent, room, transport, address]
    .join('\n')
    .toLowerCase();
}
