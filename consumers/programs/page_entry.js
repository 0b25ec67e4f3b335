import { word } from './page_word.js';

const show = () => (document.getElementById('said').textContent = `${word} ${window.loads}`);
window.loads = (window.loads || 0) + 1;
show();
if (module.hot) module.hot.accept('./page_word.js', show);
