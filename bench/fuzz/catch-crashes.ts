/** Collects errors that nobody caught, which would end a process. `end` stops that. */
export function catchCrashes(): { readonly crashes: string[]; readonly end: () => void } {
  const crashes: string[] = [];
  const onCrash = (error: unknown) =>
    void crashes.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.on('uncaughtException', onCrash);
  process.on('unhandledRejection', onCrash);
  return {
    crashes,
    end: () => {
      process.off('uncaughtException', onCrash);
      process.off('unhandledRejection', onCrash);
    },
  };
}
