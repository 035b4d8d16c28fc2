/** The side of the page: which rooms one is in, how to enter another, and who one is. */
import favicon from '../favicon.svg';
import { useSignal } from '../hooks/use-signal.ts';
import type { Rooms } from '../model/rooms.ts';
import { Avatar } from './avatar.tsx';
import { Icon } from './icon.tsx';
import { JoinForm } from './join-form.tsx';
import { RoomList } from './room-list.tsx';
import { ThemeButton } from './theme-button.tsx';

interface SidebarProps {
  readonly rooms: Rooms;
  readonly isHidden: boolean;
  readonly onHelp: () => void;
  readonly onName: () => void;
}

export function Sidebar({ rooms, isHidden, onHelp, onName }: SidebarProps) {
  const member = useSignal(rooms.member);
  return (
    <header className="side" inert={isHidden}>
      <p className="brand">
        <img src={favicon} alt="" width="24" height="24" />
        hubbub
      </p>
      <nav aria-label="Rooms">
        <h2>Rooms</h2>
        <RoomList rooms={rooms} />
        <JoinForm rooms={rooms} />
      </nav>
      <div className="you">
        <button type="button" className="who" onClick={onName} aria-haspopup="dialog">
          <Avatar name={member === '' ? '?' : member} />
          <span className="name">{member === '' ? 'A guest' : member}</span>
          <Icon name="pencil" />
          <span className="visually-hidden">Change your name</span>
        </button>
        <ThemeButton />
        <button type="button" className="quiet" onClick={onHelp} aria-haspopup="dialog" title="Help (?)">
          <Icon name="help" />
          <span className="visually-hidden">Help</span>
        </button>
      </div>
    </header>
  );
}
