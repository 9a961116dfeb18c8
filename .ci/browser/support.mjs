// What the browser tests share: the local server, Chromium, and what must hold on every page.
//
// BROWSER_TOOLS: a folder in which npm installed playwright-core, axe-core and lighthouse. LOCAL: the local server's
// binary. CHROMIUM: the browser's, /usr/bin/chromium without. SHOTS: a folder for screenshots, none without.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { after, afterEach, before } from 'node:test';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const { BROWSER_TOOLS, LOCAL, CHROMIUM = '/usr/bin/chromium', SHOTS } = process.env;
const tools = createRequire(`${path.resolve(BROWSER_TOOLS)}/`);
const { chromium } = tools('playwright-core');
const AXE = readFileSync(tools.resolve('axe-core/axe.min.js'), 'utf8');

export const executable = CHROMIUM;
export const root = path.resolve(import.meta.dirname, '../..');
export const tool = (file) => import(pathToFileURL(path.join(path.resolve(BROWSER_TOOLS), 'node_modules', file)).href);

/** What a file of tests works with: one browser, one server, and for each test what it opens. */
class Bench {
  #contexts = [];

  /** Another browser's window, so to say: nothing in it is known from before. */
  async context(options = {}) {
    const context = await this.browser.newContext({ viewport: { width: 640, height: 640 }, ...options });
    this.#contexts.push(context);
    return context;
  }

  /** A page, in the window of the pages before it. */
  async open({ errors, ...options } = {}) {
    if (this.#contexts.length === 0 || Object.keys(options).length > 0) await this.context(options);
    return open(this.#contexts.at(-1), this.server, errors);
  }

  /** Ends a test: nothing may have gone wrong on its pages. */
  async end() {
    const contexts = this.#contexts.splice(0);
    const pages = contexts.flatMap((context) => context.pages());
    await Promise.all(contexts.map((context) => context.close()));
    for (const page of pages) assert.deepEqual(page.wrong, []);
  }
}

/** For a file of tests: starts what they need, and looks after each whether its pages were good. */
export function bench(...settings) {
  const here = new Bench();
  before(async () => {
    [here.browser, here.server] = await Promise.all([launch(), serve(...settings)]);
  });
  afterEach(() => here.end());
  after(async () => {
    await here.browser?.close();
    here.server?.stop();
  });
  return here;
}

/** Sandboxing needs what containers do not give; the pages are this project's own. */
const launch = () => chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });

/** A local server with settings over the template's, whose caps are high enough for tests. */
async function serve(...settings) {
  const caps = ['MaxSendsPerIpPerHour=1000', 'MaxSendsPerHourInAll=10000', ...settings];
  const stdio = ['ignore', 'pipe', 'inherit'];
  const child = spawn(LOCAL, ['--port', '0', '--parameter-overrides', ...caps], { stdio, cwd: root });
  const lines = createInterface({ input: child.stdout });
  const url = await new Promise((resolve, reject) => {
    lines.on('line', (line) => line.startsWith('Listening on ') && resolve(line.slice(13)));
    child.on('exit', (status) => reject(new Error(`the local server ended with ${status}`)));
  });
  return new Server(url, child);
}

class Server {
  #users = 0;

  constructor(url, child) {
    this.url = url;
    this.child = child;
  }

  stop() {
    this.child.kill('SIGTERM');
  }

  async call(method, at, body, token) {
    const headers = { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) };
    const answer = await fetch(this.url + at, { method, headers, body: body && JSON.stringify(body) });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${at}: ${answer.status} ${text}`);
    return text.startsWith('{') ? JSON.parse(text) : {};
  }

  async token(user, scope, claims) {
    return (await this.call('POST', '/_local/token', { user, scope, claims })).access_token;
  }

  /** A user of one's own, with what its resource is to hold besides. */
  async user(more = {}) {
    const userName = `user${++this.#users}`;
    const schemas = ['urn:ietf:params:scim:schemas:core:2.0:User'];
    const token = await this.token('admin', 'internal_user_mgt_create');
    await this.call('POST', '/scim2/Users', { schemas, userName, ...more }, token);
    return userName;
  }

  /** The code in the last message to an address. */
  async code(to) {
    const { messages } = await this.call('GET', `/_local/messages?to=${encodeURIComponent(to)}`);
    return messages.at(-1)?.body.match(/\b\d{6}\b/)?.[0];
  }

  advance(advanceSeconds) {
    return this.call('POST', '/_local/clock', { advanceSeconds });
  }

  sms(outcome) {
    return this.call('PUT', '/_local/sms', { outcome });
  }
}

/** A number that no other test uses: each has caps of its own. */
let numbers = 0;
export function number() {
  const national = `01234${String(10000 + ++numbers)}`;
  return { national, e164: `+6${national}` };
}

/** A page that fails its test on what no page may do: console errors and warnings, requests to elsewhere. */
async function open(context, server, errors = []) {
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const wrong = [];
  page.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type())) return;
    // Chromium reports every answer that is no success; a test names those that it wants.
    if (errors.some((error) => message.text().includes(error > 0 ? `status of ${error}` : error))) return;
    wrong.push(message.text());
  });
  page.on('pageerror', (error) => wrong.push(error.stack));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(server.url) && !url.startsWith('data:')) wrong.push(`a request to ${url}`);
  });
  page.wrong = wrong;
  page.server = server;
  return page;
}

/** The policy of the page that embeds: no inline script or style, nothing from elsewhere. */
const POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; img-src data:; " +
  "require-trusted-types-for 'script'";

const ELEMENT = '<mobile-verification></mobile-verification>';

/** Opens a page of somebody's who embeds elements, in two lines, and signs a user in to them. */
export async function embed(page, { user, html = ELEMENT, scripts = ['mobile'] }) {
  const script = scripts.map((name) => `<script type="module" src="/ui/${name}-verification.js"></script>`).join('');
  const body = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Profile</title>
    <meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
    <link rel="icon" href="data:,">${script}</head><body><main><h1>Profile</h1>${html}</main></body></html>`;
  const at = `${page.server.url}/embedding`;
  const headers = { 'Content-Security-Policy': POLICY };
  await page.route(at, (route) => route.fulfill({ body, contentType: 'text/html', headers }));
  await page.addInitScript(() => {
    // axe takes a canvas without a colour for white, also where it is dark.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(':root { background: Canvas; color: CanvasText }');
    document.adoptedStyleSheets = [sheet];
    window.seen = [];
    for (const type of ['pending', 'verified', 'removed', 'failure']) {
      document.addEventListener(type, ({ detail }) => window.seen.push([type, detail]));
    }
  });
  await page.goto(at);
  await signIn(page, user);
}

/** Gives the elements tokens of a user. */
export async function signIn(page, user) {
  await page.evaluate((name) => {
    for (const element of document.querySelectorAll('mobile-verification, email-verification')) {
      element.getToken = async () => {
        const answer = await fetch('/_local/token', { method: 'POST', body: JSON.stringify({ user: name }) });
        return (await answer.json()).access_token;
      };
    }
  }, user);
}

export const events = (page) => page.evaluate(() => window.seen.splice(0));
export const button = (page, name) => page.getByRole('button', { name });
export const field = (page, name = 'Mobile number') => page.getByRole('textbox', { name, exact: true });
export const code = (page) => field(page, 'Code');
export const mistake = (page) => page.locator('[part=error]');
export const status = (page) => page.locator('[part=status]');
/** The id of what has the focus in an element. */
export const focused = (page) => page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.id);

/** What a state must be whatever it shows: axe in light and dark, no sideways scrolling at 320 px. */
export async function good(page, name) {
  const size = page.viewportSize();
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await axe(page, `${name}, ${colorScheme}`);
    await shot(page, `${name}-${colorScheme}`);
  }
  await page.setViewportSize({ width: 320, height: 640 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 320, `${name}: ${wide} px wide at 320 px`);
  await axe(page, `${name}, 320 px`);
  await shot(page, `${name}-320`);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(size);
}

async function axe(page, state) {
  if (!await page.evaluate(() => 'axe' in window)) await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const result = await window.axe.run(document, { runOnly: tags });
    return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
  assert.deepEqual(violations, [], state);
}

export async function shot(page, name) {
  if (!SHOTS) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: path.join(SHOTS, `${name}.png`), fullPage: true });
}
