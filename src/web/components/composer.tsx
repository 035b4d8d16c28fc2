/** Where one writes: Enter sends, Shift+Enter makes a new line. What was begun stays with its room. */
import { useEffect, useRef, useState } from 'react';
import type { Conversation } from '../model/conversation.ts';
import { Icon } from './icon.tsx';

const mostRows = 10;

export function Composer({ conversation }: { readonly conversation: Conversation }) {
  const [text, setText] = useState(conversation.draft);
  const box = useRef<HTMLTextAreaElement>(null);
  const isEmpty = text.trim() === '';

  useEffect(() => {
    // On a touch screen this would bring up the keyboard.
    if (matchMedia('(hover: hover)').matches) box.current?.focus();
  }, []);

  const write = (value: string): void => {
    conversation.keepDraft(value);
    setText(value);
  };
  const send = (): void => {
    if (isEmpty) return;
    conversation.send(text.replace(/\s+$/, ''));
    write('');
    box.current?.focus();
  };
  const submitted = (event: React.SubmitEvent): void => {
    event.preventDefault();
    send();
  };
  const pressed = (event: React.KeyboardEvent): void => {
    // Enter also ends the choice of a character in an input method.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };

  return (
    <form className="composer" onSubmit={submitted}>
      <label htmlFor="text" className="visually-hidden">
        Message
      </label>
      <textarea
        ref={box}
        id="text"
        rows={Math.min(mostRows, text.split('\n').length)}
        value={text}
        onChange={(event) => write(event.currentTarget.value)}
        onKeyDown={pressed}
        placeholder={`Message #${conversation.name}`}
        enterKeyHint="send"
        aria-describedby="text-hint"
      />
      <button type="submit" className="send" disabled={isEmpty} title="Send (Enter)">
        <Icon name="send" />
        <span className="visually-hidden">Send</span>
      </button>
      <p id="text-hint" className="hint">
        <kbd>Enter</kbd> sends · <kbd>Shift</kbd>+<kbd>Enter</kbd> makes a new line · <code>`code`</code>
      </p>
    </form>
  );
}
