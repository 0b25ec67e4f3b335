/** permessage-deflate for ES modules. */

import deflate from './deflate.js';

export default deflate;
