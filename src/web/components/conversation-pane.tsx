/** One room as one takes part in it: its head, what was said, and where one writes. */
import { useSignal } from '../hooks/use-signal.ts';
import type { Conversation } from '../model/conversation.ts';
import type { Rooms } from '../model/rooms.ts';
import { Composer } from './composer.tsx';
import { ConnectionBadge } from './connection-badge.tsx';
import { FaultBoundary } from './fault-boundary.tsx';
import { Icon } from './icon.tsx';
import { LossBanner } from './loss-banner.tsx';
import { MessageList } from './message-list.tsx';
import { Spoken } from './spoken.tsx';

interface ConversationPaneProps {
  readonly rooms: Rooms;
  readonly conversation: Conversation;
  readonly membersAreOpen: boolean;
  /** Whether a drawer lies over it. */
  readonly isHidden: boolean;
  readonly onMembers: () => void;
  readonly onRooms: () => void;
}

export function ConversationPane(props: ConversationPaneProps) {
  const { rooms, conversation } = props;
  return (
    <main className="pane" inert={props.isHidden}>
      <Head {...props} />
      <LossBanner conversation={conversation} onTry={() => rooms.tryNow()} />
      <FaultBoundary of="What was said">
        <MessageList conversation={conversation} />
      </FaultBoundary>
      <Spoken conversation={conversation} />
      <Composer conversation={conversation} />
    </main>
  );
}

function Head({ conversation, membersAreOpen, onMembers, onRooms }: ConversationPaneProps) {
  const { members } = useSignal(conversation.state);
  return (
    <header className="head">
      <button type="button" className="quiet only-phone" onClick={onRooms} title="Rooms">
        <Icon name="menu" />
        <span className="visually-hidden">Rooms</span>
      </button>
      <h1>
        <span className="hash" aria-hidden="true">
          #
        </span>
        {conversation.name}
      </h1>
      <ConnectionBadge conversation={conversation} />
      <button
        type="button"
        className="quiet"
        onClick={onMembers}
        aria-pressed={membersAreOpen}
        title={membersAreOpen ? 'Hide members (Alt+M)' : 'Show members (Alt+M)'}
      >
        <Icon name="members" />
        <span className="count">{members}</span>
        <span className="visually-hidden">{members === 1 ? 'member' : 'members'}</span>
      </button>
    </header>
  );
}
