// The page that a link in an e-mail leads to: it does nothing before a person wants it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bench, button, good } from './support.mjs';

const here = bench();

const TOKEN = 'abcdefghijklmnopqrstuvwxyzABCDEF';

/** The page of a link in an e-mail, and what it asks of the API. */
async function opened(answer, options = {}) {
  const page = await here.open(options);
  const asked = [];
  await page.route('**/confirm-email', (route) => {
    if (route.request().method() !== 'POST') return route.fallback();
    asked.push(route.request().postDataJSON());
    return answer ? route.fulfill(answer) : route.abort();
  });
  return { page, asked };
}

test('an address is confirmed after a click, never before', async () => {
  const { page, asked } = await opened({ status: 202 });
  await page.goto(`${here.server.url}/ui/confirm-email#code=${TOKEN}`);
  await button(page, 'Confirm').waitFor();
  assert.equal(page.url(), `${here.server.url}/ui/confirm-email`);
  assert.deepEqual(asked, []);
  await good(page, 'confirm');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByText('Your email address is confirmed.').waitFor();
  assert.deepEqual(asked, [{ code: TOKEN }]);
  assert.equal(await page.evaluate(() => document.activeElement.id), 'status');
  await good(page, 'confirmed');
});

test('what does not work is told', async () => {
  for (const [answer, text, again] of [
    [{ status: 400, json: { code: '18001' } }, 'This link does not work', false],
    [{ status: 409, json: {} }, 'confirmed for another account', false],
    [{ status: 429, headers: { 'Retry-After': '900' }, json: {} }, 'Try again in 15 minutes.', true],
    [{ status: 503, json: {} }, 'That did not work.', true],
    [null, 'That did not work.', true],
  ]) {
    const { page } = await opened(answer, { errors: [answer?.status, 'ERR_FAILED'] });
    await page.goto(`${here.server.url}/ui/confirm-email#code=${TOKEN}`);
    await button(page, 'Confirm').click();
    await page.getByText(text).waitFor();
    assert.equal(await button(page, 'Confirm').isVisible(), again, text);
    if (answer?.status === 400) await good(page, 'confirm-refused');
    await here.end();
  }
  const { page } = await opened();
  await page.goto(`${here.server.url}/ui/confirm-email`);
  await page.getByText('Open this page by the link in the email.').waitFor();
});

test('it is there in the language of the browser, right to left too, and says that it needs JavaScript', async () => {
  const { page } = await opened({ status: 202 }, { locale: 'ar' });
  await page.goto(`${here.server.url}/ui/confirm-email#code=${TOKEN}`);
  await page.locator('html[lang=ar][dir=rtl]').waitFor();
  await page.locator('#confirm').waitFor();
  await good(page, 'confirm-rtl');
  await here.end();
  const without = await opened({ status: 202 }, { javaScriptEnabled: false });
  await without.page.goto(`${here.server.url}/ui/confirm-email#code=${TOKEN}`);
  // Texts within noscript are not found by their words.
  await without.page.locator('noscript p').waitFor();
  assert.equal(await without.page.locator('#confirm').isVisible(), false);
});
