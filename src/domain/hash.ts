import { hash } from 'node:crypto';

/** SHA-256 of a text's UTF-8 bytes, in hex. Hashing is arithmetic: the one Node module that the domain uses. */
export const sha256Hex = (text: string): string => hash('sha256', text, 'hex');
