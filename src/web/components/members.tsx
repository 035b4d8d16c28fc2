/** Who is in the room, as it changes. */
import { useMembers } from '../hooks/use-members.ts';
import { useSignal } from '../hooks/use-signal.ts';
import type { Conversation } from '../model/conversation.ts';
import { Avatar } from './avatar.tsx';
import { Icon } from './icon.tsx';

/** Nobody reads further than this. */
const mostShown = 200;

interface MembersProps {
  readonly conversation: Conversation;
  readonly onClose: () => void;
}

export function Members({ conversation, onClose }: MembersProps) {
  const names = useMembers(conversation) ?? [];
  const { name: ownName, members } = useSignal(conversation.state);
  const own = names.indexOf(ownName ?? '');
  return (
    <aside className="members" aria-label="Members">
      <header>
        <h2>
          Members <span className="count">{members}</span>
        </h2>
        <button type="button" className="quiet" onClick={onClose} title="Hide members">
          <Icon name="close" />
          <span className="visually-hidden">Hide members</span>
        </button>
      </header>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- whoever has no mouse scrolls it by keys */}
      <ul tabIndex={0} aria-label="Members">
        {names.slice(0, mostShown).map((name, index) => (
          // oxlint-disable-next-line react/no-array-index-key -- several members may bear one name
          <li key={`${name} ${index}`}>
            <Avatar name={name} />
            <span className="name">{name}</span>
            {index === own && <span className="own">you</span>}
          </li>
        ))}
      </ul>
      {names.length > mostShown && <p className="more">and {names.length - mostShown} more</p>}
    </aside>
  );
}
