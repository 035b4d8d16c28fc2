/** What happened to an actor, the last first. */
import type { Actor, Step } from '../../../inspector/messages.ts';
import { useStory } from '../hooks/use-story.ts';
import type { Session, View } from '../model/session.ts';
import { stepsOf } from '../model/steps.ts';
import { clockWords, eventWords } from '../model/words.ts';

interface StoryListProps {
  readonly session: Session;
  readonly view: View;
  readonly actor: Actor;
}

export function StoryList({ session, view, actor }: StoryListProps) {
  const story = useStory(session, actor);
  const steps = story?.steps ?? stepsOf(view.records, actor);
  return (
    <section className="story">
      <h3>
        What happened <span className="count">{steps.length}</span>
      </h3>
      {steps.length === 0 && <p className="hint">Nothing since it is watched.</p>}
      <Steps steps={steps} forgotten={story?.forgotten ?? 0} />
    </section>
  );
}

interface StepsProps {
  /** The oldest first. */
  readonly steps: readonly Step[];
  readonly forgotten: number;
}

export function Steps({ steps, forgotten }: StepsProps) {
  const latestFirst = steps.map((step, index) => ({ ...step, index })).toReversed();
  return (
    <>
      <ol className="steps">
        {latestFirst.map(({ index, at, event, state }) => (
          <li key={index + forgotten} title={event}>
            <time>{clockWords(at)}</time>
            <b>{eventWords(event)}</b>
            <span>{state !== undefined && `→ ${state}`}</span>
          </li>
        ))}
      </ol>
      {forgotten > 0 && <p className="hint">{forgotten} before that are forgotten.</p>}
    </>
  );
}
