/** Where one says how one wants to be called. */
import { useSignal } from '../hooks/use-signal.ts';
import { formText } from '../model/form-text.ts';
import type { Rooms } from '../model/rooms.ts';
import { Dialog } from './dialog.tsx';

/** As long as the server takes it. */
const longestName = 32;

interface NameDialogProps {
  readonly rooms: Rooms;
  readonly onClose: () => void;
}

export function NameDialog({ rooms, onClose }: NameDialogProps) {
  const member = useSignal(rooms.member);
  const rename = (event: React.SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const name = formText(event.currentTarget, 'name').trim();
    if (name !== '' && name !== member) rooms.rename(name);
    onClose();
  };
  return (
    <Dialog title="Your name" onClose={onClose}>
      <form className="name-form" onSubmit={rename}>
        <label htmlFor="name">What others see</label>
        <input
          id="name"
          name="name"
          defaultValue={member}
          required
          maxLength={longestName}
          // oxlint-disable-next-line jsx-a11y/autocomplete-valid -- HTML has it
          autoComplete="nickname"
          spellCheck={false}
        />
        <p className="hint">
          It is kept in this browser. Your rooms are entered anew under it, and nothing is missed.
        </p>
        <button type="submit" className="primary">
          Save
        </button>
      </form>
    </Dialog>
  );
}
