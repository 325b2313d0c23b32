import type { NodeAPI } from 'node-red';
import { systemClock } from '../../gateway/platform';
import { monitors } from '../runtime';
import { LiveFeed } from './live-feed';
import { metricsRoutes } from './metrics-routes';
import { sidebarRoutes } from './routes';

/** Topic of the messages to the editors. */
const topic = 'ftte/live';

/** The runtime of the sidebar: a plugin, so that it is there before the first node is. */
export = (RED: NodeAPI): void => {
  const feed = new LiveFeed(monitors, systemClock, (message) => RED.comms.publish(topic, message, false));
  sidebarRoutes(RED, feed, monitors);
  metricsRoutes(RED, monitors, systemClock);
};
