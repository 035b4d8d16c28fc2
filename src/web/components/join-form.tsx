/** The field in which one names a room to enter; a room that nobody is in comes to be by entering it. */
import { useSignal } from '../hooks/use-signal.ts';
import { formText } from '../model/form-text.ts';
import { hashOf, roomNameHint, roomNamePattern } from '../model/room-names.ts';
import type { Rooms } from '../model/rooms.ts';
import { Icon } from './icon.tsx';

export function JoinForm({ rooms }: { readonly rooms: Rooms }) {
  const problem = useSignal(rooms.problem);
  return (
    <form className="join" onSubmit={join}>
      <label htmlFor="join" className="visually-hidden">
        Join or create a room
      </label>
      <input
        id="join"
        name="room"
        required
        maxLength={64}
        pattern={roomNamePattern}
        title={roomNameHint}
        placeholder="Join or create a room"
        autoCapitalize="none"
        autoComplete="off"
        spellCheck={false}
      />
      <button type="submit" className="quiet" title="Join">
        <Icon name="plus" />
        <span className="visually-hidden">Join</span>
      </button>
      <p className="problem" role="alert">
        {problem}
      </p>
    </form>
  );
}

function join(event: React.SubmitEvent<HTMLFormElement>): void {
  event.preventDefault();
  const room = formText(event.currentTarget, 'room').normalize('NFC');
  event.currentTarget.reset();
  location.hash = hashOf(room);
}
