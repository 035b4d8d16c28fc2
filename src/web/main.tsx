/** The start of the page: the rooms are entered, and the page is drawn around them. */
import { createRoot } from 'react-dom/client';
import { App } from './components/app.tsx';
import { FaultBoundary } from './components/fault-boundary.tsx';
import { Rooms } from './model/rooms.ts';
import { applyTheme, storedTheme } from './model/theme.ts';

applyTheme(storedTheme());
const rooms = new Rooms();
rooms.start();

const place = document.querySelector('#page');
if (place === null) throw new Error('the page has no place to be drawn in');
createRoot(place).render(
  <FaultBoundary of="The page">
    <App rooms={rooms} />
  </FaultBoundary>,
);
