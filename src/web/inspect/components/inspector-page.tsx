/** The inspector's whole page: a bar, the actors, beside them the one that is selected, the mailboxes, and time. */
import { useEffect } from 'react';
import { FaultBoundary } from '../../components/fault-boundary.tsx';
import { useSignal } from '../../hooks/use-signal.ts';
import { useExtent } from '../hooks/use-extent.ts';
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

/** How much of the width the actors have, in percent. */
const actorsWidth = { least: 30, usual: 66, most: 80, step: 2 };

/** How high the mailboxes are, in pixels. */
const mailboxesHeight = { least: 96, usual: 124, most: 400, step: 16 };

interface InspectorPageProps {
  readonly session: Session;
  readonly importer: Importer;
}

export function InspectorPage({ session, importer }: InspectorPageProps) {
  const view = useSignal(session.view);
  const selected = useSignal(selection);
  const width = useExtent('actors-width', actorsWidth);
  const height = useExtent('mailboxes-height', mailboxesHeight);
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
        <main className="panes" style={{ gridTemplateColumns: `${width.now}% auto minmax(0, 1fr)` }}>
          <h1 className="visually-hidden">Inspector</h1>
          <LeftPane session={session} view={view} />
          <Splitter
            label="Width of the actors"
            orientation="vertical"
            extent={width}
            extentAt={({ clientX }, { parentElement }) => {
              const { left = 0, width: whole = 1 } = parentElement?.getBoundingClientRect() ?? {};
              return (100 * (clientX - left)) / whole;
            }}
          />
          <FaultBoundary of="This actor" occasion={selected}>
            <ActorPane key={selected} session={session} view={view} id={selected} />
          </FaultBoundary>
        </main>
      )}
      {view !== undefined && (
        <footer>
          <Splitter
            label="Height of the mailboxes"
            orientation="horizontal"
            extent={height}
            extentAt={({ clientY }, { nextElementSibling }) =>
              (nextElementSibling?.getBoundingClientRect().bottom ?? clientY) - clientY
            }
          />
          <div className="mailboxes-place" style={{ height: height.now }}>
            <FaultBoundary of="What fills the mailboxes">
              <Mailboxes view={view} />
            </FaultBoundary>
          </div>
          <FaultBoundary of="The bar of time">
            <TravelBar session={session} view={view} selected={selected} />
          </FaultBoundary>
        </footer>
      )}
    </div>
  );
}
