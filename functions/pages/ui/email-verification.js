/** <email-verification>: a user's own e-mail addresses, where the API verifies them. */

import { Verification } from './core.js';

export class EmailVerification extends Verification {
  static kind = {
    name: 'email',
    detail: 'address',
    scenario: 'EMAIL',
    all: 'emailAddresses',
    list: 'verifiedEmailAddresses',
    flag: 'emailVerified',
    input: { type: 'email', autocomplete: 'email' },
    english: {
      label: 'Email address',
      hint: '',
      none: 'No email address yet.',
      add: 'Add an email address',
      sent: 'We sent a code to {value} by email. Enter it here.',
      sentLink: 'We sent a link to {value}. Open it to confirm the address, then come back.',
      resendLink: 'Send a new link',
      resentLink: 'A new link is on its way.',
      invalid: 'This address cannot be used. Check it.',
      'UMV-10002': 'Add one address at a time.',
      'VRF-40901': 'This address belongs to another account. Use another one.',
      'VRF-40902': 'This address is verified already.',
      'VRF-42902': 'Too many messages went to this address. Use another one, or try again {when}.',
      'VRF-50201': 'This address cannot be reached. Check it, or use another one.',
    },
    // Where none was ever verified, none needs to be marked: then the first counts.
    primary: ({ emails = [] }) => (emails.find((email) => email.primary) ?? emails[0])?.value,
    path: (primary) => `emails[${primary ? `value eq ${JSON.stringify(primary)}` : 'primary eq true'}]`,
    entry: (value) => ({ value, primary: true }),
    pending: (more) => more.pendingEmails?.[0]?.value,
  };
}

customElements.define('email-verification', EmailVerification);
