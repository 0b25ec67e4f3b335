import deflate from './deflate.js';

export default deflate;
