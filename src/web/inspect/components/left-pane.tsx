/** The pane at the left: the actors alive, what passed between some, those connections that are no more, or the lab. */
import { FaultBoundary } from '../../components/fault-boundary.tsx';
import { useSignal } from '../../hooks/use-signal.ts';
import { showTab, tab, type Tab } from '../model/selection.ts';
import type { Session, View } from '../model/session.ts';
import { ActorsPane } from './actors-pane.tsx';
import { GraveyardPane } from './graveyard-pane.tsx';
import { LabPane } from './lab-pane.tsx';
import { SequencePane } from './sequence-pane.tsx';

const titles: Record<Tab, string> = {
  actors: 'Actors',
  sequence: 'Sequence',
  graveyard: 'Graveyard',
  lab: 'Lab',
};

export function LeftPane({ session, view }: { readonly session: Session; readonly view: View }) {
  const hello = useSignal(session.hello);
  const wanted = useSignal(tab);
  const isLive = hello?.mode === 'live';
  const tabs: Tab[] = ['actors', 'sequence'];
  if (isLive && hello.hasFlights) tabs.push('graveyard');
  if (isLive && hello.hasLab) tabs.push('lab');
  // What was shown may be there no more, after the server came back as another.
  const shown = tabs.includes(wanted) ? wanted : 'actors';
  return (
    <div className="left">
      <nav className="tabs" aria-label="What is shown">
        {tabs.map((name) => (
          <button key={name} type="button" aria-pressed={name === shown} onClick={() => showTab(name)}>
            {titles[name]}
          </button>
        ))}
      </nav>
      <FaultBoundary of={`The pane “${titles[shown]}”`} occasion={shown}>
        {shown === 'actors' && <ActorsPane session={session} view={view} />}
        {shown === 'sequence' && <SequencePane session={session} view={view} />}
        {shown === 'graveyard' && <GraveyardPane session={session} view={view} />}
        {shown === 'lab' && <LabPane session={session} view={view} />}
      </FaultBoundary>
    </div>
  );
}
