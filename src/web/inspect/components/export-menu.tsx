/** The menu of exports: what is shown, as Mermaid's text or as a picture. */
import { useState } from 'react';
import { fullNameOf, headOf, type Cast } from '../model/cast.ts';
import { download } from '../model/download.ts';
import { mermaidMost, sequenceMermaid } from '../model/sequence-mermaid.ts';
import { sequenceSvg } from '../model/sequence-svg.ts';
import type { Sequence, SequenceWish } from '../model/sequence.ts';
import { countWords } from '../model/words.ts';
import { Menu } from './menu.tsx';

interface ExportMenuProps {
  readonly cast: Cast;
  readonly wish: SequenceWish;
  readonly sequence: Sequence;
  /** What is inspected. */
  readonly title: string;
}

export function ExportMenu({ cast, wish: { lifelines }, sequence, title }: ExportMenuProps) {
  const [said, setSaid] = useState('');
  const first = lifelines[0] === undefined ? '' : `${fullNameOf(cast, lifelines[0])} in `;
  const mermaid = (): string => {
    const names = Object.fromEntries(lifelines.map((id) => [id, fullNameOf(cast, id)]));
    const text = sequenceMermaid(sequence.shown.map(sequence.rowOf), names, `${first}${title}`);
    setSaid(
      text.length > mermaidMost
        ? `These are ${countWords(text.length)} characters, and Mermaid draws ${countWords(mermaidMost)} unless it is told otherwise: filter first.`
        : '',
    );
    return text;
  };
  const svg = (): string =>
    sequenceSvg(sequence, {
      title: `${first}${title}`,
      lifelines: lifelines.map((id) => headOf(cast, id)),
      isDark: isPageDark(),
    });
  const copy = async (): Promise<void> => {
    const text = mermaid();
    try {
      await navigator.clipboard.writeText(text);
      setSaid((warning) => `Copied. ${warning}`);
    } catch {
      setSaid('Not copied: the browser allows it to pages of this machine or by https alone.');
    }
  };
  return (
    <Menu label="Export" title="Export what is shown" isAtEnd>
      <button type="button" onClick={() => download('sequence.mmd', 'text/plain', mermaid())}>
        Save as Mermaid
      </button>
      <button type="button" onClick={() => void copy()}>
        Copy as Mermaid
      </button>
      <button type="button" onClick={() => download('sequence.svg', 'image/svg+xml', svg())}>
        Save as SVG
      </button>
      <p className="hint" role="status">
        {said}
      </p>
    </Menu>
  );
}

/** By the theme that was chosen, or else by what the system wants. */
function isPageDark(): boolean {
  const { theme } = document.documentElement.dataset;
  if (theme === 'light' || theme === 'dark') return theme === 'dark';
  return matchMedia('(prefers-color-scheme: dark)').matches;
}
