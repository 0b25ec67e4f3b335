/** The driver for ES modules. */

import driver from './driver.js';

export const { client, server, http, isSecureRequest, isWebSocket, validateOptions } = driver;
export default driver;
