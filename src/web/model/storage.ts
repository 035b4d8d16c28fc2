/** What this browser remembers of whoever uses it: the name, the rooms, the look. Where it may not remember, it forgets. */

type Key = 'name' | 'rooms' | 'theme' | 'members' | 'actors-width' | 'mailboxes-height';

/** @returns what was kept, or '' where nothing was. */
export function recall(key: Key): string {
  try {
    return localStorage.getItem(`hubbub.${key}`) ?? '';
  } catch {
    return '';
  }
}

export function remember(key: Key, value: string): void {
  try {
    localStorage.setItem(`hubbub.${key}`, value);
  } catch {
    // A browser that keeps nothing is used all the same.
  }
}
