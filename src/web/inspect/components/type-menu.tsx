/** The menu of types: which kinds of events and changes are shown. */
import { choose } from '../model/sequence-reading.ts';
import type { Sequence } from '../model/sequence.ts';
import { countWords } from '../model/words.ts';
import { Menu } from './menu.tsx';

interface TypeMenuProps {
  readonly types: Sequence['types'];
  readonly hidden: ReadonlySet<string>;
}

export function TypeMenu({ types, hidden }: TypeMenuProps) {
  const listed = [...types].toSorted(([, a], [, b]) => b.count - a.count);
  const names = listed.map(([name]) => name);
  const hiddenHere = names.filter((name) => hidden.has(name)).length;
  const toggle = (name: string): void => {
    const next = new Set(hidden);
    if (!next.delete(name)) next.add(name);
    choose({ hidden: next });
  };
  return (
    <Menu
      label={hiddenHere === 0 ? 'Types' : `Types, ${hiddenHere} hidden`}
      title="Types of events and changes"
      isWide
    >
      <div className="both">
        <button type="button" onClick={() => choose({ hidden: new Set() })}>
          All
        </button>
        <button type="button" onClick={() => choose({ hidden: new Set([...hidden, ...names]) })}>
          None
        </button>
      </div>
      {names.length === 0 && <p className="hint">None has happened yet.</p>}
      <ul className="types">
        {listed.map(([name, { count, tone }]) => (
          <li key={name}>
            <label>
              <input type="checkbox" checked={!hidden.has(name)} onChange={() => toggle(name)} />
              <span className="swatch" data-tone={tone} />
              <span>{name}</span>
              <span className="count">{countWords(count)}</span>
            </label>
          </li>
        ))}
      </ul>
    </Menu>
  );
}
