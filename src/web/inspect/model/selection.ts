/** The selection is the actor that the page's address names: `#actor=x:12`, so that it can be linked to. */
import { Signal } from '../../model/signal.ts';

export const selection = new Signal<string | undefined>(actorInAddress());

window.addEventListener('hashchange', () => selection.set(actorInAddress()));

/** Selects an actor; the address follows, without a step in the browser's history for each. */
export function select(actor: string): void {
  history.replaceState(null, '', `#${new URLSearchParams({ actor }).toString()}`);
  selection.set(actor);
}

function actorInAddress(): string | undefined {
  return new URLSearchParams(location.hash.slice(1)).get('actor') ?? undefined;
}
