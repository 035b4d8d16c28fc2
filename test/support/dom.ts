/** Just enough of a page for React to render into: all else stays Node's own, so that a server can run beside it. */
import { Window } from 'happy-dom';

const window = new Window();
const { document, navigator } = window;
for (const [name, value] of Object.entries({ window, document, navigator })) {
  // Newer versions of Node have a navigator of their own, which cannot be assigned to.
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}
