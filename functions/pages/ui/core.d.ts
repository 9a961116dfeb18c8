/** What the elements share. Import `mobile-verification.js` or `email-verification.js`; this is their base. */

/** A text by its key: those of `core.js` and of the element, such as `change`, or an error's code, such as `17003`. */
export type Messages = Record<string, string>;

export type GetToken = () => string | Promise<string>;

/** What `failure` tells: an answer that was no success, or `status` 0 where none came. */
export interface Failure {
  status: number;
  /** Of the API's table of errors; empty where API Gateway or nobody answered. */
  code: string;
  description: string;
  /** Seconds. */
  retryAfter?: number;
}

/** What the elements tell; `Address` is the kind of address with its name, such as `{ number: string }`. */
export interface VerificationEventMap<Address> extends HTMLElementEventMap {
  pending: CustomEvent<Address>;
  verified: CustomEvent<Address>;
  removed: CustomEvent<Address>;
  failure: CustomEvent<Failure>;
}

export class Verification<Address> extends HTMLElement {
  /** Asked before each request, and once more after a 401. */
  getToken?: GetToken;
  /** Texts over the built-in ones. */
  messages?: Messages;
  /** Reads the user and the nearest `lang` again. */
  refresh(): Promise<void>;
  addEventListener<K extends keyof VerificationEventMap<Address>>(
    type: K,
    listener: (this: this, event: VerificationEventMap<Address>[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}
