import { Verification } from './core.js';

export type { Failure, GetToken, Messages, VerificationEventMap } from './core.js';

/** `<email-verification api lang numbers token>`: a user's own addresses. */
export class EmailVerification extends Verification<{ address: string }> {}

declare global {
  interface HTMLElementTagNameMap {
    'email-verification': EmailVerification;
  }
}
