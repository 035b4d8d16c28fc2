/** The button that changes the look: as the system has it, light, dark. */
import { useState } from 'react';
import { applyTheme, storedTheme, type Theme } from '../model/theme.ts';
import { Icon } from './icon.tsx';

const nextTheme: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };
const themeWords: Record<Theme, string> = { system: 'as the system', light: 'light', dark: 'dark' };

export function ThemeButton() {
  const [theme, setTheme] = useState(storedTheme);
  const change = (): void => {
    applyTheme(nextTheme[theme]);
    setTheme(nextTheme[theme]);
  };
  const label = `Look: ${themeWords[theme]}`;
  return (
    <button type="button" className="quiet" onClick={change} title={label}>
      <Icon name={theme} />
      <span className="visually-hidden">{label}</span>
    </button>
  );
}
