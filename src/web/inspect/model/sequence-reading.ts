/** How somebody reads the sequence: what they chose, whether it is paused, and where they are. Changing tabs keeps it. */
import { Signal } from '../../model/signal.ts';
import { actorOfConnection, castOf } from './cast.ts';
import { pickLifelines, select, selection, showTab } from './selection.ts';
import type { View } from './session.ts';

export interface SequenceChoice {
  /** Undefined leaves it to what the lifelines are. */
  readonly showsOthers: boolean | undefined;
  readonly actor: string | undefined;
  readonly hidden: ReadonlySet<string>;
  readonly text: string;
}

/** Where the list is: at its end, or at a row, of which so many pixels are hidden. */
export type Place = 'end' | { readonly seq: number; readonly hiddenPx: number };

/** A connection whose story is asked for. */
export interface StoryWish {
  /** Its own id. */
  readonly connection: string;
  readonly name: string;
  /** What was selected then: whoever selects something else has read enough. */
  readonly selected: string | undefined;
}

/** The inspector's own question to the hub, once a second, would be half of what one sees. */
const ownQuestion = 'look';

const noFilter = { actor: undefined, hidden: new Set([ownQuestion]), text: '' };

export const choice = new Signal<SequenceChoice>({ showsOthers: undefined, ...noFilter });

/** What is shown while it is paused. */
export const held = new Signal<View | undefined>(undefined);

/** The number of the row under the cursor, and whether its details are shown. */
export const cursor = new Signal<{ readonly seq: number; readonly isOpen: boolean } | undefined>(undefined);

/** The number of the last record when one left the end. */
export const leftAt = new Signal<number | undefined>(undefined);

export const storyWish = new Signal<StoryWish | undefined>(undefined);

let place: Place = 'end';

export function placeNow(): Place {
  return place;
}

/** @param lastSeq the number of the last row that there is */
export function keepPlace(next: Place, lastSeq: number): void {
  place = next;
  if (next === 'end') leftAt.set(undefined);
  else if (leftAt.value === undefined) leftAt.set(lastSeq);
}

export function choose(changes: Partial<SequenceChoice>): void {
  choice.set({ ...choice.value, ...changes });
}

/** Whether somebody filters more than is filtered from the beginning. */
export function isFiltering({ actor, hidden, text }: Omit<SequenceChoice, 'showsOthers'>): boolean {
  return actor !== undefined || text !== '' || [...hidden].some((type) => type !== ownQuestion);
}

export function clearFilters(): void {
  choose(noFilter);
}

/** Selects an actor, and keeps the lifelines, which would else become those of this actor. */
export function selectAmong(lifelines: readonly string[], id: string): void {
  pickLifelines(lifelines);
  select(id);
}

/** Shows what happened to a connection, alive or not: by its sequence, or by its story where the records are gone. */
export function tellStory(view: View, { id, name }: { readonly id: string; readonly name: string }): void {
  const actor = actorOfConnection(castOf(view), id);
  held.set(undefined);
  cursor.set(undefined);
  clearFilters();
  choose({ showsOthers: undefined });
  pickLifelines(undefined);
  // One that lives goes on; of one that is no more the beginning is the place to begin.
  keepPlace(actor !== undefined && view.actors.has(actor.id) ? 'end' : { seq: 0, hiddenPx: 0 }, Infinity);
  if (actor !== undefined) select(actor.id);
  storyWish.set({ connection: id, name, selected: selection.value });
  showTab('sequence');
}
