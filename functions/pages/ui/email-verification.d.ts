import { Failure, Verification } from './core.js';

export type { Failure, GetToken, Messages } from './core.js';

export interface EmailVerificationEventMap extends HTMLElementEventMap {
  pending: CustomEvent<{ address: string }>;
  verified: CustomEvent<{ address: string }>;
  removed: CustomEvent<{ address: string }>;
  failure: CustomEvent<Failure>;
}

/** `<email-verification api lang numbers token>`: a user's own addresses. */
export class EmailVerification extends Verification {
  addEventListener<K extends keyof EmailVerificationEventMap>(
    type: K,
    listener: (this: EmailVerification, event: EmailVerificationEventMap[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

declare global {
  interface HTMLElementTagNameMap {
    'email-verification': EmailVerification;
  }
}
