// The page at `/`: the elements as any page embeds them, and around them what stands in for the world.

import '/ui/mobile-verification.js';

const $ = (id) => document.getElementById(id);
const LANGUAGES = 'en de fr es pt it nl pl tr ru uk ar he hi id ms ja ko zh-Hans zh-Hant th vi'.split(' ');
const ADMIN = 'internal_user_mgt_list internal_user_mgt_create';
const FLOWS = '/api/identity/authn/v1.0/sms-otp';

const node = (tag, text, more) => Object.assign(document.createElement(tag), { textContent: text ?? '', ...more });

/** An answer of this server: its status, and its JSON where there is any. */
async function call(method, path, body, token) {
  const answer = await fetch(path, {
    method,
    cache: 'no-store',
    headers: {
      ...(body && { 'Content-Type': 'application/json' }),
      ...(token && { Authorization: `Bearer ${token}` }),
    },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, ok: answer.ok, json: text.startsWith('{') ? JSON.parse(text) : {} };
}

async function tokenOf(user, scope) {
  const { json } = await call('POST', '/_local/token', { user, scope });
  return json.access_token;
}

/** Runs what a button does, and says where it fails. */
function on(element, type, work) {
  element.addEventListener(type, async (event) => {
    $('trouble').textContent = '';
    try {
      await work(event);
    } catch (error) {
      $('trouble').textContent = `The server does not answer: ${error.message}`;
    }
  });
}

// The user

const elements = () => [...document.querySelectorAll('mobile-verification, email-verification')];
const chosen = () => decodeURIComponent(location.hash.slice(1)) || 'bob123';

/** New ones, as after a reload: what an element counts down does not know that the clock was moved. */
function embed() {
  for (const name of ['mobile', 'email']) {
    if ($(name).closest('[hidden]')) continue;
    const element = document.createElement(`${name}-verification`);
    const user = chosen();
    element.lang = $('language').value;
    if ($('numbers').value) element.setAttribute('numbers', $('numbers').value);
    element.getToken = () => tokenOf(user);
    $(name).replaceChildren(element);
  }
}

async function listUsers() {
  const { json } = await call('GET', '/scim2/Users?attributes=userName&count=100', null, await tokenOf('admin', ADMIN));
  const names = (json.Resources ?? []).map((user) => user.userName);
  if (!names.includes(chosen())) names.push(chosen());
  $('user').replaceChildren(...names.map((name) => node('option', name, { value: name })));
  $('user').value = chosen();
}

on($('user'), 'change', () => {
  location.hash = encodeURIComponent($('user').value);
});
on(window, 'hashchange', () => {
  // The links of this page have fragments, too.
  if ($(location.hash.slice(1))) return;
  $('user').value = chosen();
  endFlow();
  embed();
});
on($('new-user'), 'click', async () => {
  const schemas = ['urn:ietf:params:scim:schemas:core:2.0:User'];
  const userName = `user${Math.floor(Math.random() * 1e6)}`;
  await call('POST', '/scim2/Users', { schemas, userName }, await tokenOf('admin', ADMIN));
  location.hash = userName;
  await listUsers();
});
on($('language'), 'change', () => {
  for (const element of elements()) element.lang = $('language').value;
});
on($('numbers'), 'change', embed);
for (const type of ['pending', 'verified', 'removed', 'failure']) {
  on(document, type, (event) => {
    $('event').textContent = `${type} ${JSON.stringify(event.detail)}`;
    watch();
  });
}

// The world

on($('clock'), 'click', async ({ target }) => {
  if (!target.dataset.seconds) return;
  await call('POST', '/_local/clock', { advanceSeconds: Number(target.dataset.seconds) });
  embed();
  await watch();
});
for (const [id, path] of [['sms', '/_local/sms'], ['mail', '/_local/email']]) {
  on($(id), 'change', () => call('PUT', path, { outcome: $(id).value }));
}
on($('empty-inbox'), 'click', async () => {
  await call('DELETE', '/_local/messages');
  await watch();
});

const shown = {};

/** Whether this is not what is shown already. */
function isNew(name, value) {
  const seen = JSON.stringify(value);
  if (shown[name] === seen) return false;
  shown[name] = seen;
  return true;
}

function time(text) {
  const date = new Date(text);
  return node('time', date.toLocaleTimeString(), { dateTime: text, title: date.toLocaleString() });
}

function messageItem({ to, body, sender, sentAt, subject, channel }) {
  const item = node('li');
  const head = node('div', '', { className: 'note' });
  const way = channel === 'email' ? 'Email' : 'SMS';
  head.append(time(sentAt), ` ${way} to `, node('strong', to), sender ? ` from ${sender}` : '');
  item.append(head);
  if (subject) item.append(node('p', subject, { className: 'subject' }));
  item.append(node('p', body));
  return item;
}

function auditRow({ timestamp, event, trace_id: traceId, ...more }) {
  // Metrics are members of the line, too, with capitals; and _aws, which says what they are.
  const details = Object.entries(more).filter(([name]) => /^[a-z]/.test(name));
  const row = node('tr');
  row.insertCell().append(time(timestamp));
  row.insertCell().textContent = event;
  row.insertCell().textContent = details.map(([name, value]) => `${name}: ${value}`).join(', ');
  row.title = traceId ? `trace id ${traceId}` : '';
  return row;
}

async function watch() {
  const [inbox, audit] = await Promise.all([call('GET', '/_local/messages'), call('GET', '/_local/audit')]);
  const { messages = [] } = inbox.json;
  if (isNew('messages', messages)) {
    $('messages').replaceChildren(...messages.toReversed().map(messageItem));
    const last = messages.at(-1);
    $('inbox-state').textContent = last ? `${messages.length} so far, the last to ${last.to}.` : 'No messages yet.';
  }
  const { lines = [], now } = audit.json;
  if (isNew('audit', lines)) {
    $('audit').replaceChildren(...lines.toReversed().map(auditRow));
    $('audit-table').hidden = lines.length === 0;
    $('audit-state').hidden = lines.length > 0;
  }
  if (now) $('now').textContent = new Date(now).toLocaleString();
}

async function keepWatching() {
  try {
    if (!document.hidden) await watch();
    $('trouble').textContent = '';
  } catch (error) {
    $('trouble').textContent = `The server does not answer: ${error.message}`;
  }
  setTimeout(keepWatching, 1000);
}

// A second factor

let flow;

async function backEnd(method, path, body) {
  const token = await tokenOf('back-end', 'internal_sms_otp_authenticate');
  const answer = await call(method, `${FLOWS}${path}`, body, token);
  const item = node('li', `${method} …${path.replace(/^\/[\w-]{20,}/, '/{flowId}')}`);
  item.append(node('br'), `${answer.status} ${JSON.stringify(answer.json)}`);
  $('calls').prepend(item);
  $('calls').hidden = false;
  await watch();
  return answer;
}

function endFlow() {
  flow = undefined;
  showFlow();
  $('flow-state').textContent = '';
  $('calls').replaceChildren();
  $('calls').hidden = true;
}

const SAYS = {
  OTP: 'Code',
  MULTI_OPTION: 'Code',
  BACKUP_CODE: 'Backup code',
  MOBILE_NUMBER: 'Mobile number, to which the code goes',
};

function showFlow() {
  const prompt = flow?.flowStatus.endsWith('INCOMPLETE') && flow.nextStep?.prompt;
  $('flow').hidden = !prompt;
  $('look').hidden = !flow;
  if (!prompt) return;
  $('flow-label').textContent = SAYS[prompt] ?? prompt;
  $('flow-input').value = '';
  $('flow-resend').hidden = prompt !== 'OTP';
  const page = flow.nextStep.links?.page;
  $('flow-page').hidden = !page;
  if (page) $('flow-page').href = page;
}

/** How a flow stands, in words. */
function told({ flowStatus, nextStep, amr = [] }) {
  const number = nextStep?.maskedMobileNumber;
  switch (flowStatus) {
    case 'SUCCESS_COMPLETED':
      return amr.length ? `Signed in, by ${amr.join(', ')}.` : 'Signed in: no second factor is asked of this user.';
    case 'FAIL_COMPLETED':
      return 'Refused.';
    case 'FAIL_INCOMPLETE':
      return 'That was not it. Try again.';
    case 'INCOMPLETE':
      return number ? `A code went to ${number}.` : 'Asked for what stands below.';
    default:
      return 'A new code is on its way.';
  }
}

function took({ ok, status, json }) {
  if (json.flowId) flow = json;
  showFlow();
  $('flow-state').textContent = ok ? told(json) : `${status}: ${json.description ?? json.message ?? 'refused'}`;
  if (ok && !$('flow').hidden) $('flow-input').focus();
}

on($('begin'), 'click', async () => {
  endFlow();
  took(await backEnd('POST', '/initiate', { user: { username: chosen() } }));
});
on($('look'), 'click', async () => took(await backEnd('GET', `/${flow.flowId}`)));
on($('flow-resend'), 'click', async () => took(await backEnd('POST', `/${flow.flowId}/resend`)));
on($('flow'), 'submit', async (event) => {
  event.preventDefault();
  const typed = $('flow-input').value.trim();
  const { prompt } = flow.nextStep;
  if (prompt === 'MOBILE_NUMBER') took(await backEnd('POST', `/${flow.flowId}/mobile`, { mobileNumber: typed }));
  else {
    const body = prompt === 'BACKUP_CODE' ? { backupCode: typed } : { code: typed };
    took(await backEnd('POST', `/${flow.flowId}/verify`, body));
  }
});

// The journey

on($('copy'), 'click', async () => {
  await navigator.clipboard.writeText($('journey').textContent);
  $('copied').textContent = 'Copied.';
});

// Everything

const names = new Intl.DisplayNames('en', { type: 'language' });
$('language').replaceChildren(...LANGUAGES.map((code) => node('option', names.of(code), { value: code })));
const settings = await call('GET', '/ui/settings.json');
if (settings.json.EnableEmailVerification) {
  await import('/ui/email-verification.js');
  for (const id of ['email-part', 'email-tag', 'mailboxes', 'email-sending']) $(id).hidden = false;
}
await listUsers();
embed();
await keepWatching();
