/** Says which recording is shown instead of what is live, and leads back. */
import { useSignal } from '../../hooks/use-signal.ts';
import type { Session } from '../model/session.ts';
import { ageWords, clockWords, countWords } from '../model/words.ts';

export function RecordingBanner({ session }: { readonly session: Session }) {
  const opened = useSignal(session.opened);
  if (opened === undefined) return null;
  const { name, title, records, folded, from, to } = opened;
  const count = records === 1 ? 'record' : 'records';
  return (
    <section className="recording-banner" aria-label="Recording">
      <p>
        This is the recording <b>{name}</b> of {title}: {countWords(records)} {count} in {ageWords(to - from)}
        , from {new Date(from).toLocaleDateString()} {clockWords(from)}
        {folded > 0 && `; the first ${countWords(folded)} are only in what there was at its start`}.
      </p>
      <button type="button" className="primary" onClick={() => session.close()}>
        Back to live
      </button>
    </section>
  );
}
