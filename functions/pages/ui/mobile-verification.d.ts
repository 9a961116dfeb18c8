import { Verification } from './core.js';

export type { Failure, GetToken, Messages, VerificationEventMap } from './core.js';

/** `<mobile-verification api lang numbers token>`: a user's own numbers. */
export class MobileVerification extends Verification<{ number: string }> {}

declare global {
  interface HTMLElementTagNameMap {
    'mobile-verification': MobileVerification;
  }
}
