/** Who is in a room, asked for again whenever somebody came or went; not more often than the server likes. */
import { useEffect, useState } from 'react';
import type { Conversation } from '../model/conversation.ts';

/** The time over which comings and goings are gathered before the server is asked. */
const gatherMs = 300;

/** What it is longer by, at most, for each member: in a full room not all are to ask at once, nor often. */
const spreadPerMemberMs = 10;

/** @returns the names in the alphabet's order; undefined until they are known. */
export function useMembers(conversation: Conversation): readonly string[] | undefined {
  const [names, setNames] = useState<readonly string[]>();
  useEffect(() => {
    const leaving = new AbortController();
    let waiting: ReturnType<typeof setTimeout> | undefined;
    const ask = async (): Promise<void> => {
      waiting = undefined;
      // Before one is in, there may be no such room.
      if (conversation.state.value.status !== 'open') return;
      try {
        const url = new URL(`rooms/${encodeURIComponent(conversation.name)}`, location.href);
        const answer = await fetch(url, { signal: leaving.signal });
        if (!answer.ok) return;
        const { names: unsorted } = (await answer.json()) as { names: string[] };
        setNames(unsorted.toSorted((a, b) => a.localeCompare(b)));
      } catch {
        // Without a connection the list stays as it was; the connection's return asks again.
      }
    };
    const askSoon = (): void => {
      const spreadMs = Math.random() * spreadPerMemberMs * conversation.state.value.members;
      waiting ??= setTimeout(() => void ask(), gatherMs + spreadMs);
    };
    let you = conversation.state.value.status === 'open' ? conversation.state.value.you : undefined;
    const offs = [
      conversation.comings.watch(askSoon),
      conversation.state.watch(() => {
        const { state } = conversation;
        if (state.value.you === you || state.value.status !== 'open') return;
        ({ you } = state.value);
        askSoon();
      }),
    ];
    void ask();
    return () => {
      for (const off of offs) off();
      clearTimeout(waiting);
      leaving.abort();
    };
  }, [conversation]);
  return names;
}
