/** The story of a connection as its flight recorder has it, asked for anew whenever something has happened to it. */
import { useEffect, useState } from 'react';
import type { Actor, Story } from '../../../inspector/messages.ts';
import { useSignal } from '../../hooks/use-signal.ts';
import type { Session } from '../model/session.ts';

/** @returns undefined for what is no connection, where nothing is kept of connections, and in the past. */
export function useStory(session: Session, actor: Actor): Story | undefined {
  const isPast = useSignal(session.travel.cursor) !== undefined;
  const isKept = session.hello.value?.hasFlights === true && !isPast;
  return useStoryOf(session, isKept ? actor.connection?.id : undefined, actor);
}

/**
 * @param connection the connection's own id, where there is one to ask about
 * @param occasion when it is another one, the story is asked for anew
 */
export function useStoryOf(
  session: Session,
  connection: string | undefined,
  occasion?: unknown,
): Story | undefined {
  const [story, setStory] = useState<Story>();
  useEffect(() => {
    if (connection === undefined) return undefined;
    let isWanted = true;
    const ask = async (): Promise<void> => {
      const reply = await session.ask({ type: 'story', connection });
      if (isWanted && reply?.type === 'story') setStory(reply.story);
    };
    void ask();
    return () => {
      isWanted = false;
    };
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- it is what happened that is asked about
  }, [session, connection, occasion]);
  return connection === undefined ? undefined : story;
}
