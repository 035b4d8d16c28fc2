/**
 * The selection is what the page's address names, so that it can be linked to: an actor, and what is shown at the left,
 * as in `#actor=x:12&tab=sequence`.
 */
import { Signal } from '../../model/signal.ts';

/** What the left pane shows: the first one unless the address names another. */
export const tabNames = ['actors', 'sequence', 'graveyard', 'lab'] as const;

export type Tab = (typeof tabNames)[number];

export const selection = new Signal<string | undefined>(actorInAddress());
export const tab = new Signal<Tab>(tabInAddress());

window.addEventListener('hashchange', () => {
  selection.set(actorInAddress());
  tab.set(tabInAddress());
});

/** Selects an actor; the address follows, without a step in the browser's history for each. */
export function select(actor: string): void {
  selection.set(actor);
  writeAddress();
}

export function showTab(name: Tab): void {
  tab.set(name);
  writeAddress();
}

function writeAddress(): void {
  const named = {
    ...(selection.value === undefined ? {} : { actor: selection.value }),
    ...(tab.value === 'actors' ? {} : { tab: tab.value }),
  };
  history.replaceState(null, '', `#${new URLSearchParams(named).toString()}`);
}

function actorInAddress(): string | undefined {
  return inAddress().get('actor') ?? undefined;
}

function tabInAddress(): Tab {
  return tabNames.find((name) => name === inAddress().get('tab')) ?? 'actors';
}

function inAddress(): URLSearchParams {
  return new URLSearchParams(location.hash.slice(1));
}
