/**
 * React's way into a room: a hook that stays in one for as long as its component is mounted, and one that shows the
 * state of a room that something else has joined.
 */
import { useSelector } from '@xstate/react';
import { useCallback, useEffect, useRef, useState } from 'react';
import {
  joinRoom,
  SendError,
  type ChatMessage,
  type Gap,
  type JoinOptions,
  type Room,
  type RoomState,
  type TransportName,
} from './client/index.ts';

export interface UseRoomOptions extends JoinOptions {
  /** How many of the last messages are kept: 200 unless given. With 0 no message renders anything. */
  readonly messagesKept?: number | undefined;
}

export interface UsedRoom {
  /** For its other events and doings; undefined until it is joined, which is right after the first render. */
  readonly room: Room | undefined;
  readonly state: RoomState;
  /** The last messages since it was joined, the oldest first, each once. */
  readonly messages: readonly ChatMessage[];
  /** What was missed last and will not come, if anything was: there may be messages on both sides of it. */
  readonly gap: Gap | undefined;
  /** Says something, as the room's own `send` does. Rejects with `closed` where there is no room yet. */
  readonly send: Room['send'];
}

const messagesKeptUnlessGiven = 200;

/** What is shown where no room is joined yet: it is about to be. */
const beforehand: RoomState = { status: 'connecting', attempt: 0, members: 0 };

/** What was heard at one place: all that a room by that name on that server is told, over all the times it is joined. */
interface Heard {
  readonly place: string;
  readonly room: Room;
  readonly messages: readonly ChatMessage[];
  readonly gap: Gap | undefined;
}

/**
 * Joins a room, and closes it when the component goes.
 *
 * Another `url` or `room` is another room. Another `name` renames; another `token` or other `transports` join the
 * same room anew, from the last message on. The other options are read when it is joined.
 * @throws {TypeError} while rendering, where the options make no sense: an error boundary gets it.
 */
export function useRoom(options: UseRoomOptions): UsedRoom {
  const { url, room: roomName = 'general', name, token, transports } = options;
  const place = `${String(url)} ${roomName}`;
  // A list that is written where it is used is another one each time, though it says the same.
  const transportsText = transports && JSON.stringify(transports);
  const [heard, setHeard] = useState<Heard>();

  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });

  /** The room joined last, and the name that it was asked for last. */
  const last = useRef<{ readonly place: string; readonly room: Room; name: string | undefined }>(undefined);
  useEffect(() => {
    const stay = new AbortController();
    const join = () => {
      if (stay.signal.aborted) return;
      const { messagesKept = messagesKeptUnlessGiven, ...joinOptions } = latest.current;
      const known = last.current?.place === place ? last.current.room.state : undefined;
      const room = joinRoom({
        ...joinOptions,
        token,
        transports:
          transportsText === undefined ? undefined : (JSON.parse(transportsText) as TransportName[]),
        name: joinOptions.name ?? known?.name,
        after: known?.position ?? joinOptions.after,
      });
      last.current = { place, room, name: joinOptions.name };
      const add = (change: (heard: Heard) => Partial<Heard>) =>
        setHeard((before) => (before?.room === room ? { ...before, ...change(before) } : before));
      if (messagesKept > 0) {
        room.on('message', (message) =>
          add(({ messages }) => ({ messages: [...messages, message].slice(-messagesKept) })),
        );
      }
      room.on('gap', (gap) => add(() => ({ gap })));
      stay.signal.addEventListener('abort', () => void room.close());
      setHeard((before) => {
        const kept = before?.place === place ? before : { place, messages: [], gap: undefined };
        return { ...kept, room };
      });
    };
    // Strict mode mounts twice at once, as a rehearsal: by then the first mount is over, and has opened nothing.
    queueMicrotask(() => {
      try {
        join();
      } catch (thrown) {
        // What an update throws reaches the error boundary; what a microtask throws would not.
        setHeard(() => {
          throw thrown;
        });
      }
    });
    return () => stay.abort();
  }, [place, token, transportsText]);

  const current = heard?.place === place ? heard : undefined;
  const room = current?.room;
  useEffect(() => {
    if (last.current === undefined || last.current.room !== room) return;
    if (name === undefined || name === last.current.name) return;
    last.current.name = name;
    room.rename(name);
  }, [room, name]);

  const send = useCallback<Room['send']>(
    (content, sendOptions) =>
      room?.send(content, sendOptions) ??
      Promise.reject(new SendError('closed', 'the room is not joined yet')),
    [room],
  );
  return {
    room,
    state: useRoomState(room),
    messages: current?.messages ?? noMessages,
    gap: current?.gap,
    send,
  };
}

const noMessages: readonly ChatMessage[] = [];

/** Shows the state of a room that is joined and closed elsewhere. */
export function useRoomState(room: Room | undefined): RoomState {
  return useSelector(room?.actor, () => room?.state) ?? beforehand;
}
