/** Light or dark: as the system has it, unless its user chose otherwise here. */
import { recall, remember } from './storage.ts';

export type Theme = 'system' | 'light' | 'dark';

export function storedTheme(): Theme {
  const theme = recall('theme');
  return theme === 'light' || theme === 'dark' ? theme : 'system';
}

export function applyTheme(theme: Theme): void {
  remember('theme', theme);
  document.documentElement.dataset['theme'] = theme;
}
