/** The button that shows what happened to a connection. */
import { tellStory } from '../model/sequence-reading.ts';
import type { View } from '../model/session.ts';

interface StoryButtonProps {
  readonly view: View;
  /** The connection's own id. */
  readonly id: string;
  readonly name: string;
}

export function StoryButton({ view, id, name }: StoryButtonProps) {
  return (
    <button
      type="button"
      className="story-button"
      title="What happened to this connection: its sequence, with its reader, its writer and the hub"
      onClick={() => tellStory(view, { id, name })}
    >
      What happened?
    </button>
  );
}
