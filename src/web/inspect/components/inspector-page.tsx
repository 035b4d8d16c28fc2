/** The inspector's whole page: a bar, the actors, beside them the one that is selected, the mailboxes, and time. */
import { useEffect, useState } from 'react';
import { FaultBoundary } from '../../components/fault-boundary.tsx';
import { useSignal } from '../../hooks/use-signal.ts';
import { selection } from '../model/selection.ts';
import type { Importer } from '../model/importer.ts';
import type { Session } from '../model/session.ts';
import { ActorPane } from './actor-pane.tsx';
import { LeftPane } from './left-pane.tsx';
import { Mailboxes } from './mailboxes.tsx';
import { RecordingBanner } from './recording-banner.tsx';
import { Splitter } from './splitter.tsx';
import { TopBar } from './top-bar.tsx';
import { TravelBar } from './travel-bar.tsx';

/** How much of the width the actors have at first, in percent. */
const usualShare = 66;

interface InspectorPageProps {
  readonly session: Session;
  readonly importer: Importer;
}

export function InspectorPage({ session, importer }: InspectorPageProps) {
  const view = useSignal(session.view);
  const selected = useSignal(selection);
  const [share, setShare] = useState(usualShare);
  useEffect(() => session.watch(selected), [session, selected]);
  return (
    <div className="inspector">
      <div>
        <FaultBoundary of="The bar at the top">
          <TopBar session={session} importer={importer} />
        </FaultBoundary>
        <RecordingBanner session={session} />
      </div>
      {view === undefined ? (
        <main className="waiting">
          <p>Waiting for the first actors …</p>
        </main>
      ) : (
        <main className="panes" style={{ gridTemplateColumns: `${share}% auto minmax(0, 1fr)` }}>
          <h1 className="visually-hidden">Inspector</h1>
          <LeftPane session={session} view={view} />
          <Splitter share={share} onMove={setShare} />
          <FaultBoundary of="This actor" occasion={selected}>
            <ActorPane key={selected} session={session} view={view} id={selected} />
          </FaultBoundary>
        </main>
      )}
      {view !== undefined && (
        <div>
          <FaultBoundary of="What fills the mailboxes">
            <Mailboxes session={session} view={view} />
          </FaultBoundary>
          <FaultBoundary of="The bar of time">
            <TravelBar session={session} view={view} selected={selected} />
          </FaultBoundary>
        </div>
      )}
    </div>
  );
}
