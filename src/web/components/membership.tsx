/** A membership keeps this page in a room for as long as it is mounted, and shows nothing: what comes goes to the conversation. */
import { useLayoutEffect } from 'react';
import { useRoom } from '../../react.ts';
import { useSignal } from '../hooks/use-signal.ts';
import type { Conversation } from '../model/conversation.ts';
import { sparingFetch } from '../model/sparing-fetch.ts';

/** Where the page is, and so the server. */
const url = new URL('.', location.href);

export function Membership({ conversation }: { readonly conversation: Conversation }) {
  const name = useSignal(conversation.wantedName);
  const { room } = useRoom({
    url,
    room: conversation.name,
    name,
    after: conversation.position,
    fetch: sparingFetch,
    // The conversation keeps them.
    messagesKept: 0,
  });
  useLayoutEffect(() => (room === undefined ? undefined : conversation.attach(room)), [conversation, room]);
  return null;
}
