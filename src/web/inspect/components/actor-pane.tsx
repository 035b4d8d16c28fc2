/** The pane of the actor that is selected: what it is, where its machine stands, and what happened to it. */
import { useSignal } from '../../hooks/use-signal.ts';
import type { Actor, Projection } from '../../../inspector/messages.ts';
import { useNow } from '../hooks/use-now.ts';
import { lastTaken, type Session, type View } from '../model/session.ts';
import { ageWords, nameOf, stateWords } from '../model/words.ts';
import { Chart } from './chart.tsx';
import { KickButton } from './kick-button.tsx';
import { LabDoings } from './lab-doings.tsx';
import { StoryButton } from './story-button.tsx';
import { StoryList } from './story-list.tsx';
import { Upcoming } from './upcoming.tsx';

interface ActorPaneProps {
  readonly session: Session;
  readonly view: View;
  readonly id: string | undefined;
}

export function ActorPane({ session, view, id }: ActorPaneProps) {
  const definitions = useSignal(session.definitions);
  const ended = id === undefined ? undefined : view.ended.get(id);
  const actor = id === undefined ? undefined : (view.actors.get(id) ?? ended?.actor);
  if (actor === undefined) return <NoActor session={session} id={id} hasAny={view.actors.size > 0} />;
  const definition = definitions.get(actor.machine ?? '');
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- Enter in the table takes one here, to scroll by keys
    <section id="actor" className="actor-pane" aria-label={`Actor ${nameOf(actor)}`} tabIndex={0}>
      <Head
        session={session}
        view={view}
        actor={actor}
        output={ended?.stop.output}
        isAlive={ended === undefined}
      />
      {definition !== undefined && (
        <>
          <Chart session={session} actor={actor} definition={definition} taken={lastTaken(view, actor.id)} />
          <Upcoming session={session} actor={actor} definition={definition} hasEnded={ended !== undefined} />
        </>
      )}
      <StoryList session={session} view={view} actor={actor} />
      <Details session={session} actor={actor} />
    </section>
  );
}

interface NoActorProps {
  readonly session: Session;
  readonly id: string | undefined;
  readonly hasAny: boolean;
}

function NoActor({ session, id, hasAny }: NoActorProps) {
  const hello = useSignal(session.hello);
  return (
    <section id="actor" className="actor-pane" aria-label="No actor">
      <div className="lesson">
        {id !== undefined && (
          <p>
            There is no actor <b>{id}</b>, which the address names, or not any more: an id is good until what
            is watched starts anew.
          </p>
        )}
        {id !== undefined && hello?.hasFlights === true && hello.mode === 'live' && (
          <p>
            If it was a connection, its end may be in the <a href="#tab=graveyard">graveyard</a>.
          </p>
        )}
        {hasAny ? <HowToSelect /> : <p>There is no actor to select.</p>}
      </div>
    </section>
  );
}

function HowToSelect() {
  return (
    <>
      <p>
        Select an actor to see its machine drawn from the code that runs: the states that it is in are lit,
        the arrow that it took last flashes, and its timers count down.
      </p>
      <ul>
        <li>
          <kbd>↑</kbd> <kbd>↓</kbd> go from actor to actor
        </li>
        <li>
          <kbd>→</kbd> <kbd>←</kbd> open and shut what is below one
        </li>
        <li>
          <kbd>/</kbd> searches, <kbd>Esc</kbd> ends that
        </li>
        <li>
          <kbd>Enter</kbd> goes to what is shown here
        </li>
      </ul>
    </>
  );
}

interface HeadProps {
  readonly session: Session;
  readonly view: View;
  readonly actor: Actor;
  readonly output: Projection | undefined;
  readonly isAlive: boolean;
}

function Head({ session, view, actor, output, isAlive }: HeadProps) {
  const now = useNow(session, 1_000);
  const hello = useSignal(session.hello);
  const { id, type, changedAt, connection, value } = actor;
  // The line below says enough of a connection.
  const isTypeKnown = connection !== undefined || type === nameOf(actor);
  return (
    <header className="actor-head">
      <h2>
        {nameOf(actor)} <span className="hint">{isTypeKnown ? id : `${type} · ${id}`}</span>
      </h2>
      {connection !== undefined && (
        <div className="acts">
          {isAlive && hello?.canControl === true && (
            <KickButton session={session} connection={connection.id} />
          )}
          <StoryButton view={view} id={connection.id} name={nameOf(actor)} />
        </div>
      )}
      <p className="hint">
        {connection !== undefined &&
          `${connection.room ?? 'no room'} · ${connection.transport} · ${connection.address} · `}
        {isAlive && value !== undefined && `${stateWords(actor)} for ${ageWords(now - changedAt)}`}
        {!isAlive && `has ended ${output === undefined ? '' : endWords(output)}`}
      </p>
      {hello?.hasLab === true && connection?.lab !== undefined && (
        <LabDoings session={session} connection={connection.id} hasEnded={!isAlive} />
      )}
    </header>
  );
}

/** What an actor left: a connection's close, in words. */
function endWords(output: Projection): string {
  if (typeof output !== 'object' || output === null || !('code' in output)) return JSON.stringify(output);
  const { code, reason = '', by } = output;
  if (typeof code !== 'number' || typeof reason !== 'string' || typeof by !== 'string') return '';
  return `with ${code}${reason === '' ? '' : ` “${reason}”`}, by the ${by}`;
}

function Details({ session, actor }: { readonly session: Session; readonly actor: Actor }) {
  const detail = useSignal(session.detail);
  const context = detail?.context ?? actor.context;
  if (context === undefined && detail?.facts === undefined) return null;
  return (
    <div className="details">
      {detail?.facts !== undefined && <Tree title="Facts" value={detail.facts} />}
      {context !== undefined && <Tree title="Context" value={context} />}
    </div>
  );
}

function Tree({ title, value }: { readonly title: string; readonly value: Projection }) {
  return (
    <section>
      <h3>{title}</h3>
      <pre>{JSON.stringify(value, null, 2)}</pre>
    </section>
  );
}
