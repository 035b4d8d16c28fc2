/** The keys and the few marks that this page knows. */
import { Dialog } from './dialog.tsx';

const keys: readonly (readonly [keys: readonly string[], what: string])[] = [
  [['Enter'], 'send'],
  [['Shift', 'Enter'], 'make a new line'],
  [['Alt', '↑'], 'go to the room above'],
  [['Alt', '↓'], 'go to the room below'],
  [['Alt', 'J'], 'join or create a room'],
  [['Alt', 'W'], 'write'],
  [['Alt', 'M'], 'show or hide the members'],
  [['Esc'], 'close what lies on top'],
  [['?'], 'this help'],
];

export function HelpDialog({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Help" onClose={onClose}>
      <dl className="keys">
        {keys.map(([combination, what]) => (
          <div key={what}>
            <dt>
              {combination.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <p>
        Write <code>`code`</code> within a line between backticks, and lines of code between lines of three.
        Addresses become links.
      </p>
      <p>
        A clock beside a message means that it is on its way, a tick that it has its place in the room. What
        could not be sent says why, and can be tried again.
      </p>
    </Dialog>
  );
}
