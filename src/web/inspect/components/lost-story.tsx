/** What happened to a connection of which there are no records: its flight recorder knows its last steps. */
import { useEffect, useState } from 'react';
import type { Story } from '../../../inspector/messages.ts';
import { storyWish, type StoryWish } from '../model/sequence-reading.ts';
import type { Session } from '../model/session.ts';
import { Steps } from './story-list.tsx';

export function LostStory({ session, wish }: { readonly session: Session; readonly wish: StoryWish }) {
  const { connection, name } = wish;
  const [story, setStory] = useState<Story | 'unknown'>();
  useEffect(() => {
    let isWanted = true;
    const ask = async (): Promise<void> => {
      const reply = await session.ask({ type: 'story', connection });
      if (isWanted) setStory((reply?.type === 'story' ? reply.story : undefined) ?? 'unknown');
    };
    void ask();
    return () => {
      isWanted = false;
    };
  }, [session, connection]);
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- whoever has no mouse scrolls it by keys
    <section className="lost-story" aria-label={`What happened to ${name}`} tabIndex={0}>
      <h2>What happened to {name}</h2>
      <p className="hint">
        There are no records of it: it was not watched, or they have been forgotten since. Of every connection
        its last fifty steps are kept.
      </p>
      {story === 'unknown' && <p>Those of {name} are forgotten too.</p>}
      {typeof story === 'object' && <Steps steps={story.steps} forgotten={story.forgotten} />}
      <button type="button" onClick={() => storyWish.set(undefined)}>
        Show the sequence
      </button>
    </section>
  );
}
