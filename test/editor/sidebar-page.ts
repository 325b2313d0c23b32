import type { Editor } from '../support/node-red/editor';

/** Shows the sidebar, as its entry in the menu does, until the runtime has answered. */
export async function openSidebar({ page }: Editor): Promise<void> {
  await page.evaluate('RED.sidebar.show("ftte")');
  await page.locator('.ftte-head select').waitFor();
}

/** Resolves when the curve has this many points at least. */
export async function versionsShown({ page }: Editor, versions: number): Promise<void> {
  await page.waitForFunction((least) => {
    const label = document.querySelector('.ftte-curve')?.getAttribute('aria-label') ?? '';
    const [, from, to] = / from (\d+) to (\d+)\./.exec(label) ?? [];
    return to !== undefined && Number(to) - Number(from) + 1 >= least;
  }, versions);
}

/** Resolves when the status of the chosen role is like this. */
export async function statusShown({ page }: Editor, pattern: RegExp): Promise<void> {
  await page.locator('.ftte-status').filter({ hasText: pattern }).waitFor();
}

/** Chooses the role whose title is like this. */
export async function chooseRole({ page }: Editor, title: RegExp): Promise<void> {
  const option = page.locator('#ftte-role option').filter({ hasText: title });
  await option.waitFor({ state: 'attached' });
  await page.selectOption('#ftte-role', (await option.getAttribute('value')) ?? '');
}
