// The hosted pages of a sign-in with a second factor, without JavaScript: forms, redirects and their policy in a browser.
//
// BROWSER_TOOLS: a folder in which npm installed playwright-core and axe-core. LOCAL: the local server's binary.
// CHROMIUM: the browser's, /usr/bin/chromium without. SHOTS: a folder for screenshots, none without.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, afterEach, before, beforeEach, test } from 'node:test';

const { BROWSER_TOOLS, LOCAL, CHROMIUM = '/usr/bin/chromium', SHOTS } = process.env;
const tools = createRequire(`${path.resolve(BROWSER_TOOLS)}/`);
const { chromium } = tools('playwright-core');
const AXE = readFileSync(tools.resolve('axe-core/axe.min.js'), 'utf8');

const BOB = '+60111111111';
const NEW = '+60123456789';

let users = 0;
let browser;
let context;
let page;
/** What no page may do: errors and warnings in the console, requests to elsewhere. */
let wrong;
let local;
/** Where the application is: another port, and so another origin. */
let application;

before(async () => {
  application = await applicationServer();
  [browser, local] = await Promise.all([
    chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] }),
    serve('SmsOtpMandatory=true', 'AppName=Shop & Co', 'SupportUrl=https://help.example.com/', `AllowedReturnUrls=${application.url}/`),
  ]);
});
after(async () => {
  await browser?.close();
  local?.child.kill('SIGTERM');
  application?.server.close();
});
beforeEach(() => opened({ javaScriptEnabled: false }));
afterEach(async () => {
  await context.close();
  assert.deepEqual(wrong, []);
});

async function opened(options) {
  await context?.close();
  context = await browser.newContext({ viewport: { width: 800, height: 700 }, locale: 'en', ...options });
  page = await context.newPage();
  page.setDefaultTimeout(10_000);
  wrong = [];
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && wrong.push(message.text()));
  page.on('pageerror', (error) => wrong.push(error.stack));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(local.url) && !url.startsWith(application.url)) wrong.push(`a request to ${url}`);
  });
}

async function applicationServer() {
  const seen = [];
  const server = createServer((request, response) => {
    if (request.url !== '/favicon.ico') seen.push({ url: request.url, referer: request.headers.referer });
    response.setHeader('Content-Type', 'text/html');
    response.end('<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Shop</title><h1>Shop</h1>');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, seen, url: `http://127.0.0.1:${server.address().port}` };
}

async function serve(...settings) {
  const child = spawn(LOCAL, ['--port', '0', '--parameter-overrides', ...settings], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const url = await new Promise((resolve, reject) => {
    lines.on('line', (line) => line.startsWith('Listening on ') && resolve(line.slice(13)));
    child.on('exit', (status) => reject(new Error(`the local server ended with ${status}`)));
  });
  return { url, child };
}

async function call(method, at, body, token) {
  const headers = { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) };
  const answer = await fetch(local.url + at, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  return { status: answer.status, body: text.startsWith('{') ? JSON.parse(text) : {} };
}

const advance = (seconds) => call('POST', '/_local/clock', { advanceSeconds: seconds });

async function service(method, at, body) {
  const token = await call('POST', '/_local/token', { user: 'shop', scope: 'internal_sms_otp_authenticate' });
  return call(method, `/api/identity/authn/v1.0/sms-otp/${at}`, body, token.body.access_token);
}

/** A flow, so long after the one before that no cap holds. */
async function start(username, returnUrl = `${application.url}/cb?shop=1`) {
  await advance(900);
  const { status, body } = await service('POST', 'initiate', { user: { username }, ...(returnUrl && { returnUrl }) });
  assert.equal(status, 200, JSON.stringify(body));
  return { id: body.flowId, url: body.nextStep.links.page };
}

/** Somebody without a number. */
async function user() {
  const token = await call('POST', '/_local/token', { user: 'admin', scope: 'internal_user_mgt_create' });
  const userName = `user${++users}`;
  const schemas = ['urn:ietf:params:scim:schemas:core:2.0:User'];
  assert.equal((await call('POST', '/scim2/Users', { schemas, userName }, token.body.access_token)).status, 201);
  return userName;
}

const truth = async ({ id }) => (await service('GET', id)).body.flowStatus;

async function code(to) {
  const { body } = await call('GET', `/_local/messages?to=${encodeURIComponent(to)}`);
  return body.messages.at(-1).body.match(/\b\d{6}\b/)[0];
}

const not = (right) => (right.startsWith('1') ? '2' : '1') + right.slice(1);
const field = (name) => page.getByRole('textbox', { name, exact: true });
const button = (name) => page.getByRole('button', { name, exact: true });
const type = async (name, text) => {
  await field(name).fill(text);
  await page.keyboard.press('Enter');
};
const said = (text) => page.getByText(text, { exact: true }).waitFor();

const isBack = async (flow) => {
  await page.getByRole('heading', { name: 'Shop' }).waitFor();
  assert.equal(page.url(), `${application.url}/cb?shop=1&flowId=${flow.id}`);
  assert.deepEqual(application.seen.at(-1), { url: `/cb?shop=1&flowId=${flow.id}`, referer: undefined });
};

test('the right code leads back to the application, past the policy, without a word of where it was', async () => {
  const flow = await start('bob123');
  await page.goto(flow.url);
  await said('*******111');
  await type('Code', await code(BOB));
  await isBack(flow);
  assert.equal((await context.cookies()).length, 0);
  assert.equal(await truth(flow), 'SUCCESS_COMPLETED');
});

test('a wrong code is told at its field, also after a reload, and a second one may be right', async () => {
  const flow = await start('bob123');
  await page.goto(flow.url);
  const right = await code(BOB);
  await type('Code', not(right));
  const mistake = 'This code is not right. Check it, or send a new one.';
  await said(mistake);
  assert.match(await page.title(), /^Error: Sign in to /);
  assert.equal(await field('Code').getAttribute('aria-invalid'), 'true');
  assert.equal(await page.locator(`#${await field('Code').getAttribute('aria-describedby')}`).textContent(), mistake);
  await page.reload();
  await said(mistake);
  assert.equal(await truth(flow), 'FAIL_INCOMPLETE');
  await type('Code', ` ${right.slice(0, 3)} ${right.slice(3)} `);
  await isBack(flow);
});

test('another code: too soon, then sent; the old one is dead', async () => {
  const flow = await start('bob123');
  await page.goto(flow.url);
  const old = await code(BOB);
  await button('Send a new code').click();
  await page.getByText(/^A code was sent a moment ago. Try again in \d+ seconds.$/).waitFor();
  await advance(31);
  await page.reload();
  assert.equal(await page.getByRole('alert').count(), 0, 'the wait is over');
  await button('Send a new code').click();
  await said('A new code is on its way.');
  await type('Code', old);
  await said('This code is not right. Check it, or send a new one.');
  await type('Code', await code(BOB));
  await isBack(flow);
});

test('a number is given, given again, and proved', async () => {
  const flow = await start(await user());
  await page.goto(flow.url);
  assert.equal(await field('Mobile number').getAttribute('autocomplete'), 'tel');
  await type('Mobile number', '12');
  await said('This number cannot be used. Check it.');
  await type('Mobile number', '+60 12-987 6543');
  await said('*******543');
  await page.getByText('Use another number').click();
  await type('Mobile number', NEW);
  await said('*******789');
  await type('Code', await code(NEW));
  await isBack(flow);
  assert.equal(await truth(flow), 'SUCCESS_COMPLETED');
});

test('two clicks, the back button and an old page do no harm', async () => {
  const flow = await start('bob123');
  await page.goto(flow.url);
  const right = await code(BOB);
  const stale = await context.newPage();
  await stale.goto(flow.url);
  await field('Code').fill(right);
  await button('Continue').dblclick();
  await isBack(flow);
  // Not told yet: the browser is sent there again.
  await stale.getByRole('textbox', { name: 'Code', exact: true }).fill(right);
  await stale.keyboard.press('Enter');
  await stale.getByRole('heading', { name: 'Shop' }).waitFor();
  await stale.close();
  assert.equal(await truth(flow), 'SUCCESS_COMPLETED');
  // Told: the page says so, and goes nowhere by itself.
  await page.goto(flow.url);
  await said('You have confirmed that it is you. You can close this page and return to Shop & Co.');
  await page.getByRole('link', { name: 'Continue to Shop & Co' }).click();
  await isBack(flow);
  await page.goBack();
  await page.getByRole('link', { name: 'Continue to Shop & Co' }).waitFor();
});

test('too many wrong codes, then no flow at all', async () => {
  const flow = await start('bob123', null);
  await page.goto(flow.url);
  const wrongCode = not(await code(BOB));
  for (let tries = 0; tries < 5; tries++) await type('Code', wrongCode);
  await said('This code was tried too often. Send a new one.');
  assert.equal(await field('Code').count(), 0);
  await advance(31);
  await button('Send a new code').click();
  await said('A new code is on its way.');
  await type('Code', await code(BOB));
  await said('You have confirmed that it is you. You can close this page and return to Shop & Co.');
  await advance(700);
  const answer = await page.reload();
  assert.equal(answer.status(), 404);
  await said('This sign-in is over, or there never was one. Return to Shop & Co and start again.');
  assert.equal(wrong.length, 1, `${wrong}`);
  assert.match(wrong.pop(), /status of 404/);
});

test('every state can be read: axe, 320 px, dark, forced colours, from the right', async () => {
  await opened({});
  const states = {
    code: async () => page.goto((await start('bob123')).url),
    mistake: async () => type('Code', '000000'),
    backup: async () => page.getByText('Use a backup code').click(),
    number: async () => page.goto((await start(await user())).url),
    refused: async () => type('Mobile number', '1'),
  };
  for (const [name, show] of Object.entries(states)) {
    await show();
    await page.getByRole('heading').waitFor();
    await good(name);
  }
  for (const locale of ['ar', 'de', 'ja', 'th']) {
    await opened({ locale });
    await page.goto((await start('bob123')).url);
    assert.equal(await page.locator('html').getAttribute('lang'), locale);
    await page.locator('summary').click();
    await good(locale);
  }
});

async function good(name) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await axe(`${name}, ${colorScheme}`);
    await shot(`${name}-${colorScheme}`);
  }
  await page.emulateMedia({ forcedColors: 'active' });
  await shot(`${name}-forced`);
  await page.emulateMedia({ forcedColors: 'none', colorScheme: 'light' });
  const size = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 640 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 320, `${name}: ${wide} px wide at 320 px`);
  await shot(`${name}-320`);
  await page.setViewportSize(size);
}

async function axe(state) {
  const violations = await page.evaluate(async (source) => {
    // The page's policy allows no script: this one is the browser's own.
    if (!('axe' in window)) (0, eval)(source);
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const result = await window.axe.run(document, { runOnly: tags });
    return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  }, AXE).catch((error) => [String(error)]);
  assert.deepEqual(violations, [], state);
}

async function shot(name) {
  if (!SHOTS) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: path.join(SHOTS, `${name}.png`), fullPage: true });
}
