/** The keys that work anywhere on the page; the help dialog lists them. */
import { useEffect, useEffectEvent } from 'react';

export interface Shortcuts {
  readonly help: () => void;
  /** Goes so many rooms down the list. */
  readonly step: (places: number) => void;
  readonly toggleMembers: () => void;
  /** What Escape closes now. */
  readonly escape: (() => void) | undefined;
}

export function useShortcuts(shortcuts: Shortcuts): void {
  const pressed = useEffectEvent((event: KeyboardEvent) => {
    const act = actionOf(event, shortcuts);
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => pressed(event);
    window.addEventListener('keydown', listener);
    return () => window.removeEventListener('keydown', listener);
  }, []);
}

function actionOf(event: KeyboardEvent, shortcuts: Shortcuts): (() => void) | undefined {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey) return undefined;
  if (event.altKey) {
    if (event.key === 'ArrowUp') return () => shortcuts.step(-1);
    if (event.key === 'ArrowDown') return () => shortcuts.step(1);
    // On a Mac, Alt makes other letters of these.
    if (event.code === 'KeyJ') return () => focusOn('#join');
    if (event.code === 'KeyW') return () => focusOn('#text');
    if (event.code === 'KeyM') return shortcuts.toggleMembers;
    return undefined;
  }
  if (event.key === '?' && !isTyping(event.target)) return shortcuts.help;
  if (event.key === 'Escape' && document.querySelector('dialog[open]') === null) return shortcuts.escape;
  return undefined;
}

function focusOn(selector: string): void {
  document.querySelector<HTMLElement>(selector)?.focus();
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
}
