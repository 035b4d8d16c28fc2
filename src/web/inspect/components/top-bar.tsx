/** The bar at the top: what is inspected, whether it still talks, how much there is, and what was left out. */
import { ThemeButton } from '../../components/theme-button.tsx';
import favicon from '../../favicon.svg';
import { useSignal } from '../../hooks/use-signal.ts';
import type { Importer } from '../model/importer.ts';
import type { Session, View } from '../model/session.ts';
import { countWords } from '../model/words.ts';
import { ImportButton } from './import-button.tsx';
import { LinkBadge } from './link-badge.tsx';

interface TopBarProps {
  readonly session: Session;
  readonly importer: Importer;
}

export function TopBar({ session, importer }: TopBarProps) {
  const hello = useSignal(session.hello);
  const view = useSignal(session.view);
  const isPast = useSignal(session.travel.cursor) !== undefined;
  const isLive = hello?.mode === 'live';
  return (
    <header className="bar">
      <p className="brand">
        <img src={favicon} alt="" width="20" height="20" />
        {hello?.title ?? 'Inspector'}
      </p>
      {hello !== undefined && (
        <span className="mode" data-past={isLive && isPast}>
          {isLive && isPast ? 'past' : hello.mode}
        </span>
      )}
      <LinkBadge session={session} />
      {view !== undefined && <Counts view={view} />}
      <Notices session={session} view={view} />
      <div className="tools">
        {isLive && (
          <a href={`recording.jsonl${location.search}`} download>
            Save recording
          </a>
        )}
        {hello?.statelyUrl !== undefined && <a href={`stately/${location.search}`}>Stately Inspector …</a>}
        <ImportButton importer={importer} />
        <ThemeButton />
      </div>
    </header>
  );
}

function Counts({ view: { actors, gauges, recordsSeen } }: { readonly view: View }) {
  const { connections, rooms } = gauges.at(-1) ?? {};
  const total = connections && connections.connecting + connections.open + connections.closing;
  return (
    <dl className="counts">
      <Count name="actor" value={actors.size} />
      {total !== undefined && <Count name="connection" value={total} />}
      {rooms !== undefined && <Count name="room" value={rooms} />}
      <Count name="record" value={recordsSeen} />
    </dl>
  );
}

/** @param name of one of them */
function Count({ name, value }: { readonly name: string; readonly value: number }) {
  return (
    <div>
      <dt>{value === 1 ? name : `${name}s`}</dt>
      <dd>{countWords(value)}</dd>
    </div>
  );
}

function Notices({ session, view }: { readonly session: Session; readonly view: View | undefined }) {
  const lost = useSignal(session.lost);
  const sampledAway = view?.sampledAway ?? 0;
  return (
    <p className="notices" role="status">
      {sampledAway > 0 && (
        <span title="So many messages passed in a second that only some of them were recorded">
          {countWords(sampledAway)} sampled away
        </span>
      )}
      {lost !== undefined && (
        <span title="This page read too slowly, and was given a new beginning">
          {countWords(lost.records)} records lost
        </span>
      )}
    </p>
  );
}
