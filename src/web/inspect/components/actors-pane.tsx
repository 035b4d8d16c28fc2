/** The pane of all actors: a field to search them, and the table. */
import { useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import type { ColumnName } from '../model/columns.ts';
import { rowsOf, type Sort } from '../model/rows.ts';
import type { Session, View } from '../model/session.ts';
import { ActorsTable } from './actors-table.tsx';

export function ActorsPane({ session, view }: { readonly session: Session; readonly view: View }) {
  const [query, setQuery] = useState('');
  const [sort, setSort] = useState<Sort>();
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const search = useRef<HTMLInputElement>(null);
  const wanted = useDeferredValue(query);
  const rows = useMemo(() => rowsOf(view, { query: wanted, sort, toggled }), [view, wanted, sort, toggled]);
  useSlash(() => search.current?.focus());

  const toggle = (key: string): void => {
    const next = new Set(toggled);
    if (!next.delete(key)) next.add(key);
    setToggled(next);
  };

  return (
    <section className="actors" aria-label="Actors">
      <div className="search">
        <input
          ref={search}
          type="search"
          aria-label="Search actors"
          placeholder="Search by name, room, state, transport, address …  ( / )"
          value={query}
          onChange={({ target }) => setQuery(target.value)}
          onKeyDown={({ key, currentTarget }) => {
            if (key !== 'Escape') return;
            setQuery('');
            currentTarget.blur();
          }}
        />
      </div>
      <ActorsTable
        session={session}
        rows={rows}
        sort={sort}
        isSearched={wanted.trim() !== ''}
        hasConnections={[...view.actors.values()].some(({ type }) => type === 'connection')}
        onSort={(by) => setSort(sortedAnew(sort, by))}
        onToggle={toggle}
      />
    </section>
  );
}

/** The largest first; then the smallest first; then in the order in which they came. */
function sortedAnew(sort: Sort | undefined, by: ColumnName): Sort | undefined {
  if (sort?.by !== by) return { by, isDescending: true };
  return sort.isDescending ? { by, isDescending: false } : undefined;
}

/** The key `/` takes one to the search, wherever one is that takes no text. */
function useSlash(act: () => void): void {
  const latest = useRef(act);
  useEffect(() => {
    latest.current = act;
  });
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      const { key, target, ctrlKey, metaKey, altKey } = event;
      if (key !== '/' || ctrlKey || metaKey || altKey || target instanceof HTMLInputElement) return;
      event.preventDefault();
      latest.current();
    };
    window.addEventListener('keydown', pressed);
    return () => window.removeEventListener('keydown', pressed);
  }, []);
}
