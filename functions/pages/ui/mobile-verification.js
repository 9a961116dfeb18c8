/** <mobile-verification>: a user's own mobile numbers. Attributes, events and styles are in README.md. */

import { Verification } from './core.js';

export class MobileVerification extends Verification {
  static kind = {
    name: 'mobile',
    detail: 'number',
    scenario: 'MOBILE',
    sms: true,
    all: 'mobileNumbers',
    list: 'verifiedMobileNumbers',
    flag: 'phoneVerified',
    input: { type: 'tel', autocomplete: 'tel' },
    english: {
      label: 'Mobile number',
      hint: 'Begin with + and the country code.',
      none: 'No mobile number yet.',
      add: 'Add a mobile number',
      sent: 'We sent a code to {value} in a text message. Enter it here.',
      invalid: 'This number cannot be used. Check it.',
      'UMV-10002': 'Add one number at a time.',
      'VRF-40901': 'This number belongs to another account. Use another one.',
      'VRF-40902': 'This number is verified already.',
      'VRF-42902': 'Too many messages went to this number. Use another one, or try again {when}.',
      'VRF-50201': 'This number cannot be reached. Check it, or use another one.',
    },
    primary: ({ phoneNumbers = [] }) => phoneNumbers.find(({ type }) => type === 'mobile')?.value,
    path: () => 'phoneNumbers[type eq "mobile"]',
    entry: (value) => ({ type: 'mobile', value }),
    pending: (more) => more.pendingMobileNumber,
  };
}

customElements.define('mobile-verification', MobileVerification);
