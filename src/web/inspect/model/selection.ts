/**
 * The selection is what the page's address names, so that it can be linked to: an actor, what is shown at the left, and
 * the lifelines that somebody has picked, as in `#actor=x:12&tab=sequence&lifeline=x:12&lifeline=x:2`.
 */
import { Signal } from '../../model/signal.ts';

/** What the left pane can show: the actors unless the address names another. */
export type Tab = 'actors' | 'sequence' | 'graveyard' | 'lab';

export const selection = new Signal<string | undefined>(actorInAddress());
/** As the address names it, which may be any word. */
export const tab = new Signal<string>(tabInAddress());

/** Undefined are the usual ones of the actor that is selected. */
export const lifelines = new Signal<readonly string[] | undefined>(lifelinesInAddress());

window.addEventListener('hashchange', () => {
  selection.set(actorInAddress());
  tab.set(tabInAddress());
  lifelines.set(lifelinesInAddress());
});

/** Selects an actor; the address follows, without a step in the browser's history for each. */
export function select(actor: string): void {
  selection.set(actor);
  history.replaceState(null, '', address());
}

export function showTab(name: Tab): void {
  tab.set(name);
  history.replaceState(null, '', address());
}

/** Picks lifelines, or none of one's own: a step in the browser's history, which leads back to those of before. */
export function pickLifelines(picked: readonly string[] | undefined): void {
  if (picked?.join('\n') === lifelines.value?.join('\n')) return;
  lifelines.set(picked);
  history.pushState(null, '', address());
}

function address(): string {
  const named = new URLSearchParams();
  if (selection.value !== undefined) named.set('actor', selection.value);
  if (tab.value !== 'actors') named.set('tab', tab.value);
  for (const id of lifelines.value ?? []) named.append('lifeline', id);
  return `#${named.toString()}`;
}

function actorInAddress(): string | undefined {
  return inAddress().get('actor') ?? undefined;
}

function tabInAddress(): string {
  return inAddress().get('tab') ?? 'actors';
}

function lifelinesInAddress(): string[] | undefined {
  const picked = inAddress().getAll('lifeline');
  return picked.length === 0 ? undefined : picked;
}

function inAddress(): URLSearchParams {
  return new URLSearchParams(location.hash.slice(1));
}
