/** The inspector's whole page: a bar, the actors, and beside them the one that is selected. */
import { useEffect, useState } from 'react';
import { useSignal } from '../../hooks/use-signal.ts';
import { selection } from '../model/selection.ts';
import type { Session } from '../model/session.ts';
import { ActorPane } from './actor-pane.tsx';
import { LeftPane } from './left-pane.tsx';
import { Mailboxes } from './mailboxes.tsx';
import { Splitter } from './splitter.tsx';
import { TopBar } from './top-bar.tsx';

/** How much of the width the actors have at first, in percent. */
const usualShare = 62;

export function InspectorPage({ session }: { readonly session: Session }) {
  const view = useSignal(session.view);
  const selected = useSignal(selection);
  const [share, setShare] = useState(usualShare);
  useEffect(() => session.watch(selected), [session, selected]);
  return (
    <div className="inspector">
      <TopBar session={session} />
      {view === undefined ? (
        <main className="waiting">
          <p>Waiting for the first actors …</p>
        </main>
      ) : (
        <main className="panes" style={{ gridTemplateColumns: `${share}% auto minmax(0, 1fr)` }}>
          <h1 className="visually-hidden">Inspector</h1>
          <LeftPane session={session} view={view} />
          <Splitter share={share} onMove={setShare} />
          <ActorPane key={selected} session={session} view={view} id={selected} />
        </main>
      )}
      {view !== undefined && <Mailboxes session={session} view={view} />}
    </div>
  );
}
