// What the elements say: a sentence for every error of the API, every text in every language; and how much they weigh.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';

import { bench, button, code, embed, field, good, mistake, number, root, shot, signIn, status } from './support.mjs';

const LANGUAGES = 'de fr es pt it nl pl tr ru uk ar he hi id ms ja ko zh-Hans zh-Hant th vi'.split(' ');
/** The element with core.js and English, gzipped. */
const MOST_BYTES = 10_240;

const here = bench();

/** Answers calls to a path with what a test wants said. */
const stub = (page, at, answer) => page.route(`**${at}`, (route) => {
  const { method, ...response } = answer;
  if (route.request().method() !== method) return route.fallback();
  return route.fulfill({ contentType: 'application/json', ...response });
});

/** The codes of the table that all users of the API read. */
function codes() {
  const document = readFileSync(path.join(root, 'functions/README.md'), 'utf8');
  const rows = [...document.matchAll(/^\| `((?:[A-Z]{3}-)?\d{5})` \| (\d{3}) \|/gm)];
  assert.ok(rows.length >= 34, `${rows.length} rows`);
  return rows.map(([, name, status]) => ({ name, status: Number(status) }));
}

test('every error has a sentence that says what to do', async () => {
  const all = codes();
  // And what has no code: API Gateway's own answers, SCIM's, none at all.
  const bare = [400, 401, 403, 404, 409, 412, 413, 429, 500, 502, 503, 504].map((status) => ({ name: '', status }));
  const page = await here.open({ errors: [...new Set([...all, ...bare].map(({ status }) => status))] });
  const next = number();
  await embed(page, { user: await here.server.user() });
  await button(page, /Add/).click();
  const said = new Map();
  for (const { name, status } of [...all, ...bare]) {
    const headers = status === 429 || status === 503 ? { 'Retry-After': '1234' } : {};
    const detail = name && name !== 'VRF-40000' ? `${name}: Whatever.` : 'Whatever.';
    const body = JSON.stringify({ status: String(status), detail });
    await stub(page, '/scim2/Me', { method: 'PATCH', status, headers, body });
    await field(page).fill(next.e164);
    await page.keyboard.press('Enter');
    await page.locator('section[aria-busy=false]').waitFor();
    const text = (await mistake(page).textContent()).trim();
    assert.match(text, /^\p{Lu}.{15,}[.)]$/u, `${name} ${status}: ${text}`);
    assert.doesNotMatch(text, /undefined|\{|VRF|null/, `${name} ${status}: ${text}`);
    if (status === 429) assert.match(text, /in 21 minutes \(.*\d:\d\d.*\)/, `${name}: ${text}`);
    if (status !== 400) assert.doesNotMatch(text, /Whatever/, `${name}: ${text}`);
    said.set(name || status, text);
    await page.unroute('**/scim2/Me');
  }
  const pairs = [['17003', 'VRF-42900'], ['VRF-42901', 'VRF-42902'], ['18001', '18002'], ['VRF-50200', 'VRF-50201']];
  for (const [one, other] of pairs) {
    assert.notEqual(said.get(one), said.get(other));
  }
});

/** The keys of a module of texts, those of each element with the element's name. */
function keysOf(texts, prefix = '') {
  const keys = ([key, text]) => (typeof text === 'string' ? [prefix + key] : keysOf(text, `${key}.`));
  return Object.entries(texts).flatMap(keys);
}

test('every language has every text, with its values', async () => {
  const page = await here.open();
  await embed(page, { user: await here.server.user(), scripts: ['mobile', 'email'] });
  const files = readdirSync(path.join(root, 'functions/pages/ui/lang')).map((file) => file.replace('.js', ''));
  assert.deepEqual(files.sort(), [...LANGUAGES].sort());
  const all = await page.evaluate(async (languages) => Object.fromEntries(await Promise.all(languages.map(
    async (language) => [language, (await import(`/ui/lang/${language}.js`)).default],
  ))), LANGUAGES);
  const between = (file, start, end) => readFileSync(path.join(root, 'functions/pages/ui', file), 'utf8')
    .split(start)[1].split(end)[0];
  const english = (text, indent) => [...text.matchAll(new RegExp(`^ {${indent}}'?([\\w-]+)'?: '(.*)',$`, 'gm'))];
  const expected = [
    ...english(between('core.js', 'const ENGLISH', '\n};'), 2).map(([, key, text]) => [key, text]),
    ...['mobile', 'email'].flatMap((name) => english(between(`${name}-verification.js`, 'english: {', '\n    }'), 6)
      .filter(([, , text]) => text).map(([, key, text]) => [`${name}.${key}`, text])),
  ];
  assert.ok(expected.length > 60, `${expected.length} texts`);
  const values = (text) => (text.match(/\{\w+\}/g) ?? []).sort().join();
  for (const [language, texts] of Object.entries(all)) {
    const has = new Set(keysOf(texts));
    for (const [key, text] of expected) {
      const [name, sub] = key.split('.');
      assert.ok(has.has(key), `${language} lacks ${key}`);
      const translated = sub ? texts[name][sub] : texts[name];
      assert.equal(values(translated), values(text), `${language} ${key}`);
      assert.ok(translated.trim().length > 0, `${language} ${key}`);
    }
    const known = new Set(expected.map(([key]) => key));
    const more = [...has].filter((key) => !known.has(key) && !known.has(key.replace('email.', '')));
    assert.deepEqual(more, [], language);
  }
});

test('every language is shown, in its direction', async () => {
  const page = await here.open({ errors: [429] });
  const [user, next] = [await here.server.user(), number()];
  await embed(page, { user });
  await button(page, /Add/).click();
  await field(page).fill(next.e164);
  await page.keyboard.press('Enter');
  await code(page).waitFor();
  await page.locator('#resend').focus();
  // One wait in minutes, so that a date is in the text, too.
  const answer = { 'Retry-After': '840' };
  const body = '{"code":"17003","description":"Locked."}';
  await stub(page, '/resend-code', { method: 'POST', status: 429, headers: answer, body });
  await page.reload();
  await signIn(page, user);
  await code(page).waitFor();
  await page.locator('#resend').click();
  await mistake(page).waitFor();
  const seen = new Map();
  for (const language of LANGUAGES) {
    await page.evaluate((lang) => {
      document.documentElement.lang = lang;
      return document.querySelector('mobile-verification').refresh();
    }, language);
    await page.locator('#resend').click({ force: true });
    const section = page.locator('section');
    assert.equal(await section.getAttribute('lang'), language);
    assert.equal(await section.getAttribute('dir'), ['ar', 'he'].includes(language) ? 'rtl' : 'ltr');
    const text = await section.innerText();
    assert.doesNotMatch(text, /undefined|[{}]/, language);
    assert.ok(text.includes(next.e164), language);
    assert.ok(![...seen.values()].includes(text), `${language} reads like another`);
    seen.set(language, text);
    if (['ar', 'he', 'ja'].includes(language)) await good(page, `language-${language}`);
    else await shot(page, `language-${language}`);
  }
  const tags = { 'zh-TW': 'zh-Hant', 'zh-CN': 'zh-Hans', 'pt-BR': 'pt', iw: 'he', sv: 'en', 'en-GB': 'en', x_y: 'en' };
  for (const [tag, language] of Object.entries(tags)) {
    await page.evaluate((lang) => document.querySelector('mobile-verification').setAttribute('lang', lang), tag);
    await page.locator(`section[lang=${language}]`).waitFor();
  }
});

test('codes that are not six digits are typed as they are', async () => {
  const page = await here.open();
  const settings = { OtpLength: 8, OtpCharacters: 'numeric,uppercase', ResendCooldownSeconds: 30, DefaultRegion: '' };
  await stub(page, '/ui/settings.json', { method: 'GET', status: 200, body: JSON.stringify(settings) });
  await embed(page, { user: await here.server.user() });
  await button(page, /Add/).click();
  await page.getByText('Begin with + and the country code.').waitFor();
  await field(page).fill(number().e164);
  await page.keyboard.press('Enter');
  await code(page).waitFor();
  assert.equal(await code(page).getAttribute('inputmode'), 'text');
  assert.match(await button(page, /^Send a new code/).textContent(), /in (30|29) seconds/);
  const bodies = [];
  await page.route('**/me/validate-code', (route) => {
    bodies.push(route.request().postDataJSON());
    return route.fulfill({ status: 202 });
  });
  await code(page).pressSequentially('ABCD-123');
  assert.deepEqual(bodies, []);
  await code(page).press('4');
  await status(page).getByText('is verified').waitFor();
  assert.deepEqual(bodies, [{ code: 'ABCD1234', properties: [] }]);
});

/** What a file takes on the way. */
const served = (at, encoding) => new Promise((resolve, reject) => {
  http.get(here.server.url + at, { headers: { 'Accept-Encoding': encoding } }, (answer) => {
    assert.equal(answer.headers['content-encoding'], encoding);
    let bytes = 0;
    answer.on('data', (chunk) => {
      bytes += chunk.length;
    }).on('end', () => resolve(bytes)).on('error', reject);
  });
});

test(`an element takes at most ${MOST_BYTES} bytes, gzipped and with English`, async () => {
  for (const name of ['mobile', 'email']) {
    const bytes = await served('/ui/core.js', 'gzip') + await served(`/ui/${name}-verification.js`, 'gzip');
    console.log(`${name}-verification: ${bytes} bytes`);
    assert.ok(bytes <= MOST_BYTES, `${bytes} bytes`);
  }
});
