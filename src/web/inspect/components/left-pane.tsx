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
  const shown = tabs.find((name) => name === wanted) ?? 'actors';
  return (
    <div className="left">
      <nav className="tabs" aria-label="What is shown">
        {tabs.map((name) => (
          <button key={name} type="button" aria-pressed={name === shown} onClick={() => showTab(name)}>
            {titles[name]}
          </button>
        ))}
      </nav>
      {wanted !== shown && <Missing wanted={wanted} />}
      <FaultBoundary of={`The pane “${titles[shown]}”`} occasion={shown}>
        {shown === 'actors' && <ActorsPane session={session} view={view} />}
        {shown === 'sequence' && <SequencePane session={session} view={view} />}
        {shown === 'graveyard' && <GraveyardPane session={session} view={view} />}
        {shown === 'lab' && <LabPane session={session} view={view} />}
      </FaultBoundary>
    </div>
  );
}

/** Why it is not what the address names. */
function Missing({ wanted }: { readonly wanted: string }) {
  return (
    <p className="missing" role="status">
      {missingWords(wanted)} These are the actors.
    </p>
  );
}

function missingWords(wanted: string): string {
  if (wanted === 'lab') return 'There is no lab here: only a live server that may be controlled has one.';
  if (wanted === 'graveyard') return 'There is no graveyard here: only a live server has one.';
  return `There is no pane “${wanted}”, which the address names.`;
}
