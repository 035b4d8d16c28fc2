/** The graveyard: the connections that were closed last, each with its end, and its story where it is opened. */
import { useEffect, useState } from 'react';
import type { Graveyard } from '../../../inspector/messages.ts';
import { useStoryOf } from '../hooks/use-story.ts';
import type { Session, View } from '../model/session.ts';
import { ageWords, countWords } from '../model/words.ts';
import { StoryButton } from './story-button.tsx';
import { Steps } from './story-list.tsx';

type Grave = Graveyard['graves'][number];

const gravesShown = 200;

export function GraveyardPane({ session, view }: { readonly session: Session; readonly view: View }) {
  const [yard, setYard] = useState<Graveyard>();
  const [opened, setOpened] = useState<string>();
  // Whenever another has ended there is another grave.
  const lastEnded = [...view.ended.keys()].at(-1);
  useEffect(() => {
    let isWanted = true;
    const ask = async (): Promise<void> => {
      const reply = await session.ask({ type: 'graveyard', limit: gravesShown });
      if (isWanted && reply?.type === 'graveyard') setYard(reply);
    };
    void ask();
    return () => {
      isWanted = false;
    };
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- see above
  }, [session, lastEnded]);

  const graves = yard?.graves.filter(({ end }) => !view.isPast || (end?.at ?? 0) <= view.at) ?? [];
  if (yard === undefined) return <p className="lesson">Asking …</p>;
  if (yard.graves.length > 0 && graves.length === 0) {
    return <p className="lesson">Of the connections that are remembered none was closed by then.</p>;
  }
  if (graves.length === 0) {
    return (
      <p className="lesson">
        No connection has been closed since the server started. Each that is will be here, with its code, its
        reason and its last fifty steps: also those that nobody watched.
      </p>
    );
  }
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- whoever has no mouse scrolls it by keys
    <section className="graveyard" aria-label="Graveyard" tabIndex={0}>
      <p className="hint">
        {view.isPast
          ? `The ${graves.length} of those remembered that were closed by then, the latest first.`
          : `The last ${graves.length} of ${countWords(yard.total)} that were closed, the latest first.`}
      </p>
      <ul>
        {graves.map((grave) => (
          <li key={grave.facts.id}>
            <button
              type="button"
              aria-expanded={opened === grave.facts.id}
              onClick={() => setOpened(opened === grave.facts.id ? undefined : grave.facts.id)}
            >
              <GraveLine grave={grave} />
            </button>
            <StoryButton view={view} id={grave.facts.id} name={grave.facts.name} />
            {opened === grave.facts.id && <GraveStory session={session} connection={grave.facts.id} />}
          </li>
        ))}
      </ul>
    </section>
  );
}

function GraveLine({ grave: { facts, end, messagesIn, messagesOut } }: { readonly grave: Grave }) {
  return (
    <>
      <b title={facts.name}>{facts.name}</b>
      <span title={facts.room}>{facts.room}</span>
      <span>
        {end?.code} {end?.name}
      </span>
      <span>by the {end?.by}</span>
      <span>lived {ageWords((end?.at ?? facts.openedAt) - facts.openedAt)}</span>
      <span>
        {countWords(messagesIn)} in, {countWords(messagesOut)} out
      </span>
    </>
  );
}

function GraveStory({ session, connection }: { readonly session: Session; readonly connection: string }) {
  const story = useStoryOf(session, connection);
  return story === undefined ? null : <Steps steps={story.steps} forgotten={story.forgotten} />;
}
