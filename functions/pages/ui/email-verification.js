/** <email-verification>: a user's own e-mail addresses, where the API verifies them. */

import { Verification } from './core.js';

const WSO2 = 'urn:scim:wso2:schema';

export class EmailVerification extends Verification {
  static kind = {
    name: 'email',
    detail: 'address',
    scenario: 'EMAIL',
    path: 'emails[primary eq true]',
    value: '.value',
    first: (value) => ({ op: 'add', path: 'emails', value: [{ value, primary: true }] }),
    all: `${WSO2}:emailAddresses`,
    list: `${WSO2}:verifiedEmailAddresses`,
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
    read({ id, emails = [], [WSO2]: more = {} }) {
      const { emailAddresses = [], verifiedEmailAddresses = [], emailVerified, pendingEmails = [] } = more;
      const primary = emails.find((email) => email.primary)?.value;
      const verified = [...verifiedEmailAddresses];
      if (emailVerified) verified.push(primary);
      return {
        id,
        primary,
        verified,
        verifiedList: verifiedEmailAddresses,
        all: [...new Set([primary, ...emailAddresses, ...verifiedEmailAddresses])].filter(Boolean),
        lists: emailAddresses.length > 0,
        pending: pendingEmails[0]?.value,
        locked: more.verificationLocked,
      };
    },
  };
}

customElements.define('email-verification', EmailVerification);
