/** What <mobile-verification> and <email-verification> share: state, requests, what is shown. */

const WSO2 = 'urn:scim:wso2:schema';
const LANGUAGES = 'de fr es pt it nl pl tr ru uk ar he hi id ms ja ko zh-Hans zh-Hant th vi'.split(' ');
/** Errors that are told like others: by code, the key of the text. */
const SAME = {
  'VRF-40100': 401, 'VRF-40102': 401, 'VRF-40300': 403, 17007: 'VRF-40302', 18003: 404, 'VRF-40400': 404,
  'VRF-40900': 409, 'VRF-42907': 429, 'VRF-50000': 500, 'VRF-50300': 503, 'UEV-10003': 'UMV-10002', 412: 409, 504: 503,
};

/** English; a key that is a code or a status is the sentence for that error. */
const ENGLISH = {
  loading: 'Loading…',
  retry: 'Try again',
  change: 'Change',
  verify: 'Verify',
  verified: 'Verified',
  unverified: 'Not verified',
  primary: 'Primary',
  makePrimary: 'Make primary',
  remove: 'Remove',
  cancel: 'Cancel',
  send: 'Send code',
  code: 'Code',
  resend: 'Send a new code',
  resent: 'A new code is on its way.',
  cancelled: 'Cancelled. Nothing was changed.',
  saved: 'Saved.',
  done: '{value} is verified.',
  removed: '{value} was removed.',
  ask: 'Remove {value}?',
  stays: '{value} stays in use until then.',
  later: 'later',
  0: 'No connection. Check your internet connection and try again.',
  400: 'This cannot be done. Check what you entered.',
  401: 'You are signed out. Sign in again.',
  403: 'You may not do this. Ask support for help.',
  404: 'Your account was not found. Ask support for help.',
  409: 'Something was changed elsewhere at the same moment. Try again.',
  429: 'Too many requests. Try again {when}.',
  500: 'Something went wrong. Try again, and ask support if it stays so.',
  503: 'The service is not available. Try again {when}.',
  18001: 'This code is not right. Check it, or send a new one.',
  18002: 'This code has expired. Send a new one.',
  'UAR-10011': 'Several changes are waiting. Cancel this one and begin again.',
  'UAR-10012': 'Nothing is waiting for a code any more. Begin again.',
  'VRF-40101': 'To make this change, sign in again first.',
  'VRF-40301': 'Your account is not active. Ask support for help.',
  'VRF-40302': 'This is switched off. Ask support for help.',
  'VRF-40903': 'Another account has your user name. Ask support for help.',
  17003: 'Too many wrong codes: codes are locked. Try again {when}.',
  'VRF-42900': 'A code was sent a moment ago. Try again {when}.',
  'VRF-42901': 'You have had too many codes. Try again {when}.',
  'VRF-42903': 'Too many codes were asked for from your network. Try again {when}.',
  'VRF-42904': 'No more messages can be sent for now. Try again {when}.',
  'VRF-42905': 'Too many messages could not be sent. Try again {when}.',
  'VRF-42906': 'You have changed too much in a short time. Try again {when}.',
  'VRF-50200': 'The message could not be sent, and nothing was changed. Try again.',
};

const STYLE = `
:host{display:block;--a:var(--mv-accent,light-dark(#0b57d0,#a8c7fa));--r:var(--mv-radius,.5em)}
:host([hidden]){display:none}
*{box-sizing:border-box;margin:0;padding:0;font:inherit;color:inherit}
section{display:grid;gap:.75em;line-height:1.5;overflow-wrap:anywhere}
ul{display:grid;gap:.75em;list-style:none}
li,.row{display:flex;flex-wrap:wrap;align-items:center;gap:.5em .75em}
li+li{padding-top:.75em;border-top:1px solid color-mix(in srgb,currentColor 30%,transparent)}
bdi{font-weight:600}
form{display:grid;gap:.75em;padding:1em;
border:1px solid color-mix(in srgb,currentColor 30%,transparent);border-radius:var(--r)}
label{font-weight:600}
.badge{font-size:.875em;padding:0 .6em;border:1px dashed;border-radius:1em}
.ok{border-style:solid;border-color:var(--a)}
button{min-height:2.5em;padding:.25em 1em;border:1px solid color-mix(in srgb,currentColor 65%,transparent);
border-radius:var(--r);background:none;cursor:pointer;text-align:start}
button.main{font-weight:600;border:2px solid var(--a);background:color-mix(in srgb,var(--a) 14%,transparent)}
button:hover{text-decoration:underline}
[aria-disabled=true]{cursor:default;border-style:dashed;text-decoration:none}
input{width:100%;max-width:22em;min-height:2.75em;padding:.25em .75em;
border:1px solid;border-radius:var(--r);background:none}
#code{max-width:12em;font-size:1.25em;letter-spacing:.15em}
[aria-invalid=true]{border:2px solid light-dark(#b3261e,#ffb4ab)}
[part=error]{padding-inline-start:.75em;border-inline-start:.25em solid light-dark(#b3261e,#ffb4ab)}
:focus-visible{outline:3px solid var(--a);outline-offset:2px}
[part=status]{margin-top:.75em}
[part=status]:empty{display:none}`;

let sheet;
let settings;
const languages = new Map();

/** How codes are made: a file beside this one. */
const readSettings = () => settings ??= fetch(new URL('settings.json', import.meta.url))
  .then((answer) => answer.json())
  .catch(() => ({}));

const readLanguage = (code) => {
  if (!languages.has(code)) {
    // Without it texts are English; the next element tries again.
    const read = import(new URL(`lang/${code}.js`, import.meta.url)).then((module) => module.default);
    languages.set(code, read.catch(() => void languages.delete(code)));
  }
  return languages.get(code);
};

/** The language for a tag (BCP 47). */
const languageOf = (tag) => {
  const [first, ...rest] = tag.toLowerCase().replace(/^iw\b/, 'he').replace(/^in\b/, 'id').split('-');
  const code = first !== 'zh' ? first : /hant|tw|hk|mo/.test(rest) ? 'zh-Hant' : 'zh-Hans';
  return LANGUAGES.includes(code) ? code : 'en';
};

/** As people type and paste it: without blanks, dashes and what nobody sees. */
const plain = (code) => code.replace(/[\s\p{Pd}\p{Cf}]/gu, '');

const h = (tag, attributes, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'value' || name.startsWith('on')) node[name] = value;
    else if (value != null && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child));
  return node;
};

export class Verification extends HTMLElement {
  static observedAttributes = ['api', 'lang', 'numbers', 'token'];

  #root = this.attachShadow({ mode: 'open' });
  #box = h('section', { role: 'group' });
  #status = h('p', { part: 'status', role: 'status' });
  #given = {};
  #texts = ENGLISH;
  #locale = 'en';
  #settings = {};
  /** Counts connections: what is of an earlier one is not shown. */
  #run = 0;
  #queued;
  #busy;
  /** What the user's resource shows, once it is read. */
  #model;
  /** `edit`, or `remove` with the value in `#target`. */
  #panel;
  #target;
  /** What was cancelled here alone; at the server it ends by itself. */
  #dismissed;
  #typed = {};
  #error;
  #said = [];
  #resendAt = 0;
  #timer;
  #channel;
  #otp;

  constructor() {
    super();
    sheet ??= new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    this.#root.adoptedStyleSheets = [sheet];
    this.#root.append(this.#box, this.#status);
  }

  get getToken() {
    return this.#given.getToken;
  }

  set getToken(getToken) {
    this.#given.getToken = getToken;
    this.#start();
  }

  get messages() {
    return this.#given.messages;
  }

  set messages(messages) {
    this.#given.messages = messages;
    this.#start();
  }

  connectedCallback() {
    // A page may have set these before the element was defined.
    for (const name of ['getToken', 'messages']) {
      if (Object.hasOwn(this, name)) {
        const value = this[name];
        delete this[name];
        this[name] = value;
      }
    }
    document.addEventListener('visibilitychange', this.#look);
    this.#channel = new BroadcastChannel('verification');
    this.#channel.onmessage = this.#look;
    this.#start();
  }

  disconnectedCallback() {
    this.#run++;
    this.#busy = false;
    document.removeEventListener('visibilitychange', this.#look);
    this.#channel.close();
    this.#listen(false);
    clearInterval(this.#timer);
    this.#timer = 0;
  }

  attributeChangedCallback(name, before, after) {
    if (before !== after) this.#start();
  }

  /** Reads the user and the nearest `lang` again. */
  refresh() {
    return this.#load(true);
  }

  /** Once for all that is set in one go. */
  #start() {
    if (this.#queued) return;
    this.#queued = true;
    queueMicrotask(() => {
      this.#queued = false;
      if (this.isConnected) this.#load(true);
    });
  }

  /** Another tab or element may have changed something. */
  #look = () => {
    if (this.#model && !this.#busy && !document.hidden) this.#load(false);
  };

  async #load(aloud) {
    const run = this.#run;
    await this.#speak();
    if (run !== this.#run) return;
    if (aloud) this.#paint();
    // What is the same is left alone: somebody may be typing.
    const state = () => JSON.stringify([this.#model, this.#settings, this.#error, this.#said]);
    const shown = state();
    if (!this.getToken && !this.getAttribute('token')) return;
    try {
      const [model, settings] = await Promise.all([this.#read(), readSettings()]);
      if (run !== this.#run || this.#busy) return;
      const before = this.#model;
      this.#settings = settings;
      this.#model = model;
      if (aloud) this.#error = null;
      if (before && before.id !== model.id) this.#forget();
      // A link that was opened elsewhere.
      else if (before && this.#link && this.#proven(before, model)) this.#settled(before, model);
    } catch (failure) {
      if (run !== this.#run || !aloud) return;
      this.#fail(failure);
    }
    if (shown !== state()) this.#paint();
  }

  /** Another user's. */
  #forget() {
    this.#panel = this.#dismissed = null;
    this.#typed = {};
    this.#said = [];
    this.#resendAt = 0;
  }

  /** Texts in the nearest language. */
  async #speak() {
    let tag = '';
    for (let node = this; node && !tag; node = node.getRootNode().host) {
      node = node.closest('[lang]') ?? node;
      tag = node.lang;
    }
    const code = languageOf(tag);
    const texts = code === 'en' ? null : await readLanguage(code);
    const { english, name } = this.constructor.kind;
    this.#texts = { ...ENGLISH, ...english, ...texts, ...texts?.[name], ...this.messages };
    const lang = texts ? code : 'en';
    this.#locale = tag.startsWith(lang) && /^\w{2,3}(-\w{2,8})*$/.test(tag) ? tag : lang;
    for (const node of [this.#box, this.#status]) {
      node.lang = lang;
      node.dir = /ar|he/.test(lang) ? 'rtl' : 'ltr';
    }
  }

  // Requests

  async #read() {
    return this.#modelOf(await this.#call('GET', '/scim2/Me'));
  }

  async #patch(...Operations) {
    const schemas = ['urn:ietf:params:scim:api:messages:2.0:PatchOp'];
    return this.#modelOf(await this.#call('PATCH', '/scim2/Me', { schemas, Operations }));
  }

  /** What of a user's resource is shown here. */
  #modelOf(user) {
    const { kind } = this.constructor;
    const { [WSO2]: more = {}, id } = user;
    const { [kind.all]: all = [], [kind.list]: verifiedList = [], verificationLocked: locked } = more;
    const primary = kind.primary(user);
    return {
      id,
      primary,
      locked,
      verifiedList,
      verified: more[kind.flag] ? [...verifiedList, primary] : verifiedList,
      all: [...new Set([primary, ...all, ...verifiedList])].filter(Boolean),
      lists: all.length > 0,
      pending: kind.pending(more),
    };
  }

  async #call(method, path, body, again) {
    const failed = (status, more) => ({ failed: true, status, code: '', description: '', ...more });
    let token;
    try {
      token = this.getToken ? await this.getToken() : this.getAttribute('token');
    } catch {
      throw failed(401);
    }
    const api = this.getAttribute('api');
    const base = api ? new URL(api, document.baseURI) : new URL('..', import.meta.url);
    let answer;
    let text;
    try {
      answer = await fetch(base.href.replace(/\/$/, '') + path, {
        method,
        cache: 'no-store',
        headers: { Authorization: `Bearer ${token}`, ...(body && { 'Content-Type': 'application/json' }) },
        body: body && JSON.stringify(body),
      });
      text = await answer.text();
    } catch {
      throw failed(0);
    }
    const { ok, status } = answer;
    if (status === 401 && this.getToken && !again) return this.#call(method, path, body, true);
    let json = {};
    try {
      json = JSON.parse(text);
    } catch {
      // No body, or that of a proxy.
    }
    if (ok) return json;
    const [, code = '', detail] = /^(?:([A-Z]{3}-\d{5}|\d{5}): )?(.*)/s.exec(json.detail ?? '');
    throw failed(status, {
      code: json.code ?? code,
      description: json.description ?? (detail || json.message || ''),
      retryAfter: +answer.headers.get('Retry-After') || undefined,
    });
  }

  // What a person does

  /** One thing at a time; what it returns is the id of what comes next. */
  async #act(field, work) {
    if (this.#busy) return;
    const run = this.#run;
    this.#busy = true;
    this.#error = null;
    this.#said = [];
    this.#paint();
    let focus = field;
    try {
      focus = await work();
      if (run === this.#run) this.#channel.postMessage('');
    } catch (failure) {
      if (!failure.failed) throw failure;
      if (run === this.#run) this.#fail(failure, field);
    }
    if (run !== this.#run) return;
    this.#busy = false;
    this.#paint(focus);
  }

  #fail({ failed, ...failure }, field) {
    const { status, code, description, retryAfter } = failure;
    const texts = this.#texts;
    const known = [code, SAME[code], status, SAME[status], status === 400 ? 400 : 500].find((key) => texts[key]);
    const reason = known === 400 || code === 'VRF-40000';
    this.#error = {
      // Where nothing is pending any more, there is no form to say it in.
      field: code === 'UAR-10012' ? undefined : field,
      key: reason && field === 'edit' ? 'invalid' : code === 'VRF-40000' ? 400 : known,
      // The server's reason, without the attribute's name.
      reason: reason && description.replace(/^[\w:.]+: /, ''),
      when: this.#when(retryAfter),
      until: retryAfter && Date.now() + retryAfter * 1000,
    };
    // Under a lock no code is sent either.
    if (code === '17003') this.#cool(retryAfter);
    this.#emit('failure', failure);
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { bubbles: true, composed: true, detail }));
  }

  #about(type, value) {
    this.#emit(type, { [this.constructor.kind.detail]: value });
  }

  /** A change of the user; `asked` where it may start a claim. */
  #change(field, asked, ...operations) {
    this.#act(field, async () => {
      const before = this.#model;
      const after = await this.#patch(...operations);
      this.#model = after;
      this.#panel = this.#dismissed = null;
      this.#typed = {};
      if (asked && after.pending && !this.#proven(before, after)) {
        if (after.pending !== before.pending) this.#cool();
        this.#about('pending', after.pending);
        return this.#link ? 'resend' : 'code';
      }
      return this.#settled(before, after);
    });
  }

  /** What is verified now and was not before, or has become the primary. */
  #proven(before, after) {
    const { primary, verified } = after;
    const moved = primary !== before.primary && verified.includes(primary) && primary;
    return verified.find((value) => !before.verified.includes(value)) || moved;
  }

  #settled(before, after, pending) {
    const value = this.#proven(before, after) || pending;
    this.#said = value ? ['done', { value }] : ['saved'];
    if (value) this.#about('verified', value);
    return 'main';
  }

  #validate(event) {
    event?.preventDefault();
    const code = plain(this.#typed.code ?? '');
    if (!code) return this.#paint('code');
    this.#act('code', async () => {
      const before = this.#model;
      await this.#call('POST', '/api/identity/user/v1.0/me/validate-code', { code, properties: [] });
      this.#typed = {};
      this.#model = { ...before, pending: undefined };
      this.#model = await this.#read();
      return this.#settled(before, this.#model, before.pending);
    });
  }

  #resend() {
    if (this.#resendAt > Date.now()) return;
    const send = (...properties) => this.#call('POST', '/api/identity/user/v1.0/me/resend-code', { properties });
    this.#act('resend', async () => {
      const { kind } = this.constructor;
      const value = `${kind.scenario}_VERIFICATION_ON_${this.#many ? 'VERIFIED_LIST_' : ''}UPDATE`;
      try {
        // Named only where several are pending: it may be one that another page began.
        await send().catch((failure) => {
          if (failure.code !== 'UAR-10011') throw failure;
          return send({ key: 'RecoveryScenario', value });
        });
      } catch (failure) {
        if (failure.retryAfter) this.#cool(failure.retryAfter);
        if (failure.code === 'UAR-10012') this.#model = await this.#read();
        throw failure;
      }
      this.#cool();
      this.#typed = {};
      this.#said = [this.#link ? 'resentLink' : 'resent'];
      return this.#link ? 'resend' : 'code';
    });
  }

  #cancel() {
    const { path, list } = this.constructor.kind;
    const { primary, verified, verifiedList, pending } = this.#model;
    const operations = [];
    if (this.#many) operations.push({ op: 'replace', path: `${WSO2}:${list}`, value: verifiedList });
    if (!primary) operations.push({ op: 'remove', path: path() });
    // An unverified one would be sent a code.
    else if (verified.includes(primary)) operations.push(this.#prefer(primary));
    this.#act('cancel', async () => {
      if (operations[0]) this.#model = await this.#patch(...operations);
      this.#dismissed = pending;
      this.#typed = {};
      this.#said = ['cancelled'];
      return 'main';
    });
  }

  #save(event) {
    event.preventDefault();
    const value = this.#typed.value?.trim();
    if (!value) return this.#paint('edit');
    this.#ask('edit', value);
  }

  /** Starts the verification of a new or an unverified value. */
  #ask(field, value) {
    const path = `${WSO2}:${this.constructor.kind.list}`;
    this.#change(field, true, this.#many ? { op: 'add', path, value: [value] } : this.#prefer(value));
  }

  /** Makes a value the primary; where there is none, it is added. */
  #prefer(value) {
    const { path, entry } = this.constructor.kind;
    return { op: 'replace', path: path(this.#model.primary), value: entry(value) };
  }

  #remove(event) {
    event.preventDefault();
    const { path, all } = this.constructor.kind;
    const value = this.#target;
    this.#act('sure', async () => {
      const operations = [{ op: 'remove', path: `${WSO2}:${all}[value eq ${JSON.stringify(value)}]` }];
      if (value === this.#model.primary) operations.push({ op: 'remove', path: path(value) });
      this.#model = await this.#patch(...operations);
      this.#panel = null;
      this.#said = ['removed', { value }];
      this.#about('removed', value);
      return 'main';
    });
  }

  #open(panel, focus, target) {
    if (this.#busy) return;
    this.#panel = panel;
    this.#target = target;
    this.#error = null;
    this.#said = [];
    this.#paint(focus);
  }

  // What is shown

  get #many() {
    const numbers = this.getAttribute('numbers');
    return numbers === 'many' || (numbers !== 'one' && this.#model.lists);
  }

  get #pending() {
    const { pending } = this.#model;
    return pending !== this.#dismissed && pending;
  }

  /** Whether a link is sent in place of a code. */
  get #link() {
    return this.#settings.EmailLinks && !this.constructor.kind.sms;
  }

  #cool(seconds = this.#settings.ResendCooldownSeconds ?? 60) {
    this.#resendAt = Date.now() + seconds * 1000;
  }

  /** `in 15 minutes`. */
  #wait(seconds) {
    const [unit, length] = seconds < 90 ? ['second', 1] : seconds < 5400 ? ['minute', 60] : ['hour', 3600];
    return new Intl.RelativeTimeFormat(this.#locale).format(Math.ceil(seconds / length), unit);
  }

  /** `in 15 minutes (14:05)`. */
  #when(seconds) {
    if (!seconds) return this.#texts.later;
    if (seconds < 90) return this.#wait(seconds);
    const style = { timeStyle: 'short', ...(seconds >= 5400 && { dateStyle: 'medium' }) };
    const time = new Intl.DateTimeFormat(this.#locale, style).format(Date.now() + seconds * 1000);
    return `${this.#wait(seconds)} (${time})`;
  }

  /** A text with values in it, each on its own as to direction. */
  #say(key, values) {
    return this.#texts[key].split(/\{(\w+)\}/).map((text, odd) => !(odd % 2) ? text
      : text === 'when' ? h('span', {}, values.when) : h('bdi', { dir: 'ltr', part: 'number' }, values[text]));
  }

  #button(id, key, onclick, attributes) {
    const busy = this.#busy && 'true';
    const own = { id, type: 'button', part: 'button', 'aria-disabled': busy, onclick };
    return h('button', { ...own, ...attributes }, this.#texts[key]);
  }

  #mistake(field) {
    const error = this.#error;
    if (!error || error.field !== field) return;
    const reason = error.reason && h('span', { lang: 'en', dir: 'ltr' }, ` (${error.reason})`);
    // At an input the focus reads it, elsewhere it is said by itself.
    const role = !/edit|code/.test(field) && 'alert';
    return h('p', { id: 'error', part: 'error', role }, this.#say(error.key, error), reason);
  }

  /** An input with its label, and what is wrong with it. */
  #field(id, label, attributes, hint) {
    const wrong = this.#mistake(id);
    return [
      h('label', { for: id }, this.#texts[label]),
      hint && h('p', { id: 'hint' }, hint),
      h('input', {
        id,
        name: id,
        'aria-describedby': [hint && 'hint', wrong && 'error'].filter(Boolean).join(' ') || null,
        'aria-invalid': wrong && 'true',
        ...attributes,
      }),
      wrong,
    ];
  }

  #form(onsubmit, ...children) {
    return h('form', { onsubmit, novalidate: '' }, ...children);
  }

  #paint(focus) {
    const root = this.#root;
    const at = focus ?? root.activeElement?.id;
    this.#box.ariaLabel = this.#texts.label;
    this.#box.ariaBusy = !!this.#busy;
    this.#box.replaceChildren(...this.#view().flat().filter(Boolean));
    this.#status.replaceChildren(...(this.#said[0] ? this.#say(...this.#said) : []));
    this.#listen(this.#model && !this.#panel && this.#pending);
    this.#tick();
    const node = at && (root.getElementById(at) ?? root.getElementById('main'));
    node?.focus();
  }

  #view() {
    const model = this.#model;
    if (!model) {
      const wrong = this.#mistake();
      if (!wrong) return [h('p', {}, this.#texts.loading)];
      return [wrong, h('div', {}, this.#button('main', 'retry', () => this.refresh()))];
    }
    const { all, primary, locked } = model;
    const values = this.#many ? all : [primary].filter(Boolean);
    const start = this.#many || !primary ? 'add' : 'change';
    return [
      values[0] ? h('ul', { role: 'list' }, values.map((value) => this.#item(value))) : h('p', {}, this.#texts.none),
      locked && !this.#error && h('p', { part: 'error' }, this.#say(17003, { when: this.#texts.later })),
      this.#mistake(),
      this.#mistake('main'),
      this.#panel === 'edit' ? this.#editing()
        : this.#panel ? this.#removing()
          : this.#pending ? this.#proving()
            : h('div', {}, this.#button('main', start, () => this.#open('edit', 'edit'), { class: 'main' })),
    ];
  }

  #item(value) {
    const texts = this.#texts;
    const { primary, verified } = this.#model;
    const proven = verified.includes(value);
    const more = (id, key, act) => this.#button(id + value, key, act, { 'aria-label': `${texts[key]} ${value}` });
    const prefer = () => this.#change('main', false, this.#prefer(value));
    return h(
      'li', {},
      h('bdi', { dir: 'ltr', part: 'number' }, value),
      h('span', { class: proven ? 'badge ok' : 'badge' }, proven ? `✓ ${texts.verified}` : texts.unverified),
      this.#many && value === primary && h('span', { class: 'badge ok' }, texts.primary),
      !proven && value !== this.#pending && more('verify', 'verify', () => this.#ask('main', value)),
      this.#many && proven && value !== primary && more('primary', 'makePrimary', prefer),
      this.#many && more('remove', 'remove', () => this.#open('remove', 'sure', value)),
    );
  }

  #editing() {
    const { input } = this.constructor.kind;
    const oninput = (event) => {
      this.#typed.value = event.target.value;
    };
    return this.#form(
      (event) => this.#save(event),
      this.#field('edit', 'label', {
        ...input, dir: 'ltr', part: 'field', value: this.#typed.value ?? '', oninput, required: '',
      }, !this.#settings.DefaultRegion && this.#texts.hint),
      h('div', { class: 'row' },
        this.#button('send', 'send', null, { class: 'main', type: 'submit' }),
        this.#button('cancel', 'cancel', () => this.#open(null, 'main'))),
    );
  }

  #proving() {
    const { primary } = this.#model;
    const { OtpLength = 6, OtpCharacters = 'numeric' } = this.#settings;
    const link = this.#link;
    const value = this.#pending;
    const oninput = (event) => {
      this.#typed.code = event.target.value;
      if (plain(event.target.value).length === OtpLength && !event.isComposing) this.#validate();
    };
    return this.#form(
      (event) => this.#validate(event),
      h('p', {}, this.#say(link ? 'sentLink' : 'sent', { value }), ' ',
        !this.#many && primary && primary !== value && this.#say('stays', { value: primary })),
      !link && this.#field('code', 'code', {
        part: 'code', dir: 'ltr', value: this.#typed.code ?? '', oninput, required: '',
        autocomplete: 'one-time-code', spellcheck: 'false',
        inputmode: OtpCharacters === 'numeric' ? 'numeric' : 'text',
        autocapitalize: OtpCharacters.includes('lower') ? 'none' : 'characters',
      }),
      this.#mistake('resend'),
      this.#mistake('cancel'),
      h('div', { class: 'row' },
        !link && this.#button('send', 'verify', null, { class: 'main', type: 'submit' }),
        this.#button('resend', link ? 'resendLink' : 'resend', () => this.#resend()),
        this.#button('cancel', 'cancel', () => this.#cancel())),
    );
  }

  #removing() {
    return this.#form(
      (event) => this.#remove(event),
      h('p', {}, this.#say('ask', { value: this.#target })),
      this.#mistake('sure'),
      h('div', { class: 'row' },
        this.#button('sure', 'remove', null, { class: 'main', type: 'submit' }),
        this.#button('cancel', 'cancel', () => this.#open(null, 'main'))),
    );
  }

  /** Counts a wait down, and takes back what was said of one that is over. */
  #tick = () => {
    const now = Date.now();
    if (this.#error?.until <= now) {
      this.#error = null;
      return this.#paint();
    }
    const wait = Math.ceil((this.#resendAt - now) / 1000);
    const button = this.#root.getElementById('resend');
    if (button) {
      const text = this.#texts[this.#link ? 'resendLink' : 'resend'];
      button.textContent = wait > 0 ? `${text} (${this.#wait(wait)})` : text;
      button.ariaDisabled = wait > 0 || this.#busy ? 'true' : null;
    }
    if (wait > 0 || this.#error?.until) this.#timer ||= setInterval(this.#tick, 1000);
    else {
      clearInterval(this.#timer);
      this.#timer = 0;
    }
  };

  /** WebOTP, where the browser has it. */
  #listen(on) {
    if (!on || !this.constructor.kind.sms) {
      this.#otp?.abort();
      this.#otp = null;
    } else if (!this.#otp && window.OTPCredential) {
      this.#otp = new AbortController();
      navigator.credentials.get({ otp: { transport: ['sms'] }, signal: this.#otp.signal }).then(({ code }) => {
        this.#otp = null;
        this.#typed.code = code;
        this.#validate();
      }, () => {});
    }
  }
}
