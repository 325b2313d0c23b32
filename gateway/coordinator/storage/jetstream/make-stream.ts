import type { JetStreamSession } from './jetstream-session';
import { isMissingStream, isSingleServer } from './nats-errors';

/** Copies of a message in a cluster: one server may fail. */
const replicas = 3;
/** Messages of a subject: a subject is used once, or only its newest message matters. */
const newestOnly = 1;

/**
 * Makes a stream if there is none of this name, in which each subject has its newest message only. In a cluster it has three
 * replicas, on a single server one.
 */
export async function makeStream(
  session: JetStreamSession,
  name: string,
  config: Readonly<Record<string, unknown>>,
): Promise<void> {
  await session.use(async ({ streams }) => {
    try {
      const { config: found } = await streams.info(name);
      // A stream of an earlier version of this package keeps all messages of a subject.
      if (found.max_msgs_per_subject !== newestOnly)
        await streams.update(name, { max_msgs_per_subject: newestOnly });
      return;
    } catch (error) {
      if (!isMissingStream(error)) throw error;
    }
    const whole = {
      ...config,
      name,
      storage: 'file',
      retention: 'limits',
      max_msgs_per_subject: newestOnly,
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
