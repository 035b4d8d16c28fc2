/** The rooms one is in, each with what is unread there. */
import { useSignal } from '../hooks/use-signal.ts';
import type { Conversation } from '../model/conversation.ts';
import { hashOf } from '../model/room-names.ts';
import type { Rooms } from '../model/rooms.ts';
import { Icon } from './icon.tsx';

export function RoomList({ rooms }: { readonly rooms: Rooms }) {
  const all = useSignal(rooms.all);
  const active = useSignal(rooms.active);
  return (
    <ul className="rooms">
      {all.map((conversation) => (
        <RoomLink
          key={conversation.name}
          conversation={conversation}
          isActive={conversation === active}
          onLeave={() => rooms.leave(conversation)}
        />
      ))}
    </ul>
  );
}

interface RoomLinkProps {
  readonly conversation: Conversation;
  readonly isActive: boolean;
  readonly onLeave: () => void;
}

function RoomLink({ conversation, isActive, onLeave }: RoomLinkProps) {
  const { unread } = useSignal(conversation.view);
  const { status } = useSignal(conversation.state);
  const { name } = conversation;
  return (
    <li data-status={status}>
      <a
        href={hashOf(name)}
        aria-current={isActive ? 'page' : undefined}
        data-unread={unread > 0 || undefined}
      >
        <span className="hash" aria-hidden="true">
          #
        </span>
        <span className="name">{name}</span>
        {unread > 0 && (
          <span className="unread">
            {unread > 999 ? '999+' : unread}
            <span className="visually-hidden"> unread</span>
          </span>
        )}
      </a>
      <button type="button" className="quiet leave" onClick={onLeave} title={`Leave ${name}`}>
        <Icon name="close" />
        <span className="visually-hidden">Leave {name}</span>
      </button>
    </li>
  );
}
