import { rememberingChooser } from '../../gateway/participant';
import { systemClock } from '../../gateway/platform';
import { PlanThread } from '../../gateway/selection';

/** Makes the plans of all nodes and dialogs, in a thread that exists only while it is needed. */
export const planThread = new PlanThread(systemClock);

/** A participant's chooser that never blocks the event loop. */
export const choosePlanInThread = () => rememberingChooser((request) => planThread.plan(request));
