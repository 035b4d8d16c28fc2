/** The whole page: the rooms at the side, the conversation in the middle, its members at the other side. */
import { useState } from 'react';
import { phone, useMedia } from '../hooks/use-media.ts';
import { useShortcuts } from '../hooks/use-shortcuts.ts';
import { useSignal } from '../hooks/use-signal.ts';
import type { Rooms } from '../model/rooms.ts';
import { recall, remember } from '../model/storage.ts';
import { ConversationPane } from './conversation-pane.tsx';
import { FaultBoundary } from './fault-boundary.tsx';
import { HelpDialog } from './help-dialog.tsx';
import { Memberships } from './memberships.tsx';
import { Members } from './members.tsx';
import { NameDialog } from './name-dialog.tsx';
import { Sidebar } from './sidebar.tsx';
import { Title } from './title.tsx';

type Drawer = 'rooms' | 'members';

export function App({ rooms }: { readonly rooms: Rooms }) {
  const active = useSignal(rooms.active);
  const isPhone = useMedia(phone);
  const [dialog, setDialog] = useState<'help' | 'name'>();
  const [opened, setOpened] = useState<{ readonly drawer: Drawer; readonly room: string | undefined }>();
  const [showsMembers, setShowsMembers] = useState(recall('members') !== 'hidden');

  // Whoever chose a room, or has room enough, needs no drawer any more.
  const drawer = isPhone && opened?.room === active?.name ? opened?.drawer : undefined;
  const openDrawer = (which: Drawer) => setOpened({ drawer: which, room: active?.name });
  const closeDrawer = () => setOpened(undefined);
  const toggleMembers = (): void => {
    if (isPhone) return drawer === 'members' ? closeDrawer() : openDrawer('members');
    remember('members', showsMembers ? 'hidden' : 'shown');
    setShowsMembers(!showsMembers);
  };
  const membersAreOpen = isPhone ? drawer === 'members' : showsMembers;

  useShortcuts({
    help: () => setDialog('help'),
    step: (places) => rooms.step(places),
    toggleMembers,
    escape: drawer === undefined ? undefined : closeDrawer,
  });

  return (
    <div className="page" data-drawer={drawer}>
      <Title rooms={rooms} />
      <Memberships rooms={rooms} />
      <FaultBoundary of="The list of rooms">
        <Sidebar
          rooms={rooms}
          isHidden={isPhone && drawer !== 'rooms'}
          onHelp={() => setDialog('help')}
          onName={() => setDialog('name')}
        />
      </FaultBoundary>
      {active === undefined ? (
        <main className="pane">
          <button type="button" className="only-phone" onClick={() => openDrawer('rooms')}>
            Rooms
          </button>
          <h1 className="nothing">You are in no room. Join one to chat.</h1>
        </main>
      ) : (
        <ConversationPane
          key={active.name}
          rooms={rooms}
          conversation={active}
          membersAreOpen={membersAreOpen}
          isHidden={drawer !== undefined}
          onMembers={toggleMembers}
          onRooms={() => openDrawer('rooms')}
        />
      )}
      {active !== undefined && membersAreOpen && (
        <FaultBoundary of="The list of members" occasion={active.name}>
          <Members key={`members of ${active.name}`} conversation={active} onClose={toggleMembers} />
        </FaultBoundary>
      )}
      {/* A click beside a drawer closes it; by keyboard, Escape does. */}
      {drawer !== undefined && <div className="backdrop" aria-hidden="true" onClick={closeDrawer} />}
      {dialog === 'help' && <HelpDialog onClose={() => setDialog(undefined)} />}
      {dialog === 'name' && <NameDialog rooms={rooms} onClose={() => setDialog(undefined)} />}
    </div>
  );
}
