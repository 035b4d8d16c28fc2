/** State is what people want to see of a room, out of its machine's snapshot. */
import type { SnapshotFrom } from 'xstate';
import type { Position } from '../broker.ts';
import type { RoomState } from './api.ts';
import type { roomMachine } from './machine.ts';

export type RoomSnapshot = SnapshotFrom<typeof roomMachine>;

export function stateOf(snapshot: RoomSnapshot, position: Position | undefined): RoomState {
  const { transport, attempt, members, retryAt, welcome, ending } = snapshot.context;
  const status = statusOf(snapshot);
  return {
    status,
    transport,
    attempt,
    members,
    ...(status === 'backingOff' && { retryAt }),
    ...(welcome && { you: welcome.you, name: welcome.name, recovered: welcome.recovered }),
    ...(position && { position }),
    ...(ending && { close: ending }),
  };
}

function statusOf({ status, value }: RoomSnapshot): RoomState['status'] {
  // While closing nothing comes any more; only the server's goodbye is waited for.
  if (status === 'error' || value === 'closing') return 'closed';
  return typeof value === 'object' ? 'open' : value;
}

/** @returns what makes two states look different: all but the position. */
export function lookOf(state: RoomState): string {
  return JSON.stringify({ ...state, position: undefined });
}
