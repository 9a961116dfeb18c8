import { Failure, Verification } from './core.js';

export type { Failure, GetToken, Messages } from './core.js';

export interface MobileVerificationEventMap extends HTMLElementEventMap {
  pending: CustomEvent<{ number: string }>;
  verified: CustomEvent<{ number: string }>;
  removed: CustomEvent<{ number: string }>;
  failure: CustomEvent<Failure>;
}

/** `<mobile-verification api lang numbers token>`: a user's own numbers. */
export class MobileVerification extends Verification {
  addEventListener<K extends keyof MobileVerificationEventMap>(
    type: K,
    listener: (this: MobileVerification, event: MobileVerificationEventMap[K]) => unknown,
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
    'mobile-verification': MobileVerification;
  }
}
