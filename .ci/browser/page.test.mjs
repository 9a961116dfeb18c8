// The local server's page: what a newcomer sees first.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bench, button, code, executable, field, good, mistake, number, status, tool } from './support.mjs';

const here = bench();

async function home(options, user = '') {
  const page = await here.open({
    viewport: { width: 1280, height: 900 }, permissions: ['clipboard-read', 'clipboard-write'], ...options,
  });
  await page.goto(`${here.server.url}/${user && `#${user}`}`);
  await button(page, /^(Add a mobile number|Change)$/).waitFor();
  return page;
}

const inbox = (page) => page.locator('#messages li');

test('the whole journey works at once, and says what happened', async () => {
  const page = await home();
  const next = number();
  await page.getByText('Nothing leaves this machine').waitFor();
  await good(page, 'page-start');
  await button(page, 'Add a mobile number').click();
  await field(page).fill(next.national);
  await page.keyboard.press('Enter');
  await code(page).waitFor();
  const message = inbox(page).filter({ hasText: next.e164 });
  await message.waitFor();
  await good(page, 'page-message');
  await code(page).fill((await message.innerText()).match(/\b\d{6}\b/)[0]);
  await status(page).getByText(`${next.e164} is verified.`).waitFor();
  await page.locator('#event').getByText(`verified {"number":"${next.e164}"}`).waitFor();
  // The number from before is told, by what runs behind the stream.
  await inbox(page).filter({ hasText: '+60111111111' }).waitFor();
  for (const event of ['claim_started', 'sent', 'validated', 'committed']) {
    await page.locator('#audit td', { hasText: new RegExp(`^${event}$`) }).first().waitFor();
  }
  await good(page, 'page-done');
  assert.doesNotMatch(await page.locator('#audit').innerText(), new RegExp(next.e164.slice(1)));
  await button(page, 'Empty it').click();
  await page.locator('#inbox-state', { hasText: 'No messages yet.' }).waitFor();
});

test('users are chosen and made, back and reload keep them', async () => {
  const page = await home();
  await page.getByLabel('Signed in as').selectOption('alice');
  await page.getByText('No mobile number yet.').waitFor();
  await page.reload();
  await page.getByText('No mobile number yet.').waitFor();
  assert.equal(await page.getByLabel('Signed in as').inputValue(), 'alice');
  await button(page, 'New user').click();
  await page.waitForURL(/#user\d+$/);
  await page.goBack();
  assert.equal(await page.getByLabel('Signed in as').inputValue(), 'alice');
  await page.goBack();
  await page.locator('mobile-verification li', { hasText: '+60111111111' }).waitFor();
});

test('the clock is moved, and a code is too late', async () => {
  const page = await home({ errors: [400] }, await here.server.user());
  const next = number();
  await button(page, 'Add a mobile number').click();
  await field(page).fill(next.e164);
  await page.keyboard.press('Enter');
  await code(page).waitFor();
  const late = await here.server.code(next.e164);
  for (const later of ['+ 5 minutes', '+ 1 minute']) {
    // Each makes the element anew, some time after the click: what is typed before that is lost.
    await page.evaluate(() => { document.querySelector('mobile-verification').earlier = true; });
    await button(page, later).click();
    await page.waitForFunction(() => !document.querySelector('mobile-verification').earlier);
  }
  // Nothing is counted down any more: for the server that is over.
  await page.getByRole('button', { name: 'Send a new code', exact: true }).waitFor();
  await code(page).fill(late);
  await mistake(page).getByText('This code has expired. Send a new one.').waitFor();
  await button(page, 'Send a new code').click();
  await status(page).getByText('A new code is on its way.').waitFor();
});

test('sending fails as it is told to', async () => {
  const page = await home({ errors: [502] }, await here.server.user());
  await page.getByLabel('The next text messages are').selectOption('refused');
  await button(page, 'Add a mobile number').click();
  await field(page).fill(number().e164);
  await page.keyboard.press('Enter');
  await mistake(page).getByText('This number cannot be reached.').waitFor();
  await page.getByLabel('The next text messages are').selectOption('delivered');
  await page.keyboard.press('Tab');
  await field(page).press('Enter');
  await code(page).waitFor();
});

test('a sign-in asks for a second factor, as back end and as user', async () => {
  const page = await home({ errors: [404] });
  await button(page, 'Begin a sign-in').click();
  await page.getByText('A code went to *******111.').waitFor();
  const link = page.getByRole('link', { name: 'Go on at the hosted page' });
  assert.match(await link.getAttribute('href'), /\/sms-otp\/[\w-]{32}$/);
  const typed = page.locator('#flow-input');
  const right = await here.server.code('+60111111111');
  await typed.fill(right === '000000' ? '111111' : '000000');
  await page.keyboard.press('Enter');
  await page.getByText('That was not it. Try again.').waitFor();
  await good(page, 'page-factor');
  await typed.fill(right);
  await page.keyboard.press('Enter');
  await page.getByText('Signed in, by sms.').waitFor();
  await button(page, 'Look how it went').click();
  await page.locator('#calls li').nth(3).waitFor();
  assert.match(await page.locator('#calls li').first().innerText(), /^GET …\/\{flowId\}\n200 .*SUCCESS_COMPLETED/);
  // A success is handed out once.
  await button(page, 'Look how it went').click();
  await page.getByText(/^404: /).waitFor();
  await page.getByLabel('Signed in as').selectOption('alice');
  await button(page, 'Begin a sign-in').click();
  await page.getByText('no second factor is asked of this user').waitFor();
});

test('it speaks every language, and shows one number or many', async () => {
  const page = await home();
  await page.getByLabel('Language').selectOption({ label: 'Arabic' });
  await page.locator('section[dir=rtl]').waitFor();
  await good(page, 'page-rtl');
  await page.getByLabel('Language').selectOption({ label: 'English' });
  await page.getByLabel('Numbers').selectOption('one');
  await button(page, 'Change').waitFor();
});

test('the journey is copied', async () => {
  const page = await home();
  await button(page, 'Copy').click();
  await page.getByText('Copied.').waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(copied, /^API=http:\/\/127\.0\.0\.1:\d+\n.*curl/s);
});

test('Lighthouse finds nothing about accessibility and best practices', { timeout: 180_000 }, async () => {
  const { default: lighthouse } = await tool('lighthouse/core/index.js');
  const chrome = await tool('chrome-launcher/dist/index.js');
  const launched = await chrome.launch({ chromePath: executable, chromeFlags: ['--headless=new', '--no-sandbox'] });
  try {
    const { lhr } = await lighthouse(`${here.server.url}/`, {
      port: launched.port, onlyCategories: ['accessibility', 'best-practices'], logLevel: 'error', output: 'json',
    });
    for (const { id, score, auditRefs } of Object.values(lhr.categories)) {
      const failed = auditRefs.map((one) => lhr.audits[one.id]).filter((one) => one.score !== null && one.score < 1);
      assert.equal(score, 1, `${id}: ${score}: ${failed.map((one) => `${one.id} (${one.title})`).join(', ')}`);
    }
  } finally {
    launched.kill();
  }
});
