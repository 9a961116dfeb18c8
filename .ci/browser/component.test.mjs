// The elements as a page embeds them: what a person does, sees, and hears.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  bench, button, code, embed, events, field, focused, good, mistake, number, shot, signIn, status,
} from './support.mjs';

const here = bench();

const WSO2 = 'urn:scim:wso2:schema';
const withNumber = (value) => ({ phoneNumbers: [{ type: 'mobile', value }] });

/** A page with the element, of a user whose number is verified, in lists as well where `lists`. */
async function verified(options = {}) {
  const [own, page] = [number(), await here.open(options)];
  const user = await here.server.user();
  const token = await here.server.token(user);
  const operation = options.lists
    ? { op: 'add', path: `${WSO2}:verifiedMobileNumbers`, value: [own.e164] }
    : { op: 'add', path: 'phoneNumbers', value: [{ type: 'mobile', value: own.e164 }] };
  const schemas = ['urn:ietf:params:scim:api:messages:2.0:PatchOp'];
  await here.server.call('PATCH', '/scim2/Me', { schemas, Operations: [operation] }, token);
  const proof = { code: await here.server.code(own.e164), properties: [] };
  await here.server.call('POST', '/api/identity/user/v1.0/me/validate-code', proof, token);
  await embed(page, { user, ...options });
  await button(page, options.lists ? 'Add a mobile number' : 'Change').first().waitFor();
  return { page, user, own, token };
}

/** Asks for a new number, up to where its code is waited for. */
async function ask(page, value, opener = /^(Change|Add a mobile number)$/) {
  await button(page, opener).click();
  await field(page).fill(value);
  await button(page, 'Send code').click();
  await code(page).waitFor();
}

test('a number is changed by keyboard alone', async () => {
  const { page, own } = await verified();
  const next = number();
  await good(page, 'one-verified');
  await page.keyboard.press('Tab');
  assert.equal(await focused(page), 'main');
  await page.keyboard.press('Enter');
  assert.equal(await focused(page), 'edit');
  await good(page, 'edit');
  await page.keyboard.type(next.national);
  await page.keyboard.press('Enter');
  await code(page).waitFor();
  assert.equal(await focused(page), 'code');
  const input = code(page);
  for (const [name, value] of [['autocomplete', 'one-time-code'], ['inputmode', 'numeric']]) {
    assert.equal(await input.getAttribute(name), value);
  }
  await page.getByText(`${own.e164} stays in use until then.`).waitFor();
  await good(page, 'pending');
  // Submitted when it is complete, blanks and dashes do not matter.
  const digits = await here.server.code(next.e164);
  await page.keyboard.type(` ${digits.slice(0, 3)} - ${digits.slice(3)}`);
  await status(page).getByText(`${next.e164} is verified.`).waitFor();
  assert.equal(await focused(page), 'main');
  await good(page, 'done');
  assert.deepEqual(await events(page), [['pending', { number: next.e164 }], ['verified', { number: next.e164 }]]);
});

test('a list is added to, its primary is moved, and numbers leave it', async () => {
  const { page, own } = await verified({ lists: true });
  const next = number();
  await ask(page, next.e164);
  await good(page, 'many-pending');
  await code(page).fill(await here.server.code(next.e164));
  await status(page).getByText('is verified').waitFor();
  await good(page, 'many-verified');
  await button(page, `Make primary ${next.e164}`).click();
  await page.locator('li', { hasText: next.e164 }).getByText('Primary', { exact: true }).waitFor();
  await button(page, `Remove ${own.e164}`).click();
  assert.equal(await focused(page), 'sure');
  await good(page, 'remove');
  await page.keyboard.press('Enter');
  await status(page).getByText(`${own.e164} was removed.`).waitFor();
  assert.equal(await page.locator('li').count(), 1);
  assert.deepEqual(await events(page), [
    ['pending', { number: next.e164 }], ['verified', { number: next.e164 }],
    ['verified', { number: next.e164 }], ['removed', { number: own.e164 }],
  ]);
});

test('an unverified number is verified', async () => {
  const page = await here.open();
  const own = number();
  await embed(page, { user: await here.server.user(withNumber(own.e164)) });
  await page.getByText('Not verified').waitFor();
  await good(page, 'unverified');
  await button(page, `Verify ${own.e164}`).click();
  await code(page).waitFor();
  await code(page).fill(await here.server.code(own.e164));
  await page.getByText('✓ Verified').waitFor();
});

test('what is pending is there again after a reload, and can be cancelled', async () => {
  const page = await here.open();
  const [user, next] = [await here.server.user(), number()];
  await embed(page, { user });
  await page.getByText('No mobile number yet.').waitFor();
  await good(page, 'none');
  await ask(page, next.national);
  await page.reload();
  await signIn(page, user);
  await page.getByText(`We sent a code to ${next.e164}`).waitFor();
  await page.goto('about:blank');
  await page.goBack();
  await signIn(page, user);
  await page.getByText(`We sent a code to ${next.e164}`).waitFor();
  await button(page, 'Cancel').click();
  await status(page).getByText('Nothing was changed').waitFor();
  assert.equal(await code(page).count(), 0);
  const me = await here.server.call('GET', '/scim2/Me', null, await here.server.token(user));
  assert.equal(me[WSO2]?.pendingMobileNumber, undefined);
});

test('cancelling leaves an old number as it was, verified or not', async () => {
  const { page, own, token } = await verified();
  await ask(page, number().e164);
  await button(page, 'Cancel').click();
  await status(page).getByText('Nothing was changed').waitFor();
  const me = await here.server.call('GET', '/scim2/Me', null, token);
  const { phoneVerified, pendingMobileNumber } = me[WSO2];
  assert.deepEqual([me.phoneNumbers[0].value, phoneVerified, pendingMobileNumber], [own.e164, true, undefined]);
  // An unverified one would get a code: there the claim ends by itself, and is no longer shown.
  const unverified = await here.open();
  const old = number();
  await embed(unverified, { user: await here.server.user(withNumber(old.e164)) });
  await ask(unverified, number().e164);
  await button(unverified, 'Cancel').click();
  await button(unverified, 'Change').waitFor();
  assert.equal(await here.server.code(old.e164), undefined);
});

test('a new code can be asked for when the wait is over, and kills the old one', async () => {
  const page = await here.open({ errors: [400] });
  const next = number();
  await page.clock.install();
  await embed(page, { user: await here.server.user() });
  await ask(page, next.e164);
  const old = await here.server.code(next.e164);
  const resend = button(page, /^Send a new code/);
  assert.match(await resend.textContent(), /\(in \d+ seconds\)/);
  assert.equal(await resend.getAttribute('aria-disabled'), 'true');
  await page.clock.fastForward(30_000);
  assert.match(await resend.textContent(), /\(in [23]\d seconds\)/);
  await page.clock.fastForward(31_000);
  await here.server.advance(61);
  await page.clock.runFor(2_000);
  assert.equal(await resend.textContent(), 'Send a new code');
  await resend.click();
  await status(page).getByText('A new code is on its way.').waitFor();
  assert.equal(await focused(page), 'code');
  await code(page).fill(old);
  await mistake(page).getByText('This code is not right').waitFor();
  await code(page).fill(await here.server.code(next.e164));
  await status(page).getByText('is verified').waitFor();
});

test('a wait that the server names is counted down', async () => {
  const page = await here.open({ errors: [429] });
  const [user, next] = [await here.server.user(), number()];
  await embed(page, { user });
  await ask(page, next.e164);
  // After a reload nothing is known of the wait.
  await page.reload();
  await signIn(page, user);
  await button(page, 'Send a new code').click();
  await mistake(page).getByText(/A code was sent a moment ago\. Try again in \d+ seconds\./).waitFor();
  assert.match(await button(page, /^Send a new code/).textContent(), /in \d+ seconds/);
  await good(page, 'resend-refused');
});

test("the server's reason stands at the field", async () => {
  const { page } = await verified({ errors: [400] });
  await button(page, 'Change').click();
  await field(page).fill('0123');
  await page.keyboard.press('Enter');
  await mistake(page).getByText("This number cannot be used. Check it. (is not a valid number").waitFor();
  assert.equal(await focused(page), 'edit');
  assert.equal(await field(page).getAttribute('aria-invalid'), 'true');
  assert.equal(await field(page).getAttribute('aria-describedby'), 'error');
  assert.equal(await field(page).inputValue(), '0123');
  await good(page, 'invalid');
  assert.equal((await events(page))[0][0], 'failure');
});

test('wrong codes, late codes and a lock say what to do', async () => {
  const page = await here.open({ errors: [400, 429] });
  const next = number();
  await embed(page, { user: await here.server.user() });
  await ask(page, next.e164);
  const right = await here.server.code(next.e164);
  const wrong = right === '000000' ? '111111' : '000000';
  await code(page).fill(wrong);
  await mistake(page).getByText('This code is not right. Check it, or send a new one.').waitFor();
  assert.equal(await focused(page), 'code');
  await good(page, 'wrong-code');
  await here.server.advance(301);
  await code(page).fill(right);
  await mistake(page).getByText('This code has expired. Send a new one.').waitFor();
  for (let failures = 2; failures < 10; failures++) {
    await events(page);
    await code(page).fill(wrong);
    await page.waitForFunction(() => window.seen.length === 1);
    await page.locator('section[aria-busy=false]').waitFor();
  }
  await code(page).fill(right);
  const locked = /Too many wrong codes: codes are locked\. Try again in \d+ (minutes|hour) \(.*\d+:\d\d.*\)\./;
  await mistake(page).getByText(locked).waitFor();
  assert.match(await button(page, /^Send a new code/).textContent(), /in \d+ (minutes|hour)/);
  await good(page, 'locked');
  const [[, failure]] = (await events(page)).slice(-1);
  assert.equal(failure.code, '17003');
  assert.ok(failure.retryAfter > 60);
});

test('a message that cannot be sent leaves all as it was', async () => {
  const { page, own } = await verified({ errors: [502] });
  await button(page, 'Change').click();
  await field(page).fill(number().e164);
  try {
    await here.server.sms('unavailable');
    await page.keyboard.press('Enter');
    await mistake(page).getByText('The message could not be sent, and nothing was changed. Try again.').waitFor();
    await here.server.sms('refused');
    await page.keyboard.press('Enter');
    await mistake(page).getByText('This number cannot be reached. Check it, or use another one.').waitFor();
  } finally {
    await here.server.sms('delivered');
  }
  await good(page, 'unreachable');
  await button(page, 'Cancel').click();
  await page.locator('li', { hasText: own.e164 }).getByText('Verified').waitFor();
});

test('a cap on messages says when', async () => {
  const page = await here.open({ errors: [429] });
  await embed(page, { user: await here.server.user() });
  for (let sends = 0; sends < 5; sends++) {
    await ask(page, number().e164, /Add/);
    await button(page, 'Cancel').click();
    await status(page).getByText('Cancelled').waitFor();
  }
  await button(page, /Add/).click();
  await field(page).fill(number().e164);
  await page.keyboard.press('Enter');
  await mistake(page).getByText(/You have had too many codes\. Try again in (\d+ minutes|1 hour) \(.*\)\./).waitFor();
});

test('other tabs and other elements show the same at once', async () => {
  const element = '<mobile-verification></mobile-verification>';
  const { page, user, own } = await verified({ html: element + element });
  const tab = await here.open();
  await embed(tab, { user });
  await button(tab, 'Change').waitFor();
  const next = number();
  const first = page.locator('mobile-verification').first();
  await first.getByRole('button', { name: 'Change' }).click();
  await first.getByRole('textbox').fill(next.e164);
  await page.keyboard.press('Enter');
  await page.locator('mobile-verification').last().getByText(`We sent a code to ${next.e164}`).waitFor();
  await tab.bringToFront();
  await tab.getByText(`We sent a code to ${next.e164}`).waitFor();
  await code(tab).fill(await here.server.code(next.e164));
  await status(tab).getByText('is verified').waitFor();
  await page.bringToFront();
  await page.locator('mobile-verification').last().locator('li', { hasText: next.e164 }).waitFor();
  assert.equal(await page.locator('li', { hasText: own.e164 }).count(), 0);
});

test('an element that was removed goes on where it is added again', async () => {
  const { page } = await verified();
  await ask(page, number().e164);
  await page.evaluate(() => {
    window.kept = document.querySelector('mobile-verification');
    window.kept.remove();
  });
  await page.waitForTimeout(100);
  await page.evaluate(() => document.querySelector('main').append(window.kept));
  await code(page).waitFor();
  await page.evaluate(() => {
    for (let times = 0; times < 5; times++) document.querySelector('main').append(window.kept);
  });
  await code(page).waitFor();
});

test('an element that goes while it waits for an answer does no harm', async () => {
  const { page, token } = await verified();
  const next = number();
  await button(page, 'Change').click();
  await field(page).fill(next.e164);
  let go;
  const going = new Promise((resolve) => {
    go = resolve;
  });
  await page.route('**/scim2/Me', async (route) => {
    if (route.request().method() !== 'PATCH') return route.fallback();
    await going;
    return route.continue();
  });
  await page.keyboard.press('Enter');
  await page.locator('section[aria-busy=true]').waitFor();
  await page.evaluate(() => {
    window.kept = document.querySelector('mobile-verification');
    window.kept.remove();
  });
  go();
  while ((await here.server.call('GET', '/scim2/Me', null, token))[WSO2].pendingMobileNumber !== next.e164);
  await page.evaluate(() => document.querySelector('main').append(window.kept));
  await code(page).waitFor();
});

test('another user sees nothing of the one before', async () => {
  const page = await here.open();
  await embed(page, { user: await here.server.user() });
  await ask(page, number().e164);
  await code(page).fill('12');
  const next = number();
  await signIn(page, await here.server.user());
  await page.getByText('No mobile number yet.').waitFor();
  await code(page).waitFor({ state: 'detached' });
  await ask(page, next.e164);
  assert.equal(await code(page).inputValue(), '');
});

test('what is no longer pending is said to be so', async () => {
  const page = await here.open({ errors: [400] });
  const user = await here.server.user();
  await embed(page, { user });
  await ask(page, number().e164);
  await page.reload();
  await signIn(page, user);
  await code(page).waitFor();
  const schemas = ['urn:ietf:params:scim:api:messages:2.0:PatchOp'];
  const remove = { op: 'remove', path: 'phoneNumbers[type eq "mobile"]' };
  await here.server.call('PATCH', '/scim2/Me', { schemas, Operations: [remove] }, await here.server.token(user));
  await button(page, 'Send a new code').click();
  await page.getByRole('alert').getByText('Nothing is waiting for a code any more. Begin again.').waitFor();
  assert.equal(await focused(page), 'main');
});

test('a token that expires is asked for once more', async () => {
  const { page, user } = await verified({ errors: [401] });
  const now = Math.floor(Date.now() / 1000);
  const expired = await here.server.token(user, undefined, { exp: now - 60, iat: now - 3660 });
  const good = await here.server.token(user);
  await page.evaluate(([bad, fine]) => {
    const element = document.querySelector('mobile-verification');
    window.asked = 0;
    element.getToken = () => (window.asked++ % 2 === 0 ? bad : fine);
  }, [expired, good]);
  await page.waitForFunction(() => window.asked === 2);
  const next = number();
  await ask(page, next.e164);
  assert.equal(await page.evaluate(() => window.asked), 4);
  // For good: what to do is said, and what was typed stays.
  await page.evaluate((bad) => {
    document.querySelector('mobile-verification').getToken = () => bad;
  }, expired);
  await mistake(page).getByText('You are signed out. Sign in again.').waitFor();
  assert.equal((await events(page)).at(-1)[1].status, 401);
  await signIn(page, user);
  await code(page).fill(await here.server.code(next.e164));
  await status(page).getByText('is verified').waitFor();
});

test('a token can be an attribute, and getToken may be there before the element is defined', async () => {
  const page = await here.open();
  const own = number();
  const user = await here.server.user(withNumber(own.e164));
  const token = await here.server.token(user);
  await embed(page, { user, html: `<mobile-verification token="${token}"></mobile-verification>`, scripts: [] });
  await page.evaluate(() => import('/ui/mobile-verification.js'));
  await page.locator('li', { hasText: own.e164 }).waitFor();
  const other = await here.open();
  await embed(other, { user, html: `<mobile-verification token="${token}" api="/"></mobile-verification>` });
  await other.locator('li', { hasText: own.e164 }).waitFor();
});

test('where nobody answers, it says so and can be tried again', async () => {
  const page = await here.open({ errors: ['ERR_FAILED'] });
  await page.route('**/scim2/Me', (route) => route.abort());
  await embed(page, { user: await here.server.user() });
  await mistake(page).getByText('No connection. Check your internet connection and try again.').waitFor();
  await good(page, 'offline');
  await page.unroute('**/scim2/Me');
  await button(page, 'Try again').click();
  await page.getByText('No mobile number yet.').waitFor();
});

test('WebOTP types the code, and stops listening when the element goes', async () => {
  const page = await here.open();
  await page.addInitScript(() => {
    window.OTPCredential = class {};
    navigator.credentials.get = (options) => new Promise((resolve, reject) => {
      window.otp = { options, resolve };
      options.signal.addEventListener('abort', () => {
        window.aborted = true;
        reject(options.signal.reason);
      });
    });
  });
  const next = number();
  await embed(page, { user: await here.server.user() });
  await ask(page, next.e164);
  assert.deepEqual(await page.evaluate(() => window.otp.options.otp), { transport: ['sms'] });
  await page.evaluate(() => document.querySelector('mobile-verification').remove());
  assert.equal(await page.evaluate(() => window.aborted), true);
  await page.reload();
  const user = await here.server.user();
  await signIn(page, user);
  const another = number();
  await ask(page, another.e164);
  await page.evaluate((typed) => window.otp.resolve({ code: typed }), await here.server.code(another.e164));
  await status(page).getByText('is verified').waitFor();
});

test('texts can be replaced, styles reach in, forced colours keep what matters', async () => {
  const { page } = await verified();
  await page.evaluate(() => {
    document.querySelector('mobile-verification').messages = { change: 'Use another phone' };
    const sheet = new CSSStyleSheet();
    sheet.insertRule('mobile-verification { --mv-accent: rgb(1, 2, 3) }');
    sheet.insertRule('mobile-verification::part(button) { border-top-width: 7px }');
    document.adoptedStyleSheets.push(sheet);
  });
  const main = button(page, 'Use another phone');
  await main.waitFor();
  const style = await main.evaluate((node) => {
    const { borderTopWidth, borderLeftColor } = getComputedStyle(node);
    return { borderTopWidth, borderLeftColor };
  });
  assert.deepEqual(style, { borderTopWidth: '7px', borderLeftColor: 'rgb(1, 2, 3)' });
  await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' });
  await main.focus();
  await page.keyboard.press('Shift');
  await shot(page, 'forced-colors');
  assert.notEqual(await main.evaluate((node) => getComputedStyle(node).borderTopStyle), 'none');
});
