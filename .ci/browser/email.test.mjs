// <email-verification>: the same core with another kind of address.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bench, button, code, embed, events, field, good, mistake, status } from './support.mjs';

const here = bench('EnableEmailVerification=true');

const WSO2 = 'urn:scim:wso2:schema';

/** A user as the API shows one, whose changes a test decides; answers what was asked of it. */
async function stubbed(page, user, answers, settings = {}) {
  const asked = [];
  const json = { OtpLength: 6, EnableEmailVerification: true, ...settings };
  await page.route('**/ui/settings.json', (route) => route.fulfill({ json }));
  await page.route('**/scim2/Me', (route) => {
    const request = route.request();
    if (request.method() === 'GET') return route.fulfill({ json: user.shown });
    asked.push(request.postDataJSON().Operations);
    return answers(route, user);
  });
  await page.route('**/me/*-code', (route) => {
    asked.push(route.request().postDataJSON());
    return answers(route, user);
  });
  return asked;
}

const bob = { id: 'bob', emails: [{ value: 'old@example.com', primary: true }, { value: 'other@example.com' }] };
const pending = (value) => ({ ...bob, [WSO2]: { emailVerified: true, pendingEmails: [{ value }] } });
const html = '<email-verification></email-verification>';

test('addresses are proved by the API', async () => {
  const page = await here.open({ errors: [400] });
  const user = await here.server.user({ emails: [{ value: 'first@example.com', type: 'work' }] });
  await embed(page, { user, html, scripts: ['email'] });
  await page.locator('li', { hasText: 'first@example.com' }).getByText('Not verified').waitFor();
  await button(page, 'Change').click();
  await field(page, 'Email address').fill('no address');
  await page.keyboard.press('Enter');
  await mistake(page).getByText('This address cannot be used. Check it. (').waitFor();
  await field(page, 'Email address').fill('Second@Example.com');
  await page.keyboard.press('Enter');
  await page.getByText('We sent a code to Second@Example.com by email.').waitFor();
  // An unverified one would be sent a code: the claim is left to end by itself, and is no longer shown.
  await button(page, 'Cancel').click();
  await button(page, 'Verify first@example.com').click();
  await code(page).waitFor();
  await code(page).fill(await here.server.code('first@example.com'));
  await status(page).getByText('first@example.com is verified.').waitFor();
  await button(page, 'Change').click();
  await field(page, 'Email address').fill('third@example.com');
  await page.keyboard.press('Enter');
  await code(page).waitFor();
  await button(page, 'Cancel').click();
  await status(page).getByText('Cancelled').waitFor();
  await button(page, 'Change').click();
  await field(page, 'Email address').fill('fourth@example.com');
  await page.keyboard.press('Enter');
  await code(page).waitFor();
  await code(page).fill(await here.server.code('fourth@example.com'));
  await status(page).getByText('fourth@example.com is verified.').waitFor();
  const me = await here.server.call('GET', '/scim2/Me', null, await here.server.token(user));
  assert.deepEqual(me.emails.map(({ value }) => value), ['fourth@example.com']);
  assert.deepEqual([me[WSO2].emailVerified, me[WSO2].pendingEmails], [true, undefined]);
});

test('a first address can be cancelled', async () => {
  const page = await here.open();
  const user = await here.server.user();
  await embed(page, { user, html, scripts: ['email'] });
  await button(page, 'Add an email address').click();
  await field(page, 'Email address').fill('only@example.com');
  await page.keyboard.press('Enter');
  await code(page).waitFor();
  await button(page, 'Cancel').click();
  await status(page).getByText('Cancelled').waitFor();
  const me = await here.server.call('GET', '/scim2/Me', null, await here.server.token(user));
  assert.deepEqual([me.emails, me[WSO2]?.pendingEmails], [undefined, undefined]);
});

test('a list of addresses is kept like one of numbers', async () => {
  const page = await here.open();
  const user = await here.server.user();
  const many = '<email-verification numbers="many"></email-verification>';
  await embed(page, { user, html: many, scripts: ['email'] });
  for (const value of ['one@example.com', 'two@example.com']) {
    await button(page, 'Add an email address').click();
    await field(page, 'Email address').fill(value);
    await page.keyboard.press('Enter');
    await code(page).waitFor();
    await code(page).fill(await here.server.code(value));
    await status(page).getByText(`${value} is verified.`).waitFor();
  }
  await button(page, 'Make primary two@example.com').click();
  await page.locator('li', { hasText: 'two@example.com' }).getByText('Primary', { exact: true }).waitFor();
  await button(page, 'Remove one@example.com').click();
  await page.keyboard.press('Enter');
  await status(page).getByText('one@example.com was removed.').waitFor();
  await good(page, 'email-many');
});

test('the local page has both, and e-mails beside text messages', async () => {
  const page = await here.open({ errors: [502], viewport: { width: 1280, height: 900 } });
  await page.goto(`${here.server.url}/#alice`);
  const element = page.locator('email-verification');
  await element.getByRole('button', { name: 'Add an email address' }).click();
  await page.getByLabel('The next emails are').selectOption('refused');
  await element.getByRole('textbox').fill('alice@example.com');
  await element.getByRole('textbox').press('Enter');
  await mistake(element).getByText('This address cannot be reached.').waitFor();
  await page.getByLabel('The next emails are').selectOption('delivered');
  await element.getByRole('textbox').press('Enter');
  const message = page.locator('#messages li', { hasText: 'Email to alice@example.com' });
  await message.getByText('Verify your email address for local').waitFor();
  await good(page, 'page-email');
  await element.getByRole('textbox').fill((await message.innerText()).match(/\b\d{6}\b/)[0]);
  await status(element).getByText('alice@example.com is verified.').waitFor();
});

test('an address is changed by a code', async () => {
  const page = await here.open();
  const user = { shown: { ...bob, [WSO2]: { emailVerified: true } } };
  const asked = await stubbed(page, user, (route) => {
    if (route.request().url().endsWith('/validate-code')) {
      const emails = [{ value: 'new@example.com', primary: true }];
      user.shown = { id: 'bob', emails, [WSO2]: { emailVerified: true } };
      return route.fulfill({ status: 202 });
    }
    user.shown = pending('new@example.com');
    return route.fulfill({ json: user.shown });
  });
  await embed(page, { user: 'bob123', html, scripts: ['email'] });
  await page.locator('li', { hasText: 'old@example.com' }).getByText('Verified').waitFor();
  await good(page, 'email-verified');
  await button(page, 'Change').click();
  const input = field(page, 'Email address');
  assert.deepEqual([await input.getAttribute('type'), await input.getAttribute('autocomplete')], ['email', 'email']);
  await input.fill('new@example.com');
  await page.keyboard.press('Enter');
  await page.getByText('We sent a code to new@example.com by email.').waitFor();
  await page.getByText('old@example.com stays in use until then.').waitFor();
  await good(page, 'email-pending');
  await code(page).fill('123 456');
  await status(page).getByText('new@example.com is verified.').waitFor();
  assert.deepEqual(asked, [
    [{ op: 'replace', path: 'emails[value eq "old@example.com"]', value: { value: 'new@example.com', primary: true } }],
    { code: '123456', properties: [] },
  ]);
  const told = { address: 'new@example.com' };
  assert.deepEqual(await events(page), [['pending', told], ['verified', told]]);
});

test('a link is waited for without a field, and noticed when the person is back', async () => {
  const page = await here.open();
  const user = { shown: pending('new@example.com') };
  await stubbed(page, user, (route) => route.fulfill({ status: 201 }), { EmailLinks: true });
  await embed(page, { user: 'bob123', html, scripts: ['email'] });
  await page.getByText('We sent a link to new@example.com.').waitFor();
  assert.equal(await code(page).count(), 0);
  await good(page, 'email-link');
  await button(page, 'Send a new link').click();
  await status(page).getByText('A new link is on its way.').waitFor();
  user.shown = { ...bob, emails: [{ value: 'new@example.com', primary: true }], [WSO2]: { emailVerified: true } };
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await status(page).getByText('new@example.com is verified.').waitFor();
  assert.deepEqual(await events(page), [['verified', { address: 'new@example.com' }]]);
});

test('a wrong address is told with its reason', async () => {
  const page = await here.open({ errors: [400] });
  const user = { shown: { ...bob, emails: [] } };
  const asked = await stubbed(page, user, (route) => route.fulfill({
    status: 400, json: { status: '400', scimType: 'invalidValue', detail: 'emails: has no domain' },
  }));
  await embed(page, { user: 'bob123', html, scripts: ['email'] });
  await page.getByText('No email address yet.').waitFor();
  await button(page, 'Add an email address').click();
  await field(page, 'Email address').fill('nobody');
  await page.keyboard.press('Enter');
  await mistake(page).getByText('This address cannot be used. Check it. (has no domain)').waitFor();
  const value = { value: 'nobody', primary: true };
  assert.deepEqual(asked, [[{ op: 'replace', path: 'emails[primary eq true]', value }]]);
  await good(page, 'email-invalid');
});
