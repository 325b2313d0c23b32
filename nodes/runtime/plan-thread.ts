import { rememberingChooser } from '../../gateway/participant';
import { systemClock } from '../../gateway/platform';
import { PlanThread } from '../../gateway/selection';

/** Where the plans of all nodes and dialogs are made; no thread is there while none is. */
export const planThread = new PlanThread(systemClock);

/** A participant's chooser that never holds up the event loop. */
export const choosePlanInThread = () => rememberingChooser((request) => planThread.plan(request));
