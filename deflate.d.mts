import deflate from './deflate.js';

export default deflate;
export import Options = deflate.Options;
