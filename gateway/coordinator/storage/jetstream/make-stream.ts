import type { JetStreamSession } from './jetstream-session';
import { isMissingStream, isSingleServer } from './nats-errors';

/** Copies of a message in a cluster: one server may fail. */
const replicas = 3;

/**
 * Makes a stream if there is none of this name, in which each subject has its newest message only: a subject is
 * used once, or only its newest message matters. In a cluster it has three
 * replicas, on a single server one.
 */
export async function makeStream(
  session: JetStreamSession,
  name: string,
  config: Readonly<Record<string, unknown>>,
): Promise<void> {
  await session.use(async ({ streams }) => {
    try {
      await streams.info(name);
      return;
    } catch (error) {
      if (!isMissingStream(error)) throw error;
    }
    const whole = {
      ...config,
      name,
      storage: 'file',
      retention: 'limits',
      max_msgs_per_subject: 1,
      discard: 'new',
      allow_direct: false,
    };
    try {
      await streams.add({ ...whole, num_replicas: replicas });
    } catch (error) {
      if (!isSingleServer(error)) throw error;
      await streams.add({ ...whole, num_replicas: 1 });
    }
  });
}
