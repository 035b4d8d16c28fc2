/** The title of the tab: the room, and how much is unread in all of them. */
import { useEffect, useState } from 'react';
import { useSignal } from '../hooks/use-signal.ts';
import type { Rooms } from '../model/rooms.ts';

export function Title({ rooms }: { readonly rooms: Rooms }) {
  const all = useSignal(rooms.all);
  const active = useSignal(rooms.active);
  const [unread, setUnread] = useState(0);
  useEffect(() => {
    const count = () => setUnread(all.reduce((sum, { view }) => sum + view.value.unread, 0));
    const offs = all.map(({ view }) => view.watch(count));
    count();
    return () => {
      for (const off of offs) off();
    };
  }, [all]);
  const count = unread === 0 ? '' : `(${unread}) `;
  const room = active === undefined ? '' : `#${active.name} · `;
  return <title>{`${count}${room}hubbub`}</title>;
}
