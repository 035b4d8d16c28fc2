/** The start of the inspector's page: it connects to what it inspects, and is drawn around that. */
import { createRoot } from 'react-dom/client';
import { FaultBoundary } from '../components/fault-boundary.tsx';
import { applyTheme, storedTheme } from '../model/theme.ts';
import { InspectorPage } from './components/inspector-page.tsx';
import { Importer } from './model/importer.ts';
import { Session } from './model/session.ts';

applyTheme(storedTheme());
const session = new Session();
const importer = new Importer((recording, name) => session.open(recording, name));
session.start();

const place = document.querySelector('#page');
if (place === null) throw new Error('the page has no place to be drawn in');
createRoot(place).render(
  <FaultBoundary of="The page">
    <InspectorPage session={session} importer={importer} />
  </FaultBoundary>,
);
