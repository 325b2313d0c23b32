/** A child process that holds a lock: `lock-holder.ts PATH`. It prints `held`, or the reason why it does not hold it. */
import { FolderLock, messageOf, systemClock, systemRandom } from '../../gateway/platform';

const lock = new FolderLock(process.argv[2]!, {
  clock: systemClock,
  random: systemRandom(),
  onLost: (error) => process.stdout.write(`lost: ${error.message}\n`),
});
lock.acquire().then(
  () => process.stdout.write('held\n'),
  (error) => process.stdout.write(`refused: ${messageOf(error)}\n`),
);
// Until it is killed, or asked to stop.
const alive = setInterval(() => undefined, 1_000);
process.on('SIGTERM', () => void lock.release().then(() => clearInterval(alive)));
