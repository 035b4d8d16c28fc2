/** The pane at the left: the actors alive, those connections that are no more, or the lab. */
import { useState } from 'react';
import { useSignal } from '../../hooks/use-signal.ts';
import type { Session, View } from '../model/session.ts';
import { ActorsPane } from './actors-pane.tsx';
import { GraveyardPane } from './graveyard-pane.tsx';
import { LabPane } from './lab-pane.tsx';

type Tab = 'Actors' | 'Graveyard' | 'Lab';

export function LeftPane({ session, view }: { readonly session: Session; readonly view: View }) {
  const hello = useSignal(session.hello);
  const [tab, setTab] = useState<Tab>('Actors');
  const isLive = hello?.mode === 'live';
  const tabs: Tab[] = ['Actors'];
  if (isLive && hello.hasFlights) tabs.push('Graveyard');
  if (isLive && hello.hasLab) tabs.push('Lab');
  // What was shown may be there no more, after the server came back as another.
  const shown = tabs.includes(tab) ? tab : 'Actors';
  return (
    <div className="left">
      {tabs.length > 1 && (
        <nav className="tabs" aria-label="What is shown">
          {tabs.map((name) => (
            <button key={name} type="button" aria-pressed={name === shown} onClick={() => setTab(name)}>
              {name}
            </button>
          ))}
        </nav>
      )}
      {shown === 'Actors' && <ActorsPane session={session} view={view} />}
      {shown === 'Graveyard' && <GraveyardPane session={session} view={view} />}
      {shown === 'Lab' && <LabPane session={session} view={view} />}
    </div>
  );
}
