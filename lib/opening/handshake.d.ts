/// <reference types="node" />

import { Headers, ProxyOptions } from '../../types/options';

/**
 * The headers of a request or an answer. Node gives strings, and lists of them; a request made by hand may hold anything,
 * which is turned into a string before it is looked at.
 */
export type HeaderFields = Record<string, any>;

/** What a server reads of a request: one of Node's `http` or `http2`, or one made by hand. */
export interface GivenRequest {
  method?: unknown;
  url?: unknown;
  headers: HeaderFields;
  socket?: object | null;
  connection?: object | null;
}

/** What is known of the socket of a request: `authorized` and `secure` are those of TLS. */
export interface SocketOfRequest {
  authorized?: boolean;
  secure?: boolean;
}

/** The option `proxy`. */
export type ProxyOption = string | ProxyOptions | null | undefined;

/** Headers as an option gives them. */
export type GivenHeaders = Headers | null | undefined;
