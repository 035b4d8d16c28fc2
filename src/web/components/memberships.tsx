/** The memberships of all rooms that this page is in, whichever of them is shown. */
import { useSignal } from '../hooks/use-signal.ts';
import type { Conversation } from '../model/conversation.ts';
import type { Rooms } from '../model/rooms.ts';
import { Membership } from './membership.tsx';

export function Memberships({ rooms }: { readonly rooms: Rooms }) {
  return useSignal(rooms.all).map((conversation) => (
    <Renewed key={conversation.name} conversation={conversation} />
  ));
}

/** A membership that ended for good is followed by another one where somebody wants it back. */
function Renewed({ conversation }: { readonly conversation: Conversation }) {
  const joins = useSignal(conversation.joins);
  return <Membership key={joins} conversation={conversation} />;
}
